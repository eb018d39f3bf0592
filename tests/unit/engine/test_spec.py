# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option tables agree with the documentation, and the packed request survives its travel."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError, InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.envelope import pack, unpack
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.spec import DOWNLOADS, HIDDEN, RULES, SPECS
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.task import ARGUMENT_SPEC as BUNDLE_BUILD
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.task import carry_out as build
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.request import ARGUMENT_SPEC as REPOSITORY
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.request import carry_out as publish

PROJECT = Path(__file__).resolve().parents[3]


def _constants(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Assign(targets=[ast.Name(id=name), *_], value=ast.Constant(value=str(text))):
                found[name] = text
    return found


CONTROLLER_SPECS = {"bundle_build": BUNDLE_BUILD, "repository": REPOSITORY}


def _documented(module: str) -> dict[str, Any]:
    documentation = yaml.safe_load(_constants(PROJECT / "library" / f"{module}.py")["DOCUMENTATION"])
    options: dict[str, Any] = {}
    for name in reversed(documentation["extends_documentation_fragment"]):
        fragment = name.split(".")[2:]
        texts = _constants(PROJECT / "plugins" / "doc_fragments" / f"{fragment[0]}.py")
        options.update(yaml.safe_load(texts[fragment[1].upper() if len(fragment) > 1 else "DOCUMENTATION"]).get("options") or {})
    options.update(documentation.get("options") or {})
    return options


def _compare(documented: dict[str, Any], spec: dict[str, Any], where: str) -> list[str]:
    problems = [f"{where}{name} is in one of the two only" for name in set(documented) ^ set(spec)]
    for name in set(documented) & set(spec):
        for key in ("type", "elements", "default", "choices", "required"):
            if documented[name].get(key) != spec[name].get(key):
                problems.append(f"{where}{name}.{key}: documented {documented[name].get(key)!r}, taken {spec[name].get(key)!r}")
        problems += _compare(documented[name].get("suboptions") or {}, spec[name].get("options") or {}, f"{where}{name}.")
    return problems


@pytest.mark.parametrize("module", sorted(SPECS))
def test_documentation_and_spec_say_the_same(module: str) -> None:
    assert _compare(_documented(module), {**SPECS[module], **HIDDEN}, f"{module}: ") == []


def _no_texts(options: dict[str, Any], where: str) -> list[str]:
    found = []
    for name, option in options.items():
        description = option["description"]
        texts = description if isinstance(description, list) else [description]
        found += [f"{where}{name}: {text}" for text in texts if not isinstance(text, str)]
        found += _no_texts(option.get("suboptions") or {}, f"{where}{name}.")
    return found


@pytest.mark.parametrize("module", sorted({*SPECS, *CONTROLLER_SPECS}))
def test_a_colon_makes_no_mapping_of_a_description(module: str) -> None:
    assert _no_texts(_documented(module), f"{module}: ") == []


@pytest.mark.parametrize("module", sorted(CONTROLLER_SPECS))
def test_documentation_of_what_runs_on_the_controller_says_the_same(module: str) -> None:
    assert _compare(_documented(module), CONTROLLER_SPECS[module], f"{module}: ") == []
    assert {name: CONTROLLER_SPECS[module][name] for name in DOWNLOADS} == DOWNLOADS


@pytest.mark.parametrize(
    ("carry_out", "spec", "given"),
    [
        (build, BUNDLE_BUILD, {"release": "3.12.1+1", "dest": "", "interpreter": "/nowhere/python3"}),
        (publish, REPOSITORY, {"path": ""}),
    ],
    ids=["bundle_build", "repository"],
)
def test_no_limit_is_taken_that_a_host_would_refuse(carry_out: Any, spec: dict[str, Any], given: dict[str, Any], tmp_path: Path) -> None:
    defaults = {name: option.get("default") for name, option in spec.items()}
    limits = {"download_timeout": 0, "minimum_rate": -1, "maximum_size": 0, "retries": -1, "timeout": -1}
    place = {name: value or str(tmp_path / "made") for name, value in given.items()}
    with pytest.raises(HermeticError) as refused:
        carry_out({**defaults, **place, **limits}, check=False)
    assert [name for name in limits if any(f"The option {name} is" in problem for problem in refused.value.problems)] == list(limits)
    assert not (tmp_path / "made").exists()


def test_one_name_means_the_same_in_every_module() -> None:
    tables: dict[str, Any] = {}
    differing = {
        name
        for spec in SPECS.values()
        for name, entry in spec.items()
        if tables.setdefault(name, entry) != entry and name not in ("state", "lock", "name")
    }
    assert differing == set()


def test_what_holds_secrets_is_never_logged() -> None:
    assert all(spec["credentials"]["no_log"] for spec in SPECS.values() if "credentials" in spec)
    assert all(entry["no_log"] for entry in HIDDEN.values())


@pytest.mark.parametrize(
    ("module", "given", "told"),
    [
        ("system", {"bundles": [{"release": "3.12.1+1", "archive": "a.tar.gz", "sha256": "0"}]}, "mutually exclusive"),
        ("system", {"bundles": [{"archive": "a.tar.gz"}]}, "required together"),
        ("system", {"bundles": [{}], "virtualenvs": [{"name": "a"}]}, "lock"),
        ("bundle", {"archive": "a.tar.gz"}, "required together"),
        ("virtualenv", {"name": "a"}, "lock"),
        ("generation", {"state": "gone"}, "must be one of"),
        ("drift", {"verify": "very"}, "must be one of"),
    ],
)
def test_options_that_contradict_each_other_are_refused(module: str, given: dict[str, Any], told: str) -> None:
    result = ArgumentSpecValidator(SPECS[module], **RULES[module]).validate(given)
    assert told in " ".join(result.error_messages)


def test_a_virtualenv_that_goes_needs_no_lock() -> None:
    assert ArgumentSpecValidator(SPECS["virtualenv"], **RULES["virtualenv"]).validate({"name": "a", "state": "absent"}).error_messages == []


def test_a_packed_document_comes_out_as_it_went_in() -> None:
    document = {"root": "/r", "artifacts": {"0" * 64: {"sources": ["https://example.com/ä"]}}}
    assert unpack(pack(document)) == document
    assert "\n" not in pack(document)


@pytest.mark.parametrize("text", ["", "no base64!", "eJwLT", "bnVsbA=="])
def test_anything_else_is_no_packed_document(text: str) -> None:
    with pytest.raises(InvalidRequest):
        unpack(text)
