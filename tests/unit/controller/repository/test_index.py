# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a repository: names become digests, and nothing unsigned, old or damaged is believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import ChannelMove, Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.release_order import newest_first
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from repository_samples import keys, publish
from supply_samples import sha256


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return Supply.from_options({"cache": tmp_path / "cache", "retries": 0})


@pytest.mark.parametrize("form", ["{0}", "{0}/", "{0}/index.json", "file://{0}"])
def test_a_channel_and_a_release_resolve_to_an_archive(tmp_path: Path, supply: Supply, form: str) -> None:
    repository = publish(tmp_path)
    stable = supply.bundle("python", repository=form.format(repository), platform="linux-x86_64")
    assert (stable.release, stable.sha256) == ("3.12.1+1", sha256(tmp_path / "build" / "python-3.12.1+1-linux-x86_64.tar.gz"))
    assert Path(stable.location).read_bytes() == (tmp_path / "build" / stable.filename).read_bytes()
    assert (stable.engine, stable.hermetic, stable.libc, stable.target.label) == (
        True,
        "launcher",
        {"family": "glibc", "minimum": "2.28"},
        "linux-x86_64-cp312",
    )
    assert stable.packages[0]["name"] == "pyyaml"
    canary = supply.bundle("python", repository=str(repository), platform="windows-x86_64", channel="canary")
    assert canary.filename == "python-3.12.1+2-windows-x86_64.zip"
    assert supply.bundle("python", repository=str(repository), platform="linux-x86_64", release="3.12.1+2").release == "3.12.1+2"


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"name": "ruby", "platform": "linux-x86_64"}, "'ruby' is not in the repository .*; bundles: python"),
        ({"name": "python", "platform": "linux-x86_64", "channel": "beta"}, "no channel 'beta' .*; channels: canary, stable"),
        ({"name": "python", "platform": "linux-x86_64", "release": "9"}, r"no release '9' .*; releases: 3\.12\.1\+2, 3\.12\.1\+1"),
        (
            {"name": "python", "platform": "macos-arm64", "channel": "canary"},
            "not there for macos-arm64 .*; platforms: linux-x86_64, windows-x86_64",
        ),
    ],
)
def test_what_is_not_there_is_named_with_what_is(tmp_path: Path, supply: Supply, question: dict[str, str], message: str) -> None:
    name = question.pop("name")
    with pytest.raises(HermeticError, match=message):
        supply.bundle(name, repository=str(publish(tmp_path)), **question)


def test_a_missing_directory_is_named(tmp_path: Path, supply: Supply) -> None:
    with pytest.raises(HermeticError, match=r"gone has no readable index\.json"):
        supply.index(str(tmp_path / "gone"))


def test_an_old_signed_index_is_refused_once_a_newer_one_was_seen(tmp_path: Path, supply: Supply) -> None:
    private, public = keys(tmp_path)
    repository = publish(tmp_path, key=private)
    old = [(repository / name, (repository / name).read_bytes()) for name in ("index.json", "index.json.sig")]
    move = Update(channels=[ChannelMove("python", "stable", "3.12.1+2")])
    RepositoryStore(repository, private_key=signature.read_private_key(private)).update(move)
    assert supply.index(str(repository), public_key=public).serial == 2
    for path, content in old:
        path.write_bytes(content)
    with pytest.raises(BrokenArtifact, match="went back from serial 2 to 1"):
        supply.index(str(repository), public_key=public)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda index: index.update(format=2), "has format 2; this version of the collection reads format 1"),
        (lambda index: index.update(serial="x"), "serial is 'x'"),
        (lambda index: index.pop("wheels"), "lacks or misplaces"),
        (
            lambda index: index["bundles"]["python"]["channels"].update(stable="9"),
            "channel stable of python names release 9, which is not there",
        ),
        (lambda index: entry(index).update(path="../../etc/passwd"), "leaves the repository"),
        (lambda index: entry(index).update(path="/etc/passwd"), "leaves the repository"),
        (lambda index: entry(index).update(sha256="abc"), "is not a SHA-256"),
        (lambda index: entry(index).update(python={}), "python.version is None; expected three numbers"),
    ],
)
def test_a_damaged_index_is_refused(tmp_path: Path, change: object, message: str) -> None:
    repository = publish(tmp_path)
    index = json.loads((repository / "index.json").read_text())
    change(index)  # type: ignore[operator]
    (repository / "index.json").write_text(json.dumps(index))
    with pytest.raises(HermeticError) as caught:
        load_index(str(repository))
    assert message in str(caught.value)


def entry(index: dict) -> dict:
    return index["bundles"]["python"]["releases"]["3.12.1+1"]["platforms"]["linux-x86_64"]


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b broken"])
def test_an_archive_that_is_none_is_refused(tmp_path: Path, supply: Supply, content: bytes) -> None:
    path = tmp_path / "python.tar.gz"
    path.write_bytes(content)
    with pytest.raises(BrokenArtifact, match=r"python\.tar\.gz"):
        supply.archive(str(path))


def test_releases_are_ordered_as_versions() -> None:
    assert newest_first(["3.9.1+2", "3.12.1+10", "3.12.1+9", "3.12.0+1", "nightly"]) == [
        "3.12.1+10",
        "3.12.1+9",
        "3.12.0+1",
        "3.9.1+2",
        "nightly",
    ]


def test_an_encrypted_key_needs_its_passphrase_and_keys_are_never_replaced(tmp_path: Path) -> None:
    private, public = tmp_path / "k.pem", tmp_path / "k.pub"
    signature.make_keys(private, public, passphrase="swordfish")
    assert private.stat().st_mode & 0o777 == 0o600
    signed = signature.sign(b"x", key=signature.read_private_key(private, passphrase="swordfish"))
    assert signature.is_signed_by(b"x", signed, key=signature.read_public_key(public))
    assert not signature.is_signed_by(b"y", signed, key=signature.read_public_key(public))
    assert not signature.is_signed_by(b"x", b"!!", key=signature.read_public_key(public))
    with pytest.raises(HermeticError, match="is encrypted: give its passphrase"):
        signature.read_private_key(private)
    with pytest.raises(HermeticError) as caught:
        signature.read_private_key(private, passphrase="catfish")
    assert "catfish" not in str(caught.value)
    with pytest.raises(HermeticError, match="Keys are not replaced"):
        signature.make_keys(private, public)
