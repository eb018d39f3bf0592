# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.question import parse_question
from vpython_samples import ENTRY, digest, question, written


def test_fields_hold_any_bytes() -> None:
    found = question(kind="inline", text=b"a\n\0text 3\n\xff\n", file=b"/programs/\xff\n.py", lock_kind="pylock", lock=b"", unlocked="1")
    assert (found.text, found.file, found.lock, found.unlocked) == (b"a\n\0text 3\n\xff\n", "/programs/\udcff\n.py", b"", True)
    assert (found.log_level, found.tool, found.host, found.generation) == ("warning", "", "", "")


def test_the_digest_is_that_of_the_text() -> None:
    assert f"sha256:{question(text='wheel {}').text_digest}" == digest("wheel {}")


def test_what_messages_call_it() -> None:
    assert question().subject == "/programs/tool.py"
    assert question(file="", kind="script").subject == "the code of -c"
    assert question(file="").subject == "the program"


@pytest.mark.parametrize("cut", range(1, 12))
def test_one_that_is_cut_off_is_refused(cut: int) -> None:
    whole = written(bundle="/b", root="/r", entry=ENTRY, end="")
    parse_question(whole)
    with pytest.raises(InvalidRequest, match="cut off"):
        parse_question(whole[:-cut])


@pytest.mark.parametrize(
    "fields", [{"bundle": ""}, {"root": ""}, {"kind": "other"}, {"lock_kind": "other"}, {"entry": "../x"}, {"entry": ""}]
)
def test_one_that_no_launcher_writes_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        question(**fields)


def test_pruning_needs_no_entry() -> None:
    assert question(entry="", tool="prune").tool == "prune"
