# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the tags of a text proto: those that no host has, and wheels that no host gets; pure."""

from __future__ import annotations

from collections.abc import Iterator

from ..formats.specification import ListedWheel, Tag, WheelList
from ..legacy.cipd_platforms import cipd_platform
from ..legacy.hosts import Host, hosts_of, parse_python_version, pythons_of
from ..legacy.matching import is_installed
from ..legacy.tag_grammar import tag_problem
from .found import Findings


def lint_tags(content: WheelList, findings: Findings) -> None:
    """Find tags that fit no host, and wheels that none gets."""
    hosts = hosts_of(pythons_of(findings.specification))
    for number, wheel in enumerate(content.wheels):
        hopeless = [tag for tag in wheel.match_tags if tag_problem(tag)]
        for name, place, tag in _tags_of(wheel):
            _lint_tag(tag, findings, ("wheel", number, name, place), excludes=name == "not_match_tag")
        if wheel.match_tags and len(hopeless) == len(wheel.match_tags):
            findings.add("never-installed", "no host gets this wheel: none of its match_tag fits any", "wheel", number)
        elif not any(is_installed(wheel, host.tags) for host in hosts):
            _never(wheel, number, hosts, findings)
    for place, tag in enumerate(content.verify_tags):
        _lint_verified(tag, place, findings)


def _tags_of(wheel: ListedWheel) -> Iterator[tuple[str, int, Tag]]:
    for name, tags in (("match_tag", wheel.match_tags), ("not_match_tag", wheel.not_match_tags)):
        for place, tag in enumerate(tags):
            yield name, place, tag


def _lint_tag(tag: Tag, findings: Findings, path: tuple[str | int, ...], *, excludes: bool) -> None:
    problem = tag_problem(tag)
    if problem is None:
        return
    outcome = "it excludes nothing" if excludes else "it never matches"
    findings.add("tag-empty" if tag.is_empty else "tag-never-matches", f"{outcome}: {problem}", *path)


def _never(wheel: ListedWheel, number: int, hosts: list[Host], findings: Findings) -> None:
    """Say why no host of this project gets a wheel whose tags exist."""
    pythons = ", ".join(sorted({f"{host.python[0]}.{host.python[1]}" for host in hosts}))
    others = hosts_of([(2, 7), (3, 8), (3, 11), (3, 14)])
    if any(is_installed(wheel, host.tags) for host in others):
        message = f"no host gets this wheel with the Python of this specification ({pythons}): its tags are for another one"
        findings.add("never-installed", message, "wheel", number)
    elif wheel.not_match_tags and not wheel.match_tags:
        findings.add("never-installed", "no host gets this wheel: every one fits a not_match_tag", "wheel", number)
    else:
        message = "no platform that bundles exist for gets this wheel; its tags are for others"
        findings.add("no-platform", message, "wheel", number, severity="warning")


def _lint_verified(tag: Tag, place: int, findings: Findings) -> None:
    """Find a tag to be verified that is no platform; names of CIPD's processors, such as linux_arm64, are understood there."""
    path = ("verify_pep425_tag", place)
    if tag.is_empty:
        findings.add("tag-empty", "no part of it is set, so nothing is verified with it", *path)
        return
    if not tag.platform:
        findings.add("tag-incomplete", "it names no platform, so nothing is verified with it; set platform", *path)
        return
    problem = tag_problem(tag)
    if problem is not None and cipd_platform(tag.platform) is None:
        findings.add("tag-never-matches", f"nothing is verified with it: {problem}", *path)
    content = findings.specification.content
    stated = parse_python_version(content.python_version) if isinstance(content, WheelList) else None
    if stated and len(stated) > 1 and tag.python.startswith("cp") and tag.python != f"cp{stated[0]}{stated[1]}":
        findings.add(
            "tag-other-python", f"{tag.python} is not Python {stated[0]}.{stated[1]} of this specification", *path, severity="warning"
        )
