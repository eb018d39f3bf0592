# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts as containers: start them, reach them, let them die, remove them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .images import cache, ready
from .podman import PodmanFailed, podman, run, run_options

PROJECT = Path(__file__).resolve().parents[2]
PORT = 2222
_LABEL = "hermetic-test-machine"
_SSHD = "mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -o ListenAddress={address} -p {port}"
# One that runs for the length of a connection needs no address; so it reaches a host that has no network at all.
_BY_EXEC = "podman exec --interactive {container} /usr/sbin/sshd -i"


_processes: dict[str, int] = {}


def clone_id() -> str:
    """Return what tells the hosts of this clone from those of another one on the same machine."""
    return hashlib.sha256(str(PROJECT).encode()).hexdigest()[:6]


@dataclass(frozen=True)
class Machine:
    """One test host; ``number`` gives it an address of its own, ``network`` is ``host`` or ``none``."""

    name: str
    image: str = "debian-12"
    number: int = 1
    network: str = "host"
    options: tuple[str, ...] = ()

    @property
    def container(self) -> str:
        """Its name among the containers."""
        return f"hermetic-{clone_id()}-{self.name}"

    @property
    def address(self) -> str:
        """Where its sshd listens: on Linux all of 127.0.0.0/8 is this machine."""
        if self.network == "none":
            return "127.0.0.1"
        digest = hashlib.sha256(clone_id().encode()).digest()
        return f"127.{1 + digest[0] % 250}.{1 + digest[1] % 250}.{self.number}"

    def up(self) -> None:
        """Start it; there must be none of its name."""
        key = _key().with_suffix(".pub")
        command = _SSHD.format(address=self.address, port=PORT)
        podman(
            "run", "--detach", "--name", self.container, "--hostname", self.name, "--label", f"{_LABEL}={clone_id()}",
            # sudo looks its own host's name up, and says so where it finds none.
            "--add-host", f"{self.name}:127.0.1.1", "--network", self.network, "--volume", f"{key}:/etc/ssh/authorized_keys:ro", *run_options(), *self.options,
            ready(self.image), "/bin/sh", "-c", command,
        )  # fmt: skip

    def die(self) -> None:
        """Take the power away: every process ends at once, what is on the disk stays."""
        podman("kill", "--signal", "KILL", self.container)

    def start(self) -> None:
        """Start it again with the disk that it has."""
        _processes.pop(self.container, None)
        podman("start", self.container)

    def down(self) -> None:
        """Remove it with all that it holds."""
        _processes.pop(self.container, None)
        podman("rm", "--force", "--ignore", "--time", "0", self.container)

    @property
    def process(self) -> int:
        """The process of this machine that is its first one; /proc/<it>/root is its file system."""
        if self.container not in _processes:
            _processes[self.container] = int(podman("inspect", "--format", "{{.State.Pid}}", self.container))
        return _processes[self.container]

    @property
    def root(self) -> Path:
        """Its file system, as seen from here while it runs."""
        return Path(f"/proc/{self.process}/root")

    def run(self, *command: str) -> str:
        """Run a command in it as root and return what it printed."""
        # podman exec takes a third of a second, and ten times that on a busy machine.
        return run(["nsenter", f"--target={self.process}", "--mount", "--pid", "--uts", "--ipc", "--net", "--", *command])

    def variables(self, user: str = "root", become: bool | None = None) -> dict[str, Any]:
        """Return the variables that an inventory needs to reach it by ssh; without a word on it, a login other than root uses sudo."""
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "IdentitiesOnly=yes"]
        words = [f"-o {option}" for option in options]
        if self.network == "none":
            words.append(f"-o ProxyCommand='{_BY_EXEC.format(container=self.container)}'")
        return {
            "ansible_connection": "ssh",
            "ansible_host": self.address if self.network != "none" else self.name,
            "ansible_port": PORT,
            "ansible_user": user,
            "ansible_ssh_private_key_file": str(_key()),
            "ansible_ssh_common_args": " ".join(words),
            "ansible_become": user != "root" if become is None else become,
        }


def all_up(machines: Sequence[Machine], *, seconds: float = 60) -> None:
    """Start machines afresh and wait until each one's sshd answers."""
    all_down(machines)
    for machine in machines:
        machine.up()
    for machine in machines:
        answers(machine, seconds=seconds)


def answers(machine: Machine, *, seconds: float = 180) -> None:
    """Wait until the sshd of a machine listens."""
    wanted = f"{PORT:04X} 00000000:0000 0A".split(" ")
    # Addresses stand there with their bytes in the machine's order; Debian's architectures have the small end first.
    address = "".join(f"{int(part):02X}" for part in reversed(machine.address.split(".")))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for line in (machine.root / "proc" / "1" / "net" / "tcp").read_text().splitlines():
            if line.split()[1:4] == [f"{address}:{wanted[0]}", *wanted[1:]]:
                return
        time.sleep(0.05)
    raise PodmanFailed(f"the sshd of {machine.name} does not listen after {seconds:g} s: {podman('logs', machine.container)[-500:]}")


def all_down(machines: Sequence[Machine] | None = None) -> None:
    """Remove these machines, or every one of this clone."""
    if machines is None:
        containers = podman("ps", "--all", "--quiet", "--filter", f"label={_LABEL}={clone_id()}").split()
    else:
        containers = [machine.container for machine in machines]
    for container in containers:
        _processes.pop(container, None)
    if containers:
        podman("rm", "--force", "--ignore", "--time", "0", *containers)


def _key() -> Path:
    """Return the private key of the logins; it opens nothing but test hosts."""
    key = cache() / "id_ed25519"
    if not key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "hermetic test machines", "-f", str(key)])
    return key
