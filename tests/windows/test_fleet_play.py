# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One play over two Linux roots and a Windows host, from nothing to the last prune, with the same tasks for all.

Every host is changed in every way that findings tell apart. The bundles for Windows are slim, the wheels small: what costs here is PowerShell.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import KINDS
from fleet_bundles import FleetBundles
from fleet_tampering import Host, forge_and_kill, tamper
from measured import TOLD
from plays import Controller, Played
from slim_bundles import slim_release
from wheelhouse import Wheel
from windows_host import WindowsHost

FIRST, SECOND = "5.0+1", "5.0+2"
LINUX = ("linux-one", "linux-two")
WINDOWS = ("windows",)
EVERYBODY = (*LINUX, *WINDOWS)

pytestmark = pytest.mark.slow


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Fleet:
    """Three hosts, a repository behind HTTP, and the declaration that all of them share."""

    def __init__(self, directory: Path, windows: dict[str, WindowsHost], wheels: dict[str, Wheel]) -> None:
        self.directory = directory
        self.windows = windows
        self.wheels = wheels
        self.controller = Controller(directory / "controller")
        self.address = ""
        self.seconds: dict[str, float] = {}

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        """The inventory: what differs between the hosts is how they are reached, and the root where Linux is this machine."""
        linux = {name: {"system_root": str(self.directory / name)} for name in LINUX}
        return {**linux, **{name: {**host.inventory_vars, "ansible_remote_tmp": "%TEMP%"} for name, host in self.windows.items()}}

    def root(self, name: str) -> Path:
        """Return the root of a host, as this machine sees it."""
        return self.windows[name].path("C:\\infra-system") if name in self.windows else self.directory / name

    def lock(self, name: str, *lines: tuple[str, str]) -> str:
        """Write a lock of (wheel, marker) lines and return its path."""
        path = self.directory / f"{name}-requirements.txt"
        text = []
        for wheel, marker in lines:
            distribution, version = wheel.split("-")
            condition = f" ; {marker}" if marker else ""
            text.append(f"{distribution}=={version}{condition} --hash=sha256:{self.wheels[wheel].sha256}\n")
        path.write_text("".join(text))
        return str(path)

    def run(self, title: str, module: str, *arguments: str, **options: Any) -> Played:
        """Run one module on all hosts in one play."""
        begin = time.monotonic()
        task = {f"hermetic.python.{module}": {"root": "{{ system_root | default(omit) }}", **options}}
        played = self.controller.play([task], *arguments, hosts=self.hosts)
        self.seconds[title] = time.monotonic() - begin
        assert played.code == 0, played.output
        for name in EVERYBODY:
            # What warns, warns of its own host.
            other = set(played.of(LINUX[0])) ^ set(played.of(name))
            assert other <= {"warnings"}, f"{title}: the results of {LINUX[0]} and {name} differ in {other}"
        return played

    def declared(self, **options: Any) -> dict[str, Any]:
        """Return the options of the declaration."""
        return {
            "repository": self.address,
            "find_links": [str(self.wheels["alpha-1.0"].path.parent)],
            "bundles": [{"name": "python"}],
            "virtualenvs": [
                {"name": "one", "lock": str(self.directory / "one-requirements.txt")},
                {"name": "two", "lock": str(self.directory / "two-requirements.txt")},
            ],
            **options,
        }

    def publish(self, release: str, *archives: Path) -> None:
        """Publish archives and all wheels, and let the channel stable name the release."""
        options = {"path": str(self.directory / "repository"), "archives": [str(path) for path in archives], "channel": "stable"}
        options |= {"release": release, "wheels": [str(wheel.path) for wheel in self.wheels.values()]}
        played = self.controller.play([{"hermetic.python.repository": options}])
        assert played.code == 0, played.output
        # A controller asks for the index every 30 seconds at most; what it remembers goes, so that nobody has to wait for that.
        shutil.rmtree(self.controller.directory / "cache", ignore_errors=True)

    def versions(self, name: str) -> str:
        """Return what the environment ``one`` of a host says of itself."""
        code = "import beta, alpha, sys; print(beta.VERSION, alpha.VERSION, sys.platform)"
        if name in self.windows:
            return self.windows[name].python("-c", code, executable="C:\\infra-system\\envs\\one\\Scripts\\python.exe").strip()
        program = self.root(name) / "envs/one/bin/python"
        return subprocess.run([str(program), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def fleet(
    tmp_path_factory: pytest.TempPathFactory,
    new_windows_host: Callable[..., WindowsHost],
    bundles: FleetBundles,
    wheels: dict[str, Wheel],
) -> Iterator[Fleet]:
    """Return the fleet with both releases published; nothing is on any host."""
    made = Fleet(tmp_path_factory.mktemp("fleet"), {name: new_windows_host(name) for name in WINDOWS}, wheels)
    made.lock("one", ("alpha-1.0", ""), ("beta-1.0", ""), ("gamma-1.0", ""), ("delta-1.0", 'sys_platform == "win32"'))
    made.lock("two", ("beta-1.0", ""), ("gamma-1.0", ""))
    whole = bundles.windows(FIRST)
    for release in (SECOND, FIRST):
        # Ansible's own part of a module needs more of the standard library than the engine does, and runs on Linux only.
        made.publish(release, bundles.linux(release).path, slim_release(whole, made.directory, release=release).path)
    handler = functools.partial(_Quiet, directory=str(made.directory / "repository"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()


def test_the_whole_life_of_a_mixed_fleet(fleet: Fleet, record_property: Callable[[str, object], None]) -> None:
    # Nothing is there: the check says so and makes nothing.
    planned = fleet.run("check of nothing", "system", "--check", **fleet.declared())
    for name in EVERYBODY:
        assert planned.of(name)["changed"] is True, name
        assert [step["action"] for step in planned.of(name)["plan"]].count("build_environment") == 2
        assert not fleet.root(name).exists(), name

    converged = fleet.run("converge", "system", **fleet.declared())
    for name in EVERYBODY:
        assert converged.of(name)["generation"] == {"before": None, "after": 1}, name
        assert fleet.versions(name) == f"1.0 1.0 {'linux' if name in LINUX else 'win32'}"
    info = fleet.run("info", "system_info")
    for name in EVERYBODY:
        (one,) = [each for each in info.of(name)["info"]["virtualenvs"] if each["name"] == "one"]
        wanted = {"alpha", "beta", "gamma"} | (set() if name in LINUX else {"delta"})
        assert {package["name"] for package in one["packages"]} == wanted, name

    again = fleet.run("no change", "system", "--diff", **fleet.declared())
    for name in EVERYBODY:
        assert (again.of(name)["changed"], again.of(name)["plan"]) == (False, []), (name, again.of(name))

    kinds: dict[str, set[str]] = {name: set() for name in EVERYBODY}
    for title, change in (("tampering", tamper), ("death", forge_and_kill)):
        expected = {name: change(Host(fleet.root(name), windows=name in WINDOWS)) for name in EVERYBODY}
        drift = fleet.run(f"drift after {title}", "drift", **fleet.declared(verify="deep"))
        for name in EVERYBODY:
            found = {(each["subject"], each["kind"], each["cause"]) for each in drift.of(name)["findings"]}
            assert found == expected[name], (name, expected[name] ^ found)
            assert drift.of(name)["clean"] is False
            kinds[name] |= {kind for _subject, kind, _cause in found}

        repaired = fleet.run(f"repair after {title}", "system", **fleet.declared(verify="deep"))
        for name in EVERYBODY:
            assert repaired.of(name)["changed"] is True, name
            assert repaired.of(name)["generation"] == {"before": 1, "after": 1}, name
            assert fleet.versions(name).startswith("1.0 1.0"), name

    fleet.publish(SECOND)
    fleet.lock("one", ("alpha-1.0", ""), ("beta-2.0", ""), ("gamma-1.0", ""), ("delta-1.0", 'sys_platform == "win32"'))
    pending = fleet.run("drift before upgrade", "drift", **fleet.declared(verify="deep"))
    for name in EVERYBODY:
        # Whatever was not repaired would be here, with another cause.
        assert {finding["cause"] for finding in pending.of(name)["findings"]} == {"pending"}, (name, pending.of(name)["findings"])
        kinds[name] |= {finding["kind"] for finding in pending.of(name)["findings"]}
        # Checks and processes were not asked for: test_checks and test_outdated_processes have them.
        assert kinds[name] == set(KINDS) - {"unhealthy", "outdated_process"}, (name, set(KINDS) ^ kinds[name])
    upgraded = fleet.run("upgrade", "system", **fleet.declared())
    for name in EVERYBODY:
        generation = upgraded.of(name)["generation"]
        assert generation["after"] == generation["before"] + 1, name
        assert fleet.versions(name).startswith("2.0 1.0")

    fleet.run("roll back", "generation", number="previous")
    for name in EVERYBODY:
        assert fleet.versions(name).startswith("1.0 1.0"), name
    fleet.run("prune", "generation", state="pruned", keep_generations=1)
    for name in EVERYBODY:
        # The generation in force stays and the newest one, on every system alike.
        kept = {path.name.rpartition("-")[0] for path in (fleet.root(name) / "bundles").iterdir()}
        assert kept == {f"python-{FIRST}", f"python-{SECOND}"}, name
        assert len([path for path in (fleet.root(name) / "generations").iterdir() if path.is_dir()]) == 2, name
        assert fleet.versions(name).startswith("1.0 1.0"), name

    starts = {name: host.ssh.powershell_starts for name, host in fleet.windows.items()}
    for host in fleet.windows.values():
        left = [path.name for path in host.path("C:\\users\\root\\AppData\\Local\\Temp").glob("ansible*")]
        assert not left, left
    told = ", ".join(f"{title} {seconds:.1f} s" for title, seconds in fleet.seconds.items())
    record_property(TOLD, f"mixed fleet: {sum(fleet.seconds.values()):.0f} s ({told}); PowerShell starts: {starts}")
