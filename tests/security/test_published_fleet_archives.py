# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive of a fleet as a file of a repository: hosts take what its metadata names now, and nothing that is older, other or endless."""

from __future__ import annotations

import datetime
import io
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.fleet_archive import checked_out
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.settings import PublishedSource
from ansible_collections.hermetic.python.plugins.plugin_utils.repository import trusted_reader
from hostile_server import OK, HostileServer, endless_body, endless_chunks, hostile
from metadata_samples import Published, expired, make_key
from repository_samples import task
from tuf.ngclient._internal import trusted_metadata_set


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Fleet:
    """A repository that publishes the archive of a fleet, and a host that takes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.published = Published(directory / "publisher")
        (directory / "archives").mkdir()
        shutil.copy(self.published.root, directory / "root.json")
        self.trusted_by = directory / "root.json"
        self.instead: Callable[[str], Iterator[bytes] | None] = lambda _path: None

    def publish(self, text: str) -> dict[str, Any]:
        path = self.directory / "fleet.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            entry = tarfile.TarInfo("local.yml")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
        return self.published.task(files=[{"name": "fleet", "path": str(path)}])

    def taken(self, address: str) -> str:
        source = PublishedSource(address, "fleet", str(self.trusted_by), "")
        return (checked_out(source, self.directory / "archives", cache=self.directory / "cache") / "local.yml").read_text()

    def answer(self, path: str) -> Iterator[bytes]:
        instead = self.instead(path)
        if instead is not None:
            yield from instead
            return
        file = self.published.directory / path.lstrip("/")
        if not file.is_file():
            yield b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            return
        content = file.read_bytes()
        yield OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(content) + content


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


@pytest.fixture
def server(fleet: Fleet) -> Iterator[HostileServer]:
    with hostile(fleet.answer) as found:
        yield found


def test_a_host_takes_what_is_published_and_asks_once_where_nothing_changed(fleet: Fleet, server: HostileServer) -> None:
    address = f"{server.url}/repository"
    result = fleet.publish("one")
    assert [(step["action"], step["subject"]) for step in result["plan"]] == [("publish_file", "file:fleet")]
    assert fleet.publish("one")["changed"] is False
    assert fleet.taken(address) == "one"
    for _again in range(2):
        server.paths.clear()
        assert fleet.taken(address) == "one"
        assert server.paths == ["/repository/metadata/timestamp.json"]
    fleet.publish("two")
    assert fleet.taken(address) == "two" and len(list((fleet.directory / "archives").iterdir())) == 1
    assert task(fleet.published.directory, state="verified", public_key=str(fleet.published.root))["problems"] == []
    assert len(list((fleet.published.path / "files" / "fleet").iterdir())) == 1, "the old one is removed"
    assert fleet.taken(str(fleet.published.path)) == "two", "a path on the host works as well"
    # What is published again, but is the same archive, is not fetched again.
    fleet.published.publish()
    server.paths.clear()
    assert fleet.taken(address) == "two" and not any("files" in path for path in server.paths)


def test_a_file_can_be_removed_and_its_absence_is_named(fleet: Fleet) -> None:
    with pytest.raises(HermeticError, match=r"has no file 'fleet'; files: none.*option files"):
        fleet.taken(str(fleet.published.path))
    fleet.publish("one")
    result = fleet.published.task(files=[{"name": "fleet", "state": "absent"}])
    assert [step["action"] for step in result["plan"]] == ["remove_file"]
    assert not (fleet.published.path / "files").exists()
    assert fleet.published.task(files=[{"name": "fleet", "state": "absent"}])["changed"] is False
    with pytest.raises(HermeticError, match="has no file 'fleet'"):
        fleet.taken(str(fleet.published.path))
    names = [{"name": "a/b", "path": str(fleet.directory / "fleet.tar.gz")}, {"name": "x", "path": str(fleet.directory / "fleet.tar.gz")}]
    with pytest.raises(HermeticError, match="is no name of a file"):
        fleet.published.task(files=names)
    for wrong in ([{"name": "x"}], [names[1], names[1]], [{"name": "x", "path": "/nowhere"}]):
        with pytest.raises(HermeticError, match=r"nothing was changed|was not changed"):
            fleet.published.task(files=wrong)


@pytest.mark.parametrize("trusted_by", ["key", "root"])
def test_an_older_archive_is_refused_whatever_else_is_old(fleet: Fleet, server: HostileServer, trusted_by: str) -> None:
    if trusted_by == "key":
        fleet.trusted_by = fleet.published.public
    fleet.publish("one")
    shutil.copytree(fleet.published.path, fleet.directory / "old")
    fleet.publish("two")
    assert fleet.taken(f"{server.url}/repository") == "two"
    shutil.rmtree(fleet.published.path)
    shutil.copytree(fleet.directory / "old", fleet.published.path)
    for address in (f"{server.url}/repository", str(fleet.published.path)):
        with pytest.raises(BrokenArtifact, match="rollback"):
            fleet.taken(address)
    assert [path.name for path in (fleet.directory / "archives").iterdir()] != []


def test_a_repository_with_one_signature_and_no_metadata_refuses_older_archives_too(fleet: Fleet, tmp_path: Path) -> None:
    fleet.published = Published(tmp_path / "signed", private_key=make_key(tmp_path, "single"), signing="index")
    fleet.trusted_by = tmp_path / "single.pem.pub"
    fleet.publish("one")
    shutil.copytree(fleet.published.path, tmp_path / "old")
    fleet.publish("two")
    assert fleet.taken(str(fleet.published.path)) == "two"
    with pytest.raises(BrokenArtifact, match="went back from serial"):
        fleet.taken(str(tmp_path / "old"))
    index = fleet.published.path / "index.json"
    index.write_bytes(index.read_bytes().replace(b'"fleet"', b'"other"'))
    with pytest.raises(BrokenArtifact, match="changed after it was signed"):
        fleet.taken(str(fleet.published.path))


def test_an_archive_that_nobody_renews_is_refused(fleet: Fleet, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.publish("one")
    address = f"{server.url}/repository"
    assert fleet.taken(address) == "one"
    # A host that has seen it takes it until the metadata that it has seen expires, whatever the server answers.
    with monkeypatch.context() as patched:
        patched.setattr(trusted_metadata_set, "datetime", SimpleNamespace(datetime=Later, timezone=datetime.timezone))
        patched.setattr(trusted_reader, "time", SimpleNamespace(time=lambda: time.time() + 31 * 86400))
        for _again in range(2):
            with pytest.raises(BrokenArtifact, match=r"timestamp\.json.*freeze"):
                fleet.taken(address)
    fleet.published.edit("timestamp", expired)
    shutil.rmtree(fleet.directory / "cache")
    with pytest.raises(BrokenArtifact, match=r"expired.*freeze.*state: refreshed"):
        fleet.taken(address)


class Later(datetime.datetime):
    """The clock of a month later."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.datetime.now(tz) + datetime.timedelta(days=31)


