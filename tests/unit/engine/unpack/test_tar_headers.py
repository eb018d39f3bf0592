# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers of our own making: every reader of tars sees in them what they were made from."""

from __future__ import annotations

import io
import tarfile

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.tar_headers import (
    BLOCK,
    END,
    content_size,
    padding,
    tar_header,
)

PATHS = (
    "a",
    "x" * 100,
    "x" * 101,
    f"{'d' * 90}/{'e' * 99}",
    f"{'d' * 155}/{'e' * 100}",
    f"{'d' * 156}/{'e' * 100}",
    "/".join("part" for _number in range(100)),
    "ü/é.py",
    "日本語" * 30,
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("size", "mode"), [(0, 0o644), (3, 0o755), (512, 0o644)])
def test_tarfile_reads_what_was_meant(path: str, size: int, mode: int) -> None:
    header = tar_header(path, size=size, mode=mode)
    assert len(header) % BLOCK == 0
    content = bytes(range(3)) * 200
    data = header + content[:size] + padding(size) + END
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errors="strict") as tar:
        (entry,) = tar.getmembers()
        assert (entry.name, entry.size, entry.mode, entry.mtime, entry.type) == (path, size, mode, 1_000_000_000, tarfile.REGTYPE)
        assert (entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, "", "")
        read = tar.extractfile(entry)
        assert read is not None and read.read() == content[:size]


def test_a_size_that_no_octal_number_holds_is_in_the_pax_form() -> None:
    header = tar_header("large", size=8**11, mode=0o644)
    with tarfile.open(fileobj=io.BytesIO(header + END), mode="r:") as tar:
        entry = tar.next()
        assert entry is not None and entry.size == 8**11


def test_a_header_states_its_size_and_everything_else_states_none() -> None:
    assert content_size(tar_header("a", size=1234, mode=0o644)) == 1234
    with pytest.raises(ValueError, match="invalid literal"):
        content_size(bytes(BLOCK))


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_contents_fill_whole_blocks(size: int) -> None:
    assert (size + len(padding(size))) % BLOCK == 0 and len(padding(size)) < BLOCK
