# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenSSH server of a test host: what Ansible's own ssh connection meets."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

from .debian import WINE, Debian
from .prefix import wine_settings
from .settings import Impossible

# Wine's standard streams must be pipes: sockets and files do not work, and a plain "cat |" would wait for an input that never ends.
# Wine quotes arguments again, so cmd gets its line through a variable; PowerShell's lines are too long for cmd.
_SHELL = """#!/bin/bash
{settings}
line=$SSH_ORIGINAL_COMMAND
case "$line" in *sftp-server*|internal-sftp) exec /usr/lib/openssh/sftp-server;; esac
case "${{line,,}}" in
  powershell*|pwsh*)
    printf 'x' >>{count}
    read -ra argv <<<"$line"
    set -- powershell.exe "${{argv[@]:1}}"
    ;;
  *)
    export WINE_COMMAND_LINE=$line
    set -- cmd /d /c %WINE_COMMAND_LINE%
    ;;
esac
{wine} "$@" < <(cat) 2> >(cat >&2) | cat
exit "${{PIPESTATUS[0]}}"
"""

# The files of the state directory may lie below one that others can write, which a test host on the loopback can live with.
_CONFIGURATION = """Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host_key
PidFile {place}/sshd.pid
AuthorizedKeysFile {place}/client_key.pub
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
MaxStartups 100
Subsystem sftp /usr/lib/openssh/sftp-server
ForceCommand {place}/shell
"""


class SshServer:
    """A server for one prefix, on a port of the loopback."""

    def __init__(self, place: Path, *, prefix: Path, debian: Debian, user: str) -> None:
        self.place = place
        self.prefix = prefix
        self.debian = debian
        self.user = user

    @property
    def port(self) -> int:
        """The port of the loopback."""
        return int((self.place / "port").read_text(encoding="utf-8"))

    @property
    def client_key(self) -> Path:
        """The private key that may log in."""
        return self.place / "client_key"

    @property
    def known_hosts(self) -> Path:
        """The file that tells the server's key."""
        return self.place / "known_hosts"

    @property
    def powershell_starts(self) -> int:
        """How often PowerShell was started through this server."""
        count = self.place / "powershell_starts"
        return count.stat().st_size if count.exists() else 0

    def running(self) -> int | None:
        """Return the server's process, None where none runs."""
        try:
            process = int((self.place / "sshd.pid").read_text(encoding="utf-8"))
            arguments = Path(f"/proc/{process}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return process if str(self.place / "sshd_config").encode() in arguments else None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self.running():
            return
        self._write_files()
        (self.place / "sshd.pid").unlink(missing_ok=True)
        argv = ["/usr/sbin/sshd", "-D", "-e", "-f", str(self.place / "sshd_config")]
        command = self.debian.command(
            ["/bin/sh", "-c", 'mkdir -p -m 755 /run/sshd && exec "$@"', "sshd", *argv], drive=self.prefix / "drive_c"
        )
        with (self.place / "sshd.log").open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 180
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Impossible(f"the test host's sshd does not answer: {(self.place / 'sshd.log').read_text(errors='replace')[-800:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server; sessions end with their programs."""
        process = self.running()
        if process is None:
            return
        os.kill(process, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while self.running() and time.monotonic() < deadline:
            try:
                os.waitpid(process, os.WNOHANG)
            except ChildProcessError:
                pass
            time.sleep(0.02)

    def _write_files(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        for name in ("host_key", "client_key"):
            if not (self.place / name).exists():
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self.place / name)], check=True)
        if not (self.place / "port").exists():
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                (self.place / "port").write_text(str(probe.getsockname()[1]), encoding="utf-8")
        (self.place / "sshd_config").write_text(_CONFIGURATION.format(port=self.port, place=self.place), encoding="utf-8")
        key = (self.place / "host_key.pub").read_text(encoding="utf-8")
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {key}", encoding="utf-8")
        settings = {**wine_settings(self.prefix, user=self.user), "LC_ALL": "C.UTF-8"}
        lines = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in settings.items())
        shell = self.place / "shell"
        count = shlex.quote(str(self.place / "powershell_starts"))
        shell.write_text(_SHELL.format(settings=lines, wine=WINE, count=count), encoding="utf-8")
        shell.chmod(0o755)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.settimeout(2)
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False
