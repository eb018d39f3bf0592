# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publications that two people sign: readers see the one before until enough have signed, and nobody signs what he was not shown."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.pending import PENDING, PendingDirectory
from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature
from lock_samples import requirements
from metadata_samples import FIRST, SECOND, expired, make_key, reader
from repository_samples import task
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner, SSlibKey
from supply_samples import make_bundle, make_wheel, served
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, SuccinctRoles, TargetFile
from tuf.ngclient import Updater


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))


class People:
    """A repository of Alice and Bob, who both must sign root and targets, and of a server that renews the rest."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.directory = directory
        self.path = directory / "repository"
        self.key = {name: make_key(directory, name) for name in ("alice", "bob", "carol", "online")}
        self.online = {"roles": ["snapshot", "timestamp"], "threshold": 1, "keys": [{"private_key": self.key["online"]}]}
        make_bundle(directory / "build", release=FIRST)
        make_wheel(directory / "wheels", "pkg-1.0-py3-none-any.whl")
        self.first: dict[str, Any] = {
            "archives": [str(directory / "build")],
            "wheels": [str(directory / "wheels")],
            "channel": "stable",
            "release": FIRST,
        }

    def copied(self, directory: Path) -> People:
        """Return the same in another directory, with the same keys."""
        # With its hard links.
        subprocess.run(["cp", "-a", str(self.directory), str(directory)], check=True)
        found = People.__new__(People)
        found.__dict__.update(self.__dict__, directory=directory, path=directory / "repository")
        return found

    def roles(self, *own: str, also: tuple[str, ...] = ("alice", "bob"), threshold: int = 2) -> list[dict[str, Any]]:
        """Return keys for root and targets, of which those of ``own`` are at hand."""
        keys = [{"private_key": self.key[name]} if name in own else {"public_key": f"{self.key[name]}.pub"} for name in also]
        return [{"roles": ["root", "targets"], "threshold": threshold, "keys": keys}, self.online]

    def prepare(self, who: str = "alice", **options: Any) -> dict[str, Any]:
        return task(self.directory, **{"pending": True, "keys": self.roles(who), **options})

    def sign(self, who: str = "bob", *, online: bool = True, **options: Any) -> dict[str, Any]:
        own = {"private_key": self.key[who], "keys": [self.online] if online else []}
        return task(self.directory, **{"state": "signed", **own, **options})

    def started(self) -> People:
        task(self.directory, keys=self.roles("alice", "bob"), **self.first)
        return self

    def second(self, release: str = SECOND) -> dict[str, Any]:
        if not (self.directory / f"build-{release}").exists():
            make_bundle(self.directory / f"build-{release}", release=release)
        return {"archives": [str(self.directory / f"build-{release}")], "channel": "stable", "release": release}

    @property
    def root(self) -> Path:
        return self.path / "metadata" / "1.root.json"

    @property
    def pending(self) -> Path:
        return self.path / PENDING

    def file(self, role: str) -> Path:
        return self.pending / "metadata" / f"{role}.json"

    def edit(self, role: str, change: Callable[[Any], object], *, signed_by: tuple[str, ...] = ()) -> None:
        """Change what is pending, as somebody may who can write to the directory."""
        metadata: Metadata = Metadata.from_file(str(self.file(role)))
        change(metadata.signed)
        if signed_by:
            metadata.signatures.clear()
        for name in signed_by:
            metadata.sign(CryptoSigner(signature.read_private_key(self.key[name])), append=True)
        metadata.to_file(str(self.file(role)))

    def verified(self) -> list[str]:
        found: list[str] = task(self.directory, state="verified", public_key=str(self.root))["problems"]
        return found


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return a repository that each test has a copy of."""
    with pytest.MonkeyPatch.context() as patch:
        directory = tmp_path_factory.mktemp("start")
        patch.setenv("XDG_CACHE_HOME", str(directory / "cache"))
        return People(directory / "publisher").started()


@pytest.fixture
def people(tmp_path: Path, start: People) -> People:
    return start.copied(tmp_path / "publisher")


