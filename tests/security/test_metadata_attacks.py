# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on the metadata of a repository: each is refused with a message that says which it is, and readers keep what they know.

They follow the conformance cases of TUF (basic refresh, expiration, rollback, keys and thresholds, root rotation, fast-forward recovery, content of
targets); ours is the reader of a controller, with its cache, through a directory and a web server.
"""

from __future__ import annotations

import datetime as dates
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature, trusted_reader
from ansible_collections.hermetic.python.plugins.plugin_utils.trust.layout import by_digest, timestamp_path, versioned
from hostile_server import OK, drop_by_drop_body, endless_body, endless_chunks, hostile
from metadata_samples import FIRST, SECOND, Published, expired, make_key, reader
from repository_samples import task
from supply_samples import make_bundle, served
from tuf.api.metadata import Metadata, Root
from tuf.ngclient._internal import trusted_metadata_set


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "publisher")


@pytest.fixture(params=["path", "web"])
def address(request: pytest.FixtureRequest, published: Published) -> Iterator[str]:
    if request.param == "path":
        yield str(published.path)
        return
    with served(published.directory) as server:
        yield f"{server.url}/repository"


@pytest.fixture(params=["key", "root"])
def trusted_by(request: pytest.FixtureRequest, published: Published, tmp_path: Path) -> Path:
    if request.param == "key":
        return published.public
    return Path(shutil.copy(published.root, tmp_path / "root.json"))


def read(tmp_path: Path, address: str, trusted_by: Path, **options: Any) -> str:
    return reader(tmp_path, **options).index(address, public_key=trusted_by, max_age=0).release("python")


# --- rollback


def test_an_older_timestamp_is_refused(tmp_path: Path, published: Published, address: str, trusted_by: Path) -> None:
    old = published.place_of("timestamp").read_bytes()
    published.publish()
    assert read(tmp_path, address, trusted_by) == SECOND
    new = published.place_of("timestamp").read_bytes()
    published.place_of("timestamp").write_bytes(old)
    for _again in range(2):
        with pytest.raises(BrokenArtifact, match=r"timestamp\.json .*older version than this controller has seen.*rollback"):
            read(tmp_path, address, trusted_by)
    published.place_of("timestamp").write_bytes(new)
    assert read(tmp_path, address, trusted_by) == SECOND


def test_an_older_copy_at_another_address_is_refused(tmp_path: Path, published: Published, trusted_by: Path) -> None:
    shutil.copytree(published.path, tmp_path / "old")
    published.publish()
    assert read(tmp_path, str(published.path), trusted_by) == SECOND
    with served(tmp_path) as server:
        for other in (str(tmp_path / "old"), f"file://{tmp_path}/old", f"{server.url}/old", f"{server.url}/old?x=1"):
            with pytest.raises(BrokenArtifact, match="rollback"):
                read(tmp_path, other, trusted_by)


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_an_older_version_in_a_newer_one_is_refused(tmp_path: Path, published: Published, trusted_by: Path, role: str) -> None:
    published.publish()
    assert read(tmp_path, str(published.path), trusted_by) == SECOND
    if role == "targets":
        # Who has the online keys names the targets of before in a new snapshot.
        snapshot = Metadata.from_file(str(published.place_of("snapshot")))
        published.task(state="refreshed", expiry_days={"snapshot": 3000, "timestamp": 3000})
        assert published.place_of("snapshot").name == "3.snapshot.json"
        targets = (published.path / versioned("targets", 1)).read_bytes()
        published.edit("snapshot", lambda signed: signed.meta["targets.json"].__init__(1, len(targets), None))
        assert snapshot.signed.version == 2
        content = published.place_of("snapshot").read_bytes()
        published.edit("timestamp", lambda signed: signed.snapshot_meta.__init__(3, len(content), None))
    else:
        content = (published.path / versioned("snapshot", 1)).read_bytes()

        def older(signed: Any) -> None:
            signed.version += 1
            signed.snapshot_meta.__init__(1, len(content), None)

        published.edit("timestamp", older)
    with pytest.raises(BrokenArtifact, match="rollback"):
        read(tmp_path, str(published.path), trusted_by)


def test_a_snapshot_that_lists_less_is_refused(tmp_path: Path, published: Published, trusted_by: Path) -> None:
    published.publish()
    assert read(tmp_path, str(published.path), trusted_by) == SECOND
    published.task(state="refreshed", expiry_days={"snapshot": 3000, "timestamp": 3000})
    published.edit("snapshot", lambda signed: signed.meta.clear())
    published.edit("timestamp", lambda signed: signed.snapshot_meta.__init__(3, None, None))
    with pytest.raises(BrokenArtifact, match=r"no longer lists metadata.*rollback"):
        read(tmp_path, str(published.path), trusted_by)


# --- freeze


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_expired_metadata_is_refused(tmp_path: Path, published: Published, address: str, role: str) -> None:
    published.edit(role, expired)
    if role == "targets":
        content = published.place_of("targets").read_bytes()
        published.edit("snapshot", lambda signed: signed.meta["targets.json"].__init__(1, len(content), None))
    if role in ("targets", "snapshot"):
        content = published.place_of("snapshot").read_bytes()
        published.edit("timestamp", lambda signed: signed.snapshot_meta.__init__(1, len(content), None))
    with pytest.raises(BrokenArtifact, match=r"expired.*freeze.*state: refreshed"):
        read(tmp_path, address, published.root)


def test_an_answer_that_never_changes_is_refused_once_its_time_is_over(
    tmp_path: Path, published: Published, address: str, trusted_by: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(tmp_path, address, trusted_by) == FIRST

    class Later(dates.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return dates.datetime.now(tz) + dates.timedelta(days=31)

    monkeypatch.setattr(trusted_metadata_set, "datetime", SimpleNamespace(datetime=Later, timezone=dates.timezone))
    monkeypatch.setattr(trusted_reader, "time", SimpleNamespace(time=lambda: time.time() + 31 * 86400))
    for run in ("one", "two"):
        with pytest.raises(BrokenArtifact, match=r"timestamp\.json.*freeze"):
            read(tmp_path, address, trusted_by, run=run)


# --- mix-and-match


@pytest.mark.parametrize("role", ["snapshot", "targets", "index"])
def test_files_of_different_publications_are_refused(
    tmp_path: Path, published: Published, address: str, trusted_by: Path, role: str
) -> None:
    old = published.place_of(role).read_bytes() if role != "index" else (published.path / "index.json").read_bytes()
    published.publish()
    if role == "index":
        [place] = [path for path in published.path.glob("*.index.json") if SECOND in path.read_text()]
    else:
        place = published.place_of(role)
    place.write_bytes(old)
    with pytest.raises(BrokenArtifact, match="mix-and-match"):
        read(tmp_path, address, trusted_by)


def test_a_version_that_is_not_the_one_named_is_refused_without_digests_too(tmp_path: Path, published: Published, trusted_by: Path) -> None:
    old = published.place_of("snapshot").read_bytes()
    published.publish()
    published.edit("timestamp", lambda signed: signed.snapshot_meta.__init__(2, None, None))
    published.place_of("snapshot").write_bytes(old)
    with pytest.raises(BrokenArtifact, match=r"another version than the metadata names.*mix-and-match"):
        read(tmp_path, str(published.path), trusted_by)


# --- endless data and slow retrieval


@pytest.mark.parametrize("endless", [endless_body, endless_chunks])
@pytest.mark.parametrize("what", ["timestamp.json", "2.root.json", "1.snapshot.json", "1.targets.json", ".index.json"])
def test_endless_files_are_refused(tmp_path: Path, published: Published, endless: Any, what: str) -> None:
    def answer(path: str) -> Iterator[bytes]:
        if path.endswith(what):
            yield from endless(path)
            return
        yield from whole(published.directory / path.lstrip("/"))

    with hostile(answer) as server:
        with pytest.raises(BrokenArtifact, match=r"has more bytes than it may have.*endless data"):
            read(tmp_path, f"{server.url}/repository", published.root)
        assert server.sent < 40 << 20


@pytest.mark.parametrize("what", ["snapshot", "targets"])
def test_a_file_with_one_byte_more_than_promised_is_refused(tmp_path: Path, published: Published, address: str, what: str) -> None:
    place = published.place_of(what)
    place.write_bytes(place.read_bytes() + b" ")
    with pytest.raises(BrokenArtifact, match="endless data"):
        read(tmp_path, address, published.root)


def test_slow_metadata_is_given_up(tmp_path: Path, published: Published) -> None:
    def answer(path: str) -> Iterator[bytes]:
        yield from drop_by_drop_body(path) if path.endswith("timestamp.json") else whole(published.directory / path.lstrip("/"))

    with hostile(answer) as server, pytest.raises(HermeticError, match=r"timestamp.*less than 1000 for each second"):
        read(tmp_path, f"{server.url}/repository", published.root, timeout=2, minimum_rate=1000)


def whole(path: Path) -> Iterator[bytes]:
    if not path.is_file():
        yield b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        return
    content = path.read_bytes()
    yield OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(content) + content


# --- keys and thresholds


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_metadata_of_another_key_is_refused(tmp_path: Path, published: Published, address: str, trusted_by: Path, role: str) -> None:
    other = make_key(tmp_path, "other")
    place = published.edit(role, lambda signed: None, keys=[other])
    content = place.read_bytes()
    if role == "targets":
        published.edit("snapshot", lambda signed: signed.meta["targets.json"].__init__(1, len(content), None))
        content = published.place_of("snapshot").read_bytes()
    if role != "timestamp":
        published.edit("timestamp", lambda signed: signed.snapshot_meta.__init__(1, len(content), None))
    with pytest.raises(BrokenArtifact, match=rf"{role}\.json.*wrong keys, or was changed"):
        read(tmp_path, address, trusted_by)


def test_changed_metadata_is_refused(tmp_path: Path, published: Published, address: str, trusted_by: Path) -> None:
    place = published.place_of("timestamp")
    document = json.loads(place.read_bytes())
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"
    place.write_text(json.dumps(document))
    with pytest.raises(BrokenArtifact, match="wrong keys, or was changed"):
        read(tmp_path, address, trusted_by)


@pytest.mark.parametrize("garbage", [b"", b"{}", b"[]", b"\xff", b'{"signed": {"_type": "timestamp"}, "signatures": []}', b"<html>"])
def test_what_is_no_metadata_is_refused(tmp_path: Path, published: Published, address: str, garbage: bytes) -> None:
    published.place_of("timestamp").write_bytes(garbage)
    with pytest.raises(BrokenArtifact, match="no TUF metadata"):
        read(tmp_path, address, published.root)


def test_metadata_of_another_role_is_refused(tmp_path: Path, published: Published, address: str) -> None:
    shutil.copy(published.place_of("snapshot"), published.place_of("timestamp"))
    with pytest.raises(BrokenArtifact, match=r"timestamp\.json of the repository"):
        read(tmp_path, address, published.root)


def role_keys(directory: Path, threshold: int = 2) -> tuple[dict[str, Any], list[str]]:
    names = [make_key(directory, f"key-{number}") for number in range(3)]
    several = {"roles": ["root", "targets"], "keys": [{"private_key": name} for name in names], "threshold": threshold}
    one = {"roles": ["snapshot", "timestamp"], "keys": [{"private_key": make_key(directory, "online")}], "threshold": 1}
    return {"keys": [several, one]}, names


def test_too_few_signatures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "publisher").mkdir()
    options, names = role_keys(tmp_path / "publisher")
    published = Published(tmp_path / "publisher", **options)
    assert read(tmp_path / "good", str(published.path), published.root) == FIRST
    online = str(tmp_path / "publisher" / "online.pem")
    content = published.edit("targets", lambda signed: None, keys=names[:1]).read_bytes()
    published.edit("snapshot", lambda signed: signed.meta["targets.json"].__init__(1, len(content), None), keys=[online])
    content = published.place_of("snapshot").read_bytes()
    published.edit("timestamp", lambda signed: signed.snapshot_meta.__init__(1, len(content), None), keys=[online])
    with pytest.raises(BrokenArtifact, match=r"targets\.json.*too few keys: it has 1 valid of 2.*threshold"):
        read(tmp_path / "other", str(published.path), published.root)


def test_one_key_that_signs_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "publisher").mkdir()
    options, names = role_keys(tmp_path / "publisher")
    published = Published(tmp_path / "publisher", **options)
    place = published.edit("root", lambda signed: None, keys=names[:1])
    document = json.loads(place.read_bytes())
    document["signatures"] *= 2
    place.write_text(json.dumps(document))
    with pytest.raises(BrokenArtifact):
        read(tmp_path, str(published.path), place)


# --- roots


def test_a_root_that_the_one_before_did_not_sign_is_refused(tmp_path: Path, published: Published, address: str) -> None:
    other = make_key(tmp_path, "other")
    root = Metadata[Root].from_file(str(published.root))
    root.signed.version = 2
    place = published.path / versioned("root", 2)
    root.to_file(str(place))
    published.edit("root", lambda signed: None, keys=[other])
    with pytest.raises(BrokenArtifact, match=r"2\.root\.json.*wrong keys"):
        read(tmp_path, address, published.root)


@pytest.mark.parametrize("version", [1, 3])
def test_a_root_under_a_name_of_another_version_is_refused(tmp_path: Path, published: Published, version: int) -> None:
    shutil.copy(published.root, published.path / versioned("root", 2))
    published.edit("root", lambda signed: setattr(signed, "version", version))
    with pytest.raises(BrokenArtifact, match=rf"2\.root\.json.*has version {version}"):
        read(tmp_path, str(published.path), published.root)


def test_a_first_root_must_be_signed_by_the_key_and_name_it(tmp_path: Path, published: Published, address: str) -> None:
    other = make_key(tmp_path, "other")
    with pytest.raises(BrokenArtifact, match=r"No root of the repository .* is signed by the key"):
        read(tmp_path, address, Path(f"{other}.pub"))
    # Named in the root, but not one of those that signed: whoever owns the repository could name anybody's key.
    key = signature.read_public_key(f"{other}.pub")
    from securesystemslib.signer import SSlibKey

    published.edit("root", lambda signed: signed.add_key(SSlibKey.from_crypto(key), "root"))
    with pytest.raises(BrokenArtifact, match=r"No root of the repository .* is signed by the key"):
        read(tmp_path, address, Path(f"{other}.pub"))
    # Signed by it, but not naming it: a signature that counts for nothing.
    published.edit(
        "root", lambda signed: signed.revoke_key(SSlibKey.from_crypto(key).keyid, "root"), keys=[published.options["private_key"], other]
    )
    with pytest.raises(BrokenArtifact, match=r"No root of the repository .* is signed by the key"):
        read(tmp_path, address, Path(f"{other}.pub"))


# --- back to a repository without metadata


def test_who_has_read_metadata_never_reads_without(tmp_path: Path, published: Published, address: str, trusted_by: Path) -> None:
    assert read(tmp_path, address, trusted_by) == FIRST
    shutil.rmtree(published.path / "metadata")
    with pytest.raises(BrokenArtifact, match=r"timestamp\.json of the repository .* is missing"):
        read(tmp_path, address, trusted_by)


def test_a_signed_index_that_names_metadata_is_not_read_without_it_at_first_use(tmp_path: Path, published: Published, address: str) -> None:
    shutil.rmtree(published.path / "metadata")
    with pytest.raises(BrokenArtifact, match="names metadata that is not there"):
        read(tmp_path, address, published.public)


def test_metadata_that_is_older_than_a_signed_index_of_before_is_refused(tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    published = Published(tmp_path / "publisher", private_key=key, signing="index")
    public = Path(f"{key}.pub")
    shutil.copytree(published.directory, tmp_path / "fork")
    published.publish()
    published.publish("3.12.1+3")
    assert read(tmp_path, str(published.path), public) == "3.12.1+3"
    task(tmp_path / "fork", private_key=key, signing="tuf")
    with pytest.raises(BrokenArtifact, match="went back from serial 3 to 2"):
        read(tmp_path, str(tmp_path / "fork" / "repository"), public)


# --- the publisher


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_nothing_is_signed_after_metadata_that_was_changed(tmp_path: Path, published: Published, role: str) -> None:
    published.edit(role, lambda signed: None, keys=[make_key(tmp_path, "other")])
    with pytest.raises(BrokenArtifact, match="Nothing was signed"):
        published.publish()


# A repository without a timestamp has no metadata.
@pytest.mark.parametrize(
    ("name", "what"),
    [
        (name, what)
        for name in ("*.root.json", "*.snapshot.json", "*.targets.json", "timestamp.json")
        for what in ("nothing", "a directory", "a fraction")
        if (name, what) != ("timestamp.json", "nothing")
    ],
)
def test_nothing_is_signed_after_metadata_that_is_not_there(published: Published, name: str, what: str) -> None:
    for path in (published.path / "metadata").glob(name):
        content = path.read_text()
        path.unlink()
        if what == "a directory":
            path.mkdir()
        elif what == "a fraction":
            path.write_text(re.sub(r'"version": ?1\b', '"version":1.5', content))
    with pytest.raises(BrokenArtifact, match="Nothing was signed"):
        published.publish()


def test_nothing_is_signed_after_an_index_that_was_changed(tmp_path: Path, published: Published) -> None:
    index = published.path / "index.json"
    good = index.read_bytes()
    index.write_bytes(good.replace(b"2.28", b"2.27"))
    with pytest.raises(BrokenArtifact, match=r"not what the metadata names.*Nothing was signed"):
        published.publish()
    assert published.task(state="verified", private_key=None, public_key=str(published.public))["problems"]
    index.unlink()
    published.publish()
    assert json.loads(index.read_bytes())["serial"] == 2
    [name] = [path for path in published.path.glob("*.index.json") if FIRST in path.read_text() and SECOND not in path.read_text()]
    name.write_bytes(good)  # of an earlier publication: no reader requests it
    assert published.task(state="verified", private_key=None, public_key=str(published.public))["problems"] == []


def test_a_link_in_the_place_of_metadata_is_replaced_and_not_followed(tmp_path: Path, published: Published) -> None:
    (tmp_path / "elsewhere").write_text("somebody's file")
    (published.path / versioned("targets", 2)).symlink_to(tmp_path / "elsewhere")
    published.publish()
    assert (tmp_path / "elsewhere").read_text() == "somebody's file"
    assert not (published.path / versioned("targets", 2)).is_symlink()
    assert by_digest("a/b", "0" * 64) == f"a/{'0' * 64}.b"
    assert timestamp_path() == "metadata/timestamp.json"
    assert make_bundle(tmp_path / "x").is_file()
