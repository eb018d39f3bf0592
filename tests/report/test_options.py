# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the report are written down four times, for the module, its checks, the callback and the role: they are the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.hermetic.python.plugins.callback import drift_report as callback
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.report_request import ARGUMENT_SPEC

PROJECT = Path(__file__).resolve().parents[2]
SHAPE = ("type", "elements", "choices")
PREFIX = "drift_report_"
OF_MERGING = {"merge", "pulled", "pulled_hours", "pulled_expected"}


def documented(source: str) -> dict[str, Any]:
    """Return the options in the DOCUMENTATION of a plugin's source."""
    found = re.search(r'^DOCUMENTATION = r"""\n(.*?)^"""', source, re.MULTILINE | re.DOTALL)
    assert found is not None
    options: dict[str, Any] = yaml.safe_load(found[1])["options"]
    return options


MODULE = documented((PROJECT / "library" / "drift_report.py").read_text(encoding="utf-8"))
CALLBACK = documented(Path(callback.__file__).read_text(encoding="utf-8"))
ROLE = {
    name.removeprefix(PREFIX): option
    for name, option in yaml.safe_load((PROJECT / "roles/drift_report/meta/argument_specs.yml").read_text(encoding="utf-8"))[
        "argument_specs"
    ]["main"]["options"].items()
}


def shape(option: dict[str, Any]) -> dict[str, Any]:
    return {name: option[name] for name in SHAPE if option.get(name)}


def first_words(option: dict[str, Any]) -> str:
    """Return how the description begins, without what ties it to the other options of one place."""
    description = option["description"]
    whole = description if isinstance(description, str) else description[0]
    return re.split(r" in C\(history|[,.]", whole)[0]


@pytest.mark.parametrize("name", sorted(set(MODULE) - OF_MERGING))
@pytest.mark.parametrize("place", [CALLBACK, ROLE], ids=["callback", "role"])
def test_an_option_is_the_same_wherever_it_is_written(place: dict[str, Any], name: str) -> None:
    assert shape(place[name]) == shape(MODULE[name])
    assert first_words(place[name]) == first_words(MODULE[name])


def test_no_place_has_options_of_its_own() -> None:
    assert set(CALLBACK) == set(callback.OPTIONS) == set(ROLE) == set(MODULE) - OF_MERGING


def test_what_is_checked_is_what_the_module_documents() -> None:
    assert {name: shape(option) for name, option in ARGUMENT_SPEC.items()} == {name: shape(option) for name, option in MODULE.items()}
    assert {name: option.get("default") for name, option in ARGUMENT_SPEC.items()} == {
        name: option.get("default") for name, option in MODULE.items()
    }
    assert {name for name, option in ARGUMENT_SPEC.items() if option.get("required")} == {"directory"}


def test_defaults_differ_only_where_they_must() -> None:
    def defaults(place: dict[str, Any]) -> dict[str, Any]:
        return {
            name: option["default"] for name, option in place.items() if name not in OF_MERGING and option.get("default") not in (None, [])
        }

    # Who enables the callback for every run does not want his exit status changed; a module's directory must be given.
    assert defaults(CALLBACK) == {**defaults(MODULE), "directory": "reports", "fail": False}
    assert defaults(ROLE) == defaults(MODULE)