def read(tmp_path: Path, people: People) -> str:
    """Return the release that the reference client and a controller read, each with what it has seen before."""
    for name in ("metadata", "targets"):
        (tmp_path / "client" / name).mkdir(parents=True, exist_ok=True)
    with served(people.directory) as server:
        base = f"{server.url}/repository/"
        places = [str(tmp_path / "client" / name) for name in ("metadata", "targets")]
        client = Updater(places[0], f"{base}metadata/", places[1], base, bootstrap=people.root.read_bytes())
        client.refresh()
        target = client.get_targetinfo("index.json")
        assert target is not None
        index = json.loads(Path(client.download_target(target)).read_bytes())
        for archive in (each["path"] for each in index["bundles"]["python"]["releases"][FIRST]["platforms"].values()):
            assert client.get_targetinfo(archive) is not None
    release: str = index["bundles"]["python"]["channels"]["stable"]
    assert reader(tmp_path).index(str(people.path), public_key=people.root, max_age=0).release("python") == release
    return release


def tree(people: People) -> dict[str, bytes]:
    kept = {str(path.relative_to(people.path)): path for path in people.path.rglob("*") if path.is_file() and path.name != ".lock"}
    return {name: path.read_bytes() for name, path in kept.items()}


def published_tree(people: People) -> dict[str, bytes]:
    return {name: content for name, content in tree(people).items() if not name.startswith(PENDING)}


def actions(result: dict[str, Any]) -> list[str]:
    return [step["action"] for step in result["plan"]]


# --- one prepares, another one signs


def test_a_publication_of_two_is_seen_by_nobody_before_both_have_signed(tmp_path: Path, people: People) -> None:
    assert read(tmp_path, people) == FIRST
    before, change = published_tree(people), people.second()
    would = people.prepare(**change, check=True)
    assert tree(people) == before and would["pending"] is None and actions(would)[-1] == "prepare"
    result = people.prepare(**change)
    assert result["plan"] == would["plan"] and result["changed"] and result["serial"] == would["serial"] == 1
    assert "role targets: the root wants 2 signatures and has 1" in result["plan"][-1]["reason"]
    assert published_tree(people) == before and read(tmp_path, people) == FIRST and people.verified() == []
    assert people.pending.stat().st_mode & 0o777 == 0o700
    [role] = result["pending"]["roles"]
    assert (role["role"], role["version"], role["signatures"], role["threshold"]) == ("targets", 2, 1, 2)
    assert len(result["pending"]["missing"]) == 1 and result["pending"]["usable"] is True
    # Who prepares it again changes nothing, and who reads the status sees it.
    assert people.prepare(**change)["changed"] is False
    assert task(people.directory, state="verified")["pending"] == result["pending"]
    would = people.sign(check=True)
    assert tree(people).keys() > before.keys() and read(tmp_path, people) == FIRST
    signed = people.sign()
    assert signed["plan"] == would["plan"] and signed["pending"] is None and signed["serial"] == 2
    assert actions(signed) == ["renew", "publish", "move_channel", "add_signature", "publish_pending"]
    assert "channel stable: 3.12.1+1 -> 3.12.1+2" in [step["reason"] for step in signed["plan"]]
    assert signed["diff"]["after"].count(SECOND) == 2
    assert read(tmp_path, people) == SECOND and people.verified() == [] and not people.pending.exists()
    assert people.sign()["changed"] is False
    assert not (people.path / "index.json.sig").exists(), "one key does not speak for two"


def test_the_first_publication_can_need_two_as_well(tmp_path: Path) -> None:
    people = People(tmp_path / "publisher")
    result = people.prepare(**people.first)
    assert not (people.path / "index.json").exists() and not (people.path / "metadata").exists()
    assert [each["signatures"] for each in result["pending"]["roles"]] == [1, 1] and result["serial"] == 0
    people.sign()
    assert read(tmp_path, people) == FIRST and people.verified() == []


