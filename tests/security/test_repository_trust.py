# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may speak for a repository: nobody who serves an old copy, another copy, or the controller's own cache."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache
from ansible_collections.hermetic.python.plugins.plugin_utils.net.http_source import HttpSource
from ansible_collections.hermetic.python.plugins.plugin_utils.net.private_directory import intruders
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import ChannelMove, Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.request import _archives
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.reader import published_here, validators
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from hostile_server import hostile
from supply_samples import make_bundle, served
from test_root_trust import access_list


class Publisher:
    """A repository of two releases with a key, whose channel moves as a test asks."""

    def __init__(self, directory: Path, *, signed: bool = True) -> None:
        self.directory = directory
        self.private, self.public = directory / "key.pem", directory / "key.pub"
        directory.mkdir(parents=True, exist_ok=True)
        signature.make_keys(self.private, self.public)
        for release in ("3.12.1+1", "3.12.1+2"):
            make_bundle(directory / "build", release=release)
        self.store = RepositoryStore(directory / "repository", private_key=signature.read_private_key(self.private) if signed else None)
        self.store.update(Update(archives=_archives([str(directory / "build")]), channels=[ChannelMove("python", "stable", "3.12.1+1")]))

    def move(self, release: str) -> None:
        self.store.update(Update(channels=[ChannelMove("python", "stable", release)]))

    @property
    def path(self) -> Path:
        return self.store.directory


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publisher")


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return _supply(tmp_path)


def _supply(tmp_path: Path, **options: object) -> Supply:
    return Supply.from_options({"cache": tmp_path / "cache", "retries": 0, "ca_path": None, **options})


def test_an_old_copy_is_refused_whatever_its_address(tmp_path: Path, publisher: Publisher, supply: Supply) -> None:
    shutil.copytree(publisher.path, tmp_path / "old")
    publisher.move("3.12.1+2")
    assert supply.index(str(publisher.path), public_key=publisher.public).serial == 2
    with served(tmp_path) as server:
        port = server.server_port
        spelled = [
            str(tmp_path / "old"),
            f"file://{tmp_path}/old/",
            f"http://127.0.0.1:{port}/old",
            f"http://localhost:{port}/old/index.json",
            f"http://127.0.0.1:{port}//old",
            f"http://127.0.0.1:{port}/old?x=1",
        ]
        for address in spelled:
            with pytest.raises(BrokenArtifact, match="went back from serial 2 to 1"):
                supply.index(address, public_key=publisher.public)


def test_one_serial_with_two_contents_is_refused(tmp_path: Path, publisher: Publisher, supply: Supply) -> None:
    shutil.copytree(publisher.path, tmp_path / "fork")
    publisher.move("3.12.1+2")
    fork = RepositoryStore(tmp_path / "fork", private_key=signature.read_private_key(publisher.private))
    fork.update(Update(channels=[ChannelMove("python", "canary", "3.12.1+2")]))
    assert supply.index(str(publisher.path), public_key=publisher.public).serial == 2
    with pytest.raises(BrokenArtifact, match="serial 2 and other content"):
        supply.index(str(tmp_path / "fork"), public_key=publisher.public)
    assert supply.index(str(publisher.path), public_key=publisher.public).serial == 2


def test_a_memory_that_was_damaged_is_made_again(tmp_path: Path, publisher: Publisher, supply: Supply) -> None:
    supply.index(str(publisher.path), public_key=publisher.public)
    (memory,) = (tmp_path / "cache" / "serial").iterdir()
    assert memory.stem == signature.fingerprint(signature.read_public_key(publisher.public))
    for damaged in ("", "7", "[]", '{"serial": "x", "sha256": 1}'):
        memory.write_text(damaged)
        assert supply.index(str(publisher.path), public_key=publisher.public).serial == 1
        assert json.loads(memory.read_text())["serial"] == 1


# --- what is believed, and for how long


