# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian 13 that Wine runs on: this machine where it is one, else a chroot. Programs run in mount namespaces of their own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .settings import Impossible

SUITE = "trixie"
PACKAGES = ("wine", "wine64", "openssh-server", "openssh-sftp-server")
WINE = "/usr/lib/wine/wine64"
WINESERVER = "/usr/lib/wine/wineserver64"
# What a chroot shows of a machine that has Wine itself.
_SHOWN = ("usr", "etc", "var", "tmp", "run")
_SAME_AS_USR = ("bin", "sbin", "lib", "lib64")


class Debian:
    """A root directory with Wine in it.

    Every program is started in a mount namespace of its own, in which the root gets /proc, /dev, the state directory and its drive C:.
    The kernel takes the mounts away with the last process in it, so that none can be left behind.
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        self.root = state / "debian"
        self.direct = _is_suite()

    @property
    def complete(self) -> bool:
        """Whether everything is installed."""
        return (self.root / ".complete").is_file() and (not self.direct or Path(WINE).is_file())

    def install(self) -> None:
        """Install what is missing; an interrupted installation is begun again."""
        if self.complete:
            return
        _apt_get("update")
        if not shutil.which("ssh-keygen"):
            _apt_get("install", "--yes", "--no-install-recommends", "openssh-client")
        if self.direct:
            _apt_get("install", "--yes", "--no-install-recommends", *PACKAGES)
            self._make_window()
        else:
            if not shutil.which("debootstrap"):
                _apt_get("install", "--yes", "--no-install-recommends", "debootstrap")
            shutil.rmtree(self.root, ignore_errors=True)
            _run(
                [
                    "unshare",
                    "--mount",
                    "debootstrap",
                    "--variant=minbase",
                    f"--include={','.join(_BOOT)}",
                    SUITE,
                    str(self.root),
                    *_mirror(),
                ]
            )
            self._prepare()
            _run(self.command(["/usr/bin/env", *_UNATTENDED, "apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES]))
            _run(self.command(["/usr/bin/apt-get", "clean"]))
        (self.root / ".complete").write_text(f"{SUITE}: {' '.join(PACKAGES)}\n", encoding="utf-8")

    def command(self, argv: Sequence[str], *, drive: Path | None = None, environment: Mapping[str, str] | None = None) -> list[str]:
        """Return the command that runs a program there, with nothing of this process's environment; ``drive`` becomes /C: there.

        The program replaces the command's process: it can be waited for and killed as the program itself.
        """
        script = [f"cd '{self.root}'", "mount --rbind /proc proc", "mount --rbind /dev dev", f"mount --bind '{self.state}' '.{self.state}'"]
        if self.direct:
            script += [f"mount --rbind /{name} {name}" for name in _SHOWN]
        if drive is not None:
            script.append(f"mount --bind '{drive}' C:")
        # The mark on the environment's end keeps an argument with an equals sign from becoming a variable.
        script.append('exec chroot . /usr/bin/env -i "$@"')
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **(environment or {})}
        settings = [f"{name}={value}" for name, value in variables.items()]
        return ["unshare", "--mount", "/bin/sh", "-ec", "\n".join(script), "enter", *settings, *argv]

    def _make_window(self) -> None:
        """Make a directory that shows this machine's own files, and a drive C: beside them."""
        for name in (*_SHOWN,):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for name in _SAME_AS_USR:
            if Path("/", name).exists() and not (self.root / name).is_symlink():
                (self.root / name).symlink_to(f"usr/{name}")
        self._prepare()

    def _prepare(self) -> None:
        for name in ("proc", "dev", "C:", self.state.relative_to("/")):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        if not self.direct:
            # Downloads go the way that this machine's own go.
            for source in Path("/etc/apt/apt.conf.d").glob("*proxy*"):
                shutil.copy2(source, self.root / "etc/apt/apt.conf.d" / source.name)


_UNATTENDED = ("DEBIAN_FRONTEND=noninteractive",)
_BOOT = ("ca-certificates",)


def _is_suite() -> bool:
    """Tell whether this machine is the Debian that has a fit Wine, or a newer one."""
    facts = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines() if "=" in line)
    version = facts.get("VERSION_ID", "").strip('"')
    return facts.get("ID", "").strip('"') == "debian" and version.isdecimal() and int(version) >= 13


def _mirror() -> list[str]:
    """Return the archive that this machine is set up to install Debian's packages from; an empty list leaves it to debootstrap."""
    wanted = "$(ORIGIN)|$(COMPONENT)|$(CODENAME)|$(REPO_URI)"
    listed = subprocess.run(["apt-get", "indextargets", "--format", wanted], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        origin, component, codename, address = line.split("|", 3)
        if origin == "Debian" and component == "main" and "-" not in codename:
            return [address]
    return []


def _apt_get(*arguments: str) -> None:
    """Run apt-get here, without letting it start the services that it installs."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        policy.chmod(0o755)
    try:
        _run(["/usr/bin/env", *_UNATTENDED, "apt-get", "--quiet", *arguments])
    finally:
        if ours:
            policy.unlink()


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    if done.returncode:
        told = "\n".join(done.stdout.strip().splitlines()[-12:])
        raise Impossible(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{told}")