def test_wheels_of_a_lock_are_mirrored_by_two(tmp_path: Path, people: People) -> None:
    lock = requirements(tmp_path, make_wheel(tmp_path / "more", "more-1.0-py3-none-any.whl"))
    (tmp_path / "none").mkdir()
    places = {"find_links": [str(tmp_path / "more")], "index_url": (tmp_path / "none").as_uri(), "prebuilt": False}
    change = {**people.second(), "locks": [str(lock)], **places}
    assert people.prepare(**change, check=True)["plan"] == people.prepare(**change)["plan"]
    assert people.prepare(**change)["changed"] is False
    found = people.sign()
    assert {"publish", "move_channel", "add_wheel", "publish_pending"} <= {*actions(found)}
    assert people.verified() == [] and len(list((people.path / "wheels").glob("*/more-*.whl"))) == 1


def test_who_has_no_online_key_signs_and_the_server_publishes(tmp_path: Path, people: People) -> None:
    # What signs is one key of two, and not a key that speaks for the index alone.
    prepared = people.prepare(**people.second(), keys=[], private_key=people.key["alice"])
    assert [each["signatures"] for each in prepared["pending"]["roles"]] == [1]
    result = people.sign(online=False)
    assert actions(result)[-1] == "add_signature" and result["pending"]["missing"] == [
        "keys of snapshot and timestamp: sign it with them to publish it"
    ]
    assert read(tmp_path, people) == FIRST
    server = task(people.directory, state="signed", keys=[people.online])
    assert actions(server)[-1] == "publish_pending" and "add_signature" not in actions(server)
    assert read(tmp_path, people) == SECOND and people.verified() == []
    assert people.prepare(keys=[], private_key=people.key["alice"])["changed"] is False
    assert not (people.path / "index.json.sig").exists(), "one key does not speak for two"


def test_a_signature_can_be_made_elsewhere_by_a_command(tmp_path: Path, people: People) -> None:
    people.prepare(**people.second())
    key = signature.read_private_key(people.key["bob"])
    metadata = Metadata.from_file(str(people.file("targets")))
    brought = (people.pending / "bytes" / "targets").read_bytes()
    carried = tmp_path / f"{hashlib.sha256(brought).hexdigest()}.sig"
    signer = {"public_key": f"{people.key['bob']}.pub", "command": ["sh", "-c", 'cat "$0/$(sha256sum | cut -c 1-64).sig"', str(tmp_path)]}
    keys = [{"roles": ["targets"], "threshold": 1, "keys": [signer]}, people.online]
    for other in (b"other bytes", metadata.signed_bytes + b" "):
        carried.write_bytes(key.sign(other))
        before = tree(people)
        with pytest.raises(HermeticError, match="which are no signature by the public key"):
            task(people.directory, state="signed", keys=keys)
        assert tree(people) == before
    carried.write_bytes(key.sign(brought))
    task(people.directory, state="signed", keys=keys)
    assert read(tmp_path, people) == SECOND


def test_the_key_of_nobody_adds_no_signature(people: People) -> None:
    people.prepare(**people.second())
    before = tree(people)
    for who in ("carol", "online", "alice"):
        assert people.sign(who)["changed"] is False
    assert tree(people) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pending": True, "state": "signed"}, "pending is given with state=signed"),
        ({"pending": True, "state": "verified"}, "pending is given with state=verified"),
        ({"pending": True, "signing": "index"}, "pending is given with signing=index"),
        ({"pending": True, "rollout": {"name": "october"}}, "rollout is given with pending"),
        ({"state": "signed", "wheels": ["/x"]}, "state=signed is about what is pending"),
        ({"state": "discarded", "channel": "stable", "release": SECOND}, "state=discarded is about what is pending"),
    ],
)
def test_options_that_do_not_go_together_are_refused(people: People, options: dict[str, Any], words: str) -> None:
    before = tree(people)
    with pytest.raises(HermeticError) as caught:
        task(people.directory, **options)
    assert words in str(caught.value.problems) and tree(people) == before


# --- keys are replaced


