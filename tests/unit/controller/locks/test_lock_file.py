# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading locks: identity of their bytes, and one error that names every line that pins nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.lock_file import read_lock
from packaging.version import Version
from supply_samples import LINUX, WINDOWS

A, B = "a" * 64, "b" * 64


def requirements(tmp_path: Path, text: str, name: str = "requirements.txt") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_locked_file_as_tools_write_it(tmp_path: Path) -> None:
    text = (
        "# made by a tool\n"
        "Foo.Bar[extra1,extra2]==1.0 ; sys_platform == 'win32' \\\n"
        f"    --hash=sha256:{A} \\\n"
        f"    --hash sha256:{B.upper()}\n"
        "    # via something\n"
        "\n"
        "--require-hashes\n"
        "--only-binary :all:\n"
        f"baz == 2.0.post1 --hash=sha256:{A}  # a remark\n"
    )
    foo, baz = read_lock(requirements(tmp_path, text)).requirements
    assert (foo.name, foo.version, foo.hashes, foo.where) == ("foo-bar", Version("1.0"), frozenset({A, B}), "requirements.txt line 2")
    assert foo.judge(WINDOWS.environment).applies and not foo.judge(LINUX.environment).applies
    assert (baz.name, baz.version, baz.where) == ("baz", Version("2.0.post1"), "requirements.txt line 9")


def test_a_comment_ends_a_continuation(tmp_path: Path) -> None:
    text = f"foo==1.0 \\\n  --hash=sha256:{A} \\\n  # via x\nbar==1.0 --hash=sha256:{B}\n"
    assert [pin.name for pin in read_lock(requirements(tmp_path, text)).requirements] == ["foo", "bar"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("foo==1.0", "foo has no hash"),
        (f"foo>=1.0 --hash=sha256:{A}", "foo>=1.0 is not pinned"),
        (f"foo==1.* --hash=sha256:{A}", r"foo==1.\* is not pinned"),
        (f"foo==1.0,<2 --hash=sha256:{A}", "is not pinned"),
        (f"foo --hash=sha256:{A}", "is not pinned"),
        ("foo==1.0 --hash=md5:abc", "is not a SHA-256"),
        ("foo==1.0 --hash=sha512:" + "a" * 128, "is not a SHA-256"),
        ("foo==1.0 --hash=sha256:abc", "is not 64 hexadecimal digits"),
        ("-e ./foo", "editable install"),
        ("--editable=git+https://example.com/foo.git", "editable install"),
        ("git+https://example.com/foo.git@main", "is a URL or path"),
        (f"./foo-1.0-py3-none-any.whl --hash=sha256:{A}", "is a URL or path"),
        (f"foo @ https://example.com/foo-1.0-py3-none-any.whl --hash=sha256:{A}", "comes from a URL"),
        ("--index-url https://example.com/simple", "names a package source"),
        ("--find-links=/wheels", "names a package source"),
        ("--no-binary :all:", "is not understood in a lock"),
        (f"foo==1.0 --hash=sha256:{A} --config-settings=x=y", "--config-settings is not understood"),
        ("-r https://example.com/more.txt", "only local files are read"),
        ("foo = 1.0", "is not a requirement"),
    ],
)
def test_a_line_that_pins_nothing_is_refused_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    lock = read_lock(requirements(tmp_path, f"# first\n\n{line}\n"))
    with pytest.raises(HermeticError, match=message) as caught:
        _ = lock.requirements
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("requirements.txt line 3: ")


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    lock = read_lock(requirements(tmp_path, "foo==1.0\nbar>2\n-e .\ngit+ssh://user:secret@example.com/x.git\n"))
    with pytest.raises(HermeticError) as caught:
        lock.check()
    assert len(caught.value.problems) == 5
    assert "secret" not in str(caught.value)


def test_includes_are_read_from_the_including_files_directory(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    requirements(tmp_path / "more", f"-r deeper.txt\nbar==2.0 --hash=sha256:{B}\n", "base.txt")
    requirements(tmp_path / "more", f"baz==3.0 --hash=sha256:{B}\n", "deeper.txt")
    lock = read_lock(requirements(tmp_path, f"-r more/base.txt\nfoo==1.0 --hash=sha256:{A}\n"))
    assert [(pin.name, pin.where) for pin in lock.requirements] == [
        ("baz", "more/deeper.txt line 1"),
        ("bar", "more/base.txt line 2"),
        ("foo", "requirements.txt line 2"),
    ]


def test_an_included_file_is_part_of_the_identity(tmp_path: Path) -> None:
    path = requirements(tmp_path, "-r base.txt\n")
    requirements(tmp_path, f"foo==1.0 --hash=sha256:{A}\n", "base.txt")
    before = read_lock(path).digest
    assert read_lock(path).digest == before
    requirements(tmp_path, f"foo==1.0 --hash=sha256:{B}\n", "base.txt")
    assert read_lock(path).digest != before


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    requirements(tmp_path, f"-r requirements.txt\nbar==1.0 --hash=sha256:{A}\n", "b.txt")
    lock = read_lock(requirements(tmp_path, f"-r b.txt\nfoo==1.0 --hash=sha256:{A}\n"))
    assert {pin.name for pin in lock.requirements} == {"foo", "bar"}


def test_a_constraint_that_the_lock_breaks_is_an_error(tmp_path: Path) -> None:
    requirements(tmp_path, "foo<1.0\nbar>1\n", "limits.txt")
    lock = read_lock(requirements(tmp_path, f"-c limits.txt\nfoo==1.0 --hash=sha256:{A}\n"))
    with pytest.raises(HermeticError, match=r"foo 1\.0 is not <1\.0, as limits\.txt line 1 wants"):
        lock.check()


def test_missing_files_are_named_with_who_includes_them(tmp_path: Path) -> None:
    path = requirements(tmp_path, "-r gone.txt\n-c also-gone.txt\n")
    with pytest.raises(HermeticError) as caught:
        read_lock(path)
    assert len(caught.value.problems) == 2
    assert all("included by" in problem for problem in caught.value.problems)


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", "environment.yml", "requirements.in"])
def test_other_kinds_of_files_are_refused_with_what_is_wanted(tmp_path: Path, name: str) -> None:
    with pytest.raises(HermeticError, match="pylock"):
        read_lock(requirements(tmp_path, "", name))


def test_an_empty_requirements_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HermeticError, match="no requirement in it"):
        read_lock(requirements(tmp_path, "# nothing\n")).check()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lock-version = ", "is not TOML"),
        ('lock-version = "1.0"\n', "is not a valid pylock file.*created-by"),
        ('lock-version = "2.0"\ncreated-by = "x"\npackages = []\n', "version 2.0 is not supported"),
    ],
)
def test_a_broken_pylock_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(HermeticError, match=message):
        read_lock(requirements(tmp_path, text, "pylock.toml")).check()
