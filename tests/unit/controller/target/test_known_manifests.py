# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller remembers of trees: who reported it, for whom it holds, and who may write it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.known_manifests import KnownManifests

LAID, ENVIRONMENT, BUNDLE = "laid/0123456789abcdef-0123456789ab", "environments/web-0123456789ab", "bundles/python-3.12.1+1-0123456789ab"
ONE, TWO = "1" * 64, "2" * 64


def entry(digest: str, *, here: bool = False) -> dict[str, Any]:
    return {"digest": digest, "here": here}


@pytest.fixture
def known(tmp_path: Path) -> KnownManifests:
    return KnownManifests.at(tmp_path / "state")


def remember(known: KnownManifests, made: dict[str, Any], *, host: str = "a", root: str = "/r", engine: str = "e") -> list[str]:
    return known.remember(made, host=host, root=root, engine=engine)


def test_one_host_vouches_for_all_others(known: KnownManifests) -> None:
    assert known.of([], host="b", root="/r") == {}
    assert not known.path.exists()
    assert remember(known, {LAID: entry(ONE), BUNDLE: entry(TWO), ENVIRONMENT: entry(ONE)}) == []
    assert known.of([], host="b", root="/r") == {LAID: [ONE], BUNDLE: [TWO], ENVIRONMENT: [ONE]}
    assert known.path.stat().st_mode & 0o777 == 0o600
    assert known.path.parent.stat().st_mode & 0o777 == 0o700


def test_an_environment_holds_for_its_root_and_random_byte_code_for_its_host(known: KnownManifests) -> None:
    remember(known, {LAID: entry(ONE, here=True), ENVIRONMENT: entry(ONE)})
    assert known.of([], host="a", root="/other") == {LAID: [ONE]}
    assert known.of([], host="b", root="/r") == {ENVIRONMENT: [ONE]}
    assert remember(known, {LAID: entry(TWO, here=True)}) == []
    assert known.of([LAID], host="a", root="/r")[LAID] == [TWO]


def test_two_hosts_that_differ_are_both_named_and_the_first_stays_known(known: KnownManifests) -> None:
    remember(known, {LAID: entry(ONE)}, host="web1")
    (warning,) = remember(known, {LAID: entry(TWO)}, host="web2")
    assert "web1" in warning and "web2" in warning and LAID in warning
    assert known.of([], host="web2", root="/r") == {LAID: [ONE]}


def test_pythons_of_two_patch_releases_may_differ(known: KnownManifests) -> None:
    assert remember(known, {LAID: {**entry(ONE), "by": "3.12.1"}}) == []
    assert remember(known, {LAID: {**entry(TWO), "by": "3.12.2"}}, host="b") == []
    assert known.of([], host="c", root="/r") == {LAID: [ONE, TWO]}
    (warning,) = remember(known, {LAID: {**entry(TWO), "by": "3.12.1"}}, host="b")
    assert LAID in warning


def test_what_no_deployed_python_compiled_holds_for_its_host_alone(known: KnownManifests) -> None:
    made = {LAID: {**entry(ONE), "by": "3.12.9"}, BUNDLE: entry(TWO)}
    credible = known.credible(made, host="a", root="/r", pythons={"3.12.1"})
    assert remember(known, dict(credible)) == []
    assert known.of([], host="a", root="/r") == {LAID: [ONE], BUNDLE: [TWO]}
    assert known.of([], host="b", root="/r") == {BUNDLE: [TWO]}


def test_what_was_taken_over_is_remembered_only_where_it_was_known_as_it_was(known: KnownManifests) -> None:
    earlier = "laid/0123456789abcdef-fedcba987654"
    taken_over = {LAID: {**entry(TWO), "was": {earlier: ONE}}}
    assert known.credible(taken_over, host="a", root="/r", pythons=()) == {}
    remember(known, {earlier: entry(ONE)}, host="b")
    assert set(known.credible(taken_over, host="a", root="/r", pythons=())) == {LAID}
    changed = {LAID: {**entry(TWO), "was": {earlier: "3" * 64}}}
    assert known.credible(changed, host="a", root="/r", pythons=()) == {}


def test_engines_of_two_releases_may_differ(known: KnownManifests) -> None:
    assert remember(known, {LAID: entry(ONE)}, engine="1") == remember(known, {LAID: entry(TWO)}, engine="2", host="b") == []
    assert known.of([], host="c", root="/r") == {LAID: [ONE, TWO]}


def test_many_forks_remember_at_once(known: KnownManifests) -> None:
    made = [{f"laid/{number:016x}-0123456789ab": entry(ONE), LAID: entry(ONE)} for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert [warning for warnings in pool.map(lambda each: remember(known, each), made) for warning in warnings] == []
    assert len(known.of([], host="a", root="/r")) == 41


@pytest.mark.parametrize("what", ["directory", "file", "link"])
def test_what_others_may_write_vouches_for_nothing(known: KnownManifests, tmp_path: Path, what: str) -> None:
    remember(known, {LAID: entry(ONE)})
    if what == "directory":
        known.path.parent.chmod(0o777)
    elif what == "file":
        known.path.chmod(0o666)
    else:
        os.rename(known.path, tmp_path / "elsewhere")
        known.path.symlink_to(tmp_path / "elsewhere")
    for use in (lambda: known.of([], host="a", root="/r"), lambda: remember(known, {LAID: entry(ONE)})):
        with pytest.raises(HermeticError, match="others could change it"):
            use()


def test_a_record_below_a_directory_that_others_may_change_vouches_for_nothing(tmp_path: Path) -> None:
    known = KnownManifests.at(tmp_path / "open" / "state")
    remember(known, {LAID: entry(ONE)})
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(HermeticError, match=r"others could change it: .*/open: every user may write it"):
        known.of([], host="a", root="/r")
    (tmp_path / "open").chmod(0o1777)
    assert known.of([], host="a", root="/r") == {LAID: [ONE]}


def test_what_is_made_on_the_way_to_the_record_is_this_users_alone(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        known = KnownManifests.at(tmp_path / "one" / "two")
        remember(known, {LAID: entry(ONE)})
    finally:
        os.umask(before)
    made = [known.path, known.path.parent, known.path.parent.parent]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o600, 0o700, 0o700]


def test_a_damaged_record_is_named_and_an_empty_one_is_begun(known: KnownManifests) -> None:
    known.path.parent.mkdir(mode=0o700)
    known.path.touch(mode=0o600)
    known.path.chmod(0o600)
    assert known.of([LAID], host="a", root="/r") == {}
    assert remember(known, {LAID: entry(ONE)}) == []
    known.path.write_bytes(b"no database at all, but long enough to be read as one" * 40)
    with pytest.raises(HermeticError, match="cannot be used"):
        known.of([], host="a", root="/r")


def test_what_a_host_reported_of_a_root_is_forgotten_and_nothing_else(known: KnownManifests) -> None:
    known.forget(host="a", root="/r")
    assert not known.path.exists()
    of_job, of_other = {"environments/job-0123456789ab": entry(ONE)}, {"environments/other-0123456789ab": entry(TWO)}
    remember(known, {**of_job, LAID: entry(ONE), BUNDLE: entry(ONE)})
    remember(known, of_other, host="b")
    remember(known, of_job, root="/elsewhere")
    known.forget(host="a", root="/r")
    assert known.of([], host="c", root="/r") == {LAID: [ONE], BUNDLE: [ONE], "environments/other-0123456789ab": [TWO]}
    assert known.of([], host="c", root="/elsewhere") == {LAID: [ONE], BUNDLE: [ONE], "environments/job-0123456789ab": [ONE]}