def test_a_root_needs_enough_of_the_old_and_of_the_new_keys(tmp_path: Path, people: People) -> None:
    assert read(tmp_path, people) == FIRST
    # Bob leaves, Carol comes: version 2 of the root needs Alice and Bob, and Alice and Carol.
    rotation = people.roles("alice", also=("alice", "carol"))
    result = people.prepare(keys=rotation)
    assert actions(result) == ["rotate_keys", "prepare"] and read(tmp_path, people) == FIRST
    root = {each["role"]: each for each in result["pending"]["roles"]}["root"]
    assert (root["signatures"], root["threshold"], len(root["not_signed_by"])) == (1, 2, 2)
    result = people.sign("carol")
    assert any("role root: version 1 of the root wants 2 signatures and has 1" in each for each in result["pending"]["missing"])
    assert read(tmp_path, people) == FIRST
    assert actions(people.sign("bob"))[-1] == "publish_pending"
    assert read(tmp_path, people) == FIRST and people.verified() == []
    with pytest.raises(HermeticError, match="cannot be signed"):
        task(people.directory, keys=[{"roles": ["targets"], "threshold": 1, "keys": [{"private_key": people.key["bob"]}]}, people.online], **people.second())  # fmt: skip # noqa: E501
    people.prepare(keys=people.roles("alice", also=("alice", "carol")), **people.second())
    people.sign("carol")
    assert read(tmp_path, people) == SECOND


def test_online_keys_are_replaced_by_two(tmp_path: Path, people: People) -> None:
    assert read(tmp_path, people) == FIRST
    new = {**people.online, "keys": [{"private_key": people.key["carol"]}]}
    people.prepare(keys=[people.roles("alice")[0], new])
    with_old = people.sign("bob")
    assert with_old["pending"]["missing"] == ["keys of snapshot and timestamp: sign it with them to publish it"]
    assert read(tmp_path, people) == FIRST
    assert actions(task(people.directory, state="signed", keys=[new]))[-1] == "publish_pending"
    assert read(tmp_path, people) == FIRST and people.verified() == []
    people.online = new
    people.prepare(**people.second())
    people.sign()
    assert read(tmp_path, people) == SECOND


def test_a_delegated_role_of_two_publishes_without_the_keys_of_the_targets(tmp_path: Path, people: People) -> None:
    team = [{"private_key": make_key(tmp_path, "dora")}, {"public_key": f"{make_key(tmp_path, 'emil')}.pub"}]
    wheels = {"name": "wheels", "paths": ["wheels/*/*"], "threshold": 2, "keys": team}
    result = people.prepare(delegations=[wheels])
    assert [each["role"] for each in result["pending"]["roles"]] == ["targets", "wheels"]
    people.sign("bob", online=False)
    emil = str(tmp_path / "emil.pem")
    delegating = task(people.directory, state="signed", private_key=emil, keys=[people.online])
    assert "delegate" in actions(delegating) and actions(delegating)[-1] == "publish_pending"
    assert read(tmp_path, people) == FIRST and people.verified() == []
    wheel = make_wheel(tmp_path / "more", "more-1.0-py3-none-any.whl")
    own: dict[str, Any] = {"private_key": str(tmp_path / "dora.pem")}
    result = task(people.directory, pending=True, wheels=[str(wheel)], **own)
    assert [(each["role"], each["signatures"]) for each in result["pending"]["roles"]] == [("wheels", 1)]
    # Alice and Bob have no say in what is delegated.
    assert people.sign("bob")["changed"] is False
    assert actions(task(people.directory, state="signed", private_key=emil, keys=[people.online])) == [
        "renew", "add_wheel", "add_signature", "publish_pending",
    ]  # fmt: skip
    assert read(tmp_path, people) == FIRST and people.verified() == []


def test_renewals_can_be_signed_by_two(tmp_path: Path, people: People) -> None:
    days = {"root": 3000, "targets": 3000}
    result = people.prepare(state="refreshed", expiry_days=days)
    assert actions(result) == ["renew", "renew", "prepare"]
    people.sign()
    found = {each["role"]: each for each in task(people.directory)["metadata"]}
    assert (found["root"]["version"], found["targets"]["version"]) == (2, 2)
    assert read(tmp_path, people) == FIRST and people.verified() == [] and people.prepare(state="refreshed")["changed"] is False


# --- what comes in between