def test_a_channel_that_was_moved_back_is_seen_by_the_next_run_at_once(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path / "publisher", signed=False)
    publisher.move("3.12.1+2")
    with served(tmp_path / "publisher") as server:
        address = f"{server.url}/repository"
        for _fork in range(3):
            assert _supply(tmp_path, run="first").index(address).release("python") == "3.12.1+2"
        asked = len(server.asked)
        assert asked == 1  # forks share what one of them was told
        publisher.move("3.12.1+1")
        assert _supply(tmp_path, run="first").index(address).release("python") == "3.12.1+2"
        assert _supply(tmp_path, run="second").index(address).release("python") == "3.12.1+1"
        assert len(server.asked) == asked + 1


def test_what_this_controller_published_is_seen_within_the_run(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path / "publisher", signed=False)
    publisher.move("3.12.1+2")
    with served(tmp_path / "publisher") as server:
        address = f"{server.url}/repository"
        assert _supply(tmp_path, run="one").index(address).release("python") == "3.12.1+2"
        publisher.move("3.12.1+1")
        published_here(ControllerCache.at(tmp_path / "cache"))
        assert _supply(tmp_path, run="one").index(address).release("python") == "3.12.1+1"


def test_an_index_is_asked_for_conditionally_and_past_every_cache(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path / "publisher", signed=False)
    content = (publisher.path / "index.json").read_bytes()
    heads: list[bytes] = []
    with hostile(lambda _path: iter(())) as server:

        def talk(connection: object) -> None:
            head = connection.recv(65536)  # type: ignore[attr-defined]
            heads.append(head)
            known = b'"one"' in head
            status = b"304 Not Modified" if known else b"200 OK"
            body = b"" if known else content
            connection.sendall(b'HTTP/1.1 %s\r\nETag: "one"\r\nContent-Length: %d\r\n\r\n' % (status, len(body)) + body)  # type: ignore[attr-defined]
            connection.close()  # type: ignore[attr-defined]

        server._talk = talk  # type: ignore[method-assign]
        for run in ("first", "second", "third"):
            assert _supply(tmp_path, run=run).index(server.url).release("python") == "3.12.1+1"
    assert len(heads) == 3
    assert all(b"cache-control: no-cache" in head.lower() for head in heads)
    assert [b"if-none-match" in head.lower() for head in heads] == [False, True, True]


def test_a_mark_that_is_made_of_a_time_proves_nothing_within_its_second() -> None:
    now, before = "Wed, 25 Nov 2026 10:00:00 GMT", "Wed, 25 Nov 2026 09:59:00 GMT"
    assert validators({"ETag": "x", "Last-Modified": now, "Date": now}) == {"etag": None, "modified": None}
    assert validators({"ETag": "x", "Last-Modified": before, "Date": now}) == {"etag": "x", "modified": before}
    assert validators({"ETag": "x", "Date": now}) == {"etag": "x", "modified": None}
    assert validators({"ETag": "x", "Last-Modified": now}) == {"etag": None, "modified": None}
    assert validators({"Last-Modified": "nonsense"}) == {"etag": None, "modified": None}


# --- what is not signed


def test_an_index_that_anybody_on_the_way_can_write_is_refused(tmp_path: Path) -> None:
    for address in ("http://repo.example/python", "http://10.0.0.1/python", "HTTP://repo.example/python"):
        with pytest.raises(HermeticError, match=r"neither signed nor read over https.*public_key"):
            _supply(tmp_path).index(address)


def test_an_index_without_a_signature_is_a_warning_unless_it_is_of_this_machine(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path / "publisher")
    for address, accepted in (("https://repo.invalid/x", False), ("http://repo.invalid/x", True)):
        supply = _supply(tmp_path, timeout=2, allow_unsigned=accepted)
        with pytest.raises(HermeticError, match=r"repo\.invalid"):
            supply.index(address)
        assert any("not checked by a signature" in warning for warning in supply.warnings)
    with served(publisher.directory) as server:
        supply = _supply(tmp_path)
        supply.index(f"{server.url}/repository")
        supply.index(str(publisher.path))
        assert supply.warnings == []


