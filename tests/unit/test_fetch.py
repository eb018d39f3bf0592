# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching from a local server that misbehaves in every way that the design names."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import fetch
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot, FetchFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetch import FetchReport, fetch_all, sha256_of, verified

BODY = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(BODY).hexdigest()


@dataclass
class Server:
    """A server whose answers a test scripts: one function for each request, the last one for all that follow."""

    url: str
    port: int
    script: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serve()


@pytest.fixture
def other_server() -> Iterator[Server]:
    yield from serve()


def serve() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with state.guard:
                state.requests.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
                answer = state.script.pop(0) if len(state.script) > 1 else state.script[0]
            answer(self)

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    port = listener.server_address[1]
    state = Server(url=f"http://127.0.0.1:{port}", port=port)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    listener.shutdown()
    thread.join()
    listener.server_close()


def whole(handler: BaseHTTPRequestHandler, body: bytes = BODY) -> None:
    """Answer with everything, whatever range was asked for."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def ranged(handler: BaseHTTPRequestHandler) -> None:
    """Answer as a good server does."""
    wanted = handler.headers.get("Range")
    if not wanted:
        return whole(handler)
    begin = int(wanted.split("=")[1].rstrip("-"))
    handler.send_response(206)
    handler.send_header("Content-Length", str(len(BODY) - begin))
    handler.send_header("Content-Range", f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}")
    handler.end_headers()
    handler.wfile.write(BODY[begin:])
    return None


def truncated(handler: BaseHTTPRequestHandler) -> None:
    """Announce everything and hang up after a part."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(BODY)))
    handler.end_headers()
    handler.wfile.write(BODY[:100_000])
    handler.close_connection = True


def without_end(handler: BaseHTTPRequestHandler) -> None:
    """Send everything and keep the connection open."""
    whole(handler)
    handler.wfile.flush()
    time.sleep(3)
    handler.close_connection = True


