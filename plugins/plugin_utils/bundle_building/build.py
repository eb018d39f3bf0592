# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a build, in order; the archive appears at its place only when it has passed its self-test."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import BrokenArtifact
from ...module_utils.hermetic.model.bundle_json import ENGINE_DIGEST, RUNNER
from ...module_utils.hermetic.unpack.byte_code import without_byte_code
from ..net.local_file import sha256_of
from ..repository.bundle_archive import archive_name
from .binaries.build_paths import blank_in_binaries, leaks
from .binaries.macos_libraries import check_programs as check_macos_programs
from .binaries.openssl_directories import confine_openssl
from .binaries.own_names import give_own_names
from .binaries.search_paths import confine_search_paths, warnings_of_packages
from .binaries.shared_libraries import (
    drop_unneeded_libpython,
    glibc_needed,
    link_for_embedding,
    missing_libraries,
    set_search_paths,
    strip_tree,
)
from .binaries.windows_libraries import check_programs as check_windows_programs
from .inputs import Inputs, resolve_inputs
from .isolation.bytecode import Compiled, compile_tree, compiling_interpreter
from .isolation.engine_code import add_engine_code
from .isolation.engine_files import add_engine_files
from .isolation.launcher import compile_launcher, compile_runner
from .isolation.search_landmarks import add_landmarks
from .isolation.stdlib_patches import add_ca_bundle, add_site_fallback, mark_externally_managed, patch_site
from .isolation.sysconfig_cleaning import clean_sysconfig
from .isolation.windows_start import add_start, keep_quiet
from .model.host import runs_here, version_key
from .model.request import DEFAULT_GLIBC_OF_ARCHIVES, BuildRequest
from .model.tree import Tree
from .output.archive_writing import write_archive
from .output.metadata import describe, set_modes, write_description
from .output.packages import install_packages
from .output.self_test import SelfTest
from .output.workplace import workplace
from .sources.archive_source import take_archive
from .sources.interpreter_source import InterpreterPlan, take_interpreter
from .sources.obtaining import obtain
from .sources.upstream_version import release_warnings

MUSL_MINIMUM = "1.2"


@dataclass(frozen=True)
class BuildReport:
    """A bundle's archive and how it came about; ``changed`` is False if it was there already, from the same inputs."""

    changed: bool
    archive: Path
    sha256: str
    size: int
    inputs: str
    info: dict[str, Any]
    self_test: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)


@dataclass
class Stopwatch:
    """Times the steps of a build."""

    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.timings[name] = round(self.timings.get(name, 0.0) + time.monotonic() - started, 2)


def inputs_of(request: BuildRequest) -> Inputs:
    """Return what the bundle would be made from; ``.digest`` names it. Builds and fetches nothing."""
    return resolve_inputs(request)


def archive_of(request: BuildRequest, *, platform: str) -> Path:
    """Return where a request's archive goes."""
    return request.destination / archive_name(name=request.name, release=request.release, platform=platform)


def built_already(inputs: Inputs) -> BuildReport | None:
    """Return the report of an archive at its place that was made from exactly these inputs, None if there is none."""
    archive = archive_of(inputs.request, platform=inputs.platform)
    record = _record_of(archive)
    try:
        known = json.loads(record.read_text())
    except (OSError, ValueError):
        return None
    if (
        known.get("format") != 1
        or known.get("inputs") != inputs.digest
        or not archive.is_file()
        or sha256_of(archive) != known.get("sha256")
    ):
        return None
    return BuildReport(
        changed=False, archive=archive, sha256=known["sha256"], size=known["size"], inputs=known["inputs"], info=known["info"],
        self_test=known["self_test"], warnings=known["warnings"], timings={},
    )  # fmt: skip


