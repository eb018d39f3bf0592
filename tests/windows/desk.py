# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller beside one Windows host, and a server that knows whom it serves."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fleet_bundles import FleetBundles
from plays import Controller, Played
from roots import Archive
from windows_host import WindowsHost

RELEASE = "5.0+1"
ROOT = "C:\\infra-system"
USER, PASSWORD = "ops", "3cret pass\u00f6"


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves files to those who know the password; a host gets what the test wants it to get."""

    for_hosts: ClassVar[str] = "the same"
    asked_by_hosts: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.headers.get("User-Agent") != "hermetic.python":
            super().do_GET()
            return
        self.asked_by_hosts.append(self.path)
        if self.for_hosts == "no wheels" and self.path.endswith(".whl"):
            self.send_error(404)
            return
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.for_hosts == "other bytes":
            content = content[:-1] + bytes([content[-1] ^ 1])
        elif self.for_hosts == "half of it":
            content = content[: len(content) // 2]
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Desk:
    """A controller, one Windows host, and a bundle behind a password."""

    def __init__(self, directory: Path, host: WindowsHost, archive: Archive, address: str, *, name: str = "windows") -> None:
        self.host = host
        self.name = name
        self.archive = archive
        self.address = address
        self.controller = Controller(directory / "controller")

    def module(self, module: str, /, *arguments: str, task: dict[str, Any] | None = None, **options: Any) -> Played:
        """Run one module on the host."""
        hosts = {self.name: {**self.host.inventory_vars, "ansible_remote_tmp": "%TEMP%"}}
        return self.controller.play([{f"hermetic.python.{module}": options, **(task or {})}], *arguments, hosts=hosts)

    def declared(self, **options: Any) -> dict[str, Any]:
        """Return the options that declare the bundle, which the host fetches itself."""
        bundle = {"archive": f"{self.address}/{self.archive.path.name}", "sha256": self.archive.sha256}
        login = {self.address.partition("://")[2]: {"username": USER, "password": PASSWORD}}
        return {"bundles": [bundle], "credentials": login, "retries": 0, "timeout": 120, **options}

    def pushed(self, **options: Any) -> dict[str, Any]:
        """Return the options that declare the bundle from a file of the controller."""
        return {"bundles": [{"archive": str(self.archive.path), "sha256": self.archive.sha256}], **options}

    @property
    def bundle(self) -> Path:
        """The tree of the installed bundle."""
        return self.host.path(f"{ROOT}\\bundles\\{self.archive.id}")

    def leftovers(self) -> list[str]:
        """Return what tasks have left in the directory for temporary files."""
        return [path.name for path in self.host.path(f"C:\\users\\{self.host.user}\\AppData\\Local\\Temp").glob("ansible*")]


@pytest.fixture(scope="module")
def served_desk(tmp_path_factory: pytest.TempPathFactory, windows_host: WindowsHost, bundles: FleetBundles) -> Iterator[Desk]:
    """Return the desk of a module; nothing is on the host."""
    archive = bundles.windows(RELEASE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(archive.path.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Desk(tmp_path_factory.mktemp("desk"), windows_host, archive, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(served_desk: Desk) -> Iterator[Desk]:
    """Return the desk, with a server that serves what it has."""
    yield served_desk
    Server.for_hosts = "the same"
    Server.asked_by_hosts.clear()


@pytest.fixture
def converged(desk: Desk) -> Desk:
    """Return the desk with the bundle on the host."""
    if not (desk.host.path(ROOT) / "bin/python.exe").exists() or not (desk.bundle / "bin/python312.dll").exists():
        played = desk.module("system", **desk.declared())
        assert played.code == 0, played.output
    return desk


def refused(played: Played, *texts: str) -> str:
    """Return the message of a task that failed in words that are ours, these among them."""
    assert played.code == 2, played.output
    message = str(played.last["msg"])
    for text in texts:
        assert text in message, message
    for text in ("Traceback", "Exception calling", "At line:", "win_engine.ps1"):
        assert text not in message, message
    return message
