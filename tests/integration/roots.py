# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root on this machine and the engine that keeps it, run as on a host: the zip, a bundle's Python, JSON in and out."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import stated
from wheelhouse import Wheel

Document = dict[str, Any]


@dataclass(frozen=True)
class Archive:
    """The archive of a bundle."""

    path: Path
    sha256: str
    release: str
    python: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Name of its tree, when it is installed under the name ``python``."""
        return f"python-{self.release}-{self.sha256[:12]}"

    @property
    def byte_code(self) -> str | None:
        """What its wheels are keyed by, as the controller says."""
        version = str(self.python.get("version", "0.0"))
        found = stated(self.python, engine=tuple(map(int, version.split(".")[:2])) >= (3, 9))
        return found.digest if found is not None else None


@dataclass(frozen=True)
class Declared:
    """What a host shall hold; ``on`` names the bundle of an environment where it is not the default one."""

    bundles: Mapping[str, Archive]
    virtualenvs: Mapping[str, Sequence[Wheel]] = field(default_factory=dict)
    default: str = "python"
    on: Mapping[str, str] = field(default_factory=dict)
    system_site_packages: frozenset[str] = frozenset()
    pythonpath: frozenset[str] = frozenset()
    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The options ``checks`` and ``checks_after`` of a bundle or environment, by its name."""

    def but(self, **virtualenvs: Sequence[Wheel]) -> Declared:
        """Return the declaration with these environments added or replaced."""
        return replace(self, virtualenvs={**self.virtualenvs, **virtualenvs})

    def document(self) -> Document:
        """Return the ``declaration`` of a request."""
        return {
            "bundles": [
                {
                    "name": name,
                    "release": archive.release,
                    "sha256": archive.sha256,
                    "default": name == self.default,
                    "byte_code": archive.byte_code,
                    **self.checks.get(name, {}),
                }
                for name, archive in self.bundles.items()
            ],
            "virtualenvs": [
                {
                    "name": name,
                    "bundle": self.on.get(name, self.default),
                    "wheels": [wheel.sha256 for wheel in wheels],
                    "system_site_packages": name in self.system_site_packages,
                    "pythonpath": name in self.pythonpath,
                    **self.checks.get(name, {}),
                }
                for name, wheels in self.virtualenvs.items()
            ],
        }

    def artifacts(self) -> Document:
        """Return the ``artifacts`` of a request: every file, with its path as the only source."""
        files = [(archive.sha256, archive.path) for archive in self.bundles.values()]
        files += [(wheel.sha256, wheel.path) for wheels in self.virtualenvs.values() for wheel in wheels]
        return {sha256: {"filename": path.name, "size": path.stat().st_size, "sources": [str(path)]} for sha256, path in files}


class Engine:
    """Runs requests. ``bootstrap`` is the interpreter for a root that has none which starts."""

    def __init__(self, archive: Path, *, bootstrap: Path) -> None:
        self.archive = archive
        self.bootstrap = bootstrap

    def interpreter(self, root: Path) -> Path:
        """Return the interpreter that an action plugin would choose."""
        own = root / "state" / "engine" / "bin" / "python3"
        try:
            works = subprocess.run([str(own), "-c", "import json"], capture_output=True, check=False).returncode == 0
        except OSError:
            works = False
        return own if works else self.bootstrap

    def __call__(self, document: Mapping[str, Any], **settings: Any) -> Document:
        """Carry out a request; raises when the engine answers with anything but a result and the right exit code."""
        done = subprocess.run(
            [str(self.interpreter(Path(document["root"]))), "-I", str(self.archive)],
            input=json.dumps(document),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            **settings,
        )
        return answered(document, done.returncode, done.stdout, done.stderr)


def answered(document: Mapping[str, Any], code: int, stdout: str, stderr: str) -> Document:
    """Return the result of a request that was carried out; raises for anything but a result and the exit code that belongs to it."""
    try:
        result: Document = json.loads(stdout)
    except ValueError:
        raise AssertionError(f"exit code {code}, no result; standard error:\n{stderr[-3000:]}") from None
    drifted = document["command"] == "drift" and result.get("findings")
    assert code == (1 if result.get("failed") else 2 if drifted else 0), stderr
    return result


class Asked:
    """A root that an engine is asked about, wherever it is, with what is declared for it."""

    declared: Declared

    def run(self, command: str, *, declared: Declared | None = None, **parts: Any) -> Document:
        """Carry out a command and return its result."""
        raise NotImplementedError

    def converge(self, declared: Declared | None = None, **parts: Any) -> Document:
        """Converge; raises when the engine reports a failure. A declaration that is given is the root's from now on."""
        if declared is not None and not parts.get("check"):
            self.declared = declared
        result = self.run("converge", declared=declared, **parts)
        assert not result.get("failed"), result["msg"]
        return result

    def drift(self, verify: str = "quick", declared: Declared | None = None, **options: Any) -> list[Document]:
        """Return the findings."""
        result = self.run("drift", declared=declared, options={"verify": verify, **options})
        assert not result.get("failed"), result["msg"]
        assert result["changed"] is False
        findings: list[Document] = result["findings"]
        return findings


