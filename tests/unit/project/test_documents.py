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
from pages import PAGES, PROJECT, without_blocks

# Modules, roles and playbooks share one name space in the pages: hermetic.python.NAME.
NAMES = {
    *(path.stem for path in (PROJECT / "library").glob("*.py")),
    *(path.name for path in (PROJECT / "roles").iterdir()),
    *(path.stem for path in (PROJECT / "playbooks").glob("*.yml")),
    *(path.stem for kind in ("callback", "filter", "lookup") for path in (PROJECT / "plugins" / kind).glob("*.py")),
}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading.strip().lower())).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text(encoding="utf-8"))):
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
