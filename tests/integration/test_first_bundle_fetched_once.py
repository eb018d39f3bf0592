# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that reaches the repository and not the index of packages fetches its first bundle once, however often it is asked."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from plays import Controller
from roots import Archive
from wheelhouse import Wheel


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves everything to the controller; hosts get no wheels."""

    by_hosts: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if "python-requests" not in self.headers.get("User-Agent", ""):
            self.by_hosts.append(self.path)
            if self.path.endswith(".whl"):
                self.send_error(503)
                return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path, bundle_archive: Archive, wheels: dict[str, Wheel]) -> Iterator[tuple[str, Path]]:
    """Serve the bundle and one wheel; return the address and a lock."""
    directory = tmp_path / "served"
    directory.mkdir()
    (directory / bundle_archive.path.name).hardlink_to(bundle_archive.path)
    wheel = wheels["beta-1.0"]
    (directory / wheel.path.name).write_bytes(wheel.path.read_bytes())
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"beta==1.0 --hash=sha256:{wheel.sha256}\n")
    _Handler.by_hosts.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(directory)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", lock
    server.shutdown()
    server.server_close()


def _task(address: str, lock: Path, archive: Archive, **options: Any) -> dict[str, Any]:
    bundle = {"archive": f"{address}/{archive.path.name}", "sha256": archive.sha256}
    common = {"retries": 0, "find_links": [f"{address}/"], "index_url": "http://127.0.0.1:9/"}
    return {"hermetic.python.system": {"bundles": [bundle], "virtualenvs": [{"name": "web", "lock": str(lock)}], **common, **options}}


def test_what_is_out_of_reach_is_pushed_and_the_bundle_is_fetched_once(
    served: tuple[str, Path], tmp_path: Path, bundle_archive: Archive
) -> None:
    address, lock = served
    bundle = f"/{bundle_archive.path.name}"
    controller = Controller(tmp_path / "controller")
    root = tmp_path / "root"
    failed = controller.play([_task(address, lock, bundle_archive, root=str(root), transfer="pull")])
    assert failed.code != 0 and "503" in failed.last["msg"], failed.output
    assert _Handler.by_hosts.count(bundle) == 1
    assert not (root / "current").is_symlink()
    # The next task finds the archive where the one that failed has left it.
    played = controller.play([_task(address, lock, bundle_archive, root=str(root))])
    assert played.code == 0 and played.last["changed"] is True, played.output
    assert _Handler.by_hosts.count(bundle) == 1
    assert (root / "envs" / "web" / "bin" / "python").exists()

    # From the beginning, in one task.
    _Handler.by_hosts.clear()
    played = controller.play([_task(address, lock, bundle_archive, root=str(tmp_path / "other"))])
    assert played.code == 0, played.output
    assert _Handler.by_hosts.count(bundle) == 1
