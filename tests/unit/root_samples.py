# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots that are installed for real, on the disk, with an interpreter that only pretends to be one: nothing of it is ever started.

The engine's workers answer in the process of the test, and the interpreter's answer follows from where its program lies.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import worker
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.commands import dispatch
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenInterpreter
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.observe import observe
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.root_check import check_store
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import installer
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Bundle, VirtualEnv
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import interpreter, pool
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records import root_record
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_wheel

VERSION = "3.12.1"
STDLIB = "lib/python3.12"
SITE = f"{STDLIB}/site-packages"
PROGRAM = "bin/python3.12"
CONTENT = {
    PROGRAM: b"\x7fELF, nearly",
    "lib/python312.zip": b"no zip",
    f"{STDLIB}/os.py": b"name = 'posix'\n",
    f"{STDLIB}/encodings/__init__.py": b"\n",
    f"{SITE}/pip/__init__.py": b"pip = 1\n",
    "lib/engine/installer/__init__.py": b"\n",
}
FILES: dict[str, dict[str, Any]] = {
    **{
        path: {
            "type": "file",
            "mode": "0755" if path == PROGRAM else "0644",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        for path, data in CONTENT.items()
    },
    **{
        path: {"type": "directory", "mode": "0755"}
        for path in (
            "bin",
            "lib",
            STDLIB,
            f"{STDLIB}/lib-dynload",
            f"{STDLIB}/encodings",
            SITE,
            f"{SITE}/pip",
            "lib/engine",
            "lib/engine/installer",
        )
    },
    "bin/python3": {"type": "link", "target": "python3.12"},
}


@dataclass(frozen=True)
class SampleBundle:
    """The archive of a bundle, and what declares it."""

    declared: Bundle
    path: Path


def bundle_json(release: str = f"{VERSION}+1", **parts: Any) -> dict[str, Any]:
    """Return what describes a sample bundle."""
    return {
        "format": 1,
        "name": "python",
        "release": release,
        "platform": "linux-x86_64",
        "python": {
            "version": VERSION,
            "executable": PROGRAM,
            "stdlib": STDLIB,
            "site_packages": SITE,
            "commands": {"python": PROGRAM, "python3": PROGRAM, "python3.12": PROGRAM},
            "byte_code": {"cache_tag": "cpython-312", "magic": "cb0d0d0a"},
        },
        "hermetic": "launcher",
        "engine": True,
        "confined": True,
        "packages": [],
        "files": FILES,
        **parts,
    }


def make_bundle_archive(
    place: Path,
    release: str = f"{VERSION}+1",
    *,
    info: object = None,
    content: Mapping[str, bytes] | None = None,
    left_out: Collection[str] = (),
) -> SampleBundle:
    """Write the archive of a bundle; ``info`` and ``content`` are what it holds instead of what is right, ``left_out`` what it lacks."""
    about = bundle_json(release) if info is None else info
    held = {**CONTENT, **(content or {})}
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"python-{release}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, entry in sorted(FILES.items()):
            if name in left_out:
                continue
            member = tarfile.TarInfo(name)
            member.mtime = 1_000_000_000
            if entry["type"] == "directory":
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
            elif entry["type"] == "link":
                member.type, member.linkname = tarfile.SYMTYPE, entry["target"]
                archive.addfile(member)
            else:
                member.size, member.mode = len(held[name]), int(entry["mode"], 8)
                archive.addfile(member, io.BytesIO(held[name]))
        if about != "none":
            data = json.dumps(about).encode() if not isinstance(about, bytes) else about
            member = tarfile.TarInfo("bundle.json")
            member.size, member.mode, member.mtime = len(data), 0o644, 1_000_000_000
            archive.addfile(member, io.BytesIO(data))
    return SampleBundle(Bundle("python", release, hashlib.sha256(path.read_bytes()).hexdigest(), default=True), path)


class PretendProcess:
    """A worker that answers in this process; ``answer`` may be replaced by what a broken one would write."""

    def __init__(self) -> None:
        self.stdin, self.stdout, self.stderr = self, self, io.StringIO()
        self._line = ""

    def write(self, line: str) -> None:
        self._line = line

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def readline(self) -> str:
        return json.dumps(worker.answered(self._line)) + "\n"

    def wait(self) -> int:
        return 0


def answer_of(executable: Path, *, site: bool = True) -> dict[str, Any]:
    """Return what the interpreter at a place would say of itself."""
    tree = executable.parent.parent
    if executable.read_bytes() != CONTENT[PROGRAM]:
        raise BrokenInterpreter(f"The interpreter {executable} does not start: it was changed")
    return {"version": VERSION, "prefix": str(tree), "base_prefix": str(tree), "path": [str(tree / STDLIB), str(tree / SITE)]}


def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers and interpreters answer without a process."""
    monkeypatch.setattr(pool.Workers, "_start", lambda _self: PretendProcess())
    monkeypatch.setattr(interpreter, "ask", answer_of)
    # Whether everything is flushed in time is another test's question, and this machine's disk is slow.
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(installer, "sync_file_system", lambda _path: None)


@dataclass
class SampleRoot:
    """A root, what is declared for it, and the artifacts that are there to install from."""

    layout: Layout
    bundles: list[SampleBundle] = field(default_factory=list)
    virtualenvs: dict[str, tuple[Wheel, ...]] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)

    def run(self, command: str, *, on_progress: Callable[[str], None] | None = None, **parts: Any) -> dict[str, Any]:
        """Carry out a request in this process."""
        self.artifacts.update({each.declared.sha256: each.path for each in self.bundles})
        self.artifacts.update({wheel.sha256: wheel.path for wheels in self.virtualenvs.values() for wheel in wheels})
        declaration = {
            "bundles": [{"name": "python", "release": each.declared.release, "sha256": each.declared.sha256} for each in self.bundles],
            "virtualenvs": [
                {"name": name, "bundle": "python", "wheels": [wheel.sha256 for wheel in wheels]}
                for name, wheels in self.virtualenvs.items()
            ],
        }
        artifacts = {
            sha256: {"filename": path.name, "size": path.stat().st_size if path.exists() else None, "sources": [str(path)]}
            for sha256, path in self.artifacts.items()
        }
        document = {"format": 1, "command": command, "root": str(self.layout.root), "scope": "system"}
        return dispatch.run({**document, "declaration": declaration, "artifacts": artifacts, **parts}, on_progress=on_progress)

    def converge(self, **parts: Any) -> dict[str, Any]:
        """Bring the root to what is declared, which has to succeed."""
        result = self.run("converge", **parts)
        assert not result.get("failed"), result
        return result

    def observe(self, verify: str = "quick", **parts: Any) -> Observation:
        """Look at the root."""
        return observe(self.layout, verify=verify, **parts)

    def findings(self, verify: str = "quick", **parts: Any) -> list[tuple[str, str, str]]:
        """Return subject, kind and cause of what a look finds."""
        return sorted((each.subject, each.kind, each.cause) for each in self.observe(verify, **parts).findings)

    @property
    def bundle(self) -> Path:
        """The tree of the bundle that is declared."""
        return self.layout.tree("bundles", self.bundles[0].declared.id)

    def environment(self, name: str) -> Path:
        """Return the tree of an environment that is declared."""
        declared = VirtualEnv(name, "python", tuple(wheel.sha256 for wheel in self.virtualenvs[name]))
        return self.layout.tree("environments", declared.id(self.bundles[0].declared))


def empty_root(place: Path) -> Layout:
    """Make a root in which nothing was installed."""
    made = Layout(place)
    for directory in made.own_directories().values():
        directory.mkdir()
        directory.chmod(0o755)
    root_record.claim(made)
    return made


def store_findings(layout: Layout) -> list[tuple[str, str | None]]:
    """Return kind and path of what is found of a root's own directories and records."""
    observation = Observation()
    check_store(layout, observation)
    return sorted((finding.kind, finding.path) for finding in observation.findings)


def sample_root(place: Path, *environments: str) -> SampleRoot:
    """Return a root with a bundle and environments declared, of the wheels ``alpha`` (all) and ``beta`` (the first one)."""
    alpha = make_wheel(place / "wheels", "alpha", scripts={"alpha": "alpha:main"})
    beta = make_wheel(place / "wheels", "beta", files={"beta/__init__.py": "b = 1\n", "beta/data.txt": "data"})
    made = SampleRoot(Layout(place / "root"), [make_bundle_archive(place / "archives")])
    made.virtualenvs = {name: (alpha, beta) if not index else (alpha,) for index, name in enumerate(environments)}
    return made
