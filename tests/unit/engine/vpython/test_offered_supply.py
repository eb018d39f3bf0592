# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.offered_supply import OfferedSupply
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.offers import LacksWheels, Offers
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.package_sources import PackageSources
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pinned import PinnedWheel

A, B = "a" * 64, hashlib.sha256(b"wheel").hexdigest()
NAME = "x-1.0-py3-none-any.whl"
LIMITS = {"timeout": 5, "retries": 0}


def nobody() -> PackageSources:
    raise AssertionError("what the host is configured with is asked")


def supply(offers: Offers, host: Layout | None = None) -> OfferedSupply:
    return OfferedSupply(host, nobody, offers=offers)


def offer(sha256: str, *sources: str, filename: str = NAME) -> dict[str, Artifact]:
    return {sha256: Artifact(sha256, filename, None, sources)}


def test_wheels_that_are_known_by_digests_are_chosen_from_what_is_offered() -> None:
    pins = [PinnedWheel("X", "1.0", (A, B)), PinnedWheel("y", "2.0", ("c" * 64,))]
    with pytest.raises(LacksWheels) as caught:
        supply(Offers(offer(B))).choose(pins)
    assert [each.name for each in caught.value.lacks] == ["y"]
    (chosen,) = supply(Offers(offer(B))).choose(pins[:1])
    assert (chosen.filename, chosen.sha256) == (NAME, B)
    with pytest.raises(LacksWheels):
        supply(Offers(offer(B, filename="x-1.0-cp27-none-win32.whl"))).choose(pins[:1])


def test_addresses_in_a_lock_count_where_it_is_the_hosts_own(tmp_path: Path) -> None:
    beside = tmp_path / NAME
    beside.write_bytes(b"wheel")
    pin = PinnedWheel("x", "1.0", (B,), NAME, None, ("https://lock.example/x", str(beside), str(tmp_path / "gone")))
    (carried,) = supply(Offers()).choose([pin])
    assert carried.sources == (str(beside),)
    (own,) = supply(Offers(uses_lock=True)).choose([pin])
    assert own.sources == pin.sources[:2]
    offered = supply(Offers(offer(B, "https://mirror.example/x"), uses_lock=True)).artifact_of(own)
    assert offered.sources == (str(beside), "https://mirror.example/x", "https://lock.example/x")


def test_credentials_are_not_sent_in_the_clear_to_where_a_lock_says() -> None:
    addresses = ("http://private.example/x", "http://other.example/x", "https://private.example/x", "http://[broken/x")
    offers = Offers(uses_lock=True, credentials={"private.example": {"username": "u", "password": "p"}})
    (chosen,) = supply(offers).choose([PinnedWheel("x", "1.0", (B,), NAME, None, addresses)])
    assert chosen.sources == addresses[1:3]


def test_what_nobody_offers_is_lacking_and_what_was_not_pushed_is_needed(tmp_path: Path) -> None:
    wheel = Artifact(B, NAME, None, ())

    def place(each: Artifact) -> Path:
        return tmp_path / "fetched" / each.filename

    with pytest.raises(LacksWheels) as lacking:
        supply(Offers()).fetch([wheel], place)
    assert [(each.name, each.version, each.digests, each.filename) for each in lacking.value.lacks] == [("x", "1.0", (B,), NAME)]
    with pytest.raises(FetchFailed) as needing:
        supply(Offers(offer(B), limits=LIMITS)).fetch([wheel], place)
    assert [each["sha256"] for each in needing.value.needs] == [B]
    (tmp_path / "pushed").write_bytes(b"wheel")
    supply(Offers(offer(B, str(tmp_path / "pushed")), limits=LIMITS)).fetch([wheel], place)
    assert place(wheel).read_bytes() == b"wheel"


def test_prebuilt_archives_are_offered_as_well() -> None:
    offers = Offers(offer(A, "/pushed/tree", filename="tree.tar.gz"), prebuilt={"tree": A, "other": B})
    assert {tree: each.sha256 for tree, each in supply(offers).prebuilt_of(["tree", "other", "third"]).items()} == {"tree": A}
    assert supply(Offers(offer(A), prebuilt={"tree": A})).prebuilt_of(["tree"]) == {}


def test_an_archive_that_does_not_come_is_told_from_one_that_does(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"wheel")
    artifacts = [Artifact(B, "there.tar.gz", None, ()), Artifact(A, "gone.tar.gz", None, ("/nowhere/gone",))]
    offers = Offers(
        {**offer(B, str(tmp_path / "there"), filename="there.tar.gz"), **offer(A, "/nowhere/gone2", filename="gone.tar.gz")}, limits=LIMITS
    )
    assert supply(offers).fetch_what_comes(artifacts, lambda each: tmp_path / "fetched" / each.filename) == artifacts[1:]
