# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.environment_root import EnvironmentRoot, key_of

BUNDLE = Path("/host/bundles/python-3.12.1+1-0123456789ab")


def test_everything_that_decides_the_content_decides_the_key() -> None:
    def key(*, root: str = "/root", bundle: Path = BUNDLE, digest: str = "a", wheels: tuple[str, ...] = ("x", "y")) -> str:
        return key_of(Path(root), bundle=bundle, bundle_digest=digest, wheels=wheels)

    keys = [key(), key(root="/other"), key(bundle=Path("/other")), key(digest="b"), key(wheels=("x",)), key(wheels=())]
    assert len(set(keys)) == len(keys)
    assert key(wheels=("y", "x")) == key()


def test_the_bundle_lies_on_the_host_and_the_rest_in_the_root(tmp_path: Path) -> None:
    layout = EnvironmentRoot(tmp_path, bundle=BUNDLE, environment="e" * 32)
    assert layout.tree("bundles", "anything") == BUNDLE
    assert layout.tree("laid", "x") == tmp_path / "laid" / "x"
    assert layout.artifact("a", "b.whl") == tmp_path / "fetched" / ("e" * 32) / "a" / "b.whl"


def test_a_part_that_others_may_write_is_refused(tmp_path: Path) -> None:
    layout = EnvironmentRoot(tmp_path / "root")
    layout.prepare()
    (tmp_path / "root" / "laid").chmod(0o777)
    with pytest.raises(BrokenRoot, match="laid is not this user's alone"):
        layout.prepare()


@pytest.mark.parametrize("name", ["bundles", "generations", "current"])
def test_the_root_of_a_host_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / name).symlink_to("nowhere")
    for require in (EnvironmentRoot(root).prepare, EnvironmentRoot(root).require_ours):
        with pytest.raises(BrokenRoot, match=f"is the root of a host, since it has {name}"):
            require()
    assert [path.name for path in root.iterdir()] == [name]


def test_complete_is_what_has_a_receipt_of_its_key(tmp_path: Path) -> None:
    layout = EnvironmentRoot(tmp_path / "root")
    layout.prepare()
    assert not layout.is_complete("e", "key")
    layout.tree("environments", "e").mkdir(mode=0o755)
    assert not layout.is_complete("e", "key")
    layout.receipt("environments", "e").write_text(json.dumps({"key": "key"}))
    assert layout.is_complete("e", "key")
    assert not layout.is_complete("e", "other")
    layout.receipt("environments", "e").write_text("[")
    assert not layout.is_complete("e", "key")


def test_an_entry_replaces_an_earlier_one(tmp_path: Path) -> None:
    layout = EnvironmentRoot(tmp_path / "root")
    layout.prepare()
    for name in ("a", "b"):
        layout.enter("entry", name)
        assert (tmp_path / "root" / "by-spec" / "entry").readlink() == Path(f"../environments/{name}")
