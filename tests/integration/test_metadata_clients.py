# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads a repository by TUF over a real web server: the reference client with its defaults, and controllers with as few requests as may be."""

from __future__ import annotations

import http.server
import multiprocessing
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from metadata_samples import FIRST, SECOND, Published, make_key, reader
from supply_samples import sha256
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Targets
from tuf.ngclient import Updater, UpdaterConfig

COLLECTIONS = Path(__file__).resolve().parents[2] / ".collections"
SUPPLY = "ansible_collections.hermetic.python.plugins.plugin_utils.supply"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "publisher")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files with a tag of their content, and notes what was requested and answered."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        tag = f'"{sha256(path)}"' if path.is_file() else None
        status = 404 if tag is None else 304 if self.headers.get("If-None-Match") == tag else 200
        self.server.asked.append((self.path.rpartition("/repository/")[2], status))  # type: ignore[attr-defined]
        content = path.read_bytes() if status == 200 else b""
        self.send_response(status)
        if tag is not None:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def tagged(directory: Path) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *more: Handler(*more, directory=str(directory)))
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/repository", server.asked  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


def updater(directory: Path, url: str, root: bytes, *, prefixed: bool = True) -> Updater:
    for name in ("metadata", "targets"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    return Updater(
        str(directory / "metadata"),
        f"{url}/metadata/",
        str(directory / "targets"),
        f"{url}/",
        config=UpdaterConfig(prefix_targets_with_hash=prefixed),
        bootstrap=root,
    )


@pytest.mark.parametrize("prefixed", [True, False])
def test_the_reference_client_reads_every_target(tmp_path: Path, published: Published, prefixed: bool) -> None:
    root = published.root.read_bytes()
    for release in (FIRST, SECOND):
        if release != FIRST:
            published.publish(release)
        with tagged(published.directory) as (url, _asked):
            client = updater(tmp_path / "client", url, root, prefixed=prefixed)
            client.refresh()
            names = Metadata[Targets].from_file(str(published.place_of("targets"))).signed.targets
            assert {name.split("/")[0] for name in names} == {"index.json", "bundles", "wheels"}
            for name in names:
                target = client.get_targetinfo(name)
                assert target is not None
                assert Path(client.download_target(target)).read_bytes() == (published.path / name).read_bytes()


def test_the_reference_client_follows_rotated_keys_and_refuses_what_went_back(tmp_path: Path, published: Published) -> None:
    root = published.root.read_bytes()
    old = published.place_of("timestamp").read_bytes()
    with tagged(published.directory) as (url, _asked):
        updater(tmp_path / "client", url, root).refresh()
        before = published.options["private_key"]
        published.options["private_key"] = make_key(tmp_path, "new")
        published.task(previous_keys=[{"private_key": before}])
        published.publish()
        client = updater(tmp_path / "client", url, root)
        client.refresh()
        target = client.get_targetinfo("index.json")
        assert target is not None and SECOND in Path(client.download_target(target)).read_text()
        published.place_of("timestamp").write_bytes(old)
        with pytest.raises(RepositoryError):
            updater(tmp_path / "client", url, root).refresh()


@pytest.mark.parametrize("by", ["key", "root"])
def test_what_did_not_change_costs_one_conditional_request(tmp_path: Path, published: Published, by: str) -> None:
    trusted_by = published.public if by == "key" else Path(shutil.copy(published.root, tmp_path / "root.json"))
    with tagged(published.directory) as (url, asked):

        def read(run: str) -> str:
            return reader(tmp_path, run=run).index(url, public_key=trusted_by).release("python")

        assert read("first") == FIRST
        assert len(asked) == (5 if by == "root" else 8)
        for run in ("second", "third"):
            asked.clear()
            for _fork in range(3):
                assert read(run) == FIRST
            assert asked == [("metadata/timestamp.json", 304)]
        published.publish()
        asked.clear()
        assert read("fourth") == SECOND
        assert [name for name, status in asked if status == 200 and not name.endswith(".index.json")] == [
            "metadata/timestamp.json",
            "metadata/2.snapshot.json",
            "metadata/2.targets.json",
        ]
        assert [name for name, status in asked if status == 404] == ["metadata/2.root.json"]
        published.task(state="refreshed", expiry_days={"timestamp": 300})
        asked.clear()
        assert read("fifth") == SECOND
        assert [name for name, status in asked if "snapshot" in name or "targets" in name] == []


def _read(directory: str, url: str, root: str, number: int, answers: multiprocessing.Queue[str]) -> None:
    answers.put(reader(Path(directory), run="one").index(url, public_key=root).release("python"))


def test_forks_share_one_answer_and_one_state(tmp_path: Path, published: Published) -> None:
    root = shutil.copy(published.root, tmp_path / "root.json")
    context = multiprocessing.get_context("fork")
    with tagged(published.directory) as (url, asked):
        answers: multiprocessing.Queue[str] = context.Queue()
        forks = [context.Process(target=_read, args=(str(tmp_path), url, root, number, answers)) for number in range(6)]
        for fork in forks:
            fork.start()
        assert [answers.get(timeout=60) for _fork in forks] == [FIRST] * 6
        for fork in forks:
            fork.join()
        assert [name for name, _status in asked].count("metadata/timestamp.json") == 1


def test_a_query_that_signs_addresses_stays_with_every_request(tmp_path: Path, published: Published) -> None:
    with tagged(published.directory) as (url, asked):
        assert reader(tmp_path).index(f"{url}?token=secret", public_key=published.root).release("python") == FIRST
        assert all(name.endswith("?token=secret") for name, _status in asked)


def test_a_damaged_state_is_made_again(tmp_path: Path, published: Published) -> None:
    index = reader(tmp_path, run="a").index(str(published.path), public_key=published.root)
    assert index.release("python") == FIRST
    for place in [*(tmp_path / "cache" / "tuf").rglob("*.json"), *(tmp_path / "cache" / "trusted").iterdir()]:
        for garbage in (b"", b"[]", b"\xff", b'{"content": 1}'):
            place.write_bytes(garbage)
            assert reader(tmp_path, run="b").index(str(published.path), public_key=published.root, max_age=0).release("python") == FIRST


def test_a_task_that_reads_nothing_new_imports_neither_tuf_nor_an_http_client() -> None:
    found = "[name for name in ('tuf', 'securesystemslib', 'requests') if name in sys.modules]"
    code = f"import sys; sys.path.insert(0, {str(COLLECTIONS)!r}); import {SUPPLY}; print({found})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
