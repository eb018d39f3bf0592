# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zip is judged by its directory before anything of it is unpacked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.unpack_budget import UnpackBudget
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.zip_structure import check_entry_count, distinct, judge_zip
from hypothesis import given
from hypothesis import strategies as st


def budget(limit: int = 1) -> UnpackBudget:
    return UnpackBudget("it", archive_size=0, limit_mib=limit)


def zipped(*names: str, comment: bytes = b"", method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.comment = comment
        for name in names:
            archive.writestr(name, b"content " * 5)
    return made


NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=8), unique=True, max_size=8)


# A comment with the signature of the directory's end in it is a zip that zipfile itself cannot read.
COMMENTS = st.binary(max_size=50).filter(lambda comment: b"PK\x05\x06" not in comment)


@given(names=NAMES, comment=COMMENTS)
def test_a_zip_as_it_is_written_has_no_problem(names: list[str], comment: bytes) -> None:
    made = zipped(*names, comment=comment)
    check_entry_count(made, budget())
    with zipfile.ZipFile(made) as archive:
        assert judge_zip(archive.infolist(), budget()) == []


def test_entries_are_counted_in_the_directory_and_not_in_what_says_so() -> None:
    made = bytearray(zipped(*(str(number) for number in range(300))).getvalue())
    end = made.rindex(b"PK\x05\x06")
    made[end + 8 : end + 12] = b"\1\0\1\0"
    with pytest.raises(UnsafeArchive, match="too many entries"):
        check_entry_count(io.BytesIO(bytes(made)), budget())
    check_entry_count(io.BytesIO(bytes(made)), budget(2))


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all" * 100, b"PK\x05\x06"])
def test_what_is_no_zip_is_left_to_who_reads_it(data: bytes) -> None:
    check_entry_count(io.BytesIO(data), budget())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_has_no_bound_in_memory_is_refused(method: int) -> None:
    with zipfile.ZipFile(zipped("a", method=method)) as archive:
        (problem,) = judge_zip(archive.infolist(), budget())
    assert "only stored and deflated entries are read" in problem


def test_encryption_two_sizes_and_overlaps_are_named() -> None:
    with zipfile.ZipFile(zipped("a", "b", "c", method=zipfile.ZIP_STORED)) as archive:
        one, two, three = archive.infolist()
    one.flag_bits |= 1
    two.file_size += 1
    three.header_offset -= 1
    problems = judge_zip([one, two, three], budget())
    assert [problem.partition(":")[0] for problem in problems] == ["'a'", "'b'", "'c'"]
    assert "encrypted" in problems[0]
    assert "two sizes" in problems[1]
    assert "overlaps 'b'" in problems[2]


def test_what_entries_claim_is_spent(tmp_path: Path) -> None:
    with zipfile.ZipFile(zipped("a")) as archive:
        (item,) = archive.infolist()
    item.file_size = 2 << 20
    with pytest.raises(UnsafeArchive):
        judge_zip([item], budget())


def test_an_entry_that_is_listed_twice_is_one() -> None:
    with zipfile.ZipFile(zipped("a", "b")) as archive:
        items = archive.infolist()
    assert distinct([*items, items[0]]) == items
