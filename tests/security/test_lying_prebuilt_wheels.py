# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of prebuilt wheels that lie are refused and named, write nothing outside, and cost nothing but the time of compiling."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_wheel import own_byte_code, unpack_prebuilt
from lying_archives import INSIDE, OUTSIDE
from prebuilt_samples import Archive, Parts, naming, parts_of, prebuilt_archive
from roots import Archive as Bundle
from roots import Declared, Root
from wheelhouse import Wheel, make_wheel

BYTE_CODE = own_byte_code()


@pytest.fixture(scope="module")
def true(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Wheel]) -> Archive:
    return prebuilt_archive(wheels["alpha-1.0"], tmp_path_factory.mktemp("true"))


def unpacked(content: bytes, place: Path, wheel: Wheel) -> Path:
    """Unpack the bytes of an archive, and return where to."""
    (place / "archive.tar.gz").write_bytes(content)
    into = place / "work" / "into"
    into.mkdir(parents=True)
    unpack_prebuilt(place / "archive.tar.gz", into, wheel=wheel.sha256, byte_code=BYTE_CODE.digest, filename=wheel.filename)
    return into


def refused(content: bytes, place: Path, wheel: Wheel) -> str:
    """Require that an archive is refused by name and wrote nothing outside, and return why."""
    with pytest.raises((BrokenArtifact, UnsafeArchive)) as caught:
        unpacked(content, place, wheel)
    assert "archive.tar.gz" in str(caught.value) and "\x1b" not in str(caught.value)
    assert {path.name for path in place.iterdir()} == {"archive.tar.gz", "work"}
    assert [path.name for path in (place / "work").iterdir()] == ["into"]
    assert not Path("/tmp/hermetic-outside.py").exists()
    return str(caught.value)


def test_what_is_put_together_again_is_taken(true: Archive, tmp_path: Path) -> None:
    """Else all that follows would be refused for another reason than its own."""
    parts = parts_of(true.path)
    into = unpacked(parts.packed(), tmp_path, true.wheel)
    found = {path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()}
    assert found == parts.files


@pytest.mark.parametrize("lie", INSIDE)
def test_a_lie_within_is_refused(lie: str, true: Archive, tmp_path: Path) -> None:
    parts = parts_of(true.path)
    INSIDE[lie](parts)
    refused(_packed(parts), tmp_path, true.wheel)


def _packed(parts: Parts) -> bytes:
    try:
        return parts.packed()
    except UnicodeEncodeError:
        # The header of no tar could hold such a name; what it is said to hold is judged before.
        parts.files = {path: data for path, data in parts.files.items() if path.isprintable()}
        return parts.packed()


@pytest.mark.parametrize("lie", OUTSIDE)
def test_what_is_no_such_archive_is_refused(lie: str, true: Archive, tmp_path: Path) -> None:
    refused(OUTSIDE[lie](parts_of(true.path)), tmp_path, true.wheel)


def test_the_reason_names_the_file_and_what_was_expected(true: Archive, tmp_path: Path) -> None:
    parts = parts_of(true.path)
    INSIDE["byte code of another source"](parts)
    assert "'site/alpha/deep/module.py' was compiled from another source" in refused(parts.packed(), tmp_path, true.wheel)


