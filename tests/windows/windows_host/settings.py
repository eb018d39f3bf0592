# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the test hosts live, where their PowerShell comes from, and whether this machine can have any."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
STATE_VARIABLE = "HERMETIC_WINDOWS_HOSTS"
POWERSHELL_VARIABLE = "HERMETIC_POWERSHELL"
LINUX_ARCHIVES = ("pwsh-engine-linux-x64.tar.xz", "powershell-*-linux-x64.tar.gz")
ARCHIVES = ("pwsh-engine-win-x64.tar.xz", "PowerShell-*-win-x64.zip")


class Impossible(Exception):
    """Raised when this machine cannot have a Windows test host; the text says what is missing, in one line."""


@dataclass(frozen=True)
class Settings:
    """The two places that the test hosts need."""

    state: Path
    """A directory outside any checkout, which later runs and other clones use again."""
    powershell: Path | None
    """An archive or an unpacked directory of PowerShell 7 for Windows; None where there is none."""

    @classmethod
    def of_environment(cls) -> Settings:
        """Return what the environment variables say, or the defaults."""
        return cls(state=state_directory(), powershell=find_powershell(ARCHIVES, executable="pwsh.exe"))


def state_directory() -> Path:
    """Return the directory that everything is kept in, below the user's cache unless the variable names another."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    named = os.environ.get(STATE_VARIABLE)
    return (Path(named) if named and named != "none" else cache / "hermetic-windows-hosts").resolve()


def find_powershell(archives: tuple[str, ...], *, executable: str) -> Path | None:
    """Return the archive or directory that the variable names or that lies beside the checkout; an error where the named one is none."""
    named = os.environ.get(POWERSHELL_VARIABLE)
    place = Path(named) if named else PROJECT.parent / "shared" / "windows-test-tools"
    if place.is_file() and not any(place.match(pattern) for pattern in archives):
        # The variable names the archive for the other system.
        place = place.parent
    if place.is_file() or (place / executable).is_file():
        return place.resolve()
    found = sorted(path for pattern in archives for path in place.glob(pattern))
    if found:
        return found[-1].resolve()
    if named:
        raise Impossible(f"{POWERSHELL_VARIABLE} names {named}, which holds neither {executable} nor {' nor '.join(archives)}")
    return None


def why_impossible(settings: Settings | None = None) -> str | None:
    """Return in one line why this machine cannot have a Windows test host; None where it can."""
    try:
        if os.environ.get(STATE_VARIABLE) == "none":
            return f"Windows test hosts are turned off by {STATE_VARIABLE}"
        settings = settings or Settings.of_environment()
    except Impossible as error:
        return str(error)
    wanted = []
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        wanted.append("Linux on x86_64")
    elif not shutil.which("apt-get"):
        wanted.append("Debian")
    if os.geteuid() != 0:
        wanted.append("root (for a chroot and its mounts)")
    if settings.powershell is None:
        wanted.append(f"a PowerShell 7 for Windows (name its archive or directory in {POWERSHELL_VARIABLE})")
    return f"a Windows test host takes {', '.join(wanted)}" if wanted else None
