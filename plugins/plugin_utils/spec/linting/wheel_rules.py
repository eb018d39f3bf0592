# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the names and versions that a text proto lists; pure."""

from __future__ import annotations

from ..formats.specification import ListedWheel, WheelList
from ..legacy.cipd_platforms import cipd_platform_of, unknown_templates
from ..legacy.hosts import Host, hosts_of, parse_python_version, pythons_of
from ..legacy.matching import is_installed
from ..legacy.names import WHEELS, is_movable, package_name, package_version
from .found import Findings


def lint_wheels(content: WheelList, findings: Findings) -> None:
    """Find names that are none, versions that are none or move, and packages that are listed twice."""
    if content.python_version and parse_python_version(content.python_version) is None:
        message = f"{content.python_version!r} is no version of a Python; expected one such as 3.11"
        findings.add("python-version-invalid", message, "python_version")
    if content.virtualenv is not None:
        message = "vpython has ignored it since 2024; remove it"
        findings.add("virtualenv-ignored", message, "virtualenv", severity="warning")
    for number, wheel in enumerate(content.wheels):
        _lint_name(wheel, number, findings)
        _lint_version(wheel, number, findings)
    _lint_builds(content, findings)
    _lint_duplicates(content, findings)


def _lint_builds(content: WheelList, findings: Findings) -> None:
    """Find wheels whose name says that they are built for other Pythons or machines than those that get them."""
    pythons = pythons_of(findings.specification)
    for number, wheel in enumerate(content.wheels):
        named = package_name(wheel.name)
        if named is None:
            continue
        path = ("wheel", number, "name")
        if named.majors and not any(python[0] in named.majors for python in pythons):
            stated = content.python_version or f"{pythons[0][0]}, as the name of the file says"
            message = f"no host takes it: it is for Python {' and '.join(map(str, named.majors))}, and the specification is for {stated}"
            findings.add("wrong-python", message, *path)
        if named.fixed:
            others = [host.label for host in hosts_of(pythons) if not _is_built_for(named.fixed, host) and is_installed(wheel, host.tags)]
            if others:
                message = f"it is a build for {named.fixed}, and other hosts get it as well ({others[0]}); write ${{vpython_platform}}, or add match_tag"
                findings.add("platform-fixed", message, *path, severity="warning")


def _is_built_for(fixed: str, host: Host) -> bool:
    platform, *python = fixed.split("_")
    return platform == cipd_platform_of(host.platform) and (
        not python or python[0] in (f"cp{host.python[0]}{host.python[1]}", f"py{host.python[0]}")
    )


def _lint_name(wheel: ListedWheel, number: int, findings: Findings) -> None:
    path = ("wheel", number, "name")
    if not wheel.name:
        findings.add("name-missing", "the wheel has no name; add one such as infra/python/wheels/requests-py3", *path)
        return
    for template in unknown_templates(wheel.name):
        findings.add("template-unknown", f"vpython knows no ${{{template}}}", *path)
    named = package_name(wheel.name)
    if named is None:
        findings.add("name-invalid", f"{wheel.name!r} shows no name of a package", *path)
    elif named.guessed:
        message = f"{wheel.name!r} is not below {WHEELS}, so that {named.name!r} is a guess of the package"
        findings.add("name-guessed", message, *path, severity="warning")


def _lint_version(wheel: ListedWheel, number: int, findings: Findings) -> None:
    path = ("wheel", number, "version")
    if not wheel.version:
        findings.add("version-missing", "the wheel has no version; add one such as version:2.31.0", *path)
    elif is_movable(wheel.version):
        findings.add("version-moves", f"{wheel.version!r} is a reference, which another wheel can have tomorrow; pin a version", *path)
    elif wheel.version.startswith("version:") and package_version(wheel.version).public is None:
        findings.add("version-invalid", f"{wheel.version!r} begins with no version (PEP 440)", *path)


def _lint_duplicates(content: WheelList, findings: Findings) -> None:
    """Find packages of which one host gets two entries: of one name, or of names that are one in an index."""
    by_package: dict[str, list[int]] = {}
    for number, wheel in enumerate(content.wheels):
        named = package_name(wheel.name)
        if named is not None:
            by_package.setdefault(named.name, []).append(number)
    twice = {package: numbers for package, numbers in by_package.items() if len(numbers) > 1}
    hosts = hosts_of(pythons_of(findings.specification)) if twice else []
    for package, numbers in twice.items():
        known: list[tuple[int, frozenset[str]]] = []
        for number in numbers:
            chosen = frozenset(host.label for host in hosts if is_installed(content.wheels[number], host.tags))
            clash = next(((first, chosen & others) for first, others in known if chosen & others), None)
            if clash is not None:
                _report(content, package, clash[0], number, min(clash[1]), findings)
            elif chosen:
                known.append((number, chosen))


def _report(content: WheelList, package: str, first: int, second: int, host: str, findings: Findings) -> None:
    line = findings.specification.place("wheel", first)[0]
    one, other = content.wheels[first], content.wheels[second]
    where = f"also listed in line {line}" if line else "listed before"
    if one.version == other.version and one.name == other.name:
        message = f"{package} is {where} with the same version for the same hosts; remove one"
        findings.add("duplicate", message, "wheel", second, severity="warning")
    elif one.version == other.version:
        findings.add("duplicate", f"{package} is {where} as {one.name}, for the same hosts ({host}); keep one", "wheel", second)
    else:
        message = f"{package} is {where} with {one.version}, and {other.version} here: {host} gets both; keep one, or give them tags that exclude each other"
        findings.add("duplicate", message, "wheel", second)
