# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that somebody meant harm with: valid ones, in which any part is replaced, removed, repeated or buried.

``HOSTILE_EXAMPLES=5000`` has so many changed documents of each kind looked at instead of the same few.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

HOSTILE = settings(
    # Always the same ones, so that a run of the tests says what the run before said; HOSTILE_EXAMPLES looks further.
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "60")),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)

DEEP: Any = json.loads("[" * 400 + "]" * 400)
NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.5, -0.0, float("nan"), float("inf"), 2**63, 2**64, -(2**70), 10**5000),
    *(
        "",
        " ",
        ".",
        "..",
        "../../etc",
        "a/../b",
        "/",
        "//",
        "a//b",
        "./a",
        "a/",
        "a\\b",
        "C:\\x",
        "c:x",
        "\\\\?\\C:\\x",
        "nul",
        "CON.txt",
        "com1",
    ),
    *(
        "a\0b",
        "a\nb",
        "\x1b]0;x\x07",
        "\ud800",
        "\udcff",
        "é",
        "٣",
        "²",
        "0" * 64,
        "F" * 64,
        "x" * 5000,
        "9" * 5000,
        ".new-x",
        ".old-x",
        "lost+found",
    ),
    *("http://[", "http://u:p@h/x", "file:///etc/passwd", "~nobody-there/x", "%00", "previous", "1", "name-", "a.", "a ", "{{ 7 * 7 }}"),
    *([], {}, [[]], [None], {"": None}, {"a": {"b": []}}, ["x"] * 50, {"\0": 1, "..": 2, "\ud800": 3}, DEEP, {"deep": DEEP}),
)
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
)
NAMES = st.one_of(st.sampled_from([each for each in NASTY if isinstance(each, str)]), st.text(max_size=10))


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        if len(at) < 12:
            yield from _places(each, (*at, key))


def _holder(value: Any, at: tuple[Any, ...]) -> Any:
    for key in at[:-1]:
        value = value[key]
    return value


@st.composite
def mutated(draw: st.DrawFn, document: Any) -> Any:
    """Return a document with one to three parts that are not as they were."""
    value = copy.deepcopy(document)
    for _change in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from(list(_places(value))))
        if not at:
            if draw(st.integers(0, 20)) == 0:
                return draw(VALUES)
            continue
        holder, key = _holder(value, at), at[-1]
        match draw(st.sampled_from(["replace", "replace", "delete", "repeat", "bury", "rename", "add"])):
            case "replace":
                holder[key] = copy.deepcopy(draw(VALUES))
            case "delete":
                del holder[key]
            case "repeat":
                holder[key] = [copy.deepcopy(holder[key])] * 2 if isinstance(holder, dict) else holder[key]
                if isinstance(holder, list):
                    holder.append(copy.deepcopy(holder[key]))
            case "bury":
                holder[key] = draw(st.sampled_from([lambda each: [each], lambda each: {"x": each}]))(holder[key])
            case "rename":
                if isinstance(holder, dict):
                    holder[draw(NAMES)] = holder.pop(key)
            case _:
                if isinstance(holder, dict):
                    holder[draw(NAMES)] = copy.deepcopy(draw(VALUES))
                else:
                    holder.append(copy.deepcopy(draw(VALUES)))
    return value


def as_json(value: Any) -> bytes:
    """Return a value as JSON, or as what stands in the place of JSON where it cannot be written as such."""
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):
        return b'{"format": 1, "number": ' + b"9" * 6000 + b"}"


@st.composite
def documents(draw: st.DrawFn, document: Any) -> bytes:
    """Return the bytes of a changed document, some of them with changed bytes."""
    text = as_json(draw(mutated(document)))
    if draw(st.integers(0, 5)):
        return text
    cut = draw(st.integers(0, len(text)))
    more = draw(st.sampled_from([b"", b"\xff\xfe", b"\0", b"[" * 100_000, b"NaN", b'"\\ud800"', b"\xef\xbb\xbf"]))
    return text[:cut] + more + text[cut + draw(st.integers(0, 20)) :]


@contextmanager
def ours(*, subject: str = "") -> Iterator[None]:
    """Let through what ends well, or with one of our errors that says something about the subject."""
    said = "x" + subject
    try:
        yield
    except HermeticError as error:
        said = str(error)
    assert said
    assert subject in said
    assert len(said) < 100_000
    for inside in ("Traceback", "object at 0x"):
        assert inside not in said
