# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests hold what their command needs, sources that the host may use, and no secret; declarations that cannot be meant are refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.action.generation import generation_action
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import parse_request
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_artifact import BundleArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import (
    DeclaredState,
    default_bundle,
    refuse_bad_names,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_probe import parse_probe
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import (
    artifacts_for_host,
    compose_request,
    credentials_for,
    declare,
    shown_options,
    unreachable_from_host,
    with_first_sources,
    without_remote_sources,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.target.resolver import installed_bundle, refuse_old_libc

A, B = "a" * 64, "b" * 64
ARTIFACTS = {
    A: {"filename": "a.whl", "size": 1, "sources": ["https://example.com/a.whl", "/srv/a.whl"]},
    B: {"filename": "b.whl", "size": 1, "sources": ["/srv/b.whl"]},
}
PROBE = "hermetic-probe-1 os=Linux machine=x86_64 uid=0 libc=glibc libc_version=2.28 root_type=missing root_writable=yes tools=tar root=/r"


def _request(**changes: Any) -> dict[str, Any]:
    return compose_request(
        "converge", **{"root": "/r", "check": False, "options": {}, "declaration": declare(), "artifacts": ARTIFACTS, **changes}
    )


def _bundle(name: str = "python", *, version: str = "3.12.1", engine: bool = True, minimum: str = "2.17") -> BundleArtifact:
    return BundleArtifact(
        name=name,
        release=f"{version}+1",
        platform="linux-x86_64",
        sha256=A,
        size=1,
        filename="a.tar.gz",
        location="/a.tar.gz",
        python={"version": version, "abi": "cp" + "".join(version.split(".")[:2])},
        libc={"family": "glibc", "minimum": minimum},
        macos=None,
        hermetic="launcher",
        engine=engine,
    )


def test_the_engine_takes_what_is_composed() -> None:
    options = {"verify": "deep", "retries": 2, "lock_timeout": 5, "repository": "/srv", "ca_path": None, "transfer": "auto"}
    declaration = declare(
        bundles=[{"name": "python", "release": "3.12.1+1", "sha256": A, "default": True, "hermetic": "launcher"}],
        virtualenvs=[{"name": "x", "bundle": "python", "wheels": [B], "system_site_packages": False}],
    )
    parsed = parse_request(_request(options=options, declaration=declaration))
    assert (parsed.options.verify, parsed.options.retries, parsed.options.lock_timeout) == ("deep", 2, 5)
    assert parsed.declaration is not None and parsed.declaration.complete
    assert parsed.artifacts[B].sources == ("/srv/b.whl",)


def test_a_part_is_not_taken_for_the_whole() -> None:
    parsed = parse_request(_request(scope="partial", declaration=declare(absent_virtualenvs=["x"])))
    assert parsed.declaration is not None
    assert (parsed.declaration.complete, parsed.declaration.absent_virtualenvs) == (False, frozenset({"x"}))


@pytest.mark.parametrize(
    ("state", "number", "action"),
    [
        ("active", None, {"action": "activate", "number": "previous"}),
        ("active", "previous", {"action": "activate", "number": "previous"}),
        ("active", "41", {"action": "activate", "number": 41}),
        ("pinned", "41", {"action": "pin", "number": 41}),
        ("unpinned", None, {"action": "unpin", "number": None}),
        ("pruned", None, {"action": "prune", "number": None}),
    ],
)
def test_a_generation_is_named_by_number_or_as_the_previous(state: str, number: str | None, action: dict[str, Any]) -> None:
    assert generation_action(state, number) == action


@pytest.mark.parametrize("number", ["latest", "-1", "1.5", "../3"])
def test_anything_else_is_no_generation(number: str) -> None:
    with pytest.raises(HermeticError, match="expected a number"):
        generation_action("active", number)


@pytest.mark.parametrize(
    ("transfer", "local", "of_a", "of_b"),
    [
        ("auto", False, ["https://example.com/a.whl"], []),
        ("pull", False, ["https://example.com/a.whl"], []),
        ("push", False, [], []),
        ("auto", True, ["https://example.com/a.whl", "/srv/a.whl"], ["/srv/b.whl"]),
        ("push", True, ["/srv/a.whl"], ["/srv/b.whl"]),
    ],
)
def test_a_host_gets_the_sources_that_it_may_use(transfer: str, local: bool, of_a: list[str], of_b: list[str]) -> None:
    table = artifacts_for_host(ARTIFACTS, transfer=transfer, local=local)
    assert (table[A]["sources"], table[B]["sources"]) == (of_a, of_b)
    assert unreachable_from_host(table) == [sha256 for sha256, sources in ((A, of_a), (B, of_b)) if not sources]


def test_what_is_pushed_is_looked_for_first() -> None:
    request = with_first_sources(_request(), {B: "/tmp/b"})
    assert request["artifacts"][B]["sources"] == ["/tmp/b", "/srv/b.whl"]
    assert with_first_sources(request, {B: "/tmp/b"}) == request
    assert request["artifacts"][A] == ARTIFACTS[A]


def test_a_host_without_network_is_left_its_files() -> None:
    assert without_remote_sources(_request())["artifacts"][A]["sources"] == ["/srv/a.whl"]


def test_credentials_go_to_the_hosts_that_are_fetched_from_only() -> None:
    credentials = {"example.com": {"username": "u", "password": "p"}, "other.example": {"username": "u", "password": "q"}}
    assert credentials_for(_request(), credentials) == {"example.com": credentials["example.com"]}


def test_shown_options_hold_no_secret_and_no_null() -> None:
    shown = shown_options(
        {
            "credentials": {"example.com": {"password": "secret"}},
            "index_url": "https://rob:secret@example.com/simple",
            "bundles": [{"archive": "https://rob:secret@example.com/a", "release": None}],
            "public_key": None,
        }
    )
    assert "secret" not in repr(shown)
    assert shown == {"index_url": "https://example.com/simple", "bundles": [{"archive": "https://example.com/a"}]}


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ([{"name": "tools"}], "tools"),
        ([{"name": "old"}, {"name": "python"}], "python"),
        ([{"name": "python"}, {"name": "old", "default": True}], "old"),
    ],
)
def test_one_bundle_is_the_default(entries: list[dict[str, Any]], name: str) -> None:
    assert default_bundle(entries) == name


