# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One grammar of names and paths: the engine, the controller, the building of bundles and Windows PowerShell agree on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError, InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import parse_declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import bundle_id, environment_id, laid_id
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text import grammar
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import BuildRequest, InterpreterSource
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import PLATFORMS
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import is_metadata
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import index_problems
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.release_order import newest_first
from ansible_collections.hermetic.python.plugins.plugin_utils.target.damaged_bundles import finding_of_damaged
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import refuse_bad_names
from ansible_collections.hermetic.python.plugins.plugin_utils.target.windows_host import presumed_facts, usable_windows_root
from host_samples import bundle_info, digest
from hypothesis import given
from hypothesis import strategies as st

DEVICES = ("con", "PRN", "aux.txt", "nul", "NUL .x", "com1", "COM9.log", "lpt0", "com¹", "LPT³", "conin$", "CONOUT$")
NO_DEVICES = ("console", "nul_", "com", "com10", "lpt", "auxiliary", "a.nul", "prn-x")
PARTS = st.sampled_from(
    [
        "",
        ".",
        "..",
        "a",
        "B",
        "a.b",
        ".hidden",
        "...",
        "a\\b",
        "c:",
        "x:y",
        "con",
        "nul.txt",
        "a ",
        "a.",
        "é",
        "\udcff",
        "\ud800",
        "a\0",
        "a\n",
        "y" * 256,
    ]
) | st.text(max_size=5)


@given(st.lists(st.lists(PARTS, max_size=5).map("/".join), max_size=6), st.booleans())
def test_many_paths_at_once_are_judged_as_each_of_them(paths: list[str], windows: bool) -> None:
    assert grammar.are_paths(paths, windows=windows) == all(grammar.path_problem(path, windows=windows) is None for path in paths)


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "/",
        "/a",
        "a/",
        "a//b",
        "./a",
        "a/./b",
        "a/../b",
        "../a",
        "a\\b",
        "C:x",
        "c:/x",
        "\\\\?\\C:\\x",
        "a\0",
        "\ud800",
        "x" * 256,
        None,
        7,
        ["a"],
        "a/" * 2000 + "a",
    ],
)
def test_what_is_no_path_within_a_tree(path: object) -> None:
    assert grammar.path_problem(path) is not None
    if isinstance(path, str):
        assert not grammar.are_paths([path])
        assert grammar.part_problem(path) is not None


@pytest.mark.parametrize("path", ["a", "a/b.c/d", ".hidden", "a/..b", "...", "x" * 255, "a b", "é/ü", "\udcff", "con", "ab:c", "a\n"])
def test_what_is_a_path_on_posix(path: str) -> None:
    assert grammar.path_problem(path) is None


@pytest.mark.parametrize("name", [*DEVICES, "a:b", "a ", "a.", "a?", "a\n"])
def test_what_is_no_name_on_windows(name: str) -> None:
    assert grammar.path_problem(f"lib/{name}", windows=True) is not None
    assert not grammar.are_paths([f"lib/{name}/x"], windows=True)


@pytest.mark.parametrize(
    ("target", "stays"),
    [
        ("b", True),
        ("../b", True),
        ("./b", True),
        ("../../b", False),
        ("x/../../../b", False),
        ("/etc", False),
        ("", False),
        ("a\0", False),
        (None, False),
    ],
)
def test_where_a_link_may_lead(target: object, stays: bool) -> None:
    assert (grammar.target_problem("d/link", target) is None) == stays


@pytest.mark.parametrize("value", [True, 1.0, "1", None, -1, 2**63, 10**5000], ids=lambda value: type(value).__name__)
def test_what_is_no_number(value: object) -> None:
    assert not grammar.is_number(value)
    assert len(grammar.shown(value)) < 100


def test_platforms_are_the_same_on_both_sides() -> None:
    assert set(grammar.PLATFORMS) == set(PLATFORMS)


@given(
    st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}[a-z0-9]", fullmatch=True), st.from_regex(r"[0-9][0-9A-Za-z.+_]{0,12}[0-9]", fullmatch=True)
)
def test_the_identifier_of_a_tree_has_one_reading(name: str, release: str) -> None:
    made = grammar.tree_parts("bundles", bundle_id(name, release=release, sha256=digest("x")))
    assert made == {"name": name, "release": release, "digest": digest("x")[:12]}
    assert grammar.tree_parts("environments", environment_id(name, key=digest("x"))) == {"name": name, "digest": digest("x")[:12]}
    assert grammar.tree_parts("laid", laid_id(digest("x"), byte_code=digest("y"))) == {
        "digest": digest("x")[:16],
        "made_for": digest("y")[:12],
    }


def _is_declared(name: str, release: str) -> bool:
    try:
        parse_declaration({"bundles": [{"name": name, "release": release, "sha256": digest("x")}]}, complete=True)
    except InvalidRequest:
        return False
    return True


def _is_resolved(name: str) -> bool:
    try:
        refuse_bad_names("bundle", [name])
    except HermeticError:
        return False
    return True


def _is_archived(name: str, release: str) -> bool:
    info = {**bundle_info(name, "3.12.1+1", libc={"family": "glibc", "minimum": "2.28"}, hermetic="launcher"), "release": release}
    info["python"] |= {"abi": "cp312"}
    return is_metadata(info)