@pytest.mark.parametrize("trusted", ["repo.invalid", "repo.invalid:443"])
def test_a_host_that_pip_trusts_is_still_asked_for_its_certificate(tmp_path: Path, trusted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    class Session:
        def get(self, url: str, **options: object) -> None:
            asked.append((url, options["verify"]))
            raise UnicodeError

    monkeypatch.setattr(HttpSource, "_session", Session())
    supply = _supply(tmp_path, trusted_hosts=[trusted, "pages.invalid"])
    location = "https://repo.invalid:443/r" if ":" in trusted else "https://repo.invalid/r"
    with pytest.raises(HermeticError):
        supply.index(location)
    with pytest.raises(HermeticError):
        supply.http.get("https://pages.invalid/simple/x/")
    assert [bool(verify) for _url, verify in asked] == [True, False]
    assert any("certificate is checked nevertheless" in warning for warning in supply.warnings)


# --- the cache


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "a" / "b"
    path.mkdir(parents=True, mode=0o700)
    return path


@pytest.mark.parametrize("which", ["cache", "parent"])
@pytest.mark.parametrize("mode", [0o777, 0o707])
def test_a_cache_that_others_may_write_is_not_used(own: Path, which: str, mode: int, publisher: Publisher) -> None:
    directory = own / "cache"
    directory.mkdir()
    (directory if which == "cache" else own).chmod(mode)
    cache = ControllerCache.at(directory)
    for use in (lambda: cache.read("x", "y"), lambda: cache.write("x", "y", 1), lambda: cache.hold("x").__enter__()):
        with pytest.raises(HermeticError, match=r"another user could change it.*every user may write it.*XDG_CACHE_HOME"):
            use()
    with pytest.raises(HermeticError):
        load_index(str(publisher.path), public_key=publisher.public, cache=cache)


def test_a_sticky_directory_above_will_do_and_a_sticky_cache_will_not(own: Path) -> None:
    own.chmod(0o1777)
    directory = own / "cache"
    directory.mkdir(mode=0o700)
    assert intruders(directory) == []
    directory.chmod(0o1777)
    assert len(intruders(directory)) == 1


@pytest.mark.root
@pytest.mark.parametrize("which", ["cache", "parent", "link"])
def test_a_cache_of_another_user_is_not_used(own: Path, which: str) -> None:
    directory = own / "cache"
    if which == "link":
        (own / "real").mkdir()
        directory.symlink_to("real")
        os.chown(directory, 65534, 65534, follow_symlinks=False)
    else:
        directory.mkdir()
        os.chown(directory if which == "cache" else own, 65534, 65534)
    with pytest.raises(HermeticError, match="it is owned by uid 65534"):
        ControllerCache.at(directory).write("x", "y", 1)


@pytest.mark.root
def test_a_group_that_others_are_in_may_not_write(own: Path) -> None:
    directory = own / "cache"
    directory.mkdir()
    directory.chmod(0o770)
    assert intruders(directory) == []  # root's own group
    os.chown(directory, 0, 65534)
    assert "group" in intruders(directory)[0]


@pytest.mark.root
def test_an_access_list_lets_nobody_else_write(own: Path) -> None:
    access_list(own, (0x02, 7, 65534))
    assert "access list lets uid 65534" in intruders(own / "cache")[0]


def test_a_link_leads_to_where_others_may_write(own: Path, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "cache").mkdir()
    (own / "cache").symlink_to(tmp_path / "open" / "cache")
    assert any("open" in problem for problem in intruders(own / "cache"))


def test_a_relative_cache_home_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ControllerCache.at().directory == tmp_path / ".cache" / "hermetic.python"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
