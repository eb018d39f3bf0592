# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a host that pulls: what is refused, all of it at once, and nothing that a shell would read as more than a word."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.settings import (
    ArchiveSource,
    GitSource,
    PublishedSource,
    parse_settings,
    settings_text,
)

GIT: dict[str, Any] = {"kind": "git", "url": "https://git.example.com/fleet.git", "version": "", "verify_commit": False, "key_file": ""}
ARCHIVE: dict[str, Any] = {"kind": "archive", "url": "https://p.example.com/fleet.tar.gz", "public_key": "/k", "sha256": "", "ca_path": ""}
PUBLISHED: dict[str, Any] = {
    "kind": "published",
    "repository": "https://p.example.com/r",
    "name": "fleet",
    "public_key": "/k",
    "ca_path": "",
}
REPORT: dict[str, Any] = {"directory": "/srv/reports", "url": "", "credentials_file": "", "ca_path": ""}
GOOD: dict[str, Any] = {
    "host": "web01.example.com",
    "source": GIT,
    "playbook": "local.yml",
    "inventory": "inventories/prod",
    "collections": "/var/lib/hermetic-pull/collections/1",
    "time_limit": 1800,
    "delay": 1800,
    "vault_password_file": "",
    "report": REPORT,
}


def problems(**changed: Any) -> str:
    with pytest.raises(HermeticError) as raised:
        parse_settings(settings_text({**GOOD, **changed}))
    return str(raised.value)


def test_settings_are_read_as_they_were_written() -> None:
    settings = parse_settings(settings_text(GOOD))
    assert (settings.host, settings.time_limit, settings.report.directory) == ("web01.example.com", 1800, "/srv/reports")
    assert settings.source == GitSource("https://git.example.com/fleet.git", version="", verify_commit=False, key_file="")
    archive = parse_settings(settings_text({**GOOD, "source": ARCHIVE}))
    assert isinstance(archive.source, ArchiveSource) and archive.source.public_key == "/k"
    published = parse_settings(settings_text({**GOOD, "source": PUBLISHED}))
    assert published.source == PublishedSource("https://p.example.com/r", name="fleet", public_key="/k", ca_path="")


@pytest.mark.parametrize(
    "url", ["git@git.example.com:fleet.git", "ssh://git@git.example.com/fleet.git", "file:///srv/fleet", "/srv/fleet.git"]
)
def test_the_ways_to_write_a_repository_are_known(url: str) -> None:
    source = parse_settings(settings_text({**GOOD, "source": {**GIT, "url": url}})).source
    assert isinstance(source, GitSource) and source.url == url


@pytest.mark.parametrize("word", ['a"b', "a b", "$(id)", "`id`", "a;b", "a\nb", "", "-x", "a'b"])
def test_nothing_that_a_shell_reads_as_more_than_a_word_gets_through(word: str) -> None:
    for changed in ({"host": word}, {"playbook": word}, {"source": {**GIT, "url": word}}):
        problems(**changed)
    if word not in ("", "-x"):
        for changed in ({"inventory": word}, {"source": {**GIT, "version": word}}, {"source": {**GIT, "key_file": f"/{word}"}}):
            problems(**changed)
    if word == "-x":
        problems(inventory=word)
        problems(source={**GIT, "version": word})


@pytest.mark.parametrize("path", ["/etc/passwd", "../local.yml", "a/../../b", "~/x"])
def test_what_is_played_is_in_the_source(path: str) -> None:
    problems(playbook=path)
    problems(inventory=path)


@pytest.mark.parametrize("host", ["all", "web01", "a_b-c.d"])
def test_a_host_is_one_name(host: str) -> None:
    assert parse_settings(settings_text({**GOOD, "host": host})).host == host


@pytest.mark.parametrize("host", ["web*", "a,b", "a:b", "!a", "@file", "~a", ".hidden", "../up", "a" * 201, "ä", 7, None])
def test_a_host_is_no_pattern_and_no_path(host: Any) -> None:
    problems(host=host)


def test_secrets_in_addresses_are_refused_and_not_shown() -> None:
    secret = "hunter2secret"
    for changed in (
        {"source": {**GIT, "url": f"https://me:{secret}@git.example.com/fleet.git"}},
        {"source": {**GIT, "url": f"https://{secret}@git.example.com/fleet.git"}},
        {"source": {**ARCHIVE, "url": f"https://me:{secret}@p.example.com/fleet.tar.gz"}},
        {"report": {**REPORT, "url": f"https://me:{secret}@p.example.com/"}},
    ):
        found = problems(**changed)
        assert "credentials" in found and secret not in found


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"report": {**REPORT, "directory": ""}}, "seen by nobody"),
        ({"report": {**REPORT, "url": "http://r.example.com/", "credentials_file": "/c"}}, "expected https"),
        ({"report": {**REPORT, "url": "https://r.example.com/pulled"}}, "ends with '/'"),
        ({"report": {**REPORT, "url": "ftp://r.example.com/"}}, "http or https"),
        ({"source": {**ARCHIVE, "public_key": ""}}, "needs a public_key"),
        ({"source": {**ARCHIVE, "sha256": "abc"}}, "expected a SHA-256"),
        ({"source": {"kind": "svn"}}, "expected git, archive, published"),
        ({"source": {"kind": ["git"]}}, "expected git, archive, published"),
        ({"source": {**PUBLISHED, "public_key": ""}}, "expected an absolute path"),
        ({"source": {**PUBLISHED, "repository": "ftp://p.example.com/"}}, "http or https URL"),
        ({"source": {**PUBLISHED, "repository": "https://me:secret@p.example.com/"}}, "has credentials in it"),
        ({"source": {**PUBLISHED, "name": "../fleet"}}, "expected the name of a published file"),
        ({"source": {**PUBLISHED, "sha256": ""}}, "'sha256' is unknown"),
        ({"source": 3}, "expected a mapping"),
        ({"time_limit": 0}, "from 1 to 86400"),
        ({"delay": True}, "from 0 to 86400"),
        ({"more": 1}, "'more' is unknown"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_is_expected(changed: dict[str, Any], words: str) -> None:
    assert words in problems(**changed)


def test_all_problems_are_reported_at_once() -> None:
    found = problems(host="a b", playbook="/x", time_limit=-1, report={**REPORT, "directory": "relative"})
    for word in ("host is", "playbook is", "time_limit is", "directory is"):
        assert word in found


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}', '{"format": true}', "null", b"\xff"])
def test_what_is_no_settings_is_refused(text: str | bytes) -> None:
    with pytest.raises(HermeticError, match=r"hermetic\.python\.pull"):
        parse_settings(text)
