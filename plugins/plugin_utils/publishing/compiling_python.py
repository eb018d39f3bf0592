# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python on this controller that compiles to a given byte code: of a bundle that runs here, else one that is installed here."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.fs.hashed_copy import copy_hashed
from ...module_utils.hermetic.model.byte_code import ByteCode
from ...module_utils.hermetic.process.subprocess_environment import clean_environment
from ...module_utils.hermetic.unpack.archive import unpack
from ..platforms import platform_named
from .prebuilt_wheels import OLDEST

_ASK = (
    "import importlib.util, json, sys; print(json.dumps([sys.implementation.cache_tag, importlib.util.MAGIC_NUMBER.hex(), "
    "list(sys.version_info[:3])]))"
)
_PATIENCE = 60


@dataclass(frozen=True)
class LocalBundle:
    """The archive of a bundle on this controller."""

    platform: str
    python: Mapping[str, Any]
    sha256: str
    path: Path


def find_python(byte_code: ByteCode, *, version: str, bundles: Iterable[LocalBundle], workplace: Path) -> Path | None:
    """Return a Python that compiles to this byte code, or None; a bundle of the controller's own platform goes before all others.

    ``version`` is that of the bundle that the byte code is for; a bundle is unpacked below ``workplace``.
    """
    for number, bundle in enumerate(each for each in bundles if may_run_here(each.platform)):
        # One that does not start here, for its C library or the mount of the workplace, is no loss: another may.
        with contextlib.suppress(HermeticError, OSError):
            python = _unpacked(bundle, workplace / f"python-{number}")
            if compiles_to(python, byte_code):
                return python
    return next((python for python in installed_pythons(version) if compiles_to(python, byte_code)), None)


def _unpacked(bundle: LocalBundle, into: Path) -> Path:
    # A copy that nobody else writes to: what is started is what was hashed.
    into.mkdir(mode=0o700)
    own, tree = into / bundle.path.name, into / "tree"
    if copy_hashed(bundle.path, own) != bundle.sha256:
        raise HermeticError(f"{bundle.path} is not the archive that the index names")
    tree.mkdir()
    unpack(own, tree)
    return tree / str(bundle.python["executable"])


def may_run_here(name: str) -> bool:
    """Return whether programs of a platform may run on this controller, as far as system and processor say."""
    known = platform_named(name)
    system = {"linux": "linux", "darwin": "macos"}.get(sys.platform)
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    return system == known.system and machine == {"arm64": "aarch64"}.get(known.machine, known.machine)


def installed_pythons(version: str) -> Iterator[Path]:
    """Give the Pythons of a series that are installed here: the one that runs this, those on the path, and those of pyenv."""
    series = ".".join(version.split(".")[:2])
    if sys.version_info[:2] == tuple(map(int, series.split("."))):
        yield Path(sys.executable)
    for name in (f"python{series}", "python3"):
        found = shutil.which(name)
        if found is not None:
            yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from sorted(pyenv.glob(f"{series}.*/bin/python{series}"), reverse=True)


def compiles_to(python: Path, byte_code: ByteCode) -> bool:
    """Return whether an interpreter starts and compiles to this byte code, the same bytes each time."""
    try:
        done = subprocess.run(
            [str(python), "-I", "-S", "-B", "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            env=clean_environment(),
            cwd=os.path.abspath(os.sep),
            check=False,
        )
        cache_tag, magic, version = json.loads(done.stdout)
    except (OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        return False
    return (cache_tag, magic) == (byte_code.cache_tag, byte_code.magic) and tuple(version[:2]) >= OLDEST
