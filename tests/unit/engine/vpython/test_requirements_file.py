# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pinned import PinnedWheel, pinned_wheels
from vpython_samples import question

A, B = "a" * 64, "b" * 64


def pinned(lock: str, *dependencies: str) -> list[PinnedWheel]:
    return pinned_wheels(
        question(
            kind="toml", text=f"dependencies = {list(dependencies)}", lock_kind="requirements", lock=lock, lock_file="/programs/x.uv.lock"
        )
    )


def test_lines_as_uv_writes_them() -> None:
    lock = (
        f"# made by a tool\nName_One==1.0 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}\n    # via -r -\n"
        f"two==2.0 ; python_version >= '3' --hash=sha256:{A}\nwin==1 ; sys_platform == 'win32' \\\n  --hash=sha256:{A}\n"
    )
    assert pinned(lock, "name-one", "two>1") == [PinnedWheel("name-one", "1.0", (A, B)), PinnedWheel("two", "2.0", (A,))]


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        ("x==1", "x has no hash"),
        ("x==1 --hash=md5:aa", "hash 'md5:aa' is not a SHA-256"),
        (f"x==1 --hash=sha256:{A} --hash=md5:aa", "hash 'md5:aa' is not a SHA-256"),
        ("x==1 --hash=sha256:aa", "is not 64 hexadecimal digits"),
        (f"x>=1 --hash=sha256:{A}", "not pinned"),
        (f"x==1.* --hash=sha256:{A}", "not pinned"),
        (f"x==1,!=2 --hash=sha256:{A}", "not pinned"),
        (f"x @ https://x.invalid/x.whl --hash=sha256:{A}", "comes from a URL"),
        ("-e .", "is an option"),
        ("--index-url https://user:secret@x.invalid", "'--index-url https://x.invalid' is an option"),
        ("x y", "is not a requirement"),
        (f"x==1; python_full_version ~= '3' --hash=sha256:{A}", "cannot be evaluated"),
        (f"x==1; 'x' in extras --hash=sha256:{A}", "cannot be evaluated"),
        (f"x==1 --hash=sha256:{A}\nx==2 --hash=sha256:{A}", "pinned twice"),
        (f"x==1 \\\n --hash=sha256:{A} \\", "no x-y"),
    ],
)
def test_what_is_not_pinned_is_refused(lock: str, says: str) -> None:
    with pytest.raises(HermeticError) as caught:
        pinned(lock, "x-y")
    assert says in str(caught.value)


def test_options_that_say_nothing_of_packages_are_none_here_as_on_the_controller() -> None:
    options = "--only-binary :all:\n--only-binary=:all:\n--require-hashes\n--pre\n--prefer-binary\n"
    assert pinned(f"{options}x===1 --hash sha256:{A.upper()}\n", "x") == [PinnedWheel("x", "1", (A,))]


def test_a_url_is_not_fulfilled_by_a_version() -> None:
    with pytest.raises(HermeticError, match="not current") as caught:
        pinned(f"x==1 --hash=sha256:{A}", "x @ https://x.invalid/x-1-py3-none-any.whl")
    assert "declared with a URL" in caught.value.problems[0]


def test_versions_are_compared_and_not_names_alone() -> None:
    with pytest.raises(HermeticError, match="not current") as caught:
        pinned(f"x==1 --hash=sha256:{A}", "x>1", "y")
    assert len(caught.value.problems) == 2


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(HermeticError, match="UTF-8"):
        pinned_wheels(question(kind="toml", text="dependencies = []", lock_kind="requirements", lock=b"\xff", lock_file="/programs/x"))
