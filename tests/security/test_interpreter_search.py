# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that lies above a bundle or an environment is run or read by its Python, whatever the name and the way it is started.

HERMETIC_SEARCH_PYTHONS names other versions of pyenv than the default ones, separated by blanks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.search_landmarks import plant
from looked_at import asked_for, outside, require_strace
from roots import Archive
from search_layout import CLEAN, Layout, laid_out, prefix_of

VERSIONS = os.environ.get("HERMETIC_SEARCH_PYTHONS", "2.7.18 3.9.18 3.10.13 3.11.7 3.12.1 3.13.0").split()
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
WAYS = (
    "bundle",
    "bootstrap",
    "without byte code",
    "relocated",
    "environment",
    "venv",
    "venv with copies",
    "link",
    "chain of links",
    "linked directory",
    "link to environment",
)
# What reads configuration or libraries at its import, beside what every start does.
WORK = (
    "import ctypes, gettext, json, locale, socket, sqlite3, ssl, sys, sysconfig; ssl.create_default_context(); sysconfig.get_config_vars()"
)
TOLD = WORK + "; sys.stdout.write(sys.prefix)"
NOBODY = 65534


@pytest.fixture(scope="module", params=VERSIONS)
def layout(request: pytest.FixtureRequest, bundle_of: Callable[..., Archive], tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Return a bundle of one version of Python, laid out in every way."""
    version = request.param
    source = PYENV / version / "bin" / f"python{'.'.join(version.split('.')[:2])}"
    if not source.exists():
        pytest.skip(f"pyenv has no Python {version} on this machine")
    return laid_out(bundle_of(1, source=source), tmp_path_factory.mktemp(f"search-{version}"))


def _command(layout: Layout, way: str) -> list[str]:
    options = ["-B"] if way == "without byte code" else ["-I", "-B"] if way == "bootstrap" and layout.version[0] == "3" else []
    return [str(layout.programs[way]), *options, "-c", TOLD]


def _run(layout: Layout, way: str, marker: Path, *, directory: str = "/") -> str:
    """Start a Python and return its prefix; nothing hostile may have run."""
    done = subprocess.run(_command(layout, way), env=CLEAN, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    ran = marker.read_text() if marker.exists() else ""
    assert not ran, f"{way}: hostile code ran"
    assert done.returncode == 0, f"{way}: {done.stderr}"
    return done.stdout


def _leads_there(asked: str, links: list[Path]) -> bool:
    """Tell whether a path is on the way to a link, or the file beside it that would make it the python of an environment."""
    call, path = asked.split(" ", 1)
    ways = {str(parent) for link in links for parent in (link, *link.parents)}
    return path in ways or (call == "newfstatat" and path in {str(link.parent.parent / "pyvenv.cfg") for link in links})


@pytest.mark.parametrize("way", WAYS)
def test_no_path_outside_is_looked_at(layout: Layout, way: str, tmp_path: Path) -> None:
    require_strace()
    asked = asked_for(_command(layout, way), cwd=Path("/"), environment=CLEAN, log=tmp_path / "trace")
    assert len(asked) > 100, "the trace shows no start of a Python"
    found = outside(asked, trees=layout.trees)
    if "link" in way:
        links = [layout.programs[name] for name in ("link", way)]
        found = {each for each in found if not _leads_there(each, links)}
    assert found == set()


@pytest.fixture(scope="module")
def planted(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put hostile files at every landmark into every directory above; returns the file that they leave when they run."""
    marker = tmp_path_factory.mktemp("marker") / "ran"
    # There is no open() yet when encodings is imported.
    opened = f"posix.open({str(marker)!r}, posix.O_WRONLY | posix.O_CREAT, 420)"
    code = f"import posix\nposix.write({opened}, b'ran')\nraise SystemExit(66)\n"
    for directory in layout.ancestors:
        plant(directory, version=layout.version, code=code)
    return marker


@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_is_planted_above_runs(layout: Layout, planted: Path, way: str) -> None:
    assert _run(layout, way, planted) == str(prefix_of(layout, way))
    if way != "without byte code":
        # The current directory is no place to find modules in either, nor is any above it.
        assert _run(layout, way, planted, directory=str(layout.place)) == str(prefix_of(layout, way))


def test_what_is_planted_catches_a_bundle_without_landmarks(layout: Layout, planted: Path, tmp_path: Path) -> None:
    """What proves nothing when it passes would prove nothing above either."""
    short = "".join(layout.version.split(".")[:2])
    copy = layout.place / "control"
    shutil.copytree(layout.place / "bundle", copy, symlinks=True)
    (copy / "lib" / f"python{short}.zip").unlink()
    shutil.rmtree(copy / "lib" / f"python{short[0]}.{short[1:]}" / "lib-dynload")
    try:
        python = copy / "bin" / layout.programs["bundle"].name
        done = subprocess.run(
            [str(python), "-c", "import sys; print(sys.exec_prefix)"], env=CLEAN, capture_output=True, text=True, check=False
        )
        assert (planted.exists() and done.returncode != 0) or done.stdout.strip() == str(layout.place), done
    finally:
        shutil.rmtree(copy)
        planted.unlink(missing_ok=True)


@pytest.mark.root
@pytest.mark.parametrize("way", ["link", "chain of links"])
def test_a_pyvenv_cfg_of_somebody_else_makes_no_environment(layout: Layout, planted: Path, way: str) -> None:
    """In a directory like /tmp, anybody may put one beside a directory of links that is root's; its home is the bundle's own."""
    for directory in layout.beside_links:
        configuration = directory / "pyvenv.cfg"
        configuration.unlink(missing_ok=True)
        configuration.write_text(f"home = {layout.programs['bundle'].parent}\n")
        os.chown(configuration, NOBODY, NOBODY)
    assert _run(layout, way, planted) == str(prefix_of(layout, way))


@pytest.mark.root
def test_an_interpreter_of_somebody_else_is_not_started_beside_a_copy(layout: Layout, planted: Path) -> None:
    """A copy of the launcher looks for its interpreter beside itself first."""
    shutil.copy2(layout.programs["venv with copies"], layout.place / "bin" / "copy")
    program = layout.place / "libexec" / f"python{'.'.join(layout.version.split('.')[:2])}"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\necho ran > {planted}\n")
    program.chmod(0o755)
    os.chown(program, NOBODY, NOBODY)
    done = subprocess.run([str(layout.place / "bin" / "copy"), "-c", "0"], env=CLEAN, capture_output=True, text=True, check=False)
    assert done.returncode == 126
    assert "belongs neither to root" in done.stderr
    assert not planted.exists()


def test_a_copy_of_python_2_without_a_standard_library_is_refused(layout: Layout, planted: Path) -> None:
    """It knows no pyvenv.cfg, and would search for its standard library from where it lies."""
    if not layout.version.startswith("2."):
        pytest.skip("later versions of Python find it by pyvenv.cfg")
    shutil.copytree(layout.place / "venv with copies", layout.place / "bare", symlinks=True)
    (layout.place / "bare" / "lib" / "python2.7" / "lib-dynload").unlink()
    python = layout.place / "bare" / "bin" / "python"
    done = subprocess.run([str(python), "-c", "0"], env=CLEAN, capture_output=True, text=True, check=False)
    assert done.returncode == 126
    assert "needs links to os.py and lib-dynload" in done.stderr
    assert not planted.exists()
