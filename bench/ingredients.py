# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make what every contest needs: wheels, locks, a bundle in a repository, the engine as a zip."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..module_utils.engine_of_task import ARCHIVE as ENGINE_ZIP
from ..module_utils.engine_of_task import CODE as ENGINE_CODE
from ..plugins.plugin_utils.bundle_building.build import BuildReport, build
from ..plugins.plugin_utils.bundle_building.model.request import BuildRequest, InterpreterSource
from ..plugins.plugin_utils.repository.bundle_archive import MEMBERS, UNPACKED, read_metadata
from ..plugins.plugin_utils.target.engine_zip import engine_zip
from . import documents
from .command import Command, run
from .documents import Archive, Wheel
from .workspace import PROJECT, Workspace

PACKAGES = PROJECT / "bench" / "packages.txt"
RELEASE = "1.0+bench"


@dataclass(frozen=True)
class Ingredients:
    """What the contests share; every path lies in the workspace."""

    space: Workspace
    python: Path
    """The interpreter that the bundle is made of; the other side makes its environments with it."""
    python_version: str
    wheels: tuple[Wheel, ...]
    wheel_directory: Path
    archive: Archive
    repository: Path
    engine: Path
    locks: tuple[Path, ...]
    """Hashed requirement files, one for each environment by its number."""
    pins: tuple[Path, ...]
    uv: str
    tell: Callable[[str], None]

    def environment_name(self, number: int) -> str:
        """Return the name of an environment."""
        return f"env{number:02d}"

    def command(self, *words: str | Path, stdin: Path | None = None, shows: str | None = None) -> Command:
        """Return a command that runs in the workspace."""
        return Command(tuple(map(str, words)), self.space.environment, self.space.base, stdin=stdin, shows=shows)

    def script(self, text: str, *words: str | Path, shows: str | None = None) -> Command:
        """Return a shell script with its arguments."""
        return self.command("bash", "-euo", "pipefail", "-c", text, "bench", *words, shows=shows)

    def playbook(self, name: str, text: str, *, shows: str) -> Command:
        """Return the command that runs a play."""
        return self.command(
            Path(sysconfig.get_path("scripts")) / "ansible-playbook", self.space.write(f"plays/{name}.yml", text), shows=shows
        )

    def by_hand(self, python: Path, name: str, request: str, *, shows: str, sent: bool = False) -> Command:
        """Return the command that gives the engine a request without Ansible: the engine of the bundle, or the one that is ``sent``.

        The latter is what a deep verification runs, since a host cannot vouch for itself with code of its own.
        """
        engine = self.engine if sent else python.parent.parent / ENGINE_CODE / ENGINE_ZIP
        return self.command(python, "-I", engine, stdin=self.space.write(f"requests/{name}.json", request), shows=shows)

    def temporary_python(self) -> Path:
        """Return a Python like the one that a host without any is given for the length of its first run: the archive, unpacked beside."""
        tree = self.space.base / "temporary"
        if not tree.exists():
            tree.mkdir()
            with tarfile.open(self.archive.path) as archive:
                archive.extractall(tree, filter="tar")
        return tree / "bin" / "python3"

    @property
    def archive_in_repository(self) -> str:
        """The way from the web server's directory to the archive."""
        [found] = self.repository.rglob(self.archive.path.name)
        return found.relative_to(self.repository.parent).as_posix()


def interpreter_of(root: Path) -> Path:
    """Return the Python of a root that runs the engine."""
    return root / "state" / "engine" / "bin" / "python3"


def gather(space: Workspace, *, python: Path, environments: int, tell: Callable[[str], None]) -> Ingredients:
    """Make everything. Only this part uses the network: pip fetches the wheels from the index that it is configured with."""
    version = run(
        Command((str(python), "-I", "-c", "import platform; print(platform.python_version())"), space.environment, space.base)
    ).strip()
    tell(f"fetch {len(PACKAGES.read_text().splitlines())} wheels for Python {version}")
    wheels = _wheels(space, python)
    tell(f"build a bundle from Python {version}")
    archive = build_bundle(space, python, RELEASE)
    chosen = [documents.environment_wheels(wheels, number) for number in range(environments)]
    engine = space.base / "engine.zip"
    engine.write_bytes(engine_zip(compiled=True))
    made = Ingredients(
        space=space,
        python=python,
        python_version=version,
        wheels=tuple(wheels),
        wheel_directory=space.directory("wheels"),
        archive=archive,
        repository=space.base / "www" / "repository",
        engine=engine,
        locks=tuple(space.write(f"locks/{number:02d}.txt", documents.lock(each)) for number, each in enumerate(chosen)),
        pins=tuple(space.write(f"pins/{number:02d}.txt", documents.pins(each)) for number, each in enumerate(chosen)),
        uv=_uv(),
        tell=tell,
    )
    task = {
        "name": "Publish",
        "hermetic.python.repository": {
            "path": str(made.repository),
            "archives": [str(archive.path)],
            "channel": "stable",
            "release": RELEASE,
        },
    }
    run(made.playbook("publish", documents.play(task), shows="changed=1"))
    return made


def _wheels(space: Workspace, python: Path) -> list[Wheel]:
    directory = space.directory("wheels")
    fetch(space, directory, "--only-binary", ":all:", "--requirement", str(PACKAGES), python=python)
    return known_wheels(directory)


def fetch(space: Workspace, into: Path, *words: str, python: Path | None = None) -> None:
    """Download distributions, as they are and none that they need; ``python`` is the one that they are for, this one by default."""
    pip = ("-m", "pip", *(("--python", str(python)) if python else ()), "download", "--quiet", "--no-deps", "--disable-pip-version-check")
    # With the caller's environment: it says where packages come from.
    run(Command((sys.executable, *pip, "--dest", str(into), *words), os.environ, space.base))


def known_wheels(directory: Path) -> list[Wheel]:
    """Return the wheels that lie in a directory."""
    wheels = []
    for path in sorted(directory.glob("*.whl")):
        name, wheel_version = path.name.split("-")[:2]
        content = path.read_bytes()
        wheels.append(Wheel(name.lower().replace("_", "-"), wheel_version, path, hashlib.sha256(content).hexdigest(), len(content)))
    return wheels


def build_bundle(space: Workspace, python: Path, release: str) -> Archive:
    """Build a release of the bundle; two releases of one Python differ in nothing else."""
    report = build(
        BuildRequest(name=documents.BUNDLE, release=release, source=InterpreterSource(path=python), destination=space.directory("bundles"))
    )
    return described(report)


def described(report: BuildReport) -> Archive:
    """Return the archive that was built, with what a repository says of it."""
    about = read_metadata(report.archive)
    return Archive(
        path=report.archive,
        sha256=report.sha256,
        size=report.size,
        release=str(report.info["release"]),
        hermetic=report.info["hermetic"],
        unpacked=about[UNPACKED],
        members=tuple(about[MEMBERS]),
    )


def _uv() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise FileNotFoundError("uv is not installed; install what requirements-bench.txt lists into the environment that runs this")
    return found


def missing_tools(names: Sequence[str]) -> list[str]:
    """Return the programs that a contest takes and this machine lacks."""
    return [name for name in names if shutil.which(name) is None]