@dataclass
class Root(Asked):
    """One root and what is declared for it."""

    path: Path
    engine: Engine
    declared: Declared

    def run(self, command: str, *, declared: Declared | None = None, **parts: Any) -> Document:
        """Carry out a command and return its result; ``parts`` are further parts of the request, ``options`` among them."""
        wanted = declared or self.declared
        document = {
            "format": 1,
            "command": command,
            "root": str(self.path),
            "scope": "system",
            "declaration": wanted.document(),
            "artifacts": wanted.artifacts(),
            **parts,
        }
        return self.engine(document)

    def generation(self, action: str, number: int | str | None = None, **parts: Any) -> Document:
        """Carry out a generation command."""
        return self.run("generation", generation={"action": action, "number": number}, **parts)

    def current(self) -> Document:
        """Return the record of the generation in force."""
        number = os.readlink(self.path / "current").rpartition("/")[2]
        record: Document = json.loads((self.path / "state" / "generations" / f"{number}.json").read_text())
        return record

    def bundle(self, name: str = "python") -> Path:
        """Return the tree of a bundle of the current generation."""
        return self.path / "bundles" / str(self.current()["bundles"][name])

    def environment(self, name: str) -> Path:
        """Return the tree of an environment of the current generation."""
        return self.path / "environments" / str(self.current()["virtualenvs"][name])

    def site(self, name: str) -> Path:
        """Return site-packages of an environment of the current generation."""
        return next((self.environment(name) / "lib").glob("python*")) / "site-packages"

    def laid(self, wheel: Wheel) -> Path:
        """Return the laid tree of a wheel."""
        return next((self.path / "laid").glob(f"{wheel.sha256[:16]}-*"))

    def python(self, *arguments: str, of: str | None = None, **settings: Any) -> str:
        """Run the system Python, or that of an environment by its stable path, and return what it prints."""
        program = self.path / "envs" / of / "bin" / "python" if of else self.path / "bin" / "python"
        return output([str(program), *arguments], **settings)


def output(command: Sequence[str], **settings: Any) -> str:
    """Run a program that must succeed and return what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **settings)
    assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


TREES = ("bin", "lib", "envs", "current", "generations", "bundles", "environments", "laid", "wheels")


def snapshot(base: Path, parts: Sequence[str] = TREES, *, content: bool = True) -> dict[str, tuple[Any, ...]]:
    """Return everything below a directory: kind, mode, owner, and for files size, time and digest, for links the target."""
    found: dict[str, tuple[Any, ...]] = {}
    for part in parts:
        _take(base / part, part, found, content=content)
    return found


def _take(path: Path, name: str, found: dict[str, tuple[Any, ...]], *, content: bool) -> None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    about = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    if stat.S_ISLNK(status.st_mode):
        found[name] = (*about[:1], os.readlink(path))
    elif stat.S_ISDIR(status.st_mode):
        found[name] = about
        for entry in sorted(os.listdir(path)):
            _take(path / entry, f"{name}/{entry}", found, content=content)
    else:
        digest = _digest(path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)) if content else None
        found[name] = (*about, status.st_size, status.st_mtime_ns, digest)


_known: dict[tuple[int, ...], str] = {}


def _digest(path: Path, identity: tuple[int, ...]) -> str:
    # The kernel sets the time of change, and nobody can set it back: what kept it kept its content.
    if identity not in _known:
        _known[identity] = hashlib.sha256(path.read_bytes()).hexdigest()
    return _known[identity]


def identities(base: Path) -> dict[str, int]:
    """Return the inode of every tree below a root: one that was rebuilt has another while ``held`` keeps the numbers of the old ones."""
    return {path: (base / path).lstat().st_ino for path in _trees(base)}


@contextmanager
def held(base: Path) -> Iterator[None]:
    """Keep every tree below a root open, so that no new one gets the inode of one that is removed."""
    with ExitStack() as stack:
        for path in _trees(base):
            stack.callback(os.close, os.open(base / path, os.O_RDONLY | os.O_DIRECTORY))
        yield


def _trees(base: Path) -> list[str]:
    return [f"{kind}/{entry.name}" for kind in ("bundles", "environments", "laid") for entry in sorted((base / kind).iterdir())]
