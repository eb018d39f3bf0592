# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of the module ``bundle_build`` wants, turned into one build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import InvalidRequest
from ...module_utils.hermetic.spec import DEFAULT_BUNDLE, DOWNLOADS, WHEEL_SELECTION
from ..net.local_file import sha256_of
from ..platforms import Target
from ..supply import Supply, download_problems
from .build import archive_of, build, built_already, inputs_of
from .inputs import Inputs
from .model.host import host_glibc
from .model.request import DEFAULT_GLIBC_OF_ARCHIVES, ArchiveSource, BuildRequest, InterpreterSource, StandaloneSource, Wheel
from .sources.interpreter_source import InterpreterPlan

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "default": DEFAULT_BUNDLE},
    "release": {"type": "str", "required": True},
    "dest": {"type": "path", "required": True},
    "platform": {"type": "str"},
    "interpreter": {"type": "path"},
    "archive": {"type": "str"},
    "sha256": {"type": "str"},
    "standalone": {
        "type": "dict",
        "options": {"version": {"type": "str", "required": True}, "build": {"type": "str"}},
    },
    "python": {"type": "str"},
    "lock": {"type": "path"},
    "extras": {"type": "list", "elements": "str", "default": []},
    "groups": {"type": "list", "elements": "str"},
    "wheels": {"type": "list", "elements": "path", "default": []},
    "scripts": {"type": "str", "choices": ["relocatable", "none"], "default": "relocatable"},
    "glibc": {"type": "str"},
    "macos_minimum": {"type": "str", "default": "11.0"},
    "hermetic": {"type": "str", "choices": ["auto", "launcher", "site"], "default": "auto"},
    "compiler": {"type": "str", "default": "auto"},
    "ca_bundle": {"type": "path"},
    "include_headers": {"type": "bool", "default": False},
    "include_ensurepip": {"type": "bool", "default": False},
    "python_for_bytecode": {"type": "path"},
    "unpack_limit": {"type": "int", "default": 0},
    **WHEEL_SELECTION,
    **DOWNLOADS,
}
RULES: dict[str, Any] = {
    "mutually_exclusive": [("interpreter", "archive", "standalone"), ("lock", "wheels")],
    "required_one_of": [("interpreter", "archive", "standalone")],
    "required_together": [("archive", "sha256")],
}


def carry_out(options: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Build what the options of one task say, or only say whether that would be needed, and return the task's result."""
    if problems := download_problems(options):
        raise InvalidRequest("The options of this task cannot be used; nothing was built", problems)
    supply = Supply.from_options(options)
    request = _request(options, supply)
    inputs = inputs_of(request)
    archive = archive_of(request, platform=inputs.platform)
    before = sha256_of(archive) if archive.is_file() else None
    there = built_already(inputs)
    if there is None and check:
        result = {
            "changed": True,
            "archive": str(archive),
            "msg": f"The bundle {request.name} {request.release} for {inputs.platform} would be built.",
        }
        return {**result, "diff": _diff(archive, before, "what these inputs make")}
    report = there or build(request, inputs=inputs)
    outcome = f"built in {sum(report.timings.values()):.0f} s" if report.changed else "there already, made from the same inputs"
    return {
        "changed": report.changed,
        "archive": str(report.archive),
        "sha256": report.sha256,
        "size": report.size,
        "platform": report.info["platform"],
        "info": {key: value for key, value in report.info.items() if key != "files"},
        "self_test": report.self_test,
        "timings": report.timings,
        "warnings": [*supply.warnings, *report.warnings],
        "msg": f"The bundle {request.name} {request.release} for {report.info['platform']} is {report.archive}, {outcome}.",
        "diff": _diff(archive, before, report.sha256),
    }


def _diff(archive: Path, before: str | None, after: str) -> dict[str, str]:
    return {
        "before_header": str(archive),
        "after_header": str(archive),
        "before": f"sha256 {before}\n" if before else "",
        "after": f"sha256 {after}\n",
    }


def _request(options: Mapping[str, Any], supply: Supply) -> BuildRequest:
    request = BuildRequest(
        name=options["name"],
        release=options["release"],
        source=_source(options),
        destination=Path(options["dest"]).absolute(),
        platform=options["platform"],
        packages=_given_wheels(options["wheels"]),
        glibc=options["glibc"],
        macos_minimum=options["macos_minimum"],
        hermetic=options["hermetic"],
        compiler=options["compiler"],
        ca_bundle=Path(options["ca_bundle"]) if options["ca_bundle"] else None,
        scripts=options["scripts"],
        include_ensurepip=options["include_ensurepip"],
        include_headers=options["include_headers"],
        python_for_bytecode=options["python_for_bytecode"],
        unpack_limit=options["unpack_limit"],
    )
    if not options["lock"]:
        return request
    inputs = inputs_of(request)
    target = _target(options, inputs)
    lock = supply.lock(options["lock"])
    groups = None if options["groups"] is None else tuple(options["groups"])
    selection = supply.select(lock, target, extras=tuple(options["extras"]), groups=groups)
    packages = [Wheel(path=supply.download(wheel), sha256=wheel.sha256) for wheel in selection.wheels]
    # The wheels were selected for this C library: the bundle must not claim to run on an older one.
    glibc = (
        f"{target.libc_minimum[0]}.{target.libc_minimum[1]}"
        if target.libc_minimum and target.platform.libc == "glibc"
        else options["glibc"]
    )
    return BuildRequest(**{**request.__dict__, "packages": packages, "glibc": glibc})


def _source(options: Mapping[str, Any]) -> InterpreterSource | ArchiveSource | StandaloneSource:
    if options["interpreter"]:
        return InterpreterSource(path=Path(options["interpreter"]).absolute())
    if options["archive"]:
        return ArchiveSource(location=options["archive"], sha256=options["sha256"])
    return StandaloneSource(version=options["standalone"]["version"], build=options["standalone"]["build"])


def _given_wheels(paths: list[str]) -> list[Wheel]:
    missing = [path for path in paths if not Path(path).is_file()]
    if missing:
        raise InvalidRequest("Wheels of the package set are no files on the controller.", missing)
    return [Wheel(path=Path(path).absolute(), sha256=sha256_of(Path(path))) for path in paths]


def _target(options: Mapping[str, Any], inputs: Inputs) -> Target:
    """Return what the package set's wheels are selected for, before the bundle exists."""
    source = inputs.source
    if isinstance(source, InterpreterPlan):
        version, abi = source.facts.version, source.facts.abi
        glibc = options["glibc"] or host_glibc()
    else:
        version = options["python"] or (options["standalone"] or {}).get("version") or ""
        glibc = options["glibc"] or DEFAULT_GLIBC_OF_ARCHIVES
        if not re.fullmatch(r"3\.\d+(\.\d+)?", version):
            raise InvalidRequest(
                f"The version of the Python in the archive is {version or 'not given'}; selecting the wheels of a lock needs it. "
                "Set python to one like 3.12.11, or give the wheels themselves."
            )
        abi = f"cp{version.split('.')[0]}{version.split('.')[1]}"
    family = "musl" if inputs.platform.endswith("-musl") else "glibc"
    return Target.of(
        inputs.platform,
        python={"version": version, "abi": abi, "implementation": "cpython"},
        libc={"family": family, "minimum": glibc if family == "glibc" else "1.2"} if inputs.platform.startswith("linux-") else None,
        macos={"minimum": options["macos_minimum"]} if inputs.platform.startswith("macos-") else None,
    )
