# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.offers import (
    VARIABLE,
    LacksWheels,
    Offers,
    answer_failure,
    answer_made,
    offers_of_task,
    read_answer,
    withdraw_offers,
    write_offers,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pinned import PinnedWheel

A = "a" * 64
OFFERS = Offers(
    {A: Artifact(A, "x-1.0-py3-none-any.whl", 7, ("/pushed/x",))},
    {"tree": A},
    True,
    {"host": {"username": "u", "password": "p"}},
    {"retries": 2},
)


def test_offers_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_offers(tmp_path, OFFERS)
    assert offers_of_task({VARIABLE: str(tmp_path)}) == (OFFERS, tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    withdraw_offers(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert "'p'" not in repr(OFFERS)


def test_a_user_is_offered_nothing(tmp_path: Path) -> None:
    assert offers_of_task({}) is None
    with pytest.raises(HermeticError, match="unset it"):
        offers_of_task({VARIABLE: str(tmp_path)})
    (tmp_path / "offers.json").write_text('{"artifacts": 7}')
    with pytest.raises(HermeticError, match="unset it"):
        offers_of_task({VARIABLE: str(tmp_path)})


def test_the_answer_says_what_is_lacking(tmp_path: Path) -> None:
    assert read_answer(tmp_path) == {}
    answer_made(tmp_path, made=True)
    assert read_answer(tmp_path)["made"] is True
    lacks = LacksWheels([PinnedWheel("x", "1.0", (A,), "x-1.0-py3-none-any.whl", 7, ("https://u:p@nowhere/x",))])
    answer_failure(tmp_path, lacks, byte_code="b" * 64)
    answer = read_answer(tmp_path)
    # Addresses of a lock are not what the controller goes by.
    assert answer["lacks"] == [{"name": "x", "version": "1.0", "filename": "x-1.0-py3-none-any.whl", "digests": [A]}]
    assert (answer["made"], answer["byte_code"], "needs" in answer) == (False, "b" * 64, False)
    answer_failure(tmp_path, FetchFailed("out of reach", needs=[{"sha256": A}]), byte_code="b" * 64)
    assert (read_answer(tmp_path)["needs"], read_answer(tmp_path)["message"]) == ([{"sha256": A}], "out of reach")
    (tmp_path / "answer.json").write_text("{")
    assert read_answer(tmp_path) == {}
