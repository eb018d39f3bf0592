# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of hosts as Ansible hands them on."""

from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_answer import checked_answer


def test_warnings_that_ansible_made_objects_of_are_texts_again() -> None:
    summary = SimpleNamespace(event=SimpleNamespace(msg="the root stays"))
    answer = checked_answer({"changed": True, "warnings": ["plain", summary]})
    assert answer["warnings"] == ["plain", "the root stays"]
    assert checked_answer({"changed": False})["changed"] is False
