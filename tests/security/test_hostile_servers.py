# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers without end, without hurry and without honesty: the engine and the controller stop within their limits."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hostile_server
import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching import fetch
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.pacing import Pace, TooSlow
from ansible_collections.hermetic.python.plugins.plugin_utils.net.http_source import HttpSource
from fetch_samples import BODY, artifact, get, leftovers
from hostile_server import HostileServer, answer, hostile

MOST_MEMORY = 24 << 20
DIGEST = hashlib.sha256(b"").hexdigest()


@pytest.fixture(autouse=True)
def _no_proxy_and_no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr("ansible_collections.hermetic.python.plugins.plugin_utils.net.http_source._LONGEST_PAUSE", 0.05)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def little_memory() -> Iterator[None]:
    """Fail when Python's own memory grows beyond what a reader of blocks needs."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY, f"{peak} bytes"


def _engine(server: HostileServer, tmp_path: Path, **more: object) -> None:
    get(tmp_path, artifact(f"{server.url}/x", size=None), retries=0, **{"timeout": 2, "maximum_size": 1 << 20, **more})  # type: ignore[arg-type]


def _page(server: HostileServer, tmp_path: Path, **more: object) -> None:
    del tmp_path
    HttpSource(retries=0, **{"timeout": 2.0, "page_limit": 1 << 20, **more}).get(f"{server.url}/x", headers={"Accept-Encoding": "gzip"})  # type: ignore[arg-type]


def _download(server: HostileServer, tmp_path: Path, **more: object) -> None:
    HttpSource(retries=0, **{"timeout": 2.0, "maximum_size": 1 << 20, **more}).save(f"{server.url}/x", tmp_path / "x", sha256=DIGEST)  # type: ignore[arg-type]


def _digest(server: HostileServer, tmp_path: Path, **more: object) -> None:
    del tmp_path
    HttpSource(retries=0, **{"timeout": 2.0, "maximum_size": 1 << 20, **more}).digest(f"{server.url}/x")  # type: ignore[arg-type]


READERS = [_engine, _page, _download, _digest]
WITHOUT_END = [
    hostile_server.endless_body,
    hostile_server.endless_chunks,
    hostile_server.endless_chunk_size,
    hostile_server.endless_head,
    hostile_server.one_long_field,
    hostile_server.endless_interim_answers,
    hostile_server.endless_status_line,
    hostile_server.redirect_with_endless_body,
    hostile_server.refusal_with_endless_body,
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("attack", WITHOUT_END)
def test_what_has_no_end_is_cut_off(attack: hostile_server.Answer, read: Callable[..., None], tmp_path: Path) -> None:
    if attack is hostile_server.refusal_with_endless_body and read is _page:
        pytest.skip("404 is an answer to who asks for a page; its body is not read")
    with hostile(attack) as server, little_memory(), pytest.raises(HermeticError):
        read(server, tmp_path)
    assert server.sent < 64 << 20
    assert leftovers(tmp_path) == [] or all(path.stat().st_size <= 1 << 20 for path in tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob(".part-*"))


@pytest.mark.parametrize("attack", [hostile_server.gzip_bomb, hostile_server.gzip_in_gzip])
def test_a_page_is_measured_unpacked(attack: hostile_server.Answer, tmp_path: Path) -> None:
    with (
        hostile(attack) as server,
        little_memory(),
        pytest.raises(HermeticError, match=r"more than the 1048576 bytes|another way than gzip"),
    ):
        _page(server, tmp_path)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("attack", [hostile_server.drop_by_drop_body, hostile_server.drop_by_drop_head])
@pytest.mark.parametrize("limits", [{"timeout": 0.4, "minimum_rate": 1000}, {"timeout": 0.4, "download_timeout": 1.0, "minimum_rate": 0}])
def test_a_server_that_never_pauses_and_never_ends_is_given_up(
    read: Callable[..., None], attack: hostile_server.Answer, limits: dict[str, float], tmp_path: Path
) -> None:
    with hostile(attack) as server, pytest.raises(HermeticError, match=r"minimum_rate|download_timeout|head of its answer"):
        read(server, tmp_path, **limits)


def test_a_slow_server_within_its_rate_is_waited_for() -> None:
    clock = iter([float(number) for number in range(100)])
    pace = Pace(5, until=90, minimum_rate=10, clock=lambda: next(clock))
    pace.end_head()
    for _unused in range(60):
        assert 0 < pace.patience() <= 5
        pace.came(20)
    with pytest.raises(TooSlow, match="download_timeout"):
        _all_the_while(pace, pace.came, 20)


def test_what_a_protocol_sends_beside_the_content_is_no_progress() -> None:
    clock = iter([float(number) for number in range(100)])
    pace = Pace(5, until=90, minimum_rate=10, clock=lambda: next(clock))
    pace.end_head()
    with pytest.raises(TooSlow, match="minimum_rate"):
        _all_the_while(pace, pace.read, 1000)


def _all_the_while(pace: Pace, count: Callable[[int], None], size: int) -> None:
    for _unused in range(60):
        pace.patience()
        count(size)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("file:///etc/hostname", "only http and https|no usable address"),
        ("ftp://127.0.0.1/x", "only http and https|no usable address|HTTP 302"),
    ],
)
def test_a_redirect_leads_to_web_servers_only(read: Callable[..., None], location: str, said: str, tmp_path: Path) -> None:
    with hostile(answer(302, f"Location: {location}")) as server, pytest.raises(HermeticError) as caught:
        read(server, tmp_path)
    text = str(caught.value)
    assert "hostname" not in text
    assert any(words in text for words in (*said.split("|"), "neither http nor https")), text


@pytest.mark.parametrize("read", READERS)
def test_a_redirect_goes_in_circles_for_a_while_only(read: Callable[..., None], tmp_path: Path) -> None:
    def deeper(path: str) -> Iterator[bytes]:
        yield f"HTTP/1.1 302 Found\r\nLocation: {path}/x\r\nContent-Length: 0\r\n\r\n".encode()

    with hostile(deeper) as server, pytest.raises(HermeticError, match="redirected"):
        read(server, tmp_path)
    assert len(server.paths) <= 12


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("wait", ["86400", "9" * 400, "\xb2", "Fri, 31 Dec 9999 23:59:59 GMT", "-1", "soon"])
def test_a_server_does_not_choose_how_long_a_run_waits(
    read: Callable[..., None], wait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_LONGEST_RETRY_AFTER", 0.05)
    with hostile(answer(503, f"Retry-After: {wait}")) as server, pytest.raises(HermeticError, match="HTTP 503"):
        read(server, tmp_path)


def test_the_longest_pause_is_minutes_not_days() -> None:
    assert fetch._LONGEST_RETRY_AFTER <= 120


def test_the_engine_gives_up_rather_than_wait_beyond_its_time(tmp_path: Path) -> None:
    with hostile(answer(503, "Retry-After: 100")) as server:
        begin = time.monotonic()
        with pytest.raises(FetchFailed, match="download_timeout"):
            get(tmp_path, artifact(f"{server.url}/x"), retries=4, download_timeout=5)
        assert time.monotonic() - begin < 300


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000, "-1", "0x10", "1, 2", ""])
def test_an_odd_length_is_a_plain_failure(length: str, tmp_path: Path) -> None:
    def odd(_path: str) -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nbody".encode("latin-1")

    for read in READERS[:1] + READERS[2:3]:
        with hostile(odd) as server, pytest.raises(HermeticError):
            read(server, tmp_path)


@pytest.mark.parametrize("extra", [1, 1000, 5_000_000])
def test_a_file_ends_one_byte_after_the_size_that_is_known(extra: int, tmp_path: Path) -> None:
    """Whatever its length field says: the block that is one byte too long is not even written."""
    for fields in (["Connection: close"], [f"Content-Length: {len(BODY) + extra}"]):

        def longer(_path: str, fields: list[str] = fields) -> Iterator[bytes]:
            yield ("HTTP/1.1 200 OK\r\n" + "".join(f"{field}\r\n" for field in fields) + "\r\n").encode() + BODY
            yield b"x" * extra

        with hostile(longer) as server:
            with pytest.raises(FetchFailed, match=f"more than the {len(BODY)} bytes"):
                get(tmp_path, artifact(f"{server.url}/x"), retries=0)
            with pytest.raises(HermeticError, match=f"more than the {len(BODY)} bytes"):
                HttpSource(retries=0).save(f"{server.url}/x", tmp_path / "x", sha256=DIGEST, size=len(BODY))
        assert leftovers(tmp_path) == []
        assert not (tmp_path / "x").exists()


def test_a_file_that_is_announced_too_large_is_not_begun(tmp_path: Path) -> None:
    def large(_path: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n"
        time.sleep(30)

    with hostile(large) as server:
        with pytest.raises(FetchFailed, match="maximum_size"):
            get(tmp_path, artifact(f"{server.url}/x", size=None), retries=0)
        with pytest.raises(HermeticError, match="maximum_size"):
            HttpSource(retries=0).save(f"{server.url}/x", tmp_path / "x", sha256=DIGEST)


@pytest.mark.parametrize("read", READERS)
def test_what_a_server_says_reaches_no_terminal(read: Callable[..., None], tmp_path: Path) -> None:
    with hostile(answer(403, reason="\x1b]0;owned\x07 ?sig=s3cret")) as server, pytest.raises(HermeticError) as caught:
        read(server, tmp_path)
    text = str(caught.value)
    assert "HTTP 403" in text
    assert "owned" not in text and "\x1b" not in text and "s3cret" not in text


def test_fifty_pages_of_a_dead_server_wait_for_it_once() -> None:
    source = HttpSource(retries=1, timeout=2)
    for number in range(50):
        with pytest.raises(HermeticError, match="refused the connection"):
            source.get(f"http://127.0.0.1:9/{number}")
    assert source._away == {"http://127.0.0.1:9": "the server refused the connection"}


def test_the_memory_of_a_whole_process_stays_small_against_a_bomb() -> None:
    """By the address space that the kernel counts, so that memory of C libraries counts too."""
    program = (
        "import resource, sys; sys.path[:0] = sys.argv[2:]\n"
        "from ansible_collections.hermetic.python.plugins.plugin_utils.net.http_source import HttpSource\n"
        "from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError\n"
        "now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (now + (256 << 20),) * 2)\n"
        "try:\n"
        "    HttpSource(retries=0).get(sys.argv[1], headers={'Accept-Encoding': 'gzip'})\n"
        "except HermeticError as error:\n"
        "    print(error)\n"
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("the address space is read from /proc")
    with hostile(hostile_server.gzip_bomb) as server:
        done = subprocess.run(
            [sys.executable, "-c", program, f"{server.url}/x", *filter(None, sys.path)], capture_output=True, text=True, check=False
        )
    assert "more than the 33554432 bytes" in done.stdout, done.stderr[-2000:]
