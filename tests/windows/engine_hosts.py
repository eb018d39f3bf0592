# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drive the engine on a Windows host as win_engine does, without PowerShell in between: JSON into python.exe, JSON out of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip
from roots import Archive, Asked, Declared, Document, answered
from windows_host import WindowsHost

ENGINE = "C:\\engine\\engine.zip"
ARTIFACTS = "C:\\artifacts"
ROOT = "C:\\infra-system"
ARGUMENTS = ("-I", "-X", "utf8")


def equip(host: WindowsHost, bundle: Archive) -> str:
    """Bring the engine and a Python to run it with on a host that has none, and return that Python's path."""
    place = host.path("C:\\engine\\bootstrap")
    place.mkdir(parents=True, exist_ok=True)
    host.path(ENGINE).write_bytes(engine_zip())
    unpack(bundle.path, place)
    return "C:\\engine\\bootstrap\\bin\\python.exe"


def unpack(archive: Path, into: Path) -> None:
    """Unpack a bundle's archive on this side, whatever its format."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(into)
    else:
        with tarfile.open(archive) as source:
            source.extractall(into, filter="tar")


@dataclass
class WindowsRoot(Asked):
    """One root on one Windows host and what is declared for it."""

    host: WindowsHost
    bootstrap: str
    declared: Declared
    root: str = ROOT

    @property
    def path(self) -> Path:
        """Where the root lies on this machine."""
        return self.host.path(self.root)

    def artifacts(self, declared: Declared) -> Document:
        """Return the ``artifacts`` of a request, after bringing each file to the host."""
        place = self.host.path(ARTIFACTS)
        place.mkdir(exist_ok=True)
        told = declared.artifacts()
        for sha256, artifact in told.items():
            source = Path(artifact["sources"][0])
            there = place / sha256 / source.name
            if not there.exists():
                there.parent.mkdir(exist_ok=True)
                shutil.copyfile(source, there)
            artifact["sources"] = [f"{ARTIFACTS}\\{sha256}\\{source.name}"]
        return told

    def request(self, command: str, *, declared: Declared | None = None, **parts: Any) -> Document:
        """Return a request; ``parts`` are further parts of it, ``options`` among them."""
        wanted = declared or self.declared
        return {
            "format": 1,
            "command": command,
            "root": self.root,
            "scope": "system",
            "declaration": wanted.document(),
            "artifacts": self.artifacts(wanted),
            **parts,
        }

    def interpreter(self) -> str:
        """Return the interpreter that win_engine would choose: a versioned one, never a stable path."""
        receipts = sorted(self.path.glob("state/receipts/bundles/*.json"))
        for receipt in reversed(receipts):
            if (self.path / "bundles" / receipt.stem / "bin" / "python.exe").exists():
                return f"{self.root}\\bundles\\{receipt.stem}\\bin\\python.exe"
        return self.bootstrap

    def start(self, document: Mapping[str, Any], *, python: str | None = None) -> subprocess.Popen[bytes]:
        """Start a request; its input is written and closed."""
        process = self.host.popen([python or self.interpreter(), *ARGUMENTS, ENGINE])
        assert process.stdin is not None
        process.stdin.write(json.dumps(document).encode())
        process.stdin.close()
        process.stdin = None
        return process

    def answer(self, document: Mapping[str, Any], *, python: str | None = None) -> Document:
        """Carry out a request; raises when the engine answers with anything but a result and the right exit code."""
        done = self.host.run([python or self.interpreter(), *ARGUMENTS, ENGINE], input=json.dumps(document))
        return answered(document, done.code, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def run(self, command: str, *, declared: Declared | None = None, **parts: Any) -> Document:
        """Carry out a command and return its result."""
        return self.answer(self.request(command, declared=declared, **parts))

    def refuses(self, *texts: str, declared: Declared | None = None, **parts: Any) -> Document:
        """Converge in vain, and return the result, which says all these texts."""
        result = self.run("converge", declared=declared, **parts)
        assert result.get("failed"), result
        told = "\n".join([result["msg"], *result["errors"]])
        assert not [text for text in texts if text not in told], told
        return result

    def generation(self, action: str, number: int | str | None = None, **parts: Any) -> Document:
        """Carry out a generation command."""
        result = self.run("generation", generation={"action": action, "number": number}, **parts)
        assert not result.get("failed"), result["msg"]
        return result

    def current(self) -> Document:
        """Return the record of the generation in force."""
        number = json.loads((self.path / "state" / "current.json").read_text())["number"]
        record: Document = json.loads((self.path / "state" / "generations" / f"{number}.json").read_text())
        return record

    def bundle(self, name: str = "python") -> Path:
        """Return the tree of a bundle of the current generation, as this machine sees it."""
        return self.path / "bundles" / str(self.current()["bundles"][name])

    def environment(self, name: str) -> Path:
        """Return the tree of an environment of the current generation, as this machine sees it."""
        return self.path / "environments" / str(self.current()["virtualenvs"][name])

    def at(self, place: str) -> Path:
        """Return the path of a place: below ``one``, ``two`` or ``python``, or else below the root."""
        name, _slash, rest = place.partition("/")
        if name == "python":
            return self.bundle() / rest
        return self.environment(name) / rest if name in ("one", "two") else self.path / place

    def there(self, path: Path) -> str:
        """Return how the host names a path below the root."""
        return "\\".join([self.root, *path.relative_to(self.path).parts])

    def python(self, *arguments: str, of: str | None = None, **settings: Any) -> str:
        """Run the system Python, or that of an environment by its stable path, and return what it prints."""
        program = f"{self.root}\\envs\\{of}\\Scripts\\python.exe" if of else f"{self.root}\\bin\\python.exe"
        return self.host.python(*arguments, executable=program, **settings)

    def elsewhere(self, root: str) -> WindowsRoot:
        """Return another root of the same host, with the same declaration."""
        return replace(self, root=root)

    def left_over(self) -> list[str]:
        """Return what runs leave behind that were cut off."""
        return sorted(str(path.relative_to(self.path)) for mark in (".new-*", ".old-*") for path in self.path.rglob(mark))

    def set_aside(self) -> list[Path]:
        """Return what live processes kept from being removed."""
        return sorted((self.path / "state" / "set-aside").glob("*"))
