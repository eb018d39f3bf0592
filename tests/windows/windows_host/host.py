# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Windows test host: its disk, its programs, and how Ansible reaches it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .debian import WINE, WINESERVER, Debian
from .prefix import wine_settings
from .ssh_server import SshServer


@dataclass(frozen=True)
class Finished:
    """How a program ended and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """What it wrote to its standard output, with plain line ends."""
        return self.stdout.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def errors(self) -> str:
        """What it wrote to its standard error, with plain line ends."""
        return self.stderr.decode("utf-8", "replace").replace("\r\n", "\n")


class WindowsHost:
    """A host with a Wine prefix of its own below ``place``."""

    def __init__(self, name: str, *, place: Path, debian: Debian, user: str = "root") -> None:
        self.name = name
        self.place = place
        self.prefix = place / "prefix"
        self.user = user
        self._debian = debian
        self.ssh = SshServer(place / "ssh", prefix=self.prefix, debian=debian, user=user)

    # --- files

    def path(self, windows: str) -> Path:
        """Return where a path of drive C: lies on this machine; names are taken as they are written."""
        drive, _colon, rest = windows.partition(":")
        if drive.upper() != "C" or not rest.startswith(("\\", "/")):
            raise ValueError(f"{windows!r} is no absolute path of drive C:")
        return self.prefix.joinpath("drive_c", *[part for part in rest.replace("\\", "/").split("/") if part])

    # --- programs

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | str = b"",
        environment: Mapping[str, str] | None = None,
        timeout: float = 300,
        check: bool = False,
    ) -> Finished:
        """Run a Windows program, such as ``cmd`` or ``C:\\x\\python.exe``, to its end; ``check`` makes any exit code but 0 an error."""
        process = self.popen(argv, environment=environment)
        try:
            stdout, stderr = process.communicate(input.encode() if isinstance(input, str) else input, timeout=timeout)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        done = Finished(process.returncode, stdout, stderr)
        if check and done.code:
            raise AssertionError(f"{' '.join(argv)[:300]} ended with {done.code}\n{done.text[-2000:]}\n{done.errors[-2000:]}")
        return done

    def command(self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None) -> list[str]:
        """Return the command of this machine that runs a Windows program."""
        settings = {**wine_settings(self.prefix, user=self.user), **(environment or {})}
        return self._debian.command([WINE, *argv], drive=self.prefix / "drive_c", environment=settings)

    def popen(self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a Windows program with pipes as its streams; the process that is returned is the program itself."""
        self._start_wineserver()
        return subprocess.Popen(
            self.command(argv, environment=environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def python(self, *arguments: str, executable: str = "C:\\infra-system\\bin\\python.exe", **settings: Any) -> str:
        """Run a Python of the host, which must succeed, and return what it prints."""
        return self.run([executable, *arguments], check=True, **settings).text

    def processes(self, *words: str) -> dict[int, str]:
        """Return the running Windows programs whose command line holds all these words, by the process of this machine."""
        found = {}
        for process in self._everything():
            try:
                line = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            except OSError:
                continue
            if all(word.lower() in line.lower() for word in words):
                found[process] = line
        return found

    # --- life

    def start(self) -> None:
        """Start Wine's server and the SSH server."""
        self._start_wineserver()
        self.ssh.start()

    def make_profile(self) -> None:
        """Give the user, who is not the one that the template was made by, a directory for temporary files."""
        temporary = f"C:\\users\\{self.user}\\AppData\\Local\\Temp"
        self.path(temporary).mkdir(parents=True, exist_ok=True)
        for name in ("TEMP", "TMP"):
            self.run(["reg", "add", "HKCU\\Environment", "/v", name, "/t", "REG_SZ", "/d", temporary, "/f"], check=True)

    @property
    def running(self) -> bool:
        """Whether Ansible could reach it now."""
        return self.ssh.running() is not None

    def stop(self) -> None:
        """Shut everything down."""
        self.ssh.stop()
        if self.prefix.is_dir():
            self._wine([WINESERVER, "-k"])
        self.kill()

    def kill(self) -> None:
        """Kill every Windows program and Wine's server at once, as when the power fails; the SSH server stays."""
        deadline = time.monotonic() + 60
        while (processes := self._everything()) and time.monotonic() < deadline:
            for process in processes:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)

    def remove(self) -> None:
        """Stop it and delete its disk."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    # --- Ansible

    @property
    def inventory_vars(self) -> dict[str, Any]:
        """The variables with which Ansible's own ssh connection reaches the host."""
        options = f"-o UserKnownHostsFile={self.ssh.known_hosts} -o StrictHostKeyChecking=yes -o ControlMaster=no -o ControlPath=none"
        return {
            "ansible_connection": "ssh",
            "ansible_shell_type": "powershell",
            "ansible_host": "127.0.0.1",
            "ansible_port": self.ssh.port,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.ssh.client_key),
            "ansible_ssh_args": f"-F none -o IdentitiesOnly=yes {options}",
        }

    # --- processes

    def _start_wineserver(self) -> None:
        # A program costs 0.2 s with a server that stays, and 3 s without one.
        if self._wine([WINESERVER, "-p"]) == 0:
            # Wine's services start with the first program and keep its streams open for good, so it must not be one that has a reader.
            self._wine([WINE, "cmd", "/d", "/c", "exit"])

    def _wine(self, argv: list[str]) -> int:
        command = self._debian.command(argv, environment=wine_settings(self.prefix, user=self.user))
        nothing = subprocess.DEVNULL
        return subprocess.run(command, stdin=nothing, stdout=nothing, stderr=nothing, check=False, timeout=120).returncode

    def _everything(self) -> list[int]:
        """Return the processes that live in this prefix."""
        mark = f"WINEPREFIX={self.prefix}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    variables = (entry / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                if mark in variables and int(entry.name) != os.getpid():
                    found.append(int(entry.name))
        return found
