# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a prebuilt wheel says of itself: written and read again, and refused for anything that it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import ByteCode
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import laid_id
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.prebuilt import (
    Prebuilt,
    archive_filename,
    parse_prebuilt,
    tree_of_archive,
)

BYTE_CODE = ByteCode("cpython-312", "cb0d0d0a", by_engine=True)
WHEEL = "ab" * 32
ALPHA = Prebuilt(
    wheel=WHEEL,
    filename="alpha-1.0-py3-none-any.whl",
    byte_code=BYTE_CODE,
    python="3.12.4",
    name="alpha",
    version="1.0",
    dist_info="alpha-1.0.dist-info",
    entry_points=[["alpha", "alpha", "main", "console"]],
    warnings=["alpha: x"],
    files={
        f"site/{path}": FileRecord(0o644, 1, "cd" * 32)
        for path in ("alpha.py", "alpha-1.0.dist-info/INSTALLER", "alpha-1.0.dist-info/RECORD")
    },
)


def parsed(content: bytes, **parts: Any) -> Prebuilt:
    return parse_prebuilt(content, **{"wheel": WHEEL, "filename": ALPHA.filename, "byte_code": BYTE_CODE, **parts})


def test_what_is_written_is_read_again() -> None:
    assert parsed(ALPHA.document()) == parsed(ALPHA.document(), filename=None) == ALPHA
    assert ALPHA.id == laid_id(WHEEL, byte_code=BYTE_CODE.digest)
    assert ALPHA.document() == replace(ALPHA).document()


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"wheel": "ef" * 32}, "it is the wheel 'abab"),
        ({"filename": "beta-1.0-py3-none-any.whl"}, "expected beta-1.0-py3-none-any.whl"),
        ({"byte_code": ByteCode("cpython-312", "cb0d0d0a", by_engine=False)}, "its byte code is 'cpython-312', 'cb0d0d0a'"),
        ({"byte_code": ByteCode("cpython-313", "f30d0d0a", by_engine=True)}, "expected cpython-313, f30d0d0a"),
    ],
)
def test_another_wheel_or_byte_code_is_named_with_what_was_expected(parts: dict[str, Any], problem: str) -> None:
    with pytest.raises(BrokenArtifact) as caught:
        parsed(ALPHA.document(), **parts)
    assert problem in caught.value.message


@pytest.mark.parametrize("key", [*json.loads(ALPHA.document())])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [7], {"x": 7}, True])
def test_no_part_may_be_something_else(key: str, value: object) -> None:
    document = {**json.loads(ALPHA.document()), key: value}
    if (key, value) == ("warnings", []):
        assert parsed(json.dumps(document).encode()).warnings == []
        return
    if (key, value) == ("entry_points", []):
        # What the files say of commands is held against it when they are there.
        assert parsed(json.dumps(document).encode()).entry_points == []
        return
    with pytest.raises(BrokenArtifact, match=r"manifest\.json"):
        parsed(json.dumps(document).encode())


def test_the_file_of_an_archive_names_the_tree_that_it_unpacks_to() -> None:
    assert tree_of_archive(archive_filename(ALPHA.id)) == ALPHA.id
    for other in (
        "alpha-1.0-py3-none-any.whl",
        "python-3.12.1+1-linux-x86_64.tar.gz",
        f"{ALPHA.id}.zip",
        ALPHA.id,
        f"../{ALPHA.id}.tar.gz",
    ):
        assert tree_of_archive(other) is None