def test_a_lie_costs_little_memory(true: Archive, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(OUTSIDE["a manifest without end"](parts_of(true.path)), tmp_path, true.wheel)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_a_bit_anywhere_is_refused_or_changes_nothing(true: Archive, tmp_path: Path) -> None:
    """A bit of the compressed stream may be one that nothing depends on; then the tree is the true one."""
    content = true.path.read_bytes()
    for number, position in enumerate(range(0, len(content), max(len(content) // 60, 1))):
        changed = bytearray(content)
        changed[position] ^= 1 << (number % 8)
        place = tmp_path / str(number)
        place.mkdir()
        try:
            into = unpacked(bytes(changed), place, true.wheel)
        except (BrokenArtifact, UnsafeArchive):
            continue
        found = {path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()}
        assert found == parts_of(true.path).files


@pytest.fixture
def root(tmp_path: Path, make_root: Callable[[Path, Declared], Root], bundle_archive: Bundle, wheels: dict[str, Wheel]) -> Root:
    return make_root(tmp_path / "root", Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"], wheels["beta-1.0"]]}))


def lying(true: Archive, place: Path, lie: str) -> Archive:
    parts = parts_of(true.path)
    INSIDE[lie](parts)
    place.mkdir()
    path = place / true.path.name
    path.write_bytes(parts.packed())
    return Archive(true.wheel, path)


@pytest.mark.parametrize("lie", ["byte code of another source", "an entry above the tree", "more than the disk has"])
def test_a_host_names_the_archive_and_compiles_the_wheel(lie: str, true: Archive, root: Root, tmp_path: Path) -> None:
    archive = lying(true, tmp_path / "lying", lie)
    result = root.converge(**naming(root.declared, [archive]))
    (warning,) = result["warnings"]
    assert true.wheel.filename in warning and archive.path.name in warning
    # What was refused is not kept: a repair would meet it again.
    assert not (root.path / "wheels" / archive.sha256).exists()
    assert root.drift("deep") == []
    assert root.python("-c", "import alpha.deep.module as m; print(m.ANSWER)", of="one").strip() == "42"


def test_where_the_wheel_cannot_be_had_either_both_reasons_are_named_and_nothing_is_switched(
    true: Archive, root: Root, tmp_path: Path
) -> None:
    archive = lying(true, tmp_path / "lying", "byte code of another source")
    request = naming(root.declared, [archive], sources={true.wheel.sha256: ["/nowhere/alpha.whl"]})
    result = root.run("converge", **request)
    assert result["failed"] and "/nowhere/alpha.whl" in result["msg"] and "was compiled from another source" in result["msg"]
    assert [need["sha256"] for need in result["needs"]] == [true.wheel.sha256]
    assert not (root.path / "current").exists() and not list((root.path / "laid").iterdir())
    assert root.converge(**naming(root.declared, [true]))["changed"]


def test_an_archive_for_another_wheel_is_refused(true: Archive, root: Root, wheels: dict[str, Wheel], tmp_path: Path) -> None:
    other = prebuilt_archive(wheels["beta-1.0"], tmp_path / "other")
    swapped = Archive(wheels["alpha-1.0"], other.path)
    result = root.converge(**naming(root.declared, [swapped]))
    (warning,) = result["warnings"]
    assert wheels["beta-1.0"].sha256 in warning and wheels["alpha-1.0"].sha256 in warning
    assert root.drift("deep") == []


def test_an_engine_that_is_killed_while_it_unpacks_leaves_nothing_that_the_next_run_keeps(
    tmp_path: Path, make_root: Callable[[Path, Declared], Root], bundle_archive: Bundle
) -> None:
    files = {f"large/module_{number}.py": f"VALUE = {number}\n" * 50 for number in range(1500)}
    wheel = make_wheel(tmp_path / "wheels", "large", files={"large/__init__.py": "", **files})
    archive = prebuilt_archive(wheel, tmp_path / "prebuilt")
    declared = Declared({"python": bundle_archive}, {"one": [wheel]})
    root = make_root(tmp_path / "root", declared)
    root.converge(Declared({"python": bundle_archive}))
    process = _started(root, declared, archive)
    building = root.path / "laid" / f".new-{archive.tree_id}"
    until = time.monotonic() + 120
    while not (building / "site").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (root.path / "laid" / archive.tree_id).exists() and process.returncode == -signal.SIGKILL
    root.declared = declared
    assert root.converge(**naming(declared, [archive]))["changed"]
    assert not [path for path in root.path.rglob("*") if path.name.startswith((".new-", ".old-"))]
    assert root.drift("deep") == []


def _started(root: Root, declared: Declared, archive: Archive) -> subprocess.Popen[str]:
    import json

    document = {"format": 1, "command": "converge", "root": str(root.path), "scope": "system", **naming(declared, [archive])}
    command = [str(root.engine.interpreter(root.path)), "-I", str(root.engine.archive)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps(document))
    process.stdin.close()
    process.stdin = None
    return process


def test_an_archive_that_lies_in_the_store_is_not_believed(true: Archive, root: Root) -> None:
    """Another user, or an earlier run that was cut off, may have left something under its name."""
    place = root.path / "wheels" / true.sha256
    root.converge(Declared(root.declared.bundles))
    place.mkdir()
    (place / true.path.name).write_bytes(b"something else")
    root.declared = Declared(root.declared.bundles, {"one": [true.wheel]})
    assert root.converge(**naming(root.declared, [true]))["warnings"] == []
    assert hashlib.sha256((place / true.path.name).read_bytes()).hexdigest() == true.sha256
    assert root.drift("deep") == []
