# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials, redirects, proxies and certificates: what a server is told, and when it is believed."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.stored_file import verified
from fetch_samples import DIGEST, artifact, get, place
from fetch_server import Server, ranged, status, whole

pytestmark = pytest.mark.usefixtures("short_pauses_and_no_proxy")


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


def test_a_server_is_verified_against_the_given_ca(tmp_path: Path, server: Server) -> None:
    ssl = pytest.importorskip("ssl")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "cert"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            whole(self)

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
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
