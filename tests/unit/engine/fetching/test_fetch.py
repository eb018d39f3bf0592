# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching from files, and from addresses that no server is asked for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.stored_file import sha256_of, verified
from fetch_samples import BODY, DIGEST, artifact, get, place


def test_files_come_from_paths_and_file_addresses_as_copies(tmp_path: Path) -> None:
    original = tmp_path / "a b.whl"
    original.write_bytes(BODY)
    get(tmp_path, artifact(str(original)), artifact(original.as_uri(), filename="y.whl"))
    for name in ("x-1.0.whl", "y.whl"):
        assert verified(place(tmp_path, name), DIGEST)
        assert os.stat(place(tmp_path, name)).st_nlink == 1
    assert original.exists()


@pytest.mark.parametrize(
    "source",
    ["ftp://example.com/x", "file://example.com/x", "http://", "http://[bad/x", "file://[bad/x", "http://a b/x", "/tmp", "nul\0byte"],
)
def test_a_source_that_cannot_be_read_is_a_plain_failure(tmp_path: Path, source: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        get(tmp_path, artifact(source), retries=0)
    assert len(caught.value.problems) == 1


def test_digests_are_compared_by_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BODY)
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "a") == DIGEST
    assert sha256_of(tmp_path / "empty") == hashlib.sha256().hexdigest()
    assert verified(tmp_path / "a", DIGEST.upper())
    assert not verified(tmp_path / "empty", DIGEST)
    assert not verified(tmp_path / "gone", DIGEST)
    assert not verified(tmp_path, DIGEST)
