# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of a root: built beside, verified, put into place, the receipt last; and after an error nothing of it is there."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, BrokenInterpreter, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import environment, installer
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.installer import Store
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import ByteCode
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Bundle, PlannedEnvironment, VirtualEnv
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import BundleReceipt
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import BUILDING
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import interpreter
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_wheel
from root_samples import CONTENT, PROGRAM, STDLIB, SampleBundle, answer_of, bundle_json, make_bundle_archive, pretend

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows installs those of Windows")


BYTE_CODE = ByteCode("cpython-312", "cb0d0d0a", by_engine=True)


class Workshop:
    """A store and what goes into it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.layout = Layout(place / "root")
        self.said: list[str] = []
        self.store = Store(self.layout, load_records(self.layout), jobs=2, progress=self.said.append)
        self.store.prepare()
        self.artifacts: dict[str, Artifact] = {}

    def install(self, sample: SampleBundle) -> BundleReceipt:
        artifact = Artifact(sha256=sample.declared.sha256, filename=sample.path.name, size=None, sources=())
        return self.store.install_bundle(sample.declared, artifact, sample.path)

    def wheel(self, name: str, version: str = "1.0", **parts: Any) -> Wheel:
        """Make a wheel and put it where artifacts lie."""
        made = make_wheel(self.place / "wheels", name, version, **parts)
        self.artifacts[made.sha256] = Artifact(sha256=made.sha256, filename=made.filename, size=None, sources=())
        stored = self.layout.artifact(made.sha256, made.filename)
        stored.parent.mkdir(exist_ok=True)
        stored.write_bytes(made.path.read_bytes())
        return made

    def planned(self, name: str, *wheels: Wheel) -> PlannedEnvironment:
        (bundle,) = self.store.records.bundles.values()
        declared = VirtualEnv(name, "python", tuple(wheel.sha256 for wheel in wheels))
        on = Bundle(bundle.info["name"], bundle.info["release"], bundle.sha256)
        return PlannedEnvironment(declared.id(on), declared.key(on), declared, bundle.id)

    def build(self, *environments: PlannedEnvironment, reinstall: tuple[str, ...] = ()) -> list[str]:
        return self.store.build(environments, reinstall=reinstall, artifacts=self.artifacts)

    def trees(self) -> dict[str, list[str]]:
        """Return the trees that are there, and those that have a receipt."""
        kinds = ("bundles", "environments", "laid")
        return {
            **{kind: sorted(os.listdir(self.layout.root / kind)) for kind in kinds},
            **{f"{kind} recorded": sorted(path.stem for path in self.layout.receipts(kind).iterdir()) for kind in kinds},
        }


NOTHING: dict[str, list[str]] = {name: [] for kind in ("bundles", "environments", "laid") for name in (kind, f"{kind} recorded")}


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    pretend(monkeypatch)
    return Workshop(tmp_path)


@pytest.fixture
def stocked(workshop: Workshop) -> Workshop:
    """Return a store that has a bundle."""
    workshop.install(make_bundle_archive(workshop.place / "archives"))
    return workshop


def test_a_bundle_is_in_its_place_with_a_receipt_that_says_all_of_it(workshop: Workshop) -> None:
    sample = make_bundle_archive(workshop.place / "archives")
    receipt = workshop.install(sample)
    tree = workshop.layout.tree("bundles", sample.declared.id)
    assert {path: (tree / path).read_bytes() for path in CONTENT} == CONTENT
    assert load_records(workshop.layout).bundles == {receipt.id: receipt} == workshop.store.records.bundles
    assert (receipt.sha256, receipt.filename, receipt.size) == (sample.declared.sha256, sample.path.name, sample.path.stat().st_size)
    assert set(receipt.directories) >= {"", "bin", STDLIB}
    assert workshop.trees() == {**NOTHING, "bundles": [receipt.id], "bundles recorded": [receipt.id]}
    assert workshop.store.warnings == []


def broken_json() -> Iterator[tuple[str, Any, type[HermeticError], str]]:
    yield "none", "none", BrokenArtifact, "holds no bundle.json"
    yield "not json", b"{", BrokenArtifact, "cannot be read"
    yield "a list", [], BrokenArtifact, "cannot be read"
    yield "of the future", {**bundle_json(), "format": 2}, BrokenArtifact, "has format 2"
    yield "of another", {**bundle_json(), "name": "other"}, BrokenArtifact, "is the bundle 'other'"
    yield "of another release", bundle_json("3.12.2+1"), BrokenArtifact, r"is the bundle 'python' 3\.12\.2\+1"
    yield (
        "with a file that is not there",
        {**bundle_json(), "files": {**bundle_json()["files"], "x": dict(FILE)}},
        BrokenArtifact,
        "own manifest",
    )
    yield (
        "without a file that is there",
        {**bundle_json(), "files": without("lib/engine/installer/__init__.py")},
        BrokenArtifact,
        "own manifest",
    )


FILE = {"type": "file", "mode": "0644", "size": 1, "sha256": "0" * 64}


def without(path: str) -> dict[str, Any]:
    return {name: entry for name, entry in bundle_json()["files"].items() if name != path}


@pytest.mark.parametrize(("info", "error", "words"), [each[1:] for each in broken_json()], ids=[each[0] for each in broken_json()])
def test_an_archive_that_is_not_that_bundle_leaves_nothing(workshop: Workshop, info: Any, error: type[HermeticError], words: str) -> None:
    with pytest.raises(error, match=words):
        workshop.install(make_bundle_archive(workshop.place / "archives", info=info))
    assert workshop.trees() == NOTHING


def test_content_that_is_not_that_of_the_manifest_is_named_and_leaves_nothing(workshop: Workshop) -> None:
    changed = {f"{STDLIB}/os.py": b"name = 'evil!'\n"}
    with pytest.raises(BrokenArtifact, match="not what its own manifest says") as failed:
        workshop.install(make_bundle_archive(workshop.place / "archives", content=changed))
    assert any("os.py" in problem for problem in failed.value.problems)
    assert workshop.trees() == NOTHING


def test_a_bundle_that_says_it_is_confined_and_is_not_leaves_nothing(workshop: Workshop) -> None:
    landmark = "lib/python312.zip"
    info = {**bundle_json(), "files": without(landmark)}
    with pytest.raises(BrokenArtifact, match="lacks what that takes; nothing was installed") as failed:
        workshop.install(make_bundle_archive(workshop.place / "archives", info=info, left_out=[landmark]))
    assert failed.value.problems == [landmark]
    assert workshop.trees() == NOTHING


def test_a_bundle_of_other_byte_code_than_it_is_declared_with_leaves_nothing(workshop: Workshop) -> None:
    """The wheels that its environments need were told by that byte code."""
    sample = make_bundle_archive(workshop.place)
    workshop.install(replace(sample, declared=replace(sample.declared, byte_code=BYTE_CODE.digest)))
    other = make_bundle_archive(workshop.place, "3.12.1+2")
    with pytest.raises(BrokenArtifact, match="is declared with the byte code 000000000000, and its Python reads"):
        workshop.install(replace(other, declared=replace(other.declared, byte_code="0" * 64)))
    assert workshop.trees()["bundles"] == workshop.trees()["bundles recorded"] == [sample.declared.id]


def test_a_bundle_without_the_launcher_is_installed_with_a_warning(workshop: Workshop) -> None:
    workshop.install(make_bundle_archive(workshop.place / "archives", info=bundle_json(hermetic="site")))
    (warning,) = workshop.store.warnings
    assert "without the hermetic launcher" in warning


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"version": "3.12.2"}, BrokenInterpreter),
        ({"prefix": "/usr"}, BrokenInterpreter),
        ({"path": ["/usr/lib/python3.12"]}, BrokenInterpreter),
    ],
)
def test_a_bundle_that_starts_as_something_else_is_not_installed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], error: type[HermeticError]
) -> None:
    monkeypatch.setattr(interpreter, "ask", lambda executable, *, site=True: {**answer_of(executable), **answer})
    with pytest.raises(error):
        workshop.install(make_bundle_archive(workshop.place / "archives"))
    assert workshop.trees() == NOTHING


def test_what_a_run_that_was_cut_off_left_in_the_way_is_no_obstacle(workshop: Workshop) -> None:
    sample = make_bundle_archive(workshop.place / "archives")
    left = workshop.layout.tree("bundles", f"{BUILDING}{sample.declared.id}")
    (left / "lib").mkdir(parents=True)
    (left / "lib/stray").touch()
    receipt = workshop.install(sample)
    assert not (workshop.layout.tree("bundles", receipt.id) / "lib/stray").exists()
    assert workshop.trees()["bundles"] == [receipt.id]


def test_environments_share_what_is_unpacked_once(stocked: Workshop) -> None:
    alpha, beta = stocked.wheel("alpha", scripts={"alpha": "alpha:main"}), stocked.wheel("beta")
    one, two = stocked.planned("one", alpha, beta), stocked.planned("two", alpha)
    assert stocked.build(one, two) == [one.id, two.id]
    records = load_records(stocked.layout)
    assert set(records.environments) == {one.id, two.id}
    assert {receipt.name for receipt in records.laid.values()} == {"alpha", "beta"}
    shared = [stocked.layout.tree("environments", each.id) / f"{STDLIB}/site-packages/alpha/__init__.py" for each in (one, two)]
    (laid,) = [receipt for receipt in records.laid.values() if receipt.name == "alpha"]
    (source,) = stocked.layout.tree("laid", laid.id).rglob("alpha/__init__.py")
    assert len({path.stat().st_ino for path in (*shared, source)}) == 1
    # A receipt says of which making of an unpacked wheel the environment is.
    assert records.environments[two.id].laid == {laid.id: laid.stamp}
    assert "bin/alpha" in records.environments[one.id].own_files


def test_a_wheel_that_is_unpacked_is_not_unpacked_again(stocked: Workshop) -> None:
    alpha = stocked.wheel("alpha")
    stocked.build(stocked.planned("one", alpha))
    (before,) = load_records(stocked.layout).laid.values()
    stocked.layout.artifact(alpha.sha256, alpha.filename).unlink()
    stocked.build(stocked.planned("two", alpha))
    assert list(load_records(stocked.layout).laid.values()) == [before]
    assert len(load_records(stocked.layout).environments) == 2


def test_what_is_installed_again_is_another_making_from_the_artifact(stocked: Workshop) -> None:
    alpha = stocked.wheel("alpha")
    one = stocked.planned("one", alpha)
    stocked.build(one)
    (before,) = load_records(stocked.layout).laid.values()
    (spoilt,) = stocked.layout.laid.rglob("alpha/__init__.py")
    spoilt.write_text("evil = 1\n")
    stocked.build(one, reinstall=(before.id,))
    (after,) = load_records(stocked.layout).laid.values()
    assert (after.id, after.files) == (before.id, before.files)
    assert after.stamp != before.stamp
    assert load_records(stocked.layout).environments[one.id].laid == {after.id: after.stamp}
    assert "evil" not in next(stocked.layout.tree("environments", one.id).rglob("alpha/__init__.py")).read_text()


def test_two_versions_of_a_package_are_refused_by_their_files(stocked: Workshop) -> None:
    old, new, other = stocked.wheel("alpha", "1.0"), stocked.wheel("alpha", "2.0"), stocked.wheel("beta")
    before = stocked.trees()
    with pytest.raises(BrokenArtifact, match="more than one wheel of a package; nothing was switched") as failed:
        stocked.build(stocked.planned("one", old, new, other))
    assert failed.value.problems == [f"alpha: {old.filename}, {new.filename}"]
    assert stocked.trees() == before


def test_every_wheel_that_cannot_be_unpacked_is_named_and_nothing_stays(stocked: Workshop) -> None:
    before = stocked.trees()
    good, bad, worse = stocked.wheel("alpha"), stocked.wheel("beta"), stocked.wheel("gamma")
    for wheel in (bad, worse):
        stocked.layout.artifact(wheel.sha256, wheel.filename).write_bytes(b"no zip")
    with pytest.raises(HermeticError, match="2 of 3 jobs of the build failed") as failed:
        stocked.build(stocked.planned("one", good, bad, worse))
    assert all(any(wheel.filename in problem for problem in failed.value.problems) for wheel in (bad, worse))
    assert stocked.trees() == before


Breaking = Callable[[pytest.MonkeyPatch], None]


def full(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def killed(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt


BREAKINGS: dict[str, tuple[Breaking, type[BaseException]]] = {
    "while an environment is made": (lambda patch: patch.setattr(environment, "make", full), OSError),
    "while everything is flushed": (lambda patch: patch.setattr(installer, "sync_trees", full), OSError),
    "before the first receipt": (lambda patch: patch.setattr(installer, "write_json", full), OSError),
    "while a tree is put into place": (lambda patch: patch.setattr(installer, "place", full), OSError),
    "by who ends the run": (lambda patch: patch.setattr(installer, "directory_times", killed), KeyboardInterrupt),
    "by an interpreter of another version": (
        lambda patch: patch.setattr(interpreter, "ask", lambda executable, *, site=True: {**answer_of(executable), "version": "3.12.9"}),
        BrokenInterpreter,
    ),
    "by an interpreter of another prefix": (
        lambda patch: patch.setattr(
            interpreter, "ask", lambda executable, *, site=True: {**answer_of(executable), "prefix": str(executable.parent)}
        ),
        HermeticError,
    ),
}


@pytest.mark.parametrize("case", BREAKINGS)
def test_a_build_that_fails_leaves_what_was_there_and_no_more(stocked: Workshop, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    alpha, beta = stocked.wheel("alpha"), stocked.wheel("beta")
    stocked.build(stocked.planned("one", alpha))
    before, recorded = stocked.trees(), load_records(stocked.layout)
    breaking, error = BREAKINGS[case]
    with monkeypatch.context() as patch:
        breaking(patch)
        with pytest.raises(error):
            stocked.build(stocked.planned("two", alpha, beta))
    assert stocked.trees() == before
    assert load_records(stocked.layout) == recorded
    assert stocked.store.records == recorded
    # The next run has no trouble with it.
    stocked.build(stocked.planned("two", alpha, beta))


def test_a_repair_that_fails_takes_nothing_of_what_was_recorded_away(stocked: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = stocked.wheel("alpha")
    one = stocked.planned("one", alpha)
    stocked.build(one)
    (laid,) = load_records(stocked.layout).laid
    before = stocked.trees()
    monkeypatch.setattr(interpreter, "ask", lambda executable, *, site=True: {**answer_of(executable), "version": "3.12.9"})
    with pytest.raises(BrokenInterpreter):
        stocked.build(one, reinstall=(laid,))
    # What replaced the damaged tree is whole: it stays, with its record.
    assert stocked.trees() == before


def test_a_bundle_whose_receipt_cannot_be_written_is_withdrawn(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer, "write_json", full)
    with pytest.raises(OSError, match="No space"):
        workshop.install(make_bundle_archive(workshop.place / "archives"))
    assert workshop.trees() == NOTHING
    assert workshop.store.records.bundles == {}


def test_progress_says_what_is_begun(stocked: Workshop) -> None:
    alpha = stocked.wheel("alpha")
    stocked.build(stocked.planned("one", alpha))
    assert [text.partition(" ")[0] for text in stocked.said] == ["bundle", "unpack", "environment"]


def test_preparing_twice_changes_nothing(workshop: Workshop) -> None:
    before = {path: path.stat().st_mtime_ns for path in workshop.layout.root.rglob("*") if path.is_file()}
    workshop.store.prepare()
    assert {path: path.stat().st_mtime_ns for path in workshop.layout.root.rglob("*") if path.is_file()} == before
    assert json.loads(workshop.layout.root_record.read_text())["mode"] == 0o755


def test_an_environment_of_nothing_is_one(stocked: Workshop) -> None:
    empty = stocked.planned("empty")
    assert stocked.build(empty) == [empty.id]
    assert (stocked.layout.tree("environments", empty.id) / "pyvenv.cfg").is_file()
    assert load_records(stocked.layout).environments[empty.id].laid == {}
    assert os.path.realpath(stocked.layout.tree("environments", empty.id) / "bin/python").endswith(PROGRAM)
