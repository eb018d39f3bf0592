# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe and the bootstrap start nothing from, decided by real shells on files of real second users."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_probe import HostFacts, parse_probe, script_text
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_trust import refuse_untrusted
from test_host_probe import SHELLS, _bundle
from test_root_trust import access_list
from unprivileged import as_nobody

pytestmark = as_nobody
NOBODY, CROWDED = 65534, 54321
ENGINE = "5" * 64
NAME = "python-3.13.0+1-bbbbbbbbbbbb"


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    return request.param


def _probe(shell: list[str], root: Path, *, unsafe_parent: bool = False, user: int | None = None, **environment: str) -> HostFacts:
    done = subprocess.run(
        [*shell, "-c", script_text("probe.sh"), "probe", str(root), *(["start", "yes"] if unsafe_parent else [])],
        capture_output=True,
        text=True,
        check=True,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
        env={**os.environ, **environment},
    )
    return parse_probe(done.stdout, stderr=done.stderr)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root with an interpreter that leaves a trace when it is started."""
    return _root(tmp_path)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """Return a directory that every user can enter; pytest's own are closed."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o1777)
        yield Path(directory)


def _root(place: Path) -> Path:
    made = place / "above" / "root"
    _bundle(made, NAME, python=f"echo ran >{place}/ran; printf 3.13.0")
    tree = made / "bundles" / NAME
    (tree / "bin" / "python3").rename(tree / "bin" / "python3.13")
    (tree / "bin" / "python3").symlink_to("python3.13")
    (tree / "lib" / "python3.13").mkdir()
    (tree / "libexec").mkdir()
    (tree / "libexec" / "python3.13").touch(mode=0o755)
    (tree / "lib" / "engine-code").mkdir()
    (tree / "lib" / "engine-code" / "digest").write_text(f"{ENGINE}\n{ENGINE}\n")
    (tree / "lib" / "engine-code" / "engine.zip").touch(mode=0o644)
    (made / "state" / "engine").symlink_to(f"../bundles/{NAME}")
    return made


def _ran(root: Path) -> bool:
    return (root.parent.parent / "ran").exists()


def test_a_root_in_order_is_trusted(shell: list[str], root: Path) -> None:
    facts = _probe(shell, root)
    assert (facts.distrust, facts.untrusted, _ran(root)) == ((), (), True)
    assert facts.interpreter is not None and facts.interpreter.bundle_id == NAME
    assert facts.interpreter.engine_digest == ENGINE


@pytest.mark.parametrize("text", ["", "none\n", f"{'5' * 63}\n", f"{'5' * 64} tools=x\n", f"{'5' * 63}$(touch ran)\n", None], ids=range(6))
def test_what_names_no_engine_names_none(shell: list[str], root: Path, text: str | None) -> None:
    digest = root / "bundles" / NAME / "lib" / "engine-code" / "digest"
    digest.unlink() if text is None else digest.write_text(text)
    facts = _probe(shell, root)
    assert facts.interpreter is not None and facts.interpreter.engine_digest is None


def test_a_user_finds_the_engine_in_a_root_of_that_users_own(shell: list[str], open_place: Path) -> None:
    root = _root(open_place)
    subprocess.run(["chown", "-hR", f"{NOBODY}:{NOBODY}", str(open_place / "above")], check=True)
    facts = _probe(shell, root, user=NOBODY)
    assert facts.interpreter is not None and facts.interpreter.engine_digest == ENGINE


def test_settings_of_the_user_do_not_change_how_files_are_listed(shell: list[str], root: Path) -> None:
    os.chown(root, NOBODY, NOBODY)
    facts = _probe(shell, root, TIME_STYLE="+%s", QUOTING_STYLE="c", CLICOLOR_FORCE="1", LC_ALL="C.UTF-8", IFS="/", CDPATH="/tmp")
    assert [(each.part, each.path) for each in facts.distrust] == [("root", str(root))]
    assert not _ran(root)


def _group(path: Path) -> None:
    os.chown(path, 0, CROWDED)
    path.chmod(0o775)


