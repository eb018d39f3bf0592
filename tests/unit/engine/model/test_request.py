# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests are read whole or refused with every reason, before anything on the host is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import Options, parse_request
from host_samples import digest


def request(**parts: Any) -> dict[str, Any]:
    return {"format": 1, "command": "converge", "root": "/opt/infra-system", "declaration": {}, **parts}


def problems(**parts: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(request(**parts))
    return caught.value.problems


def test_a_whole_request_is_read() -> None:
    read = parse_request(
        request(
            check=True,
            scope="partial",
            artifacts={digest("w"): {"filename": "w-1-py3-none-any.whl", "size": 3, "sources": ["https://files.example.com/w", "/w"]}},
            options={"verify": "deep", "jobs": 2, "keep_generations": 1, "ca_path": None},
            credentials={"files.example.com": {"username": "u", "password": "p"}},
        )
    )
    assert (read.command, read.root, read.check) == ("converge", Path("/opt/infra-system"), True)
    assert read.credentials == {"files.example.com": {"username": "u", "password": "p"}}
    assert read.artifacts == {digest("w"): Artifact(digest("w"), "w-1-py3-none-any.whl", 3, ("https://files.example.com/w", "/w"))}
    assert read.options == Options(verify="deep", jobs=2, keep_generations=1)
    assert read.declaration is not None
    assert read.declaration.complete is False


def test_what_is_not_said_has_a_default() -> None:
    read = parse_request({"format": 1, "command": "drift", "root": "/r"})
    assert (read.declaration, read.options, read.artifacts, read.check) == (None, Options(), {}, False)
    assert parse_request(request(declaration={})).declaration.complete  # type: ignore[union-attr]


def test_a_generation_is_named() -> None:
    read = parse_request({"format": 1, "command": "generation", "root": "/r", "generation": {"action": "activate", "number": 3}})
    assert (read.generation_action, read.generation_number) == ("activate", 3)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"format": 2}, "has format 2"),
        ({"format": None}, "has format None"),
        ({"command": "destroy"}, "The command is 'destroy'"),
        ({"command": None}, "The command is None"),
        ({"root": "relative/path"}, "expected an absolute path"),
        ({"root": None}, "expected an absolute path"),
        ({"root": 7}, "expected an absolute path"),
        ({"root": "/"}, "the whole file system"),
        ({"root": "//"}, "the whole file system"),
        ({"declaration": None}, "needs a declaration"),
        ({"declaration": {"bundles": [{"name": "../x", "release": "1", "sha256": "0" * 64}]}}, "'../x'"),
        ({"options": {"verify": "twice"}}, "'twice'"),
        ({"options": {"link_mode": "symlink"}}, "'symlink'"),
        ({"options": {"keep_generations": 0}}, "1 or more"),
        ({"options": {"keep_generations": "3"}}, "keep_generations"),
        ({"options": {"keep_generations": True}}, "keep_generations"),
        ({"options": {"lock_timeout": "soon"}}, "lock_timeout"),
        ({"options": {"lock_timeout": -1}}, "lock_timeout"),
        ({"options": {"jobs": -1}}, "jobs"),
        ({"options": {"jobs": 1.5}}, "jobs"),
        ({"options": {"retries": "4"}}, "retries"),
        ({"options": {"timeout": []}}, "timeout"),
        ({"options": {"wheels": 1}}, "'wheels' is not known"),
        ({"scope": "everything"}, "scope"),
        ({"artifacts": {"0" * 64: {"filename": "../x.whl"}}}, "'../x.whl'"),
        ({"artifacts": {"0" * 64: {"filename": "a\\b.whl"}}}, "without a path"),
        ({"artifacts": {"0" * 64: {"filename": ".."}}}, "without a path"),
        ({"artifacts": {"0" * 64: {"filename": ""}}}, "without a path"),
        ({"artifacts": {"0" * 64: {"filename": ".part"}}}, "file name"),
        ({"artifacts": {"0" * 64: {"sources": ["/x"]}}}, "file name None"),
        ({"artifacts": {"../../etc": {"filename": "x.whl"}}}, "'../../etc'"),
    ],
)
def test_nonsense_is_refused(parts: dict[str, Any], expected: str) -> None:
    found = problems(**parts)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize("document", [[], "converge", 7, None])
