# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Wine prefix: the disk of a test host. One is made as a template, hosts get copies of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .debian import WINE, WINESERVER, Debian
from .settings import Impossible

STUB = "drive_c/windows/system32/WindowsPowerShell/v1.0"


def wine_settings(prefix: Path, *, user: str = "root") -> dict[str, str]:
    """Return the environment of everything that runs in a prefix."""
    return {
        "WINEPREFIX": str(prefix),
        "WINEDEBUG": "-all",
        # mscoree stays: without it no .NET starts at all.
        "WINEDLLOVERRIDES": "mshtml=",
        "XDG_RUNTIME_DIR": "/run",
        "HOME": str(prefix.parent),
        "USER": user,
    }


def make_template(template: Path, *, debian: Debian, powershell: Path) -> None:
    """Make the prefix that hosts are copied from, with PowerShell where Windows has it."""
    if (template / ".complete").is_file():
        _install_powershell(template, powershell)
        return
    shutil.rmtree(template.parent, ignore_errors=True)
    template.mkdir(parents=True)
    for argv in ([WINE, "wineboot", "-i"], [WINESERVER, "-w"]):
        done = subprocess.run(
            debian.command(argv, environment=wine_settings(template)),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise Impossible(f"Wine could not make a prefix; {argv[-2:]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    _install_powershell(template, powershell)
    (template / ".complete").touch()


def _install_powershell(prefix: Path, powershell: Path) -> None:
    """Put PowerShell where Windows has it; what Wine has there ends with 0 and does nothing."""
    place = prefix / STUB
    if place.is_symlink():
        if place.readlink() == powershell:
            return
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(powershell)


def copy_prefix(template: Path, prefix: Path) -> None:
    """Make a host's own prefix. Windows' own files, which are 700 MB that nothing edits in place, are shared by hard links."""
    shared = "drive_c/windows"
    (prefix / shared).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-al", str(template / shared), str(prefix / shared)], check=True)
    for entry in sorted([*template.iterdir(), *(template / "drive_c").iterdir()]):
        if entry.name in ("drive_c", "windows"):
            continue
        subprocess.run(["cp", "-a", "--reflink=auto", str(entry), str(prefix / entry.relative_to(template))], check=True)