CHANGES: dict[str, Callable[[Path], None]] = {
    "owner": lambda path: os.lchown(path, NOBODY, NOBODY),
    "mode": lambda path: path.chmod(0o757),
    "group": _group,
    "access list": lambda path: access_list(path, (0x02, 7, NOBODY)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_started_below_a_directory_of_others(shell: list[str], root: Path, change: str) -> None:
    if (shell[0], change) == ("busybox", "access list") and "busybox" in os.path.realpath(shutil.which("ls") or ""):
        pytest.skip("the ls of busybox shows no access list")
    CHANGES[change](root.parent)
    facts = _probe(shell, root)
    assert [(each.part, each.path) for each in facts.distrust] == [("parent", str(root.parent))]
    assert (facts.interpreter, _ran(root)) == (None, False)
    with pytest.raises(HermeticError, match="unsafe_parent: true") as refused:
        refuse_untrusted(facts.distrust, root=facts.root)
    assert str(root.parent) in refused.value.message
    facts = _probe(shell, root, unsafe_parent=True)
    assert (facts.distrust, facts.interpreter is None) == ((), False)


@pytest.mark.parametrize(("group", "trusted"), [("nobody", True), ("domain users", False)])
def test_a_first_group_is_the_users_own_where_it_has_the_same_name(shell: list[str], open_place: Path, group: str, trusted: bool) -> None:
    root = _root(open_place)
    os.chown(root.parent, NOBODY, NOBODY)
    root.parent.chmod(0o775)
    listed = open_place / "programs" / "getent"
    listed.parent.mkdir(mode=0o755)
    listed.write_text(f'#!/bin/sh\n[ "$1" = passwd ] && echo nobody:x:{NOBODY}:{NOBODY}::/: || echo "{group}:x:{NOBODY}:"\n')
    listed.chmod(0o755)
    facts = _probe(shell, root, user=NOBODY, PATH=f"{listed.parent}:{os.environ['PATH']}")
    assert [(each.part, each.kind) for each in facts.distrust] == ([] if trusted else [("parent", "mode")])


def test_a_sticky_directory_above_is_no_reason(shell: list[str], root: Path) -> None:
    root.parent.chmod(0o1777)
    assert _probe(shell, root).interpreter is not None


def test_links_on_the_way_are_followed_one_by_one(shell: list[str], root: Path, tmp_path: Path) -> None:
    for name in ("written", "hop with a blank"):
        (tmp_path / name).mkdir()
    (tmp_path / "hop with a blank" / "second").symlink_to("../above/root")
    (tmp_path / "written" / "first").symlink_to(tmp_path / "hop with a blank" / "second")
    link = tmp_path / "written" / "first"
    assert _probe(shell, link).interpreter is not None
    for name in ("written", "hop with a blank", "above"):
        (tmp_path / "ran").unlink(missing_ok=True)
        os.chown(tmp_path / name, NOBODY, NOBODY)
        facts = _probe(shell, link)
        assert [(each.part, each.path) for each in facts.distrust] == [("parent", str(tmp_path / name))]
        assert not _ran(root)
        os.chown(tmp_path / name, 0, 0)
    os.chown(root, NOBODY, NOBODY)
    assert [(each.part, each.path) for each in _probe(shell, link).distrust] == [("root", str(root))]


@pytest.mark.parametrize("unsafe_parent", [False, True])
def test_nothing_of_a_root_of_another_user_is_started(shell: list[str], root: Path, unsafe_parent: bool) -> None:
    os.chown(root, NOBODY, NOBODY)
    facts = _probe(shell, root, unsafe_parent=unsafe_parent)
    assert (facts.interpreter, _ran(root)) == (None, False)
    with pytest.raises(HermeticError, match=f"belongs to uid {NOBODY}.*become_user"):
        refuse_untrusted(facts.distrust, root=facts.root, uid=facts.uid)


def test_a_user_starts_what_is_his_or_roots_and_nothing_of_a_third(shell: list[str], open_place: Path) -> None:
    root = _root(open_place)
    assert _probe(shell, root, user=NOBODY).interpreter is not None
    os.chown(root, NOBODY, NOBODY)
    assert _probe(shell, root, user=NOBODY).interpreter is not None
    os.chown(root, CROWDED, CROWDED)
    facts = _probe(shell, root, user=NOBODY)
    assert (facts.interpreter, [each.part for each in facts.distrust]) == (None, ["root"])


CARRIED = ("lib/engine-code", "lib/engine-code/digest", "lib/engine-code/engine.zip")
PARTS = (
    "bundles",
    f"bundles/{NAME}",
    *(
        f"bundles/{NAME}/{name}"
        for name in ("bin", "bin/python3", "bin/python3.13", "lib", "lib/python3.13", "libexec", "libexec/python3.13", *CARRIED)
    ),
)


@pytest.mark.parametrize("change", ["owner", "mode"])
@pytest.mark.parametrize("name", PARTS)
def test_no_interpreter_is_started_that_others_may_change(root: Path, name: str, change: str) -> None:
    if (name.endswith("python3"), change) == (True, "mode"):
        pytest.skip("a link has no mode")
    CHANGES[change](root / name)
    facts = _probe(["sh"], root)
    assert (facts.interpreter, facts.untrusted, _ran(root)) == (None, (NAME,), False)
    assert [each.path for each in facts.distrust] == [str(root / name)]
    refuse_untrusted(facts.distrust, root=facts.root)


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_no_interpreter_is_started_from_a_root_that_everybody_may_write(shell: list[str], root: Path, mode: int) -> None:
    root.chmod(mode)
    _bundle(root, "python-3.12.1+1-aaaaaaaaaaaa", python=f"echo ran >{root}/../../ran; printf 3.12.1")
    facts = _probe(shell, root)
    assert (facts.interpreter, _ran(root), {each.part for each in facts.distrust}) == (None, False, {"home"})


def test_the_next_bundle_is_taken_where_one_is_open_to_others(shell: list[str], root: Path) -> None:
    os.chown(root / "bundles" / NAME / "bin", NOBODY, NOBODY)
    _bundle(root, "python-3.12.1+1-aaaaaaaaaaaa", python="printf 3.12.1")
    facts = _probe(shell, root)
    assert facts.interpreter is not None and facts.interpreter.bundle_id == "python-3.12.1+1-aaaaaaaaaaaa"
    assert (facts.untrusted, _ran(root)) == ((NAME,), False)


def test_a_link_to_the_engine_that_leads_elsewhere_starts_nothing_there(shell: list[str], root: Path) -> None:
    (root / "state" / "engine").unlink()
    (root / "state" / "engine").symlink_to("..")
    (root / "bin").mkdir()
    (root / "bin" / "python3").write_text(f"#!/bin/sh\necho ran >{root}/../../ran; printf 3.13.0\n")
    (root / "bin" / "python3").chmod(0o755)
    (root / "lib" / "engine").mkdir(parents=True)
    shutil.rmtree(root / "bundles" / NAME)
    assert (_probe(shell, root).interpreter, _ran(root)) == (None, False)


def test_a_host_whose_files_cannot_be_listed_is_not_trusted(root: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sed", "readlink", "id", "uname", "sh"):
        (tools / name).symlink_to(str(shutil.which(name)))
    facts = _probe([str(shutil.which("dash"))], root, PATH=str(tools))
    assert (facts.interpreter, _ran(root)) == (None, False)
    with pytest.raises(HermeticError):
        refuse_untrusted(facts.distrust, root=facts.root)


def test_one_program_more_is_started_for_an_unchanged_run(root: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("ls", "readlink", "id", "uname", "getconf", "getent", "find", "stat"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{log}\nexec {shutil.which(name)} "$@"\n')
        (tools / name).chmod(0o755)
    assert _probe([str(shutil.which("dash"))], root, PATH=f"{tools}:{os.environ['PATH']}").interpreter is not None
    started = [line.split()[0] for line in log.read_text().splitlines()]
    assert sorted(started) == sorted(["id", "uname", "uname", "getconf", "getconf", "readlink", "ls"])
