# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root with names for its places, and what somebody does to it; most of that to any root that knows its places, on Windows too."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from roots import Declared, Document, Root, output
from wheelhouse import Wheel

FoundDifference = tuple[str, str, str, "str | None"]

# Trees that are made again, each with those that share the files that were tampered with.
ONE = frozenset({"{one}"})
TWO = frozenset({"{two}"})
BUNDLE = frozenset({"{bundle}"})
ALPHA = frozenset({"{alpha}", "{one}", "{two}", "{one before}"})


class Places(Protocol):
    """A root that gives a path for the name of a place."""

    def at(self, place: str, /) -> Path:
        """Return the path of a place."""


class Tampered(Root):
    """The root of this file, with names for the places that the tests tamper with."""

    remembered: Path
    remembered_version: str
    names: dict[str, str]

    def place(self, text: str) -> str:
        """Return a text with the names of trees filled in."""
        generation = self.current()
        names = {
            "bundle": f"bundles/{generation['bundles']['python']}",
            "bundle_id": generation["bundles"]["python"],
            "number": generation["number"],
            "site": self.remembered,
        }
        for name, tree in generation["virtualenvs"].items():
            names[name] = f"environments/{tree}"
            names[f"{name}_id"] = tree
        return text.format(**names, **self.names)

    def at(self, text: str) -> Path:
        """Return the path of a place."""
        return self.path / self.place(text)

    def findings(self, verify: str, **parts: Any) -> list[FoundDifference]:
        """Return the findings, reduced to what a test compares."""
        return sorted((self.reduced(finding) for finding in self.drift(verify, **parts)), key=str)

    def reduced(self, finding: Document) -> FoundDifference:
        """Return subject, kind, cause and the path below the root."""
        path = finding["path"]
        below = str(Path(path).relative_to(self.path)) if path is not None else None
        return (finding["subject"], finding["kind"], finding["cause"], below)


def converge_twice(root: Tampered, wheels: dict[str, Wheel]) -> None:
    """Bring an empty root into the state that every test finds: two generations, with two environments each."""
    alpha, gamma = wheels["alpha-1.0"], wheels["gamma-1.0"]
    first = Declared(root.declared.bundles, {"one": [alpha, wheels["beta-1.0"]], "two": [alpha, gamma]})
    root.converge(first)
    root.converge(first.but(one=[alpha, wheels["beta-2.0"]]))


@dataclass(frozen=True)
class Case:
    """One way of tampering: what is done, what is found, and which trees are made again; how much of a path is stated, its tests know."""

    name: str
    do: Callable[[Any], object]
    found: tuple[tuple[str, str, str | None], ...]
    cause: str = "tampered"
    verify: str = "quick"
    """The weakest verification that finds it."""
    rebuilt: frozenset[str] = frozenset()
    marks: tuple[pytest.MarkDecorator, ...] = ()


def write(place: str, text: str = "import os\n", *, mode: int = 0o644) -> Callable[[Any], object]:
    def do(root: Places) -> None:
        path = root.at(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    return do


def append(place: str) -> Callable[[Any], object]:
    def do(root: Places) -> None:
        with root.at(place).open("ab") as stream:
            stream.write(b"\n# edited\n")

    return do


def edit_unseen(place: str) -> Callable[[Any], object]:
    """Change content, keep size and time: what only reading the file shows."""

    def do(root: Places) -> None:
        path = root.at(place)
        before = path.stat()
        data = bytearray(path.read_bytes())
        data[-2] ^= 1
        with path.open("r+b") as stream:
            stream.write(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return do


def replace_by_rename(place: str) -> Callable[[Any], object]:
    """Save as editors do: a new file under the old name."""

    def do(root: Places) -> None:
        path = root.at(place)
        fresh = path.with_name("save")
        fresh.write_bytes(path.read_bytes() + b"# edited\n")
        fresh.rename(path)

    return do


def delete(*places: str) -> Callable[[Any], object]:
    def do(root: Places) -> None:
        for path in [root.at(place) for place in places]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    return do


def mode(place: str, wanted: int) -> Callable[[Any], object]:
    return lambda root: root.at(place).chmod(wanted)


def owner(place: str) -> Callable[[Any], object]:
    return lambda root: os.chown(root.at(place), 12345, 12345)


def link(place: str, target: str) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        path, there = root.at(place), root.place(target)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.symlink_to(there)

    return do


def move_behind_link(place: str) -> Callable[[Tampered], object]:
    """Replace a directory by a link to a faithful copy of it elsewhere."""

    def do(root: Tampered) -> None:
        path = root.at(place)
        elsewhere = root.path.parent / "elsewhere"
        shutil.rmtree(elsewhere, ignore_errors=True)
        shutil.copytree(path, elsewhere, symlinks=True)
        shutil.rmtree(path)
        path.symlink_to(elsewhere)

    return do


def pip(environment: str, *command: str) -> Callable[[Tampered], object]:
    """Use the real pip on an environment, as a person with the best intentions does."""

    def do(root: Tampered) -> None:
        python = root.environment(environment) / "bin" / "python"
        options = ["--quiet", "--disable-pip-version-check", "--no-input"]
        arguments = [part.format(wheels=root.declared.virtualenvs["one"][0].path.parent) for part in command]
        output([sys.executable, "-m", "pip", "--python", str(python), *arguments[:1], *options, *arguments[1:]])

    return do


def socket_at(place: str) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        path = root.at(place)
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket must be short
        try:
            with socket.socket(socket.AF_UNIX) as end:
                end.bind(path.name)
        finally:
            os.chdir(here)

    return do


def several(*doings: Callable[[Any], object]) -> Callable[[Any], object]:
    def do(root: Places) -> None:
        for doing in doings:
            doing(root)

    return do