def test_a_publication_in_between_makes_it_stale_and_a_renewal_does_not(tmp_path: Path, people: People) -> None:
    people.prepare(**people.second())
    online = [{**people.online}]
    renewed = task(people.directory, state="refreshed", keys=online, expiry_days={"snapshot": 900, "timestamp": 900})
    assert renewed["changed"] and renewed["pending"]["usable"] and renewed["warnings"][2:] == []
    between = task(people.directory, keys=people.roles("alice", "bob"), **people.second("3.12.1+3"))
    assert between["pending"]["usable"] is False and "stale" in between["pending"]["problems"][0]
    assert "cannot be published any more" in between["warnings"][-1] and "state: discarded" in between["warnings"][-1]
    before = tree(people)
    for check in (True, False):
        with pytest.raises(HermeticError, match="state: discarded") as caught:
            people.sign(check=check)
        assert "another publication has version 2 of it meanwhile" in str(caught.value.problems)
        with pytest.raises(HermeticError, match="state: discarded"):
            people.prepare(**people.second("3.12.1+4"), check=check)
    assert tree(people) == before and read(tmp_path, people) == "3.12.1+3"
    assert people.verified() == [], "what is published is sound"
    assert actions(task(people.directory, state="discarded", check=True)) == ["discard"] and people.pending.exists()
    assert actions(task(people.directory, state="discarded")) == ["discard"] and not people.pending.exists()
    assert task(people.directory, state="discarded")["changed"] is False and people.verified() == []


def test_another_publication_does_not_replace_what_is_pending(tmp_path: Path, people: People) -> None:
    people.prepare(**people.second())
    before = tree(people)
    with pytest.raises(HermeticError, match=r"waits for signatures.*state: signed, or remove it with state: discarded"):
        people.prepare(**people.second("3.12.1+3"))
    assert tree(people) == before
    # The other one prepares the same: that is a signature.
    assert actions(people.prepare("bob", **people.second()))[-1] == "publish_pending"
    assert read(tmp_path, people) == SECOND


def test_one_that_waited_until_it_expired_is_not_published(people: People) -> None:
    people.prepare(**people.second())
    people.edit("targets", expired, signed_by=("alice",))
    with pytest.raises(HermeticError) as caught:
        people.sign()
    assert "its metadata of the role targets expired" in str(caught.value.problems)


def test_a_file_that_is_replaced_by_two_goes_when_the_new_one_is_published(tmp_path: Path, people: People) -> None:
    archive = tmp_path / "fleet.tar.gz"
    for text in ("one", "two"):
        archive.write_text(text)
        people.prepare(files=[{"name": "fleet", "path": str(archive)}])
        found = people.sign()
        assert ("publish_file", "file:fleet") in [(step["action"], step["subject"]) for step in found["plan"]]
    assert sorted({path.read_text() for path in (people.path / "files").rglob("*") if path.is_file()}) == ["two"]
    assert people.verified() == []


def test_pruning_and_verification_leave_what_is_pending_alone(people: People) -> None:
    people.prepare(**people.second())
    before = tree(people)
    task(people.directory, state="pruned", keep=5, keys=[people.online])
    assert tree(people) == before and people.verified() == []


# --- what somebody changes who can write to the directory


def _other_index(people: People) -> None:
    part = people.pending / "index" / "targets.json"
    part.write_bytes(part.read_bytes().replace(SECOND.encode(), b"3.12.1+9"))


def _other_target(people: People) -> None:
    people.edit(
        "targets", lambda signed: signed.targets.update({"evil": TargetFile(1, {"sha256": "0" * 64}, "evil")}), signed_by=("alice",)
    )


def _higher_version(people: People) -> None:
    people.edit("targets", lambda signed: setattr(signed, "version", 3), signed_by=("alice",))


def _other_bytes(people: People) -> None:
    people.edit("targets", lambda signed: setattr(signed, "expires", signed.expires.replace(year=2090)))


def _other_serial(people: People) -> None:
    part = people.pending / "index" / "targets.json"
    content = part.read_bytes().replace(b'"serial": 2', b'"serial": 9')
    part.write_bytes(content)
    target = TargetFile.from_data("index.json", content, ["sha256"])
    people.edit("targets", lambda signed: signed.targets.update({"index.json": target}), signed_by=("alice",))


