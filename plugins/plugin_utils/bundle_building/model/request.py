# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a caller asks for: one bundle, its source and its fixed packages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ....module_utils.hermetic.errors import InvalidRequest
from ....module_utils.hermetic.text.grammar import digest_problem, name_problem, release_problem
from ....module_utils.hermetic.text.redaction import redacted
from ...platforms import PLATFORMS

VERSION = re.compile(r"[0-9]+\.[0-9]+\Z")
HERMETIC = ("auto", "launcher", "site")
SCRIPTS = ("relocatable", "none")
DEFAULT_GLIBC_OF_ARCHIVES = "2.28"


@dataclass(frozen=True, kw_only=True)
class InterpreterSource:
    """An interpreter that is installed on this machine."""

    path: Path


@dataclass(frozen=True, kw_only=True)
class ArchiveSource:
    """An archive of a CPython tree, or of anything that holds one; a path or a URL, always with its digest."""

    location: str
    sha256: str
    kind: str = "archive"


@dataclass(frozen=True, kw_only=True)
class StandaloneSource:
    """A version that the catalogue of python-build-standalone names; ``build`` is its date, the catalogue's if None."""

    version: str
    build: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A local wheel file with the digest that it must have."""

    path: Path
    sha256: str


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """One bundle to build. ``platform`` may be None for an interpreter: then it is this machine's.

    ``glibc`` is the oldest GNU C library that the bundle must run on; None takes what the source needs.
    ``compiler`` is ``auto``, ``zig`` or a command such as ``cc``.
    """

    name: str
    release: str
    source: InterpreterSource | ArchiveSource | StandaloneSource
    destination: Path
    platform: str | None = None
    packages: list[Wheel] = field(default_factory=list)
    glibc: str | None = None
    macos_minimum: str = "11.0"
    hermetic: str = "auto"
    compiler: str = "auto"
    ca_bundle: Path | None = None
    scripts: str = "relocatable"
    include_ensurepip: bool = False
    include_headers: bool = False
    python_for_bytecode: str | None = None
    strip: bool = True
    unpack_limit: int = 0
    """MiB that the source's archive, or a wheel, may unpack to; 0 for what its own size allows."""

    def problems(self) -> list[str]:
        """Return everything that is invalid in this request."""
        found = []
        for option, given, problem in (
            ("name", self.name, name_problem(self.name)),
            ("release", self.release, release_problem(self.release)),
        ):
            if problem is not None:
                found.append(f"{option} {given!r}: {problem}")
        if self.hermetic not in HERMETIC:
            found.append(f"hermetic {self.hermetic!r}: must be one of {', '.join(HERMETIC)}")
        if self.scripts not in SCRIPTS:
            found.append(f"scripts {self.scripts!r}: must be one of {', '.join(SCRIPTS)}")
        for option, value in (("glibc", self.glibc), ("macos_minimum", self.macos_minimum)):
            if value is not None and not VERSION.match(value):
                found.append(f"{option} {value!r}: must be two numbers such as 2.28")
        if self.platform is not None and self.platform not in PLATFORMS:
            found.append(f"platform {self.platform!r}: must be one of {', '.join(PLATFORMS)}")
        if self.platform is None and not isinstance(self.source, InterpreterSource):
            found.append("platform is missing: an archive does not say which platform it is for")
        if isinstance(self.source, ArchiveSource) and digest_problem(self.source.sha256) is not None:
            found.append(f"sha256 {self.source.sha256!r} of {redacted(self.source.location)}: must be 64 hexadecimal digits")
        if self.unpack_limit < 0:
            found.append(f"unpack_limit {self.unpack_limit}: must be a number of MiB, or 0 for what the size of an archive allows")
        if self.ca_bundle is not None and not self.ca_bundle.is_file():
            found.append(f"ca_bundle {self.ca_bundle}: is not a file")
        for wheel in self.packages:
            if digest_problem(wheel.sha256) is not None:
                found.append(f"sha256 {wheel.sha256!r} of {wheel.path.name}: must be 64 hexadecimal digits")
            if not wheel.path.is_file():
                found.append(f"wheel {wheel.path}: is not a file")
        return found

    def check(self) -> None:
        """Raise one error that names every problem of this request."""
        if problems := self.problems():
            raise InvalidRequest(f"bundle {self.name!r} {self.release!r} cannot be built as asked", problems)