def build(request: BuildRequest, *, inputs: Inputs | None = None) -> BuildReport:
    """Build a bundle, or find that it was built from the same inputs already. Nothing is left behind by a failure."""
    watch = Stopwatch()
    with watch.step("inputs"):
        inputs = inputs or resolve_inputs(request)
    if there := built_already(inputs):
        return there
    work = workplace(request.destination, starts_programs=runs_here(inputs.platform, glibc=None) is None)
    try:
        return _build(inputs, work=work, watch=watch)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _build(inputs: Inputs, *, work: Path, watch: Stopwatch) -> BuildReport:
    request = inputs.request
    root = work / "tree"
    root.mkdir()
    warnings: list[str] = []
    with watch.step("source"):
        tree, source = _take_source(root, inputs=inputs, work=work)
        warnings += release_warnings(request.release, version=tree.python.text)
    with watch.step("libraries"):
        libc_minimum = _settle_libraries(tree, inputs=inputs)
    with watch.step("standard library"):
        builds = clean_sysconfig(tree) if tree.platform.system != "windows" else ()
        mark_externally_managed(tree)
        add_ca_bundle(tree, ca_bundle=inputs.ca_bundle)
        patch_site(tree)
        add_landmarks(tree)
        if tree.platform.system == "windows":
            add_start(tree)
        tree = _with_builds(tree, builds)
        blank_in_binaries(tree)
        confine_openssl(tree)
    with watch.step("packages"):
        packages = install_packages(
            tree, request.packages, scripts=request.scripts != "none", unpack_limit=request.unpack_limit, warnings=warnings
        )
        libraries = add_engine_files(tree, has_launcher=inputs.compiler is not None)
        if tree.platform.system == "linux":
            warnings += warnings_of_packages(tree)
    not_runnable = runs_here(tree.platform.name, glibc=libc_minimum if tree.platform.libc == "glibc" else None)
    with watch.step("byte code"):
        compiler = compiling_interpreter(tree, runs=not_runnable is None, wanted=request.python_for_bytecode)
        compiled = _compile(tree, interpreter=compiler, warnings=warnings)
        engine_digest = add_engine_code(tree, interpreter=compiler, work=work)
    with watch.step("launcher"):
        hermetic = _make_hermetic(tree, inputs=inputs, quiet=compiled.by is None, warnings=warnings)
    with watch.step("leak check"):
        set_modes(root)
        if found := leaks(tree, also=(str(work),)):
            raise BrokenArtifact("the bundle would name directories of the machine that it was made on", found[:50])
    tools = {
        "launcher": {"compiler": inputs.compiler.identity} if hermetic != "site" and inputs.compiler else None,
        "bytecode": {"python": compiled.by} if compiled.by else None,
        **libraries,
        ENGINE_DIGEST: engine_digest,
    }
    with watch.step("manifest"):
        info = describe(
            tree, request=request, hermetic=hermetic, libc_minimum=libc_minimum, packages=packages, source=source, tools=tools
        )  # fmt: skip
        write_description(root, info)
    archive = archive_of(request, platform=tree.platform.name)
    candidate = work / archive.name
    with watch.step("archive"):
        write_archive(root, candidate)
    with watch.step("self-test"):
        self_test = SelfTest(archive=candidate, info=info, work=work).run(not_runnable=not_runnable)
    report = BuildReport(
        changed=True, archive=archive, sha256=sha256_of(candidate), size=candidate.stat().st_size, inputs=inputs.digest, info=info,
        self_test=self_test, warnings=warnings, timings=watch.timings,
    )  # fmt: skip
    _publish(report, candidate=candidate)
    return report


def _take_source(root: Path, *, inputs: Inputs, work: Path) -> tuple[Tree, dict[str, Any]]:
    if isinstance(inputs.source, InterpreterPlan):
        return take_interpreter(root, plan=inputs.source, request=inputs.request), {"kind": "interpreter", "sha256": None}
    archive = obtain(inputs.source, cache=inputs.request.destination / ".cache" / "archives")
    tree = take_archive(root, archive=archive, request=inputs.request, work=work)
    return tree, {"kind": inputs.source.kind, "sha256": inputs.source.sha256}