def _no_metadata(people: People) -> None:
    people.file("targets").unlink()


def _garbage(people: People) -> None:
    people.file("targets").write_text("{}")


def _a_fraction(people: People) -> None:
    document = json.loads(people.file("targets").read_bytes())
    document["signed"]["version"] = 1.5
    people.file("targets").write_text(json.dumps(document))


def _a_link(people: People) -> None:
    people.file("targets").rename(people.pending / "moved")
    people.file("targets").symlink_to(people.pending / "moved")


def _a_link_to_a_directory(people: People) -> None:
    people.pending.rename(people.directory / "elsewhere")
    people.pending.symlink_to(people.directory / "elsewhere")
    (people.directory / "elsewhere" / "pending.json").write_text("[]")


def _a_file(people: People) -> None:
    shutil.rmtree(people.pending)
    people.pending.write_text("")


def _another_format(people: People) -> None:
    (people.pending / "pending.json").write_text('{"format": 2, "prepared": ""}')


def _online_role(people: People) -> None:
    shutil.copy(people.file("targets"), people.file("timestamp"))


def _own_role(people: People) -> None:
    shutil.copy(people.file("targets"), people.file("own"))
    shutil.copy(people.pending / "index" / "targets.json", people.pending / "index" / "own.json")


def _delegating(role: DelegatedRole | SuccinctRoles) -> Callable[[People], None]:
    def attack(people: People) -> None:
        evil = CryptoSigner(signature.read_private_key(make_key(people.directory, "evil"))).public_key
        role.keyids[:] = [evil.keyid]
        roles = {"succinct_roles": role} if isinstance(role, SuccinctRoles) else {"roles": {role.name: role}}
        made = Delegations({evil.keyid: evil}, **roles)
        people.edit("targets", lambda signed: setattr(signed, "delegations", made), signed_by=("alice",))

    return attack


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        # Signers would be shown that nothing is delegated, or to whom, but not what.
        (_delegating(SuccinctRoles([], 1, 2, "evil")), "delegate to succinct roles"),
        (_delegating(DelegatedRole("evil", [], 1, True, path_hash_prefixes=[""])), "delegate to the role evil by more than paths"),
        (_delegating(DelegatedRole("evil", [], 1, False, paths=["files/x/*"])), "delegate to the role evil by more than paths"),
        (_delegating(DelegatedRole("../evil", [], 1, True, paths=["files/x/*"])), "delegate to the role '../evil'; expected up to 63"),
        (_other_index, "does not name what its index shows"),
        (_other_target, "does not name what its index shows"),
        (_higher_version, "does not follow version 1"),
        (_other_bytes, "is over other bytes"),
        (_other_serial, "has serial 9, and serial 1 is published"),
        (_no_metadata, "no metadata"),
        (_garbage, "cannot be read"),
        (_a_fraction, "cannot be read"),
        (_a_link, "cannot be read"),
        (_a_link_to_a_directory, "cannot be read"),
        (_a_file, "cannot be read"),
        (_another_format, "is of another format"),
        (_online_role, "is the file of no role"),
        (_own_role, "which the targets do not delegate to"),
    ],
)
def test_what_was_changed_is_not_signed(people: People, attack: Callable[[People], None], words: str) -> None:
    people.prepare(**people.second())
    attack(people)
    before = tree(people)
    with pytest.raises(HermeticError, match="state: discarded") as caught:
        people.sign()
    assert words in f"{caught.value.message} {caught.value.problems}"
    assert tree(people) == before
    status = task(people.directory, state="verified")
    assert status["pending"]["usable"] is False and status["problems"] == []
    assert task(people.directory, state="discarded")["changed"] and not os.path.lexists(people.pending)
    assert attack is not _a_link_to_a_directory or (people.directory / "elsewhere" / "pending.json").exists()
    assert [path.name for path in people.path.iterdir() if path.name.startswith(PENDING)] == []


