# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages lead to what is there, and name what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
PAGES = sorted(path for pattern in ("*.md", "docs/*.md", "roles/*/README.md", "inventories/*/README.md") for path in PROJECT.glob(pattern))
SOURCES = ("module_utils", "plugins", "library", "roles")
# Modules, roles and playbooks share one name space in the pages: hermetic.python.NAME.
NAMES = {
    *(path.stem for path in (PROJECT / "library").glob("*.py")),
    *(path.name for path in (PROJECT / "roles").iterdir()),
    *(path.stem for path in (PROJECT / "playbooks").glob("*.yml")),
    *(path.stem for kind in ("callback", "filter", "lookup") for path in (PROJECT / "plugins" / kind).glob("*.py")),
}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading.strip().lower())).replace(" ", "-")


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", _without_code(page.read_text(encoding="utf-8"))):
        if link.startswith(("https:", "http:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            wrong.append(f"{link}: no such file")
        elif anchor and anchor not in {
            _anchor(found) for found in re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        }:
            wrong.append(f"{link}: no such heading")
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_name_of_the_collection_in_a_page_is_one(page: Path) -> None:
    named = set(re.findall(r"(?<![/\w-])hermetic\.python\.([a-z_]+)", page.read_text(encoding="utf-8")))
    assert named - NAMES == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_yaml_of_a_page_can_be_read(page: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        yaml.safe_load(block)


@pytest.mark.parametrize("page", ["OPERATIONS.md", "WINDOWS.md"])
def test_every_message_that_a_page_explains_is_one_of_ours(page: str) -> None:
    text = (PROJECT / "docs" / page).read_text(encoding="utf-8")
    table = re.search(r"^\| message \| what to do \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None
    sources = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in SOURCES
        for file in sorted((PROJECT / folder).rglob("*"))
        if file.suffix in (".py", ".ps1", ".psm1", ".sh", ".yml")
    )
    # A message is put together of parts; quotes and line ends lie between them in the source.
    said = re.sub(r"\s+", " ", re.sub(r'"\s*(?:\+\s*)?\(?\s*f?"', "", sources)).casefold()
    messages = re.findall(r"^\| \*(.+?)\*", table[1], re.MULTILINE)
    assert len(messages) > 5
    for message in messages:
        # What stands for a value of the message: the ellipsis, a number, an exit code.
        parts = [part.strip(" ,;.") for part in re.split(r"…|\bN\b|0x[0-9A-F]+", message)]
        longest = max(parts, key=len).casefold()
        assert longest in said, message


def _documentation() -> Iterator[tuple[str, Any]]:
    """Yield everything that ansible-doc shows, as YAML reads it."""
    for folder in ("library", "plugins/doc_fragments", "plugins/callback", "plugins/lookup"):
        for path in sorted((PROJECT / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                    name = node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
                    if name.isupper() and name != "EXAMPLES":
                        yield f"{path.name} {name}", yaml.safe_load(node.value.value)
    for path in [*(PROJECT / "plugins" / "filter").glob("*.yml"), *(PROJECT / "roles").glob("*/meta/argument_specs.yml")]:
        yield str(path.relative_to(PROJECT)), yaml.safe_load(path.read_text(encoding="utf-8"))


def _descriptions(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, each in value.items():
            # An option may be called so itself; its own description lies one level deeper.
            if key in ("description", "short_description") and not isinstance(each, dict):
                yield from each if isinstance(each, list) else [each]
            else:
                yield from _descriptions(each)
    elif isinstance(value, list):
        for each in value:
            yield from _descriptions(each)


def test_every_description_is_a_text_that_ansible_doc_can_show() -> None:
    documents = dict(_documentation())
    assert len(documents) > 25
    wrong = [f"{name}: {each!r}" for name, document in documents.items() for each in _descriptions(document) if not isinstance(each, str)]
    assert wrong == []
    # A backslash that YAML or ansible-doc takes for an escape is gone: C:infra-system.
    assert [name for name, document in documents.items() for each in _descriptions(document) if "C:infra" in each] == []
