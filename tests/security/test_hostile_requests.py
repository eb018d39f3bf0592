# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No request from outside gives a traceback: the engine carries it out, or says what is wrong with it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.commands.dispatch import run
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.bundle_json import bundle_problems
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.envelope import unpack
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import option_problems, parse_request
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.json_text import parse_json
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import parse_index
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from host_samples import digest
from hostile_values import HOSTILE, NASTY, VALUES, as_json, documents, mutated, ours
from hypothesis import given
from hypothesis import strategies as st

REQUEST = {
    "format": 1,
    "command": "drift",
    "check": True,
    "scope": "system",
    "declaration": {
        "bundles": [{"name": "python", "release": "3.12.1+1", "sha256": digest("bundle"), "default": True}],
        "virtualenvs": [{"name": "web", "bundle": "python", "wheels": [digest("w")], "system_site_packages": False}],
        "absent": {"bundles": ["old"], "virtualenvs": ["gone"]},
    },
    "artifacts": {digest("w"): {"filename": "w-1.0-py3-none-any.whl", "size": 3, "sources": ["/nowhere/w"]}},
    "generation": {"action": "activate", "number": "previous"},
    "options": {"verify": "quick", "keep_generations": 3, "lock_timeout": 1, "link_mode": "auto", "jobs": 1, "timeout": 1, "retries": 0},
    "credentials": {"h.example": {"username": "u", "password": "p"}},
}


@HOSTILE
@given(documents(REQUEST | {"root": "/nowhere/root"}))
def test_a_request(text: bytes) -> None:
    with ours():
        try:
            document = parse_json(text)
        except ValueError:
            return
        parse_request(document)


@HOSTILE
@given(st.sampled_from(["drift", "info", "generation", "converge"]), mutated(REQUEST))
def test_a_request_carried_out(command: str, document: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        if isinstance(document, dict):
            document |= {"root": f"{place}/root", "command": command, "check": True}
        result = run(document)
        assert result.get("failed") or "findings" in result or "info" in result
        assert not result.get("failed") or (result["msg"] and result["errors"])
        json.dumps(result)
        assert not (Path(place) / "root").exists()


@HOSTILE
@given(mutated(REQUEST["options"]))
def test_the_options_of_a_request(options: Any) -> None:
    if isinstance(options, dict):
        assert all(isinstance(problem, str) for problem in option_problems(options))


@HOSTILE
@given(mutated(REQUEST["credentials"]))
def test_credentials(credentials: Any) -> None:
    with ours(subject="credentials"):
        Supply.from_options({"credentials": credentials})


@HOSTILE
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_the_parameter_of_a_module(text: bytes) -> None:
    with ours():
        unpack(text.decode("latin-1"))


@pytest.mark.parametrize("value", NASTY, ids=lambda value: str(type(value).__name__))
@pytest.mark.parametrize("judge", ["size", "absent", "check", "format", "sources", "wheels", "declaration", "root", "number", "filename"])
def test_no_value_anywhere_in_a_request_gives_a_traceback(judge: str, value: Any) -> None:
    document = json.loads(json.dumps(REQUEST)) | {"root": "/nowhere/root", "command": "generation"}
    artifact = document["artifacts"][digest("w")]
    places: dict[str, Callable[[], Any]] = {
        "size": lambda: artifact.update(size=value),
        "filename": lambda: artifact.update(filename=value),
        "sources": lambda: artifact.update(sources=value),
        "absent": lambda: document["declaration"].update(absent=value),
        "wheels": lambda: document["declaration"]["virtualenvs"][0].update(wheels=value),
        "declaration": lambda: document.update(declaration=value),
        "number": lambda: document["generation"].update(number=value),
    }
    places.get(judge, lambda: document.update({judge: value}))()
    with ours():
        parse_request(document)


@HOSTILE
@given(VALUES)
def test_no_value_in_the_place_of_a_document_gives_a_traceback(value: Any) -> None:
    with ours():
        parse_request(value)
    assert bundle_problems(value)
    with pytest.raises(HermeticError):
        parse_index(as_json(value), subject="x")


def test_a_request_that_is_not_changed_is_taken() -> None:
    """A check that refused everything would let all of these tests pass."""
    assert parse_request(REQUEST | {"root": "/opt/x"}).options.jobs == 1