def test_a_file_that_was_exchanged_is_never_published(tmp_path: Path, people: People) -> None:
    people.prepare(**people.second())
    [archive] = (people.pending / "files").rglob("*.tar.gz")
    archive.write_bytes(archive.read_bytes() + b"evil")
    before = published_tree(people)
    with pytest.raises(BrokenArtifact, match="changed while it was published"):
        people.sign()
    assert published_tree(people) == before and read(tmp_path, people) == FIRST
    archive.unlink()
    with pytest.raises(HermeticError, match="is incomplete"):
        people.sign()


def test_a_key_under_the_name_of_another_one_is_not_signed(people: People) -> None:
    people.prepare(keys=people.roles("alice", also=("alice", "carol")))
    carol = CryptoSigner(signature.read_private_key(people.key["carol"])).public_key
    evil = CryptoSigner(signature.read_private_key(make_key(people.directory, "evil"))).public_key
    assert isinstance(evil, SSlibKey)
    forged = SSlibKey(carol.keyid, evil.keytype, evil.scheme, evil.keyval)
    people.edit("root", lambda signed: signed.keys.update({carol.keyid: forged}), signed_by=("alice",))
    with pytest.raises(HermeticError) as caught:
        people.sign()
    assert "is not the digest of that key" in str(caught.value.problems)


def test_one_key_under_two_identifiers_is_not_signed(people: People) -> None:
    people.prepare(keys=people.roles("alice", also=("alice", "carol")))
    alice = CryptoSigner(signature.read_private_key(people.key["alice"])).public_key
    value = {**alice.keyval, "comment": "carol"}
    again = {"keytype": alice.keytype, "scheme": alice.scheme, "keyval": value}
    keyid = hashlib.sha256(encode_canonical(again).encode()).hexdigest()  # type: ignore[union-attr]

    def add(signed: Any) -> None:
        key = SSlibKey(keyid, alice.keytype, alice.scheme, value)
        signed.keys[keyid] = key
        signed.roles["targets"].keyids[1] = keyid

    people.edit("root", add, signed_by=("alice",))
    with pytest.raises(HermeticError) as caught:
        people.sign()
    assert "one person would count twice" in str(caught.value.problems)


def test_a_root_of_another_repository_is_not_signed(people: People) -> None:
    people.prepare(keys=people.roles("alice", also=("alice", "carol")))
    people.edit("root", lambda signed: signed.unrecognized_fields.clear(), signed_by=("alice",))
    with pytest.raises(HermeticError) as caught:
        people.sign()
    assert "one of another repository" in str(caught.value.problems)


# --- interrupted


def test_a_full_disk_leaves_nothing_pending(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    change, before = people.second(), tree(people)

    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", full)
        with pytest.raises(HermeticError, match=r"No space left.*what is published is untouched"):
            people.prepare(**change)
    assert tree(people) == before and not (people.path / f"{PENDING}.new").exists()
    people.prepare(**change)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(HermeticError, match="No space left"):
            people.sign()
    people.sign()
    assert people.verified() == []


def test_a_signer_who_is_killed_at_any_step_leaves_what_readers_read(
    tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    start = people
    start.prepare(keys=start.roles("alice", also=("alice", "carol")), **start.second())
    start.sign("carol")
    ended, step = False, 0
    while not ended:
        people = start.copied(tmp_path / str(step))
        steps = iter(range(step + 1))

        def dying(function: Callable[..., Any], steps: Any = steps) -> Callable[..., Any]:
            def call(*arguments: Any, **keywords: Any) -> Any:
                if next(steps, None) is None:
                    raise Killed
                return function(*arguments, **keywords)

            return call

        with monkeypatch.context() as patch:
            for name in ("replace", "link", "rename", "rmdir"):
                patch.setattr(os, name, dying(getattr(os, name)))
            try:
                people.sign("bob")
                ended = True
            except Killed:
                pass
        supply = reader(tmp_path / f"reader-{step}")
        assert supply.index(str(people.path), public_key=people.root, max_age=0).release("python") in (FIRST, SECOND)
        if not ended:
            people.sign("bob")
        assert supply.index(str(people.path), public_key=people.root, max_age=0).release("python") == SECOND
        assert not PendingDirectory(people.path).read() and people.verified() == []
        step += 1
    assert step > 8
