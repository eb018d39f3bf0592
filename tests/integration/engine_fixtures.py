# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of tests that run the engine as on a host: a real bundle, wheels, roots; a folder's conftest imports those that it wants."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.build import build
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import BuildRequest, InterpreterSource
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import Wheel as BundledWheel
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip
from bundle_variants import Change, Contents, contents_of, slim, write
from hosts import Host
from roots import Archive, Declared, Engine, Root
from wheelhouse import Wheel, known, make_sample_wheels

# Small ones, pure and binary, with and without commands; every one of them has wheels for each Python that the tests run on.
REAL_PACKAGES = ("pyyaml", "requests", "click", "markupsafe", "jinja2", "cryptography")


def interpreter_source() -> Path:
    """Return the interpreter that bundles are made from: the one that runs the tests, or the one of pyenv that PYENV names."""
    version = os.environ.get("PYENV")
    if not version:
        return Path(sys.executable)
    base = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions" / version
    return base / "bin" / f"python{'.'.join(version.split('.')[:2])}"


@pytest.fixture(scope="session")
def bundle_of(pytestconfig: pytest.Config) -> Callable[..., Archive]:
    """Return a function that builds a bundle of a revision; an archive of the same inputs is taken from an earlier run."""
    destination = pytestconfig.cache.mkdir("hermetic-bundles")

    def made(revision: int, source: Path | None = None, packages: Sequence[Wheel] = ()) -> Archive:
        interpreter = source or interpreter_source()
        asked = subprocess.run(
            [str(interpreter), "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True, check=True
        )
        release = f"{asked.stdout.strip()}+{revision}"
        request = BuildRequest(
            name="python",
            release=release,
            source=InterpreterSource(path=interpreter),
            destination=Path(destination),
            packages=[BundledWheel(path=wheel.path, sha256=wheel.sha256) for wheel in packages],
        )
        report = build(request)
        return Archive(report.archive, report.sha256, release, report.info["python"])

    return made


@pytest.fixture(scope="session")
def bundle_archive(bundle_of: Callable[..., Archive]) -> Archive:
    """Return a real bundle."""
    return bundle_of(1)


@pytest.fixture(scope="session")
def later_bundle_archive(bundle_of: Callable[..., Archive], wheels: dict[str, Wheel]) -> Archive:
    """Return the next release of the bundle, with the same Python and the package ``delta``."""
    return bundle_of(2, packages=[wheels["delta-1.0"]])


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wheel]:
    """Return small wheels by name and version."""
    return make_sample_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def real_wheels(pytestconfig: pytest.Config, bundle_archive: Archive) -> list[Wheel]:
    """Return real packages with all that they need, from the index that pip is configured with; kept for later runs."""
    tag = bundle_archive.python["tag"]
    directory = Path(pytestconfig.cache.mkdir("hermetic-wheels")) / tag
    complete = directory / ".complete"
    if not complete.exists():
        version = ".".join(bundle_archive.python["version"].split(".")[:2])
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        subprocess.run([*command, "--python-version", version, "--dest", str(directory), *REAL_PACKAGES], check=True)
        complete.touch()
    return [known(path) for path in sorted(directory.glob("*.whl"))]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, bundle_archive: Archive) -> Engine:
    """Return the engine as on a host: packed as a zip, with an unpacked bundle for roots that have no interpreter yet."""
    place = tmp_path_factory.mktemp("engine")
    archive = place / "engine.zip"
    archive.write_bytes(engine_zip())
    unpacked = place / "bootstrap"
    with tarfile.open(bundle_archive.path) as source:
        source.extractall(unpacked, filter="tar")
    return Engine(archive, bootstrap=unpacked / bundle_archive.python["executable"])


@pytest.fixture(scope="session")
def make_root(engine: Engine) -> Callable[[Path, Declared], Root]:
    """Return a function that gives a root at a path; nothing is there until it is converged."""

    def made(path: Path, declared: Declared) -> Root:
        return Root(path, engine, declared)

    return made


@pytest.fixture(scope="module")
def slim_bundle(bundle_archive: Archive) -> Contents:
    """Return a bundle that installs in a tenth of a second."""
    return slim(contents_of(bundle_archive.path))


@pytest.fixture(scope="module")
def good(slim_bundle: Contents, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return the archive that the host was made from."""
    return write(slim_bundle, tmp_path_factory.mktemp("good") / "good.tar")


@pytest.fixture(scope="module")
def declared(good: Archive, wheels: dict[str, Wheel]) -> Declared:
    """Return what the host holds."""
    return Declared({"python": good}, {"web": [wheels["alpha-1.0"], wheels["beta-1.0"]]})


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, engine: Engine, declared: Declared) -> Host:
    """Return a host in use."""
    made = Host(tmp_path_factory.mktemp("host") / "root", engine, declared)
    made.converge()
    made.works()
    return made


@pytest.fixture
def with_bundle(declared: Declared, slim_bundle: Contents, tmp_path: Path) -> Callable[[Change], Declared]:
    """Return a function that declares the next release of the bundle, changed by something."""

    def made(change: Change) -> Declared:
        assert slim_bundle.info is not None
        later = slim_bundle.with_info(release=f"{slim_bundle.info['python']['version']}+2")
        archive = write(change(later), tmp_path / "changed.tar")
        return replace(declared, bundles={"python": replace(archive, release=later.info["release"])})  # type: ignore[index]

    return made


@pytest.fixture(scope="session")
def root_with_one(
    make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Root]:
    """Return a function that makes a new root with a bundle and an environment."""

    def made() -> Root:
        declared = Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"], wheels["beta-2.0"]]})
        root = make_root(tmp_path_factory.mktemp("hermetic") / "root", declared)
        root.converge()
        return root

    return made