def test_an_archive_of_another_key_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    fleet.publish("one")
    fleet.trusted_by = Path(f"{make_key(tmp_path, 'other')}.pub")
    with pytest.raises(BrokenArtifact, match="is signed by the key"):
        fleet.taken(str(fleet.published.path))


def test_other_bytes_under_the_right_name_are_refused(fleet: Fleet, server: HostileServer) -> None:
    fleet.publish("one")
    [archive] = [path for path in (fleet.published.path / "files").rglob("fleet.tar.gz") if path.name == "fleet.tar.gz"]
    content = archive.read_bytes()
    archive.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for address in (f"{server.url}/repository", str(fleet.published.path)):
        with pytest.raises(HermeticError, match="not trusted, and nothing of it was read"):
            fleet.taken(address)
        assert list((fleet.directory / "archives").iterdir()) == []


@pytest.mark.parametrize("endless", [endless_body, endless_chunks])
def test_an_archive_without_an_end_is_refused(fleet: Fleet, server: HostileServer, endless: Any) -> None:
    fleet.publish("one")
    fleet.instead = lambda path: endless(path) if path.endswith("fleet.tar.gz") else None
    with pytest.raises(HermeticError, match=r"more than the .* bytes that its metadata says"):
        fleet.taken(f"{server.url}/repository")
    assert server.sent < 8 << 20
    [archive] = [path for path in (fleet.published.path / "files").rglob("fleet.tar.gz") if path.name == "fleet.tar.gz"]
    archive.write_bytes(archive.read_bytes() + b" ")
    with pytest.raises(HermeticError, match=r"more than the .* bytes that its metadata says"):
        fleet.taken(str(fleet.published.path))


def test_one_that_is_replaced_while_it_is_read_is_read_again(fleet: Fleet, server: HostileServer) -> None:
    fleet.publish("one")

    def replaced(path: str) -> Iterator[bytes] | None:
        if path.endswith("fleet.tar.gz"):
            fleet.instead = lambda _path: None
            fleet.publish("two")
        return None

    fleet.instead = replaced
    assert fleet.taken(f"{server.url}/repository") == "two"
    fleet.instead = lambda path: (
        iter((b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",)) if "files" in path else None
    )
    fleet.publish("three")
    with pytest.raises(HermeticError, match=r"is not there \(HTTP 404\)"):
        fleet.taken(f"{server.url}/repository")


def test_an_archive_that_is_too_large_is_not_fetched(fleet: Fleet, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.hermetic.python.plugins.plugin_utils.pull import fleet_archive

    fleet.publish("one")
    monkeypatch.setattr(fleet_archive, "LARGEST", 10)
    with pytest.raises(HermeticError, match="at most 10"):
        fleet.taken(f"{server.url}/repository")
    assert not any("files" in path for path in server.paths)


def test_a_team_can_own_the_archive_and_nobody_else_can(fleet: Fleet, tmp_path: Path) -> None:
    team = {"name": "fleet", "paths": ["files/fleet/*/*"], "threshold": 1, "keys": [{"private_key": make_key(tmp_path, "team")}]}
    fleet.published.task(delegations=[team])
    key = fleet.published.options["private_key"]
    with pytest.raises(HermeticError, match="role fleet"):
        fleet.publish("one")
    own = {"private_key": team["keys"][0]["private_key"]}  # type: ignore[index]
    online = [{"roles": ["snapshot", "timestamp"], "threshold": 1, "keys": [{"private_key": key}]}]
    fleet.published.options = {**own, "keys": online}
    fleet.publish("one")
    assert fleet.taken(str(fleet.published.path)) == "one"
    fleet.published.options = own
    with pytest.raises(HermeticError) as caught:
        fleet.published.task(files=[{"name": "other", "path": str(tmp_path / "fleet.tar.gz")}])
    assert any(problem.startswith("role targets: ") for problem in caught.value.problems)
