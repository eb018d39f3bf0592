# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pinned import NotForThisPython, PinnedWheel, pinned_wheels
from vpython_samples import digest, question

A = "a" * 64
TEXT = "wheel {}"
HEAD = 'lock-version = "1.0"\ncreated-by = "x"\n'
OURS = f'[tool.hermetic]\nformat = 1\nspecification = "{digest(TEXT)}"\n'


def package(wheels: str, name: str = "x") -> str:
    return f'[[packages]]\nname = "{name}"\nversion = "1.0"\n{wheels}\n'


def wheel(filename: str = "x-1.0-py3-none-any.whl", place: str = "", hashes: str = f'sha256 = "{A}"') -> str:
    return f'[[packages.wheels]]\nname = "{filename}"\n{place or f"url = {chr(34)}https://x.invalid/{filename}{chr(34)}"}\nhashes = {{ {hashes} }}'


def pinned(text: str) -> list[PinnedWheel]:
    return pinned_wheels(question(kind="textproto", text=TEXT, lock_kind="pylock", lock=text, lock_file="/programs/pylock.tool-py.toml"))


def test_the_wheel_of_this_python_is_selected() -> None:
    other = wheel("x-1.0-cp27-none-win32.whl")
    ours = wheel(place='path = "wheels/x-1.0-py3-none-any.whl"\nurl = "https://x.invalid/x-1.0-py3-none-any.whl"')
    sources = ("https://x.invalid/x-1.0-py3-none-any.whl", "/programs/wheels/x-1.0-py3-none-any.whl")
    assert pinned(HEAD + package(f"{other}\n{ours}") + OURS) == [PinnedWheel("x", "1.0", (A,), "x-1.0-py3-none-any.whl", None, sources)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "packages = []", r"no table \[tool.hermetic\]"),
        (HEAD + "packages = []\n" + OURS.replace("= 1", "= 2"), "has format 2"),
        (HEAD + "packages = []\n" + OURS.replace(digest(TEXT), digest("other")), "not current"),
        (HEAD + OURS, "no valid pylock"),
        (HEAD + package(f"marker = \"python_full_version ~= '3'\"\n{wheel()}") + OURS, "a marker cannot be evaluated"),
        (HEAD + package(f"marker = \"extra == 'x'\"\n{wheel()}") + OURS, "a marker cannot be evaluated"),
        (HEAD.replace("1.0", "2.0") + "packages = []\n" + OURS, "no valid pylock"),
        ("[", "no valid pylock"),
        ("a = " + "[" * 100000, "nested too deeply"),
        (HEAD + package(wheel("x-1.0-cp27-none-win32.whl")) + OURS, "x"),
        (HEAD + package(wheel(hashes='md5 = "aa"')) + OURS, "no SHA-256"),
        (
            HEAD
            + package('[packages.sdist]\nname = "x-1.0.tar.gz"\nurl = "https://x.invalid/x-1.0.tar.gz"\nhashes = { sha256 = "aa" }')
            + OURS,
            "sources",
        ),
        (HEAD + package('[packages.directory]\npath = "."') + OURS, "a directory"),
    ],
)
def test_what_cannot_be_installed_is_refused(text: str, says: str) -> None:
    with pytest.raises(HermeticError, match=says):
        pinned(text)


@pytest.mark.parametrize("filename", ["../x-1.0-py3-none-any.whl", ".x-1.0-py3-none-any.whl", "a/x-1.0-py3-none-any.whl"])
def test_a_wheel_whose_name_is_a_path_is_refused(filename: str) -> None:
    with pytest.raises(HermeticError):
        pinned(HEAD + package(wheel(filename, 'url = "https://x.invalid/x"')) + OURS)


def test_another_python_is_said_as_such() -> None:
    with pytest.raises(NotForThisPython) as caught:
        pinned(HEAD + 'requires-python = "==3.7.*"\npackages = []\n' + OURS)
    assert caught.value.wants == "==3.7.*"