def chunked(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for begin in range(0, len(BODY), 50_000):
        block = BODY[begin : begin + 50_000]
        handler.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Begin, then say nothing for long."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(BODY)))
    handler.end_headers()
    handler.wfile.write(BODY[:10])
    handler.wfile.flush()
    time.sleep(3)
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    for _ in range(100):
        handler.wfile.write(BODY)


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@pytest.fixture(autouse=True)
def short_pauses_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_FIRST_PAUSE", 0.01)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def artifact(*sources: str, size: int | None = len(BODY), sha256: str = DIGEST, filename: str = "x-1.0.whl") -> Artifact:
    return Artifact(sha256=sha256, filename=filename, size=size, sources=sources)


def get(tmp_path: Path, *artifacts: Artifact, retries: int = 2, timeout: float = 5, **more: Any) -> FetchReport:
    return fetch_all(
        artifacts, lambda wanted: tmp_path / "wheels" / wanted.sha256 / wanted.filename, timeout=timeout, retries=retries, **more
    )


def place(tmp_path: Path, filename: str = "x-1.0.whl") -> Path:
    return tmp_path / "wheels" / DIGEST / filename


def leftovers(tmp_path: Path) -> list[str]:
    return [path.name for path in tmp_path.rglob("*.part")]


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
    begin = time.monotonic()
    get(tmp_path, artifact(f"{server.url}/x", size=None), timeout=10)
    assert verified(place(tmp_path), DIGEST)
    assert time.monotonic() - begin < 8


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


def test_wrong_content_is_tried_once_more_then_named_with_both_digests(tmp_path: Path, server: Server) -> None:
    wrong = BODY[::-1]
    server.script = [lambda handler: whole(handler, wrong)]
    with pytest.raises(FetchFailed) as caught:
        get(tmp_path, artifact(f"{server.url}/x"))
    (problem,) = caught.value.problems
    assert hashlib.sha256(wrong).hexdigest() in problem
    assert f"wanted sha256 {DIGEST}" in problem
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
    begin = time.monotonic()
    with pytest.raises(FetchFailed, match=r"no byte came for 0.3 s"):
        get(tmp_path, artifact(f"{server.url}/x"), timeout=0.3, retries=1)
    assert time.monotonic() - begin < 8


def test_a_server_that_is_away_delays_a_run_once_and_not_once_per_file(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_FIRST_PAUSE", 0.4)
    away = "http://127.0.0.1:1"
    wanted = [artifact(f"{away}/{number}", filename=f"{number}.whl") for number in range(20)]
    begin = time.monotonic()
    with pytest.raises(FetchFailed, match="20 of 20 artifacts") as caught:
        get(tmp_path, *wanted, retries=1, jobs=2)
    assert time.monotonic() - begin < 3.5
    assert all("cannot be reached" in problem for problem in caught.value.problems)


def test_the_next_source_is_asked_when_one_fails(tmp_path: Path, server: Server) -> None:
    server.script = [status(404), lambda handler: whole(handler, b"wrong"), lambda handler: whole(handler, b"wrong"), ranged]
    get(tmp_path, artifact("/no/such/file", f"{server.url}/a", f"{server.url}/b", f"{server.url}/c"))
    assert verified(place(tmp_path), DIGEST)


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


def test_all_failures_are_told_at_once_with_what_is_needed(tmp_path: Path, server: Server) -> None:
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


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_credentials_come_from_the_address_or_by_host(tmp_path: Path, server: Server) -> None:
    server.script = [ranged]
    known = {"127.0.0.1": {"username": "by", "password": "höst"}}
    inside = f"http://us%40er:p%3Ass@127.0.0.1:{server.port}/a"
    get(tmp_path, artifact(inside, filename="a"), jobs=1, credentials=known)
    get(tmp_path, artifact(f"{server.url}/b", filename="b"), credentials=known)
    get(tmp_path, artifact(f"{server.url}/c", filename="c"), credentials={"example.com": {"username": "x", "password": "y"}})
    assert [request.get("authorization") for request in server.requests] == [basic("us@er:p:ss"), basic("by:höst"), None]


def test_credentials_stay_with_their_server_on_a_redirect(tmp_path: Path, server: Server, other_server: Server) -> None:
    other_server.script = [ranged]
    away = status(302, Location=f"http://localhost:{server.port}/y")
    server.script = [status(302, Location="/there"), status(307, Location=f"{other_server.url}/x"), away, ranged]
    known = {f"127.0.0.1:{server.port}": {"username": "u", "password": "p"}}
    get(tmp_path, artifact(f"{server.url}/a"), credentials=known)
    assert [(request["path"], request.get("authorization")) for request in server.requests] == [
        ("/a", basic("u:p")),
        ("/there", basic("u:p")),
    ]
    assert other_server.requests[0].get("authorization") is None
    get(tmp_path, artifact(f"{server.url}/b", filename="b"), credentials=known)
    assert [request.get("authorization") for request in server.requests[2:]] == [basic("u:p"), None]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.com/x"])
def test_a_redirect_to_a_file_is_not_followed(tmp_path: Path, server: Server, location: str) -> None:
    server.script = [status(302, Location=location)]
    with pytest.raises(FetchFailed, match=r"redirected|only http and https"):
        get(tmp_path, artifact(f"{server.url}/x"))
    assert not place(tmp_path).exists()


def test_a_permanent_redirect_is_followed_and_a_circle_is_not(tmp_path: Path, server: Server) -> None:
    server.script = [status(308, Location="/x"), ranged]
    get(tmp_path, artifact(f"{server.url}/x"))
    server.script = [status(302, Location="/circle")]
    with pytest.raises(FetchFailed, match="in a circle"):
        get(tmp_path, artifact(f"{server.url}/circle", filename="y"))


def test_a_proxy_of_the_environment_is_used(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.script = [ranged]
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    get(tmp_path, artifact("http://files.example.com/x"))
    assert server.requests[0]["path"] == "http://files.example.com/x"


def test_files_are_fetched_side_by_side(tmp_path: Path, server: Server) -> None:
    together = threading.Barrier(4)

    def meet(handler: BaseHTTPRequestHandler) -> None:
        together.wait(5)
        whole(handler)

    server.script = [meet]
    get(tmp_path, *[artifact(f"{server.url}/{number}", filename=f"{number}") for number in range(4)], jobs=4)
    assert len(server.requests) == 4


def test_a_server_is_verified_against_the_given_ca(tmp_path: Path, server: Server) -> None:
    ssl = pytest.importorskip("ssl")
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "cert", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if made.returncode:
        pytest.skip("needs the openssl command")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            whole(self)

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        source = f"https://localhost:{listener.server_address[1]}/x"
        with pytest.raises(FetchFailed, match=r"certificate of the server is not trusted.*ca_path"):
            get(tmp_path, artifact(source))
        get(tmp_path, artifact(source), ca_path=str(tmp_path / "cert"))
        assert verified(place(tmp_path), DIGEST)
        with pytest.raises(FetchFailed, match=r"the CA file .*gone cannot be used"):
            get(tmp_path, artifact(source, filename="other"), ca_path=str(tmp_path / "gone"))
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


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


def test_digests_are_compared_by_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BODY)
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "a") == DIGEST
    assert sha256_of(tmp_path / "empty") == hashlib.sha256().hexdigest()
    assert verified(tmp_path / "a", DIGEST.upper())
    assert not verified(tmp_path / "empty", DIGEST)
    assert not verified(tmp_path / "gone", DIGEST)
    assert not verified(tmp_path, DIGEST)
