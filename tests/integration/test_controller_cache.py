# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's memory, shared by real processes and filled from a real server."""

from __future__ import annotations

import hashlib
import http.server
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, FetchFailed, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache, digest_of
from ansible_collections.hermetic.python.plugins.plugin_utils.net.http_source import HttpSource
from ansible_collections.hermetic.python.plugins.plugin_utils.net.url_credentials import split_credentials
from supply_samples import served

FORK = multiprocessing.get_context("fork")


def run_at_once(function: object, *arguments: object, count: int = 8) -> None:
    workers = [FORK.Process(target=function, args=arguments) for _ in range(count)]  # type: ignore[arg-type]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * count


def _compute(cache: ControllerCache, witness: Path) -> None:
    def slowly() -> str:
        with witness.open("a") as stream:
            stream.write("x")
        time.sleep(0.2)
        return "value"

    assert cache.memo("kind", "key", slowly) == "value"


def test_of_many_processes_one_computes(tmp_path: Path) -> None:
    run_at_once(_compute, ControllerCache(tmp_path / "cache"), tmp_path / "witness")
    assert (tmp_path / "witness").read_text() == "x"


def _download(cache: ControllerCache, url: str, digest: str) -> None:
    assert cache.download([url], sha256=digest, filename="big", http=HttpSource(retries=0)).stat().st_size == 3_000_000


def test_of_many_processes_one_downloads(tmp_path: Path) -> None:
    content = b"x" * 3_000_000
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "big").write_bytes(content)
    with served(tmp_path / "web") as server:
        run_at_once(_download, ControllerCache(tmp_path / "cache"), f"{server.url}/big", hashlib.sha256(content).hexdigest())
        assert len(server.asked) == 1


def _hold_and_die(cache: ControllerCache) -> None:
    with cache.hold("name"):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_holder_that_was_killed_is_no_obstacle_and_its_file_stays(tmp_path: Path) -> None:
    cache = ControllerCache(tmp_path / "cache")
    holder = FORK.Process(target=_hold_and_die, args=(cache,))
    holder.start()
    holder.join()
    assert holder.exitcode == -signal.SIGKILL
    (lock,) = (tmp_path / "cache" / "locks").iterdir()
    before = lock.stat()
    with cache.hold("name"):
        pass
    # The same file for everybody who waits: one that went would let two in at once.
    assert (lock.stat().st_ino, lock.stat().st_mode & 0o777) == (before.st_ino, 0o600)


def test_threads_of_one_process_keep_each_other_out(tmp_path: Path) -> None:
    cache = ControllerCache(tmp_path / "cache")
    inside: list[int] = []
    seen: list[int] = []

    def enter(number: int) -> None:
        with cache.hold("name"):
            inside.append(number)
            time.sleep(0.01)
            seen.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(16)))
    assert seen == [1] * 16


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    cache = ControllerCache(tmp_path / "cache")
    with cache.hold("name"):
        pass
    (lock,) = (tmp_path / "cache" / "locks").iterdir()
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HermeticError, match="cannot be used"), cache.hold("name"):
        raise AssertionError("it was entered")
    assert not (tmp_path / "elsewhere").exists()


def test_every_source_that_failed_is_named_and_the_first_good_one_is_taken(tmp_path: Path) -> None:
    cache = ControllerCache(tmp_path / "cache")
    bad, good = tmp_path / "bad", tmp_path / "good"
    bad.write_bytes(b"bad")
    good.write_bytes(b"good")
    digest = hashlib.sha256(b"good").hexdigest()
    assert cache.download([str(tmp_path / "gone"), str(bad), good.as_uri()], sha256=digest, filename="x") == good
    with served(tmp_path) as server:
        found = cache.download([f"{server.url}/gone", f"{server.url}/good"], sha256=digest, filename="x", http=HttpSource(retries=0))
        assert found.read_bytes() == b"good"
        sources = [str(tmp_path / "gone"), str(bad), f"{server.url}/gone", f"{server.url}/bad"]
        with pytest.raises(FetchFailed) as caught:
            cache.download(sources, sha256=digest_of("other"), filename="x", http=HttpSource(retries=0))
    reasons = ["no such file", "has SHA-256", "HTTP 404", "has SHA-256"]
    assert all(reason in problem for reason, problem in zip(reasons, caught.value.problems, strict=True))


@contextmanager
def breaking_off(content: bytes, *, times: int) -> Iterator[str]:
    """Serve a file whose connection drops half way, so many times."""
    left = [times]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if left[0] > 0:
                left[0] -= 1
                self.wfile.write(content[: len(content) // 2])
                self.connection.close()
            else:
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/file"
    finally:
        server.shutdown()
        server.server_close()


def test_a_connection_that_drops_is_tried_again_and_leaves_nothing_when_it_keeps_dropping(tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    digest = hashlib.sha256(content).hexdigest()
    with breaking_off(content, times=2) as url:
        HttpSource(retries=2).save(url, tmp_path / "file", sha256=digest)
        assert (tmp_path / "file").read_bytes() == content
    (tmp_path / "file").unlink()
    with breaking_off(content, times=9) as url, pytest.raises(FetchFailed):
        HttpSource(retries=1).save(url, tmp_path / "file", sha256=digest)
    with breaking_off(content, times=0) as url, pytest.raises(BrokenArtifact, match="more than the 10 bytes"):
        HttpSource(retries=0).save(url, tmp_path / "file", sha256=digest, size=10)
    assert list(tmp_path.iterdir()) == []


def test_credentials_are_split_off_and_go_to_their_host_only(tmp_path: Path) -> None:
    clean, found = split_credentials("https://me:p%2Fw@example.com:8443/simple?x=1")
    assert (clean, found) == ("https://example.com:8443/simple?x=1", {"example.com:8443": {"username": "me", "password": "p/w"}})
    assert split_credentials("https://example.com/@x") == ("https://example.com/@x", {})
    with served(tmp_path) as one, served(tmp_path) as two:
        source = HttpSource(retries=0, credentials={one.url.removeprefix("http://"): {"username": "me", "password": "secret"}})
        assert (source.get(f"{one.url}/a").status, source.get(f"{two.url}/b").status) == (404, 404)
        assert [one.asked[0][1] is not None, two.asked[0][1]] == [True, None]
    assert "secret" not in repr(source)
