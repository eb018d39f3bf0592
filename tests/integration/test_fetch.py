# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching from a local server that misbehaves in every way that the design names."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot, FetchFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.stored_file import verified
from fetch_samples import BODY, DIGEST, artifact, get, leftovers, place
from fetch_server import Server, chunked, endless, ranged, silent, status, whole, without_end

pytestmark = pytest.mark.usefixtures("short_pauses_and_no_proxy")


def test_a_file_comes_with_its_digest_its_mode_and_nothing_beside_it(tmp_path: Path, server: Server) -> None:
    server.script = [ranged]
    before = os.umask(0o077)
    try:
        report = get(tmp_path, artifact(f"{server.url}/x"))
    finally:
        os.umask(before)
    assert place(tmp_path).read_bytes() == BODY
    assert os.stat(place(tmp_path)).st_mode & 0o7777 == 0o644
    assert os.stat(place(tmp_path).parent).st_mode & 0o7777 == 0o755
    assert (report.fetched, report.bytes) == (1, len(BODY))
    assert report.seconds > 0
    assert [path.name for path in place(tmp_path).parent.iterdir()] == ["x-1.0.whl"]
    assert get(tmp_path, artifact(f"{server.url}/x")).fetched == 0
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [chunked, without_end])
def test_unusual_but_correct_answers_are_understood(
    tmp_path: Path, server: Server, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    server.script = [answer]
    get(tmp_path, artifact(f"{server.url}/x", size=None), timeout=60)
    assert verified(place(tmp_path), DIGEST)
    # Who waits for more than there is would end by the timeout, and ask again.
    assert len(server.requests) == 1


def test_a_server_error_is_retried(tmp_path: Path, server: Server) -> None:
    server.script = [status(500), status(503), ranged]
    get(tmp_path, artifact(f"{server.url}/x"))
    assert verified(place(tmp_path), DIGEST)
    assert len(server.requests) == 3


def test_a_server_that_asks_for_a_pause_gets_it(tmp_path: Path, server: Server) -> None:
    server.script = [status(429, Retry_After="1"), ranged]
    assert get(tmp_path, artifact(f"{server.url}/x")).seconds >= 1


def test_retries_are_bounded(tmp_path: Path, server: Server) -> None:
    server.script = [status(502)]
    with pytest.raises(FetchFailed, match=r"HTTP 502.*3 attempts"):
        get(tmp_path, artifact(f"{server.url}/x"), retries=2)
    assert len(server.requests) == 3


@pytest.mark.parametrize(("code", "remedy"), [(404, "publish the file there"), (401, "give credentials"), (403, "do not allow")])
def test_a_refusal_is_not_repeated_and_says_what_to_do(tmp_path: Path, server: Server, code: int, remedy: str) -> None:
    server.script = [status(code)]
    with pytest.raises(FetchFailed, match=rf"HTTP {code}.*{remedy}"):
        get(tmp_path, artifact(f"{server.url}/x"))
    assert len(server.requests) == 1


def test_wrong_content_is_tried_once_more_then_named_with_both_digests(tmp_path: Path, server: Server) -> None:
    wrong = BODY[::-1]
    server.script = [lambda handler: whole(handler, wrong)]
    with pytest.raises(FetchFailed) as caught:
        get(tmp_path, artifact(f"{server.url}/x"))
    (problem,) = caught.value.problems
    assert hashlib.sha256(wrong).hexdigest() in problem
    assert f"expected sha256 {DIGEST}" in problem
    assert "publish the right one" in problem
    assert len(server.requests) == 2
    assert leftovers(tmp_path) == []
    assert not place(tmp_path).exists()


def test_wrong_content_once_is_forgiven(tmp_path: Path, server: Server) -> None:
    server.script = [lambda handler: whole(handler, BODY[::-1]), whole]
    get(tmp_path, artifact(f"{server.url}/x"))
    assert verified(place(tmp_path), DIGEST)


def test_a_file_that_is_too_short_is_named_with_its_size(tmp_path: Path, server: Server) -> None:
    server.script = [lambda handler: whole(handler, BODY[:1000])]
    with pytest.raises(FetchFailed, match=rf"found 1000 bytes.*instead of {len(BODY)} bytes"):
        get(tmp_path, artifact(f"{server.url}/x"))
    assert leftovers(tmp_path) == []


def test_an_endless_file_is_cut_off(tmp_path: Path, server: Server) -> None:
    server.script = [endless]
    with pytest.raises(FetchFailed, match=f"more than the {len(BODY)} bytes"):
        get(tmp_path, artifact(f"{server.url}/x"))
    assert leftovers(tmp_path) == []


def test_a_silent_server_fails_in_time(tmp_path: Path, server: Server) -> None:
    server.script = [silent]
    with pytest.raises(FetchFailed, match=r"no byte came for 0.3 s"):
        get(tmp_path, artifact(f"{server.url}/x"), timeout=0.3, retries=1)
    assert len(server.requests) == 2


def test_a_server_that_is_away_delays_a_run_once_and_not_once_per_file(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def short(*_range: float) -> float:
        pauses.append(0.01)
        return pauses[-1]

    monkeypatch.setattr(random, "uniform", short)
    away = "http://127.0.0.1:1"
    wanted = [artifact(f"{away}/{number}", filename=f"{number}.whl") for number in range(20)]
    with pytest.raises(FetchFailed, match="20 of 20 artifacts") as caught:
        get(tmp_path, *wanted, retries=1, jobs=2)
    # Each of the two that fetch may have begun before the other knew.
    assert 1 <= len(pauses) <= 2
    assert all("cannot be reached" in problem for problem in caught.value.problems)


def test_the_next_source_is_asked_when_one_fails(tmp_path: Path, server: Server) -> None:
    server.script = [status(404), lambda handler: whole(handler, b"wrong"), lambda handler: whole(handler, b"wrong"), ranged]
    get(tmp_path, artifact("/no/such/file", f"{server.url}/a", f"{server.url}/b", f"{server.url}/c"))
    assert verified(place(tmp_path), DIGEST)


def test_all_failures_are_reported_at_once_with_what_is_needed(tmp_path: Path, server: Server) -> None:
    server.script = [status(404)]
    (tmp_path / "good").write_bytes(BODY)
    wanted = [
        artifact(str(tmp_path / "good"), filename="good.whl"),
        artifact(f"http://user:pa@ss@127.0.0.1:{server.port}/x?token=secret", "/gone", filename="bad.whl", size=7),
        artifact(filename="none.whl", size=None),
    ]
    with pytest.raises(FetchFailed, match="2 of 3 artifacts") as caught:
        get(tmp_path, *wanted)
    assert [problem.split(" ")[0] for problem in caught.value.problems] == ["bad.whl", "none.whl"]
    assert caught.value.needs == [
        {"sha256": DIGEST, "filename": "bad.whl", "size": 7, "tried": [f"{server.url}/x?…", "/gone"]},
        {"sha256": DIGEST, "filename": "none.whl", "size": None, "tried": []},
    ]
    text = str(caught.value) + repr(caught.value.needs)
    assert not any(word in text for word in ("user", "pa@ss", "ss@", "secret"))
    assert verified(place(tmp_path, "good.whl"), DIGEST)


def test_files_are_fetched_side_by_side(tmp_path: Path, server: Server) -> None:
    together = threading.Barrier(4)

    def meet(handler: BaseHTTPRequestHandler) -> None:
        together.wait(5)
        whole(handler)

    server.script = [meet]
    get(tmp_path, *[artifact(f"{server.url}/{number}", filename=f"{number}") for number in range(4)], jobs=4)
    assert len(server.requests) == 4


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_is_said_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("this machine does not allow mounting a tmpfs")
    try:
        (tmp_path / "original").write_bytes(BODY)
        with pytest.raises(BrokenRoot, match=r"the disk is full.*Free space"):
            get(disk, artifact(str(tmp_path / "original")))
        assert leftovers(disk) == []
        assert not place(disk).exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
