# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bin/vpython3 reads in the text of a program is what hermetic-spec reads: one is in C, for the warm start, the other in Python."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.launcher import choose_compiler
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.host import host_platform
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.guarded_block import find_guarded_block
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.problem import Unreadable
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.script_block import find_script_block
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.files import text_of
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.lookup import find_specification
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.program import Program
from asked_runners import AskedRunner, asked_runner, fields_of

PIECES = (
    b"# /// script\n", b"# ///\n", b"# a = 1\n", b"#\n", b"#x\n", b"\n", b"x\n", b"# /// other\n", b"# [VPYTHON:BEGIN]\n", b"# [VPYTHON:END]\n",
    b"[VPYTHON:BEGIN]\r\n", b"[VPYTHON:END]  \n", b"  # wheel {\n", b" // [VPYTHON:BEGIN]\n", b" // [VPYTHON:END]\n", b" // a\n", b" //\n", b"\r",
    b"\t", b"# ///", b"# [VPYTHON:END]", b"\xef\xbb\xbf", b"\xff", b"# /// script ", b"\x0c\n", b"\0", b"#\0\n",
)  # fmt: skip


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> AskedRunner:
    compiler = choose_compiler("auto", platform=host_platform(), macos_minimum="11.0", cache=tmp_path_factory.mktemp("cache"))
    if compiler is None:
        pytest.skip("this machine has neither a C compiler that links statically nor PyPI's ziglang")
    return asked_runner(tmp_path_factory.mktemp("bundle") / "id", compiler)


def read_by_runner(runner: AskedRunner, program: Path) -> tuple[str, bytes]:
    kept = program.with_name("question")
    kept.unlink(missing_ok=True)
    done = runner.start(program, place=program.parent)
    if done.returncode != 9:
        return "refused", b""
    fields = fields_of(kept.read_bytes())
    return fields["kind"], fields["text"].encode("utf-8", "surrogateescape")


def read_by_tool(content: bytes) -> tuple[str, bytes]:
    text = text_of(content).partition("\0")[0]
    try:
        for kind, find in (("script", find_script_block), ("inline", find_guarded_block)):
            block = find(text)
            if block is not None:
                return kind, block.text.encode("utf-8", "surrogateescape")
    except Unreadable:
        return "refused", b""
    return "none", b""


def test_both_read_the_same_in_any_program(runner: AskedRunner, tmp_path: Path) -> None:
    (tmp_path / ".gclient").touch()
    program = tmp_path / "tool.py"
    chosen = random.Random(15)
    for _number in range(400):
        content = b"".join(chosen.choice(PIECES) for _piece in range(chosen.randint(1, 12)))
        program.write_bytes(content)
        assert read_by_runner(runner, program) == read_by_tool(content), content


def planted(top: Path, chosen: random.Random) -> Path:
    """Make a tree with specifications in some of the places where they can be, and return what is to be run."""
    package = top / "above" / "outer" / "inner"
    package.mkdir(parents=True)
    (top / ".gclient").touch()
    for number, directory in enumerate((top / "above", top / "above" / "outer", package)):
        for name in ("vpython.toml", ".vpython3", "tool.py.vpython3", "outer.vpython3", "inner.vpython3", "link.vpython3"):
            if chosen.random() < 0.15:
                text = f"requires-python = '>=3.{number}'\n" if name.endswith(".toml") else f'python_version: "3.{number}"\n'
                (directory / name).write_text(text)
        for name, chance in (("__init__.py", 0.6), (".gclient", 0.15)):
            if chosen.random() < chance:
                (directory / name).touch()
    texts = ("", "", "# /// script\n# dependencies = []\n# ///\n", '# [VPYTHON:BEGIN]\n# python_version: "3.9"\n# [VPYTHON:END]\n')
    (package / "tool.py").write_text(chosen.choice(texts))
    (top / "above" / "link").symlink_to("outer/inner/tool.py")
    # Behind ".." of a link, the system finds another file than the text of the path names, or one where that names none.
    (top / "above" / "tool.py").write_text(chosen.choice(texts))
    (top / "above" / "linked").symlink_to("outer/inner")
    (top / "above" / "outer" / "tool.py").write_text(chosen.choice(texts))
    behind = (top / "above" / "linked" / ".." / "tool.py", top / "above" / "linked" / ".." / "inner" / "tool.py")
    return chosen.choice((package / "tool.py", package, top / "above" / "link", package / ".." / "inner" / "tool.py", *behind))


def test_both_find_the_same_for_any_program(runner: AskedRunner, tmp_path: Path) -> None:
    chosen = random.Random(16)
    how = set()
    for number in range(150):
        target = planted(tmp_path / str(number), chosen)
        fields = runner.question(target, place=tmp_path)
        found = find_specification(Program("script", str(target)), directory=tmp_path, environment={})
        expected = (found.specification.text, Path(found.specification.path).name) if found.specification is not None else ("", "")
        assert (fields["text"], Path(fields.get("file", "")).name) == expected, target
        how.add(found.how)
    assert len(how) == 4