def test_something_else_than_an_object_is_refused(document: object) -> None:
    with pytest.raises(InvalidRequest, match="expected a mapping"):
        parse_request(document)


def test_every_problem_is_reported_at_once() -> None:
    found = problems(format=9, command="x", root="y", options={"verify": "z"}, declaration={"virtualenvs": [{"name": "/"}]})
    assert len(found) == 5


@pytest.mark.parametrize(
    ("members", "expected"), [([0, 5, 5], "5 follows 5"), ([1, 2], "first is at 1"), ([0, 9], "behind the end"), ({"0": 1}, "no list")]
)
def test_places_in_an_archive_that_cannot_be_are_named(members: object, expected: str) -> None:
    entry = {"filename": "p-1-linux-x86_64.tar.gz", "size": 9, "sources": [], "members": members}
    [problem] = problems(artifacts={digest("w"): entry})
    assert expected in problem
    assert digest("w")[:12] in problem


def test_places_in_an_archive_are_read_and_need_not_be_there() -> None:
    entry = {"filename": "p-1-linux-x86_64.tar.gz", "size": 9, "sources": []}
    read = parse_request(
        request(artifacts={digest("a"): entry, digest("b"): {**entry, "members": [0, 4]}, digest("c"): {**entry, "members": None}})
    )
    assert [read.artifacts[digest(name)].members for name in "abc"] == [(), (0, 4), ()]


def test_prebuilt_wheels_are_named_by_their_trees() -> None:
    tree = f"{digest('w')[:16]}-{digest('b')[:12]}"
    artifacts = {digest("p"): {"filename": f"{tree}.tar.gz", "size": 3, "sources": []}}
    assert parse_request(request(artifacts=artifacts, prebuilt={tree: digest("p")})).prebuilt == {tree: digest("p")}
    assert parse_request(request()).prebuilt == {}


@pytest.mark.parametrize(
    ("prebuilt", "problem"),
    [
        ([], "The part 'prebuilt' of the request is a list"),
        ({"x": digest("p")}, "'x' is not named by the identifier of an unpacked wheel"),
        ({"../../x": digest("p")}, "is not named by the identifier"),
        ({f"{'a' * 16}-{'b' * 12}": "x"}, "has the digest 'x'"),
        ({f"{'a' * 16}-{'b' * 12}": None}, "has the digest None"),
        ({f"{'a' * 16}-{'b' * 12}": digest("q")}, "which is none of the artifacts of the request"),
    ],
)
def test_a_prebuilt_wheel_that_is_none_is_refused(prebuilt: Any, problem: str) -> None:
    artifacts = {digest("p"): {"filename": "x.tar.gz", "size": 3, "sources": []}}
    assert any(problem in each for each in problems(artifacts=artifacts, prebuilt=prebuilt))


@pytest.mark.parametrize(
    ("unpacked", "problem"),
    [
        ([], "The part 'unpacked' of the request is a list"),
        ({"x": "/r/tree"}, "'x' is named by no digest"),
        ({digest("b"): "tree"}, "is in 'tree'; expected an absolute path"),
        ({digest("b"): 7}, "is in 7; expected an absolute path"),
        ({digest("b"): "/a\0b"}, "expected an absolute path"),
    ],
)
def test_a_tree_of_an_archive_that_can_be_none_is_refused(unpacked: Any, problem: str) -> None:
    [found] = problems(unpacked=unpacked)
    assert problem in found


def test_a_tree_of_an_archive_is_named_by_the_digest() -> None:
    assert parse_request(request(unpacked={digest("b"): "/r/.bootstrap-x/tree"})).unpacked == {digest("b"): Path("/r/.bootstrap-x/tree")}
