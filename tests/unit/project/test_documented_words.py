# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages quote of the code exists: messages, steps, kinds, commands, options, targets and files."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import source_texts
import yaml
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import CAUSES, KINDS, SEVERITIES
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.spec import SPECS
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.task import ARGUMENT_SPEC as BUNDLE_BUILD
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.report_request import ARGUMENT_SPEC as DRIFT_REPORT
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.request import ARGUMENT_SPEC as REPOSITORY
from ansible_collections.hermetic.python.plugins.plugin_utils.target.play_handlers import ARGUMENT_SPEC as REQUIRE_HANDLERS
from pages import PAGES, PROJECT, code, commands, page_text, quotations, table, tables, without_blocks

pytestmark = pytest.mark.slow

SPEC_OF = {
    **SPECS,
    "bundle_build": BUNDLE_BUILD,
    "drift_report": DRIFT_REPORT,
    "repository": REPOSITORY,
    "require_handlers": REQUIRE_HANDLERS,
}
PLAYBOOKS = {path.stem: path.read_text(encoding="utf-8") for path in (PROJECT / "playbooks").glob("*.yml")}
_TASKS = [path.read_text(encoding="utf-8") for path in (PROJECT / "playbooks" / "tasks").glob("*.yml")]
# What a table of messages is called in its first column.
MESSAGES = ("message", "it says")
# Quoted in prose, and not ours: pip, Ansible, Windows, PowerShell; an emphasis.
OTHERS_SAY = (
    "Command […, '-m', 'ensurepip', …] returned non-zero exit status 1",
    "Could not match supplied host pattern",
    "The term 'New-CimInstance' is not recognized",
    "What a host cannot vouch for",
    "does this host still hold exactly what we declared?",
)
_EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))


def _explained() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for rows in tables(page.read_text(encoding="utf-8")):
            if rows[0][0] in MESSAGES:
                yield from ((page.name, message) for row in rows[1:] for message in quotations(row[0]))


def test_every_message_that_a_page_explains_is_one_of_ours() -> None:
    explained = list(_explained())
    assert len(explained) > 25
    assert [f"{page}: {message}" for page, message in explained if not source_texts.says(message)] == []


@_EACH_PAGE
def test_every_sentence_that_a_page_quotes_is_one_of_ours(page: Path) -> None:
    quotes = quotations(without_blocks(page.read_text(encoding="utf-8")))
    # Fewer words are an emphasis, and what ends with a full stop is the head of a paragraph.
    quoted = [each for each in quotes if len(each.split()) > 3 and not each.endswith(".")]
    assert [each for each in quoted if each not in OTHERS_SAY and not source_texts.says(each)] == []


def test_fields_of_a_finding_have_the_values_of_the_engine() -> None:
    fields = {name: set(code(values[0])) for name, values in table(page_text("docs/OPERATIONS.md"), "field").items()}
    assert fields["`kind`"] == set(KINDS)
    assert fields["`cause`"] == set(CAUSES)
    assert fields["`severity`"] == set(SEVERITIES)


def test_every_step_of_a_plan_is_explained() -> None:
    explained = {each for cell in table(page_text("docs/OPERATIONS.md"), "step") for each in code(cell)}
    assert explained == source_texts.steps()


@_EACH_PAGE
def test_every_command_of_a_page_can_be_run_as_written(page: Path) -> None:
    """Modules have the options, playbooks the variables, the Makefile the targets, and tools the names that commands give."""
    wrong = []
    for words in commands(page.read_text(encoding="utf-8")):
        if words[0] == "make":
            wrong += [f"make {word}" for word in words[1:2] if word not in _targets()]
        wrong += [f"no {word}" for word in words if re.fullmatch(r"tools/[\w-]+", word) and not (PROJECT / word).exists()]
        given = dict(itertools.pairwise(words))
        if (module := _named(given.get("-m", ""))) is not None:
            wrong += [f"{module}: {problem}" for problem in _option_problems(module, given.get("-a", ""))]
        for playbook in filter(None, map(_named, words)):
            variables = [word for before, word in itertools.pairwise(words) if before == "-e" and re.match(r"\w+=", word)]
            wrong += [
                f"{playbook}: {each}" for each in variables if playbook in PLAYBOOKS and each.partition("=")[0] not in _variables(playbook)
            ]
    assert wrong == []


def _named(word: str) -> str | None:
    return word.removeprefix("hermetic.python.") if word.startswith("hermetic.python.") else None


def _option_problems(module: str, given: str) -> Iterator[str]:
    for option in given.split():
        name, _, value = option.partition("=")
        spec = SPEC_OF[module].get(name)
        if spec is None:
            yield f"no option {name}"
        elif "choices" in spec and value not in spec["choices"]:
            yield f"{name} has no choice {value}"


def _targets() -> set[str]:
    return set(re.findall(r"^([\w-]+):", page_text("Makefile"), re.MULTILINE))


def _variables(playbook: str) -> set[str]:
    """Return the variables that a playbook reads, itself or by the roles that it names."""
    found = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", PLAYBOOKS[playbook]))
    for specs in (PROJECT / "roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(specs.read_text(encoding="utf-8"))["argument_specs"].values():
            found |= entry["options"].keys()
    return found


def test_playbooks_explain_variables_that_they_read() -> None:
    for name, text in PLAYBOOKS.items():
        explained = set(re.findall(r"^#   -e (?:'\{\")?(\w+)", text, re.MULTILINE))
        body = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE) + "".join(map(str, _TASKS))
        of_roles = {each for each in _variables(name) if each.startswith(("system_bundle_", "drift_report_", "bundle_repository_"))}
        assert {each for each in explained if each not in of_roles and not re.search(rf"\b{each}\b", body)} == set(), name


@_EACH_PAGE
def test_every_file_of_the_project_that_a_page_names_is_there(page: Path) -> None:
    files = {str(path.relative_to(PROJECT)) for folder in ("module_utils", "plugins", "library") for path in (PROJECT / folder).rglob("*")}
    missing = []
    for name in code(without_blocks(page.read_text(encoding="utf-8"))):
        if re.fullmatch(
            r"(?:tests|tools|docs|module_utils|plugins|library|roles|molecule|bench|changelogs|\.github|\.config)/[\w.*/-]*", name
        ):
            missing += [] if any(PROJECT.glob(name.rstrip("/"))) else [name]
        elif re.fullmatch(r"(?!lib/|bin/|playbooks/)(?:\w+/)+\w+\.(?:py|sh|ps1|psm1)", name):
            # A path below a room.
            missing += [] if any(f"/{file}".endswith(f"/{name}") for file in files) else [name]
    assert missing == []


def test_the_figures_of_the_pages_have_a_date() -> None:
    """What was measured or run is worth something with the day of it only."""
    for name in ("docs/PERFORMANCE.md", "docs/TESTING.md", "docs/PLATFORMS.md"):
        assert re.search(r"\b20\d\d-\d\d(?:-\d\d)?\b|\b(?:November|December) 20\d\d\b", page_text(name)), name
