# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that decides the bytes of a bundle, as one digest that is known without building it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import certifi

from ...module_utils.hermetic.errors import InvalidRequest
from ..engine_code import engine_digest
from ..net.local_file import sha256_of
from .binaries.shared_libraries import patchelf_command, strip_identity
from .isolation.launcher import Compiler, choose_compiler, choose_runner_compiler
from .model.request import ArchiveSource, BuildRequest, InterpreterSource, StandaloneSource
from .sources.interpreter_source import InterpreterPlan, plan_interpreter, platform_of_interpreter
from .sources.standalone_catalogue import look_up, read_catalogue


@dataclass(frozen=True)
class Inputs:
    """A request with everything looked up that it leaves open."""

    request: BuildRequest
    platform: str
    source: ArchiveSource | InterpreterPlan
    compiler: Compiler | None
    strip: str | None
    ca_bundle: Path
    facts: dict[str, Any]

    @property
    def digest(self) -> str:
        return _digest(json.dumps(self.facts, sort_keys=True))


def resolve_inputs(request: BuildRequest) -> Inputs:
    """Look everything up that decides the bundle; reads files, fetches and writes nothing."""
    request.check()
    source: ArchiveSource | InterpreterPlan
    if isinstance(request.source, InterpreterSource):
        platform = platform_of_interpreter(request)
        plan = plan_interpreter(request.source.path, request=request)
        source = plan
        # The length of the old prefix shows in the binaries, so it is an input.
        described_source: dict[str, Any] = {
            "kind": "interpreter", "version": plan.facts.version, "paths": plan.facts.paths,
            "files": {inside: sha256_of(path) for inside, path in plan.files.items()},
        }  # fmt: skip
    else:
        platform = str(request.platform)
        source = request.source if isinstance(request.source, ArchiveSource) else look_up_standalone(request.source, platform=platform)
        described_source = {"kind": source.kind, "sha256": source.sha256}
    compiler = _compiler(request, platform=platform)
    strips = isinstance(source, InterpreterPlan) and request.strip
    strip = strip_identity() if strips else None
    ca_bundle = request.ca_bundle or Path(certifi.where())
    patchelf = _patchelf_identity(taken_here=isinstance(source, InterpreterPlan)) if platform.startswith("linux-") else None
    facts = {
        "builder": builder_digest(), "name": request.name, "release": request.release, "platform": platform, "source": described_source,
        "packages": sorted(wheel.sha256 for wheel in request.packages), "glibc": request.glibc, "macos_minimum": request.macos_minimum,
        "hermetic": request.hermetic, "compiler": [compiler.identity, *compiler.command] if compiler else None,
        "ca_bundle": sha256_of(ca_bundle), "scripts": request.scripts, "include_ensurepip": request.include_ensurepip,
        "include_headers": request.include_headers, "python_for_bytecode": request.python_for_bytecode, "strip": strip,
        "patchelf": patchelf, "installer": _version_of("installer"), "packaging": _version_of("packaging"),
    }  # fmt: skip
    return Inputs(request=request, platform=platform, source=source, compiler=compiler, strip=strip, ca_bundle=ca_bundle, facts=facts)


def look_up_standalone(source: StandaloneSource, *, platform: str) -> ArchiveSource:
    """Return the archive that the installed catalogue names for a version."""
    return look_up(source, platform=platform, catalogue=read_catalogue())


@cache
def builder_digest() -> str:
    """Return a digest of this builder and of the engine, which unpacks wheels for it and is in the bundle: others make another bundle."""
    here = Path(__file__).parent
    files = sorted(path for path in here.rglob("*") if path.suffix in (".py", ".in", ".c", ".h"))
    return _digest(json.dumps([*([path.name, sha256_of(path)] for path in files), engine_digest()]))


def _compiler(request: BuildRequest, *, platform: str) -> Compiler | None:
    cache_directory = request.destination / ".cache" / "zig"
    if platform.startswith("windows-"):
        return choose_runner_compiler(request.compiler, platform=platform, cache=cache_directory)
    if request.hermetic == "site":
        return None
    found = choose_compiler(request.compiler, platform=platform, macos_minimum=request.macos_minimum, cache=cache_directory)
    if found is None and request.hermetic == "launcher":
        raise InvalidRequest(
            f"no compiler here can make the launcher for {platform}; install a C compiler that links statically or the PyPI package ziglang, "
            "or accept the weaker fallback with hermetic: site"
        )
    return found


def _patchelf_identity(*, taken_here: bool) -> str | None:
    """Return the version of patchelf; an archive whose libraries need no patching is built without one."""
    try:
        command = patchelf_command()
    except InvalidRequest:
        if taken_here:
            raise
        return None
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