def _is_reported(name: str, release: str) -> bool:
    """Return whether the finding of a bundle that does not start names the bundle; else it has the whole name of the directory, and never a part."""
    identifier = bundle_id(name, release=release, sha256=digest("x"))
    subject = finding_of_damaged(identifier, presumed_facts("C:\\x", "windows-x86_64")).subject
    assert subject in (f"bundle:{name}", f"bundle:{identifier}")
    return subject == f"bundle:{name}"


def _is_published(name: str, release: str) -> bool:
    info = bundle_info(name, "3.12.1+1", libc={"family": "glibc", "minimum": "2.28"}, hermetic="launcher")
    info["python"] |= {"abi": "cp312"}
    path = "bundles/x/x.tar.gz"
    entry = {"path": path, "sha256": digest("x"), "size": 1, **{key: info[key] for key in ("python", "libc", "hermetic", "engine")}}
    bundles = {name: {"channels": {}, "releases": {release: {"platforms": {"linux-x86_64": entry}}}}}
    return not index_problems({"format": 1, "serial": 1, "bundles": bundles, "wheels": {}})


@pytest.mark.parametrize(
    ("name", "release", "valid"),
    [
        ("python", "3.12.1+1", True),
        ("x" * 64, "3", True),
        ("a.b_c-d", "3.12_1", True),
        ("x" * 65, "3", False),
        ("x" * 70, "3", False),
        ("python", "3.12.1-rc1", False),
        ("python", "rc1", False),
        ("python", "3.", False),
        ("python", "3" * 65, False),
        ("python.", "3", False),
        ("nul", "3", False),
        ("Python", "3", False),
        ("../x", "3", False),
        ("python", "../3", False),
        ("python", "٣", False),
    ],
)
def test_who_builds_publishes_declares_and_reports_take_the_same_names_and_releases(
    name: str, release: str, valid: bool, tmp_path: Path
) -> None:
    built = not BuildRequest(name=name, release=release, source=InterpreterSource(path=tmp_path), destination=tmp_path).problems()
    published = (_is_archived(name, release), _is_published(name, release))
    assert (built, *published, _is_declared(name, release), _is_reported(name, release)) == (valid,) * 5
    assert _is_resolved(name) == (grammar.name_problem(name) is None)


def test_a_bundle_that_does_not_start_is_reported_by_its_name() -> None:
    facts = presumed_facts("C:\\x", "windows-x86_64")
    assert finding_of_damaged(f"my-python-3.12.1+1-{'0' * 12}", facts).subject == "bundle:my-python"


def test_digits_of_other_scripts_are_no_numbers_of_a_release() -> None:
    assert newest_first(["3.²", "3.1", "3.٢"])[-1] in ("3.²", "3.٢")


# Every device, however it is spelled, with everything that Windows drops or ignores after it.
STEMS = ("con", "prn", "aux", "nul", "conin$", "conout$", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"))
EVERY_DEVICE = [
    f"{spelled}{after}"
    for stem in STEMS
    for spelled in (stem, stem.upper(), stem.title())
    for after in ("", " ", "   ", ".", ".x", " .x", ". ", "..", ".tar.gz", " . .")
]
LIKE_DEVICES = [
    *NO_DEVICES,
    *(f"{before}{stem}{after}" for stem in STEMS for before, after in (("", "x"), ("x", ""), ("", "-"), ("_", ""), (".", ""), ("x.", ""))),
    *(f"{port}{digit}" for port in ("com", "lpt") for digit in ("", "10", "⁴", "₁", "٣", "a", "00")),
    *("conin", "conout", "con$", "nul$", "clock$", "c\u043en", "\uff43\uff4f\uff4e"),
]


def _refused_by_powershell(name: str) -> bool:
    module = (Path(__file__).resolve().parents[4] / "module_utils" / "_BundleArchive.psm1").read_text(encoding="utf-8")
    pattern = re.search(r"-match '(\^\(CON.*)'\)", module)
    assert pattern is not None
    return re.match(pattern[1], name, re.IGNORECASE) is not None


def _refused_as_root(name: str) -> bool:
    try:
        usable_windows_root(f"C:\\infra\\{name}\\x")
    except HermeticError as error:
        return any("device" in problem for problem in error.problems)
    return False


@pytest.mark.parametrize("expected", [True, False])
def test_every_side_knows_the_devices_of_windows(expected: bool) -> None:
    for name in EVERY_DEVICE if expected else LIKE_DEVICES:
        assert grammar.is_windows_device(name) == expected, name
        assert _refused_by_powershell(name) == expected, name
        assert _refused_as_root(name) == expected, name
        if expected:
            assert not grammar.are_paths([f"lib/{name}/x"], windows=True), name
            assert grammar.path_problem(f"lib/{name}", windows=True) is not None, name
        elif grammar.is_windows_name(name):
            assert grammar.are_paths([f"lib/{name}/x"], windows=True), name


def test_no_name_of_a_bundle_or_a_command_is_a_device() -> None:
    lower = [name for name in EVERY_DEVICE if name == name.lower()]
    assert [name for name in lower if grammar.name_problem(name) is None] == []
    assert [name for name in EVERY_DEVICE if grammar.command_problem(name) is None] == []


def test_no_message_holds_what_a_terminal_would_carry_out() -> None:
    error = HermeticError("a\x1b]0;owned\x07b\ud800", ["line\n\u202ereversed\x9b31m"])
    assert str(error) == "a\\x1b]0;owned\\x07b\\ud800\n  - line\n\\u202ereversed\\x9b31m"
