# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS server on this machine with a certificate that only its own throw-away authority vouches for."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

GREETING = "hermetic"


@contextmanager
def throwaway_server(directory: Path) -> Iterator[tuple[str, Path]]:
    """Serve on a free port of this machine; yields the URL and the authority's certificate, written below ``directory``."""
    directory.mkdir(parents=True, exist_ok=True)
    authority = directory / "authority.pem"
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("localhost").configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Greets)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}/", authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: the client's side of a refused handshake is what is looked at."""


class _Greets(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(GREETING)))
        self.end_headers()
        self.wfile.write(GREETING.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a refused handshake is what one of the tests wants."""
