# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles that are not what they should be: each gets an answer that a person can act on, and the generation in force is not touched.

The engine runs as on a host, from its zip.
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_variants import Change, Contents, entry, known
from hosts import Host
from roots import Archive, Declared


def test_a_bundle_of_another_digest_is_not_installed(host: Host, declared: Declared, good: Archive) -> None:
    wanted = "0" * 64
    bad = replace(declared, bundles={"python": replace(good, sha256=wanted)})
    told = host.refuses(wanted, good.sha256, "publish", str(good.path), declared=bad)
    assert [(need["sha256"], need["filename"], need["tried"]) for need in told["needs"]] == [(wanted, "good.tar", [str(good.path)])]


@pytest.mark.parametrize(
    "damage",
    {
        "a tar cut off within a file": lambda raw: raw[: len(raw) // 2],
        "a tar cut off between files": lambda raw: raw[: -(-len(raw.rstrip(b"\0")) // 512) * 512],
        "a gzip cut off": lambda raw: gzip.compress(raw, 1)[:-100_000],
        "a gzip without its end": lambda raw: gzip.compress(raw, 1)[:-4],
        "a gzip with other bytes": lambda raw: (packed := gzip.compress(raw, 1)) and packed[:500_000] + b"\0" * 64 + packed[500_064:],
        "a tar with a damaged header": lambda raw: raw[: (at := raw.index(b"ustar", len(raw) // 2) - 257)] + b"?" * 30 + raw[at + 30 :],
        "no archive": lambda _raw: b"<html>Sign in to continue</html>",
        "an empty file": lambda _raw: b"",
    }.items(),
    ids=lambda item: item[0],
)
def test_a_truncated_or_corrupt_archive_is_not_installed_though_its_digest_is_the_declared_one(
    damage: tuple[str, Callable[[bytes], bytes]], host: Host, declared: Declared, good: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.tar.gz"
    path.write_bytes(damage[1](good.path.read_bytes()))
    host.refuses(str(path.name), "truncated or corrupt", "publish it again", declared=replace(declared, bundles={"python": known(path)}))


def _first_module(contents: Contents) -> tuple[str, bytes]:
    return next((info.name, data) for info, data in contents.entries if info.name.endswith("/json/__init__.py"))


def _with_other_content(contents: Contents) -> Contents:
    name, data = _first_module(contents)
    return contents.with_file(name, data.replace(b"JSON", b"json"), listed=False)


def _without_a_file(contents: Contents) -> Contents:
    return replace(contents, entries=[each for each in contents.entries if not each[0].name.endswith("/json/__init__.py")])


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (_with_other_content, ("json/__init__.py", "its content is not the one of the manifest")),
        (_without_a_file, ("json/__init__.py: missing, expected file, found nothing",)),
        (lambda contents: contents.with_file("lib/stray.py", b"import os\n", listed=False), ("lib/stray.py: unexpected",)),
        (lambda contents: contents.with_file("lib/run.py", b"", listed=False, mode=0o755), ("lib/run.py: unexpected",)),
    ],
    ids=["content", "missing", "unlisted", "executable"],
)
def test_an_archive_that_is_not_what_its_manifest_says_is_not_installed(
    change: Change, wanted: tuple[str, ...], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    host.refuses(
        "The bundle 'python'", "not what its own manifest says", "Build and publish it again", *wanted, declared=with_bundle(change)
    )


@pytest.mark.parametrize(
    "bad",
    [
        entry("../outside.txt", data=b"x"),
        entry("lib/../../outside.txt", data=b"x"),
        entry("/tmp/hermetic-outside.txt", data=b"x"),
        entry("lib/escape", kind=tarfile.SYMTYPE, target="../../outside"),
        entry("lib/absolute", kind=tarfile.SYMTYPE, target="/etc/passwd"),
        entry("lib/hard", kind=tarfile.LNKTYPE, target="bundle.json"),
        entry("lib/null", kind=tarfile.CHRTYPE),
        entry("lib/disk", kind=tarfile.BLKTYPE),
        entry("lib/pipe", kind=tarfile.FIFOTYPE),
    ],
    ids=lambda each: each[0].name,
)
def test_an_archive_with_an_entry_that_must_not_be_is_refused(
    bad: tuple[tarfile.TarInfo, bytes], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    host.refuses(bad[0].name, "must not be unpacked", "Do not use this archive", declared=with_bundle(lambda each: each.with_entries(bad)))
    assert not Path("/tmp/hermetic-outside.txt").exists()
    assert not list(host.path.parent.rglob("outside*"))


def test_all_bad_entries_are_named_at_once(host: Host, with_bundle: Callable[[Change], Declared]) -> None:
    bad = [entry("../one", data=b"x"), entry("lib/two", kind=tarfile.CHRTYPE), entry("lib/three", kind=tarfile.SYMTYPE, target="/etc")]
    host.refuses("3 entries", "../one", "lib/two", "lib/three", declared=with_bundle(lambda contents: contents.with_entries(*bad)))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda contents: contents.with_info(name="tools"), ("is the bundle 'tools'", "Declare it by that name")),
        (lambda contents: contents.with_info(release="9.9.9+9"), ("9.9.9+9", "publish the right archive")),
        (lambda contents: contents.with_info(format=2), ("format 2", "reads 1")),
        (lambda contents: replace(contents, info=None), ("holds no bundle.json", "bundle_build")),
        (lambda contents: contents.with_info(files=["bin"]), ("cannot be read", "Build it again")),
        (lambda contents: contents.with_info(python=None), ("cannot be read", "Build it again")),
        (lambda contents: replace(contents, info=None).with_file("bundle.json", b"{", listed=False), ("cannot be read", "Build it again")),
        (
            lambda contents: replace(contents, info=None).with_file("bundle.json", b"[1]", listed=False),
            ("cannot be read", "Build it again"),
        ),
        (
            lambda contents: contents.with_info(files={**contents.info["files"], "lib/odd": {"type": "socket"}}),
            ("bundle.json", "Build it again"),
        ),
        (
            lambda contents: contents.with_info(files={**contents.info["files"], "../../../escape": {"type": "directory", "mode": "0755"}}),
            ("../../..", "Build it again"),
        ),
    ],
    ids=["name", "release", "format", "none", "files", "python", "no JSON", "a list", "kind of entry", "path of entry"],
)
def test_an_archive_that_says_something_else_than_declared_or_nothing_is_not_installed(
    change: Change, wanted: tuple[str, ...], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    host.refuses("'python'", *wanted, declared=with_bundle(change))


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (b"#!/bin/sh\necho 'no such library' >&2\nexit 3\n", ("exit code 3", "no such library")),
        (b"#!/no/such/loader\n", ("does not start",)),
        (b"\x7fELF and nothing more\n", ("does not start",)),
        (b"#!/bin/sh\necho hello\n", ("'hello",)),
        (b"#!/bin/sh\nkill -9 $$\n", ("exit code -9",)),
    ],
    ids=["fails", "no loader", "no program", "says something else", "is killed"],
)
def test_a_bundle_whose_interpreter_does_not_start_is_not_installed(
    program: bytes, wanted: tuple[str, ...], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    def broken(contents: Contents) -> Contents:
        assert contents.info is not None
        return contents.with_file(contents.info["python"]["executable"], program, listed=True, mode=0o755)

    host.refuses("python3", *wanted, declared=with_bundle(broken))


def test_a_bundle_of_another_python_than_it_says_is_not_installed(host: Host, with_bundle: Callable[[Change], Declared]) -> None:
    host.refuses(
        "says that it is Python 3.99.1", "is Python 3.", declared=with_bundle(lambda contents: contents.with_python(version="3.99.1"))
    )
