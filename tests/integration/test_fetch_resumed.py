# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A download that breaks off is taken up where it ended, with what an earlier run left."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.stored_file import verified
from fetch_samples import BODY, DIGEST, artifact, get, leftovers, place
from fetch_server import Server, ranged, status, truncated, whole

pytestmark = pytest.mark.usefixtures("short_pauses_and_no_proxy")


def test_a_broken_connection_is_taken_up_where_it_ended(tmp_path: Path, server: Server) -> None:
    server.script = [truncated, ranged]
    report = get(tmp_path, artifact(f"{server.url}/x"))
    assert verified(place(tmp_path), DIGEST)
    assert report.bytes == len(BODY)
    assert server.requests[1]["range"] == "bytes=100000-"


def test_a_server_without_ranges_starts_over(tmp_path: Path, server: Server) -> None:
    server.script = [truncated, whole]
    report = get(tmp_path, artifact(f"{server.url}/x"))
    assert verified(place(tmp_path), DIGEST)
    assert report.bytes == len(BODY) + 100_000


def test_what_an_earlier_run_left_is_used(tmp_path: Path, server: Server) -> None:
    server.script = [truncated]
    with pytest.raises(FetchFailed, match="connection ended after 100000 of"):
        get(tmp_path, artifact(f"{server.url}/x"), retries=0)
    assert leftovers(tmp_path) == ["x-1.0.whl.part"]
    server.script = [ranged]
    assert get(tmp_path, artifact(f"{server.url}/x")).bytes == len(BODY) - 100_000
    assert leftovers(tmp_path) == []


def test_a_complete_part_of_an_earlier_run_needs_no_server(tmp_path: Path, server: Server) -> None:
    server.script = [status(500)]
    part = place(tmp_path).with_name("x-1.0.whl.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY)
    get(tmp_path, artifact(f"{server.url}/x"))
    assert verified(place(tmp_path), DIGEST)
    assert server.requests == []


@pytest.mark.parametrize("rubbish", [b"rubbish", b"r" * len(BODY), b"r" * (len(BODY) + 1)])
def test_a_spoilt_part_of_an_earlier_run_is_thrown_away(tmp_path: Path, server: Server, rubbish: bytes) -> None:
    server.script = [ranged]
    part = place(tmp_path).with_name("x-1.0.whl.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(rubbish)
    get(tmp_path, artifact(f"{server.url}/x"))
    assert verified(place(tmp_path), DIGEST)


def test_a_range_that_the_server_does_not_have_starts_over(tmp_path: Path, server: Server) -> None:
    server.script = [status(416), ranged]
    part = place(tmp_path).with_name("x-1.0.whl.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"abc")
    get(tmp_path, artifact(f"{server.url}/x", size=None))
    assert verified(place(tmp_path), DIGEST)
    assert "range" not in server.requests[1]