@pytest.mark.parametrize("entries", [[{"name": "a"}, {"name": "b"}], [{"name": "a", "default": True}, {"name": "b", "default": True}]])
def test_a_default_that_is_left_open_is_an_error(entries: list[dict[str, Any]]) -> None:
    with pytest.raises(HermeticError, match="default"):
        default_bundle(entries)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *((path, "is a path") for path in ("../x", "/etc", "a\\b", "..")),
        *((name, "is no name") for name in ("Upper", "", "a" * 65)),
    ],
)
def test_a_path_is_no_name(name: str, reason: str) -> None:
    with pytest.raises(HermeticError, match=reason):
        refuse_bad_names("VirtualEnv", [name])


def test_all_bad_names_are_reported_at_once() -> None:
    with pytest.raises(HermeticError) as failed:
        refuse_bad_names("VirtualEnv", ["../x", "ok", "ok", "B"])
    assert len(failed.value.problems) == 3


def test_a_host_with_an_older_c_library_is_refused_with_both_versions() -> None:
    with pytest.raises(HermeticError, match=r"requires glibc 2\.36.*host has 2\.28"):
        refuse_old_libc([_bundle(minimum="2.36")], parse_probe(PROBE))
    refuse_old_libc([_bundle(minimum="2.28")], parse_probe(PROBE))


def test_a_host_is_bootstrapped_from_a_bundle_that_can_run_the_engine() -> None:
    default = _bundle("python27", version="2.7.18", engine=False)
    older, newer = _bundle("a", version="3.9.18"), _bundle("b", version="3.13.0")
    assert DeclaredState(declaration={}, bundles=(default, older, newer)).engine_bundle == newer
    assert DeclaredState(declaration={}, bundles=(older, newer)).engine_bundle == older
    assert DeclaredState(declaration={}, bundles=(default,)).engine_bundle is None


def test_a_virtualenv_stands_on_the_bundle_that_the_host_has_now() -> None:
    info = {
        "generation": 2,
        "generations": [{"number": 1, "bundles": {"python": "old"}}, {"number": 2, "bundles": {"python": "new", "py2": "two"}}],
        "bundles": [{"id": "old"}, {"id": "new"}, {"id": "two"}],
    }
    assert installed_bundle(info, None) == {"id": "new"}
    assert installed_bundle(info, "py2") == {"id": "two"}
    with pytest.raises(HermeticError, match="py2, python"):
        installed_bundle(info, "gone")


def test_a_host_without_generation_has_no_bundle_to_stand_on() -> None:
    with pytest.raises(HermeticError, match="there are: none"):
        installed_bundle({"generation": None, "generations": [], "bundles": []}, None)


def test_a_task_of_a_roll_out_goes_before_a_staged_one() -> None:
    assert "rollout" not in _request()
    assert _request(rollout="staged")["rollout"] == "staged"
    assert _request(rollout="staged", options={"rollout": "october"})["rollout"] == "october"
    assert parse_request(_request(rollout="staged")).rollout == "staged"
    with pytest.raises(HermeticError, match="The roll-out is"):
        _request(rollout="Not a name")
