# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options are paths on the controller, and where their files are looked for."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError, AnsibleFileNotFound
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.task_files import found_file, with_located_paths


def test_paths_are_seen_from_the_playbook_and_addresses_stay() -> None:
    options = {"repository": "repo", "public_key": None, "find_links": ["wheels", "https://x.example/w"], "root": "r", "index_url": "i"}
    assert with_located_paths(options, lambda path: f"/play/{path}") == {
        "repository": "/play/repo",
        "public_key": None,
        "find_links": ["/play/wheels", "https://x.example/w"],
        "root": "r",
        "index_url": "i",
    }
    assert with_located_paths({"repository": "https://x.example"}, str.upper) == {"repository": "https://x.example"}
    assert with_located_paths({"find_links": None}, str.upper) == {"find_links": []}


def test_a_file_is_looked_for_and_an_address_is_not() -> None:
    assert found_file("a.lock", lambda directory, path: f"/play/{directory}/{path}") == "/play/files/a.lock"
    assert found_file("https://x.example/a.lock", lambda directory, path: "") == "https://x.example/a.lock"


@pytest.mark.parametrize(
    ("error", "message"),
    [(AnsibleFileNotFound, "'a.lock' is not on the controller; it was looked for in files"), (AnsibleError, "'a.lock' cannot be found")],
)
def test_a_file_that_is_not_there_is_named(error: type[Exception], message: str) -> None:
    def find(directory: str, path: str) -> str:
        raise error("no")

    with pytest.raises(HermeticError, match=message):
        found_file("a.lock", find)
