# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No index, lock or page that the controller reads gives a traceback: it is taken, or refused by its name."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.locks.lock_file import read_lock
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.marker_logic import UndefinedMarker
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.pylock import parse_pylock, select_from_pylock
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.simple_index import parse_html
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.simple_index import parse_json as parse_page
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import described
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import Index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import parse_index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.release_order import newest_first
from document_samples import INFO
from host_samples import NOW, digest
from hostile_values import HOSTILE, as_json, documents, mutated, ours
from hypothesis import given
from hypothesis import strategies as st
from supply_samples import LINUX


def _index() -> dict[str, Any]:
    entry = {key: INFO[key] for key in ("python", "libc", "macos", "hermetic", "engine", "packages")}
    entry["python"] = {**entry["python"], "abi": "cp312", "tag": "cp312"}
    path = "bundles/python/3.12.1+1/python-3.12.1+1-linux-x86_64.tar.gz"
    return {
        "format": 1,
        "serial": 7,
        "generated": NOW,
        "bundles": {
            "python": {
                "channels": {"stable": "3.12.1+1"},
                "releases": {"3.12.1+1": {"platforms": {"linux-x86_64": {"path": path, "sha256": digest("b"), "size": 1, **entry}}}},
            }
        },
        "wheels": {digest("w"): {"path": f"wheels/{digest('w')}/w-1.0-py3-none-any.whl", "size": 1}},
    }


@HOSTILE
@given(documents(_index()))
def test_an_index(content: bytes) -> None:
    with ours(subject="The index of somewhere"):
        found = parse_index(content, subject="The index of somewhere")
        index = Index("https://repository.example.com", found)
        described(found)
        for name, entry in found["bundles"].items():
            newest_first(entry["releases"])
            for release, each in entry["releases"].items():
                for platform in each["platforms"]:
                    resolved = index.resolve(name, platform=platform, release=release)
                    assert "/" not in resolved.filename
                    assert ".." not in resolved.location.split("/")
                    assert resolved.target
        for sha256 in found["wheels"]:
            index.wheel(sha256)


LOCK = {
    "lock-version": "1.0",
    "created-by": "test",
    "requires-python": ">=3.9",
    "extras": ["x"],
    "packages": [
        {
            "name": "w",
            "version": "1.0",
            "marker": "python_version >= '3.9'",
            "requires-python": ">=3.9",
            "wheels": [
                {"name": "w-1.0-py3-none-any.whl", "url": "https://example.com/w-1.0-py3-none-any.whl", "hashes": {"sha256": digest("w")}}
            ],
        },
        {"name": "a", "version": "2", "archive": {"url": "https://example.com/a-2-py3-none-any.whl", "hashes": {"sha256": digest("a")}}},
    ],
}


def _toml(value: Any) -> str:
    """Write a value as inline TOML; what TOML has no word for becomes something that is none."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    try:
        return json.dumps(value)
    except ValueError:
        return "9" * 6000


def _as_lock(value: Any) -> str:
    if not isinstance(value, dict):
        return _toml(value)
    try:
        return "".join(f"{json.dumps(key)} = {_toml(each)}\n" for key, each in value.items())
    except RecursionError:
        return "x = " + "[" * 100_000


@HOSTILE
@given(mutated(LOCK).map(_as_lock))
def test_a_pylock(text: str) -> None:
    with ours(subject="/srv/pylock.toml"):
        lock = parse_pylock(text, path=Path("/srv/pylock.toml"))
        for groups in (None, ["dev"]):
            wheels, problems = select_from_pylock(lock, LINUX, directory=Path("/srv"), extras=["x"], groups=groups)
            assert all(isinstance(problem, str) for problem in problems)
            assert all("/" not in each.filename for each in wheels)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                f"w==1.0 --hash=sha256:{digest('w')}",
                "w==1.0 --hash='",
                "-r '",
                "-r \0",
                "-r .",
                "-c other.txt",
                "-r lock.txt",
                f"w=={'9' * 5000} --hash=sha256:{digest('w')}",
                f"w==1.0; {'(' * 3000}python_version>'3'{')' * 3000} --hash=sha256:{digest('w')}",
                f"w==1.0; python_version>'{'9' * 5000}' --hash=sha256:{digest('w')}",
                "http://[::x/w.whl",
                "w @ http://[",
                "--hash",
                "\\",
                "w===" + "x" * 100,
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=6,
)


@HOSTILE
@given(LINES)
def test_a_requirements_lock(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "lock.txt"
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        with ours(subject=str(path)):
            lock = read_lock(path)
            for pin in lock.requirements:
                # Whoever selects reports it with the line of the lock.
                with contextlib.suppress(UndefinedMarker):
                    pin.judge(LINUX.environment, unknown=LINUX.unknown_markers)


PAGE = {
    "meta": {"api-version": "1.0"},
    "name": "w",
    "files": [
        {
            "filename": "w-1.0-py3-none-any.whl",
            "url": "w.whl",
            "hashes": {"sha256": digest("w")},
            "size": 1,
            "requires-python": ">=3",
            "yanked": False,
        }
    ],
}


@HOSTILE
@given(documents(PAGE))
def test_a_page_of_a_simple_index(content: bytes) -> None:
    with ours(subject="https://index.example.com/w/"):
        for file in parse_page(content, base="https://index.example.com/w/"):
            assert "/" not in file.filename
            assert (file.url is None) != (file.path is None)


@HOSTILE
@given(
    st.lists(
        st.sampled_from(
            [
                "<a href='",
                "https://[",
                "w-1.0-py3-none-any.whl",
                "#sha256=" + "0" * 64,
                "'>",
                "<base href='http://['>",
                "<![if",
                "<!x",
                "<?",
                "&#xd800;",
            ]
        )
        | st.text(max_size=12),
        max_size=12,
    ).map("".join)
)
def test_a_page_of_links(text: str) -> None:
    with ours(subject="https://index.example.com/w/"):
        parse_html(text, base="https://index.example.com/w/")


def test_what_is_not_changed_is_taken() -> None:
    """A check that refused everything would let all of these tests pass."""
    assert parse_index(as_json(_index()), subject="x")["serial"] == 7
    assert len(parse_page(as_json(PAGE), base="https://index.example.com/w/")) == 1
    assert parse_pylock(_as_lock(LOCK), path=Path("/srv/pylock.toml")).packages
