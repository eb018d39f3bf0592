# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How PowerShell fetches an archive: certificates, proxies, tries, and what it says when it cannot. One start does all."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

PROJECT = Path(__file__).resolve().parents[2]
CONTENT = b"archive " * 50_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()

# The functions are those that a host runs. The form for long paths is Windows' own, and the tests of archives use it there.
SCRIPT = r"""
$ErrorActionPreference = 'Stop'
foreach ($module in '_HttpDownload', '_BundleDownload') { Import-Module -Name ([System.IO.Path]::Combine($args[0], "$module.psm1")) }
$found = @{}
$orders = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($args[1]))
foreach ($given in $orders) {
    foreach ($name in 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY') {
        [System.Environment]::SetEnvironmentVariable($name, $given.environment.$name)
    }
    $credentials = @{}
    foreach ($property in $given.credentials.PSObject.Properties) { $credentials[$property.Name] = $property.Value }
    $order = @{ sources = @($given.sources); sha256 = $given.sha256; timeout = 60; retries = $given.retries }
    $order += @{ ca_path = $given.ca_path; credentials = $credentials }
    foreach ($limit in 'timeout', 'download_timeout', 'minimum_rate', 'most_bytes') {
        if ($null -ne $given.$limit) { $order[$limit] = $given.$limit }
    }
    try {
        $path = & (Get-Module -Name _BundleDownload) {
            function Get-LongPath([string]$Path) { $Path }
            Find-VerifiedArchive -Order $args[0] -Directory $args[1]
        } $order $given.directory
        $found[$given.name] = 'fetched'
    }
    catch {
        $found[$given.name] = $_.Exception.Message
    }
}
ConvertTo-Json -InputObject $found -Compress
"""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str | None, str | None]]

    def do_GET(self) -> None:
        seen = [path for path, _range, _login in self.asked]
        self.asked.append((self.path, self.headers.get("Range"), self.headers.get("Authorization")))
        if self.path.startswith("/gone"):
            self._send(404, b"")
        elif self.path.startswith("/leave"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("=")[2])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path in ("/endless", "/drops"):
            self._send_without_end(*((b"x" * 65536, 0.0) if self.path == "/endless" else (b"x", 0.05)))
        elif self.path == "/busy" and self.path not in seen:
            self._send(503, b"")
        elif self.path == "/cut" and self.path not in seen:
            self._send(200, CONTENT, sent=len(CONTENT) // 2)
        elif self.headers.get("Range"):
            begin = int(str(self.headers.get("Range")).removeprefix("bytes=").rstrip("-"))
            self._send(206, CONTENT[begin:], begin=begin)
        elif self.path == "/other":
            self._send(200, CONTENT + b"x")
        else:
            self._send(200, CONTENT)

    def _send_without_end(self, block: bytes, pause: float) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(block)
                time.sleep(pause)

    def _send(self, status: int, body: bytes, *, sent: int | None = None, begin: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if begin is not None:
            self.send_header("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        self.wfile.write(body[:sent])
        if sent is not None:
            self.wfile.flush()
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _served(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[tuple[str, str | None, str | None]]]]:
    handler = type("Handler", (_Handler,), {"asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], handler.asked  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


def _authority(directory: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Return the file of a certificate authority, and what serves 127.0.0.1 with a certificate of it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(directory / f"{name}.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return directory / f"{name}.pem", context


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, linux_powershell: Path) -> dict[str, Any]:
    """Return what became of every order by its name, and what the servers were asked under ``asked`` and ``proxied``."""
    directory = tmp_path_factory.mktemp("download")
    ours, context = _authority(directory, "ours")
    other, _unused = _authority(directory, "other")
    with _served() as (port, asked), _served() as (proxy, proxied), _served(context) as (secure, _secured):
        plain, https = f"http://127.0.0.1:{port}", f"https://127.0.0.1:{secure}"
        through = {"HTTP_PROXY": f"http://127.0.0.1:{proxy}"}
        orders: dict[str, dict[str, Any]] = {
            "plain": {"sources": [f"{plain}/plain"], "credentials": {f"127.0.0.1:{port}": {"username": "ä", "password": "b"}}},
            "gone": {"sources": [f"{plain}/gone"], "retries": 3},
            "signed": {"sources": [f"{plain}/gone?sig=s3cret#s3cret"]},
            "endless": {"sources": [f"{plain}/endless"], "most_bytes": 1_000_000, "retries": 3},
            "too large": {"sources": [f"{plain}/second"], "most_bytes": len(CONTENT) - 1},
            "large enough": {"sources": [f"{plain}/second"], "most_bytes": len(CONTENT), "minimum_rate": 1, "download_timeout": 600},
            "drops": {"sources": [f"{plain}/drops"], "timeout": 1, "minimum_rate": 1000},
            "for ever": {"sources": [f"{plain}/drops"], "download_timeout": 1, "retries": 9},
            "downgraded": {"sources": [f"{https}/leave?to={plain}/second"], "ca_path": str(ours)},
            "busy": {"sources": [f"{plain}/busy"], "retries": 1},
            "cut": {"sources": [f"{plain}/cut"], "retries": 1},
            "other": {"sources": [f"{plain}/other"]},
            "second source": {"sources": [str(directory / "none.zip"), f"{plain}/other", f"{plain}/second"]},
            "nobody": {"sources": ["http://127.0.0.1:9/x"]},
            "no source": {"sources": []},
            "kept": {"sources": [f"stored:{directory / 'kept.zip'}", f"{plain}/not-asked"]},
            "kept of others": {"sources": [f"stored:{directory / 'changed.zip'}", f"{plain}/changed"]},
            "kept no more": {"sources": [f"stored:{directory / 'none'}", f"{plain}/gone-again"]},
            "kept too large": {"sources": [f"stored:{directory / 'kept.zip'}", f"{plain}/gone-large"], "most_bytes": 5},
            "trusted": {"sources": [f"{https}/x"], "ca_path": str(ours)},
            "untrusted": {"sources": [f"{https}/x"]},
            "of another": {"sources": [f"{https}/x"], "ca_path": str(other)},
            "no certificates": {"sources": [f"{https}/x"], "ca_path": str(directory / "script.ps1")},
            "other name": {"sources": [f"https://localhost:{secure}/x"], "ca_path": str(ours)},
            "proxy": {"sources": ["http://repository.example.com/x"], "environment": through},
            "no proxy": {"sources": [f"{plain}/direct"], "environment": {**through, "NO_PROXY": "example.org,127.0.0.1"}},
        }
        common = {"sha256": DIGEST, "retries": 0, "ca_path": None, "credentials": {}, "environment": {}, "directory": str(directory)}
        listed = [{**common, **order, "name": name} for name, order in orders.items()]
        (directory / "kept.zip").write_bytes(CONTENT)
        (directory / "changed.zip").write_bytes(CONTENT[:-1])
        (directory / "script.ps1").write_text(SCRIPT)
        (directory / "orders.json").write_text(json.dumps(listed))
        modules = PROJECT / "module_utils"
        script = [str(directory / "script.ps1"), str(modules), str(directory / "orders.json")]
        done = subprocess.run(
            [str(linux_powershell), "-NoProfile", "-NonInteractive", "-File", *script],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return {**json.loads(done.stdout), "asked": asked, "proxied": proxied}


@pytest.mark.parametrize("name", ["plain", "busy", "cut", "second source", "trusted", "proxy", "no proxy", "large enough"])
def test_an_archive_is_fetched(told: dict[str, Any], name: str) -> None:
    assert told[name] == "fetched"


def test_an_archive_that_the_root_kept_is_not_fetched_again(told: dict[str, Any]) -> None:
    assert (told["kept"], told["kept of others"]) == ("fetched", "fetched")
    asked = [path for path, _range, _login in told["asked"]]
    assert "/not-asked" not in asked and "/changed" in asked


@pytest.mark.parametrize("name", ["kept no more", "kept too large"])
def test_an_archive_that_the_root_does_not_have_is_no_problem_of_its_own(told: dict[str, Any], name: str) -> None:
    assert told[name].startswith("fetch|http://") and "stored" not in told[name] and "404" in told[name]


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("gone", "fetch", "404"),
        ("nobody", "fetch", "127.0.0.1:9"),
        ("signed", "fetch", "/gone: "),
        ("endless", "fetch", "more than the 1000000 bytes"),
        ("too large", "fetch", f"more than the {len(CONTENT) - 1} bytes"),
        ("drops", "fetch", "minimum_rate"),
        ("for ever", "fetch", "download_timeout"),
        ("downgraded", "fetch", "/leave: "),  # PowerShell 7 does not follow it by itself, Windows PowerShell does
        ("no source", "fetch", "there is no source"),
        ("other", "digest", DIGEST),
        ("untrusted", "fetch", "/x: "),
        ("of another", "fetch", "/x: "),
        ("no certificates", "fetch", "holds none"),
        ("other name", "fetch", "localhost"),
    ],
)
def test_what_cannot_be_found_is_reported(told: dict[str, Any], name: str, kind: str, text: str) -> None:
    assert told[name].startswith(f"{kind}|"), told[name]
    assert text in told[name], told[name]
    assert "s3cret" not in told[name]


def test_a_broken_download_goes_on_where_it_ended_and_a_missing_file_is_not_asked_for_again(told: dict[str, Any]) -> None:
    ranges = [wanted for path, wanted, _login in told["asked"] if path == "/cut"]
    assert ranges[0] is None and len(ranges) == 2 and str(ranges[1]).startswith("bytes=")
    assert [path for path, _range, _login in told["asked"]].count("/gone") == 1


def test_a_password_goes_to_its_own_server_only(told: dict[str, Any]) -> None:
    assert [bool(login) for path, _range, login in told["asked"] if path == "/plain"] == [True]
    assert not [login for path, _range, login in (*told["asked"], *told["proxied"]) if login and path != "/plain"]


def test_the_proxy_of_the_environment_is_used_but_not_for_its_exceptions(told: dict[str, Any]) -> None:
    assert [path for path, _range, _login in told["proxied"]] == ["http://repository.example.com/x"]