def _settle_libraries(tree: Tree, *, inputs: Inputs) -> str | None:
    if tree.platform.system == "macos":
        check_macos_programs(tree, minimum=inputs.request.macos_minimum)
    if tree.platform.system == "windows":
        check_windows_programs(tree)
    if tree.platform.system != "linux":
        return None
    taken_here = isinstance(inputs.source, InterpreterPlan)
    if taken_here:
        if inputs.strip:
            strip_tree(tree)
        set_search_paths(tree)
    elif not inputs.request.include_headers:
        drop_unneeded_libpython(tree)
    if inputs.request.include_headers:
        link_for_embedding(tree)
    confine_search_paths(tree)
    give_own_names(tree)
    if missing := missing_libraries(tree):
        raise BrokenArtifact("the source needs shared libraries that it does not hold", missing)
    if tree.platform.libc != "glibc":
        return MUSL_MINIMUM
    needed = glibc_needed(tree)
    wanted = inputs.request.glibc
    if wanted and needed and version_key(needed) > version_key(wanted):
        raise BrokenArtifact(
            f"the bundle shall run on glibc {wanted} and its source needs {needed}; take a source that was built for older systems"
        )
    candidates = [version for version in (needed, wanted or (None if taken_here else DEFAULT_GLIBC_OF_ARCHIVES)) if version]
    return max(candidates, key=version_key, default=DEFAULT_GLIBC_OF_ARCHIVES)


def _with_builds(tree: Tree, builds: tuple[str, ...]) -> Tree:
    return replace(tree, build_paths=tuple(sorted({*tree.build_paths, *builds})))


def _compile(tree: Tree, *, interpreter: Path | None, warnings: list[str]) -> Compiled:
    if interpreter is None:
        warnings.append(
            f"no byte code: the bundle for {tree.platform.name} does not run here and there is no {tree.command} to compile for it; "
            "name one with python_for_bytecode"
        )
        return Compiled(by=None)
    compiled = compile_tree(tree, interpreter=interpreter)
    if compiled.bounded:
        warnings.append(without_byte_code(compiled.bounded))
    return compiled


def _make_hermetic(tree: Tree, *, inputs: Inputs, quiet: bool, warnings: list[str]) -> str:
    if tree.platform.system == "windows":
        if quiet:
            keep_quiet(tree)
        if inputs.compiler is not None and tree.python.makes_environments:
            compile_runner((tree.root / "bin" / RUNNER).with_suffix(".exe"), python=tree.python, compiler=inputs.compiler)
        elif tree.python.makes_environments:
            warnings.append(
                f"no bin/{RUNNER}.exe: only the PyPI package ziglang makes it, which is not installed on the controller or not wanted; "
                "programs that declare their packages do not run with this bundle"
            )
        return "pth"
    command = tree.root / tree.executable
    command.parent.mkdir(parents=True, exist_ok=True)
    for name in ("python", f"python{tree.python.numbers[0]}"):
        (command.parent / name).symlink_to(command.name)
    if inputs.compiler is not None:
        compile_launcher(command, python=tree.python, compiler=inputs.compiler, quiet=quiet)
        if tree.python.makes_environments:
            compile_runner(command.with_name(RUNNER), python=tree.python, compiler=inputs.compiler)
        return "launcher"
    (tree.root / tree.interpreter).rename(command)
    (tree.root / tree.interpreter).parent.rmdir()
    add_site_fallback(tree)
    warnings.append(
        "hermetic: site: without a launcher PYTHONHOME, PYTHONPATH and the current directory can still change what this Python does; "
        "install a C compiler or the PyPI package ziglang on the controller"
    )
    return "site"


def _record_of(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.json")


def _publish(report: BuildReport, *, candidate: Path) -> None:
    record = {
        "format": 1, "inputs": report.inputs, "sha256": report.sha256, "size": report.size, "self_test": report.self_test,
        "warnings": report.warnings, "info": {name: value for name, value in report.info.items() if name != "files"},
    }  # fmt: skip
    beside = candidate.with_name("record.json")
    beside.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    # The record vouches for the archive: it goes first and comes last.
    _record_of(report.archive).unlink(missing_ok=True)
    os.replace(candidate, report.archive)
    os.replace(beside, _record_of(report.archive))
