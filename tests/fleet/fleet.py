# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty hosts without any Python behind sshds of their own, a repository with two releases, and plays on all of them."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bundle_variants import Contents, contents_of, write
from machines.containers import Machine, all_down, all_up
from plays import PROJECT, Controller, Played
from roots import Archive
from wheelhouse import Wheel

COUNT = 20
ROOT = "/opt/infra-system"
CUT, DYING, FULL, SKEWED = "host01", "host02", "host03", "host04"
# Connections that were cut leave their masters behind; in a short directory, since a socket's path may have 107 bytes.
_SETTINGS = {"ANSIBLE_SSH_CONTROL_PATH_DIR": "/tmp/.hermetic-fleet", "ANSIBLE_TIMEOUT": "20"}


# What neither the engine nor Ansible's frame around a module imports: twenty hosts unpack it twice.
_NOT_NEEDED = re.compile(
    r"lib/python3[^/]*/(?:distutils|pydoc_data|lib2to3|unittest|asyncio|multiprocessing|sqlite3|xml|html|idlelib|ensurepip|xmlrpc|wsgiref)(?:/.*)?"
    r"|lib/python3[^/]*/encodings/(?:__pycache__/)?(?!__init__|aliases|ascii|cp437|idna|latin_1|utf_8)[^/]+\.pyc?"
    r"|lib/lib(?:sqlite3|readline|ncursesw|tinfo)\..*|lib/python3[^/]*/lib-dynload/(?:_sqlite3|readline|_curses|_decimal|_test|_codecs_).*"
)


def _lean(contents: Contents) -> Contents:
    """Return a bundle without what the tests do not need."""
    assert contents.info is not None
    kept = [(info, data) for info, data in contents.entries if not _NOT_NEEDED.fullmatch(info.name)]
    names = {info.name for info, _data in kept}
    files = {name: record for name, record in contents.info["files"].items() if name in names}
    return Contents(contents.info, kept).with_info(files=files)


def _machine(number: int) -> Machine:
    name = f"host{number:02d}"
    if name == FULL:
        return Machine(name, number=100 + number, options=("--tmpfs=/opt:rw,exec,mode=755,size=256m",))
    return Machine(name, number=100 + number, image="skewed" if name == SKEWED else "debian-12")


