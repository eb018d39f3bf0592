# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package sources: what pip's configuration means, and what the pages of simple indexes say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.locks import package_sources
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.package_sources import configured_sources
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.simple_index import parse_html, parse_json
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from supply_samples import LINUX

A = "a" * 64


@pytest.fixture
def pip_says(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    values: dict[str, str] = {}
    monkeypatch.setattr(package_sources, "pip_configuration", lambda: dict(values))
    monkeypatch.setattr(package_sources, "built_in_index", lambda cache: "https://default.example.com/simple")
    return values


def cache(tmp_path: Path) -> ControllerCache:
    return ControllerCache.at(tmp_path / "cache")


def test_pips_configuration_is_taken_with_its_credentials_kept_apart(tmp_path: Path, pip_says: dict[str, str]) -> None:
    pip_says |= {
        "index-url": "https://me:s%40cret@index.example.com/simple",
        "extra-index-url": "https://more.example.com:8443/simple https://more.example.com:8443/simple",
        "find-links": f"{tmp_path}/gone {tmp_path}",
        "trusted-host": "more.example.com",
        "cert": "/etc/ca.pem",
        "timeout": "7",
    }
    found = configured_sources({}, cache=cache(tmp_path))
    assert found.index_urls == ("https://index.example.com/simple", "https://more.example.com:8443/simple")
    assert found.credentials == {"index.example.com": {"username": "me", "password": "s@cret"}}
    assert (found.find_links, found.trusted_hosts, found.ca_path, found.timeout) == (
        (str(tmp_path),),
        ("more.example.com",),
        "/etc/ca.pem",
        7.0,
    )
    assert found.warnings == (f"Package source {tmp_path}/gone is ignored: there is no such file or directory",)
    assert "cret" not in repr(found)
    assert not any("cret" in file.read_text() for file in (tmp_path / "cache").rglob("*") if file.is_file())


def test_pips_own_default_is_the_last_resort_and_no_index_means_none(tmp_path: Path, pip_says: dict[str, str]) -> None:
    assert configured_sources({}, cache=cache(tmp_path)).index_urls == ("https://default.example.com/simple",)
    pip_says["no-index"] = "true"
    assert configured_sources({}, cache=ControllerCache.at(tmp_path / "other")).index_urls == ()


def test_options_replace_what_pip_says(tmp_path: Path, pip_says: dict[str, str]) -> None:
    pip_says |= {"extra-index-url": "https://more.example.com/simple"}
    options = {"index_url": "https://mine.example.com/simple", "extra_index_urls": ["https://two.example.com/simple"], "find_links": []}
    found = configured_sources(options, cache=cache(tmp_path))
    assert found.index_urls == ("https://mine.example.com/simple", "https://two.example.com/simple")


def test_without_pip_the_option_is_asked_for_when_an_index_is_needed(
    tmp_path: Path, pip_says: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_pip(cache: ControllerCache) -> str:
        raise HermeticError("pip cannot be asked: No module named pip")

    monkeypatch.setattr(package_sources, "built_in_index", without_pip)
    supply = Supply.from_options({"cache": tmp_path / "cache"})
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"pkg==1.0 --hash=sha256:{A}\n")
    with pytest.raises(HermeticError, match="No module named pip; set the option index_url"):
        supply.select(supply.lock(lock), LINUX)


def test_a_json_page() -> None:
    page = {
        "meta": {"api-version": "1.3"},
        "files": [
            {
                "filename": "a-1-py3-none-any.whl",
                "url": "../../f/a-1-py3-none-any.whl",
                "hashes": {"sha256": A.upper()},
                "size": 5,
                "requires-python": ">=3",
                "yanked": False,
            },
            {
                "filename": "a-2-py3-none-any.whl",
                "url": "https://u:p@files.example.com/a-2-py3-none-any.whl",
                "hashes": {},
                "yanked": "bad",
            },
        ],
    }
    one, two = parse_json(json.dumps(page).encode(), base="https://example.com/simple/a/")
    assert (one.url, one.sha256, one.size, one.requires_python, one.yanked) == (
        "https://example.com/f/a-1-py3-none-any.whl",
        A,
        5,
        ">=3",
        None,
    )
    assert (two.url, two.sha256, two.yanked) == ("https://files.example.com/a-2-py3-none-any.whl", None, "bad")


@pytest.mark.parametrize("content", [b"{}", b"[]", b"no json", b'{"meta": {"api-version": "2.0"}, "files": []}'])
def test_a_page_that_is_none_is_an_error(content: bytes) -> None:
    with pytest.raises(HermeticError, match=r"https://example.com/simple/a/"):
        parse_json(content, base="https://example.com/simple/a/")


def test_an_html_page() -> None:
    text = (
        f'<html><head><base href="https://cdn.example.com/x/"></head><a href="a%2B1-1-py3-none-any.whl#sha256={A}" '
        'data-requires-python="&gt;=3.8" data-yanked>a</a><a href="readme.txt">no</a><a>none</a>'
    )
    [file] = parse_html(text, base="https://example.com/simple/a/")
    assert (file.filename, file.sha256, file.requires_python, file.yanked) == ("a+1-1-py3-none-any.whl", A, ">=3.8", "")
    assert file.url == "https://cdn.example.com/x/a%2B1-1-py3-none-any.whl"