class Fleet:
    """The hosts, and what they are told to hold."""

    def __init__(self, directory: Path, archive: Path, wheels: Mapping[str, Wheel]) -> None:
        self.machines = {machine.name: machine for machine in map(_machine, range(1, COUNT + 1))}
        self.controller = Controller(directory / "controller")
        self.directory = directory
        contents = contents_of(archive)
        assert contents.info is not None
        version = contents.info["python"]["version"]
        self.releases = (f"{version}+1", f"{version}+2")
        self.archives: list[Archive] = []
        for release in self.releases:
            made = _lean(contents).with_info(release=release)
            self.archives.append(write(made, directory / f"python-{release}-{contents.info['platform']}.tar.gz"))
        self._publish()
        lock = directory / "web-requirements.txt"
        lock.write_text("".join(f"{wheel.name}==1.0 --hash=sha256:{wheel.sha256}\n" for wheel in (wheels["alpha-1.0"], wheels["beta-1.0"])))
        self.roles = {
            "system_bundle_root": ROOT,
            "system_bundle_repository": str(directory / "repository"),
            "system_bundle_find_links": [str(wheels["alpha-1.0"].path.parent)],
            "system_bundle_virtualenvs": [{"name": "web", "lock": str(lock)}],
        }

    def up(self) -> None:
        """Start every host afresh."""
        all_up(list(self.machines.values()))

    def down(self) -> None:
        """Remove every host."""
        all_down(list(self.machines.values()))

    def _publish(self) -> None:
        options = {
            "path": str(self.directory / "repository"),
            "archives": [str(archive.path) for archive in self.archives],
            "channel": "stable",
            "release": self.releases[0],
        }
        played = self.controller.play([{"hermetic.python.repository": options}])
        assert played.code == 0, played.output

    def variables(self, **changed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the inventory: logins with and without sudo, with and without pipelining; ``changed`` by the name of a host."""
        found = {}
        for number, (name, machine) in enumerate(self.machines.items()):
            found[name] = {
                **machine.variables(user="ops" if number % 2 else "root"),
                "ansible_ssh_pipelining": number % 4 < 2,
                "ansible_remote_tmp": "~/.ansible/tmp",
                **self.roles,
                **changed.get(name, {}),
            }
        return found

    def play(self, playbook: str, *arguments: str, forks: int = 50, limit: str | None = None, **more: Any) -> Played:
        """Run one of the project's playbooks on the hosts; ``more`` is variables by the name of a host, and environment variables."""
        chosen = ["--limit", limit] if limit else []
        changed = {name: more.pop(name) for name in list(more) if name in self.machines}
        return self.controller.play(
            None,
            "--forks",
            str(forks),
            *chosen,
            *arguments,
            playbook=PROJECT / "playbooks" / f"{playbook}.yml",
            hosts=self.variables(**changed),
            **{**_SETTINGS, **more},
        )

    def site(
        self, release: int, *arguments: str, serial: str = '["100%"]', tolerated: int = 0, report: str | None = None, **options: Any
    ) -> Played:
        """Bring the hosts to a release, without the look at all of them before; ``report`` names the report that a callback makes of the run."""
        if report:
            options |= {
                "ANSIBLE_CALLBACKS_ENABLED": "recorded_results,hermetic.python.drift_report",
                "HERMETIC_DRIFT_REPORT_DIRECTORY": str(self.directory / "reports"),
                "HERMETIC_DRIFT_REPORT_NAME": report,
            }
        steering = {
            "site_serial": json.loads(serial),
            "site_max_fail_percentage": tolerated,
            "site_prove": False,
            "system_bundle_bundles": [{"name": "python", "release": self.releases[release - 1]}],
        }
        return self.play("site", "-e", json.dumps(steering), *arguments, **options)

    def drift(self, release: int, name: str, *arguments: str, **options: Any) -> tuple[Played, dict[str, Any]]:
        """Return what the report on the drift of all hosts says."""
        steering = {
            "drift_report_directory": str(self.directory / "reports"),
            "drift_report_name": name,
            "system_bundle_bundles": [{"name": "python", "release": self.releases[release - 1]}],
        }
        played = self.play("drift", "-e", json.dumps(steering), *arguments, **options)
        return played, self.report(name)

    def report(self, name: str) -> dict[str, Any]:
        """Return a report as programs read it."""
        read: dict[str, Any] = json.loads((self.directory / "reports" / f"{name}.json").read_text())
        return read

    def report_text(self, name: str) -> str:
        """Return a report as people read it."""
        return (self.directory / "reports" / f"{name}.txt").read_text()

    def generation(self, name: str) -> int:
        """Return the number of the generation in force, as the host's own file system tells."""
        return int(os.readlink(self.machines[name].root / ROOT[1:] / "current").rpartition("/")[2])

    def works(self, name: str) -> None:
        """Require that the system Python and the environment of a host start."""
        machine = self.machines[name]
        assert machine.run(f"{ROOT}/bin/python", "-c", "print(6 * 7)") == "42"
        assert machine.run(f"{ROOT}/envs/web/bin/python", "-c", "import alpha; print(alpha.VERSION)") == "1.0"

    def release(self, name: str) -> str:
        """Return the release of the bundle that the system Python of a host runs from."""
        tree = self.machines[name].run(f"{ROOT}/bin/python", "-c", "import sys; print(sys.prefix)")
        return tree.rpartition("/")[2].removeprefix("python-").rpartition("-")[0]


class Death:
    """Ends a machine at the moment at which a generation appears on it; ``happened`` tells whether that came."""

    def __init__(self, machine: Machine, *, at_generation: int) -> None:
        self._process = machine.process
        self._sign = str(machine.root / ROOT[1:] / "generations" / str(at_generation))
        self._over = threading.Event()
        self.happened = False
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Death:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        # The switch takes milliseconds: the watch is kept by a thread that goes before all others, and sleeps less than one in between.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -20)
        while not self._over.is_set():
            if os.path.lexists(self._sign):
                os.kill(self._process, signal.SIGKILL)
                self.happened = True
                return
            time.sleep(0.0003)
