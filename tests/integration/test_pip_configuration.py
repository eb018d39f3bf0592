# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pip on the controller is configured with: an empty value is no value, so that no private name goes to the public index."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.locks import pip_configuration as subject
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.package_sources import PackageSources, configured_sources
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.pip_configuration import pip_configuration
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache

PRIVATE = "https://private.example/simple"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Return the files of the system and of the user that pip reads here, and of no other user."""
    for name in os.environ:
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    found = {name: tmp_path / name / "pip" / "pip.conf" for name in ("system", "user")}
    for path in found.values():
        path.parent.mkdir(parents=True)
    return {**found, "named": tmp_path / "named.conf"}


def _sources(tmp_path: Path, **options: object) -> PackageSources:
    return configured_sources(options, cache=ControllerCache.at(tmp_path / "cache"))


def test_an_empty_variable_hides_no_file(tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    links, more = tmp_path / "links", tmp_path / "more"
    links.mkdir()
    more.mkdir()
    (tmp_path / "ca.pem").touch()
    files["named"].write_text(
        f"[global]\nindex-url = {PRIVATE}\nextra-index-url = https://more.example/simple\nfind-links = {links}\n"
        f"cert = {tmp_path}/ca.pem\nproxy = http://proxy.example:3128\ntrusted-host = t.example\ntimeout = 7\nretries = 2\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(files["named"]))
    wanted = _sources(tmp_path)
    assert wanted.index_urls == (PRIVATE, "https://more.example/simple")
    for name in (
        "INDEX_URL",
        "EXTRA_INDEX_URL",
        "FIND_LINKS",
        "CERT",
        "PROXY",
        "TRUSTED_HOST",
        "TIMEOUT",
        "DEFAULT_TIMEOUT",
        "RETRIES",
        "NO_INDEX",
    ):
        monkeypatch.setenv(f"PIP_{name}", "" if len(name) % 2 else "  ")
    assert _sources(tmp_path) == wanted
    assert (wanted.find_links, wanted.ca_path, wanted.proxy) == ((str(links),), f"{tmp_path}/ca.pem", "http://proxy.example:3128")
    assert (wanted.trusted_hosts, wanted.timeout, wanted.retries) == (("t.example",), 7, 2)


def test_an_empty_section_hides_no_other(tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    files["named"].write_text(f"[global]\nindex-url = {PRIVATE}\nno-index =\n[install]\nindex-url =\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(files["named"]))
    assert _sources(tmp_path).index_urls == (PRIVATE,)


def test_an_empty_file_value_hides_no_other_file(tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several files, pip itself shows the last value only, and goes to the public index where that one is empty."""
    files["system"].write_text(f"[global]\nindex_url = {PRIVATE}\n[install]\nextra-index-url = https://more.example/simple\n")
    files["user"].write_text("[global]\nindex-url =\n[install]\nextra-index-url =\n")
    assert _sources(tmp_path).index_urls == (PRIVATE, "https://more.example/simple")
    files["named"].write_text("[global]\nindex-url =  \n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(files["named"]))
    assert _sources(tmp_path).index_urls[0] == PRIVATE


@pytest.mark.parametrize(
    "options", [{"index_url": ""}, {"index_url": "  "}, {"index_url": None, "extra_index_urls": [""], "find_links": ["", " "]}]
)
def test_an_empty_option_hides_no_configuration(tmp_path: Path, files: dict[str, Path], options: dict[str, object]) -> None:
    files["user"].write_text(f"[global]\nindex-url = {PRIVATE}\n")
    found = _sources(tmp_path, **options)
    assert (found.index_urls, found.find_links, found.warnings) == ((PRIVATE,), (), ())


# What pip prints, for people; so only tests read it.
ENTRY = re.compile(r"^(?P<section>:env:|[a-z]+)\.(?P<name>[a-z-]+)=(?P<value>['\"].*['\"])$")
LAYERS = {
    "system": "[global]\nindex-url = https://system.example/simple\ntimeout = 3\n[wheel]\nindex-url = https://not-this.example\n",
    "legacy": "[global]\nindex_url = https://legacy.example/simple\nretries = 1\n",
    "user": "[global]\n--index-url = https://user.example/simple\nfind-links =\n    /a\n    /b\n[install]\ntimeout: 5\n",
    "named": "[install]\nINDEX_URL = https://named.example/simple?a=%20b\nproxy = 'quoted'\n",
}


def asked_of_pip() -> dict[str, str]:
    done = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in done.stdout.splitlines():
        if (match := ENTRY.match(line)) and match["section"] in found:
            found[match["section"]][match["name"]] = ast.literal_eval(match["value"])
    return {name: value for values in found.values() for name, value in values.items()}


@pytest.mark.parametrize("named", [None, "is there", "is not there", os.devnull])
@pytest.mark.parametrize("present", [("system",), ("legacy", "user"), ("system", "legacy", "user")])
def test_files_and_variables_say_what_pip_makes_of_them(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, named: str | None, present: tuple[str, ...]
) -> None:
    files["legacy"] = tmp_path / "home" / ".pip" / "pip.conf"
    files["legacy"].parent.mkdir(parents=True)
    for layer in present:
        files[layer].write_text(LAYERS[layer])
    if named is not None:
        monkeypatch.setenv("PIP_CONFIG_FILE", named if named == os.devnull else str(files["named"]))
    if named == "is there":
        files["named"].write_text(LAYERS["named"])
    assert pip_configuration() == asked_of_pip()
    monkeypatch.setenv("PIP_Trusted_HOST", "t.example")
    monkeypatch.setenv("PIP_RETRIES", "9")
    assert pip_configuration() == asked_of_pip()
    assert pip_configuration()["retries"] == "9"


def test_a_file_that_pip_cannot_read_lets_no_private_name_go_to_the_built_in_index(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    files["user"].write_text("index-url = https://me:s3cret@private.example/simple\n")
    found = _sources(tmp_path)
    assert found.index_urls == ()
    assert found.unknown is not None
    assert f"{files['user']} cannot be read, line 1" in found.unknown
    assert "s3cret" not in found.unknown
    monkeypatch.setenv("PIP_INDEX_URL", PRIVATE)
    assert (_sources(tmp_path).index_urls, _sources(tmp_path).unknown) == ((PRIVATE,), None)
    files["user"].write_bytes(b"[global]\nindex-url = https://\xff\xfe.example\n")
    monkeypatch.delenv("PIP_INDEX_URL")
    assert f"{files['user']} is not text" in str(_sources(tmp_path).unknown)


def test_a_change_of_a_file_counts_at_once_and_no_pip_runs_for_it(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    for index in (PRIVATE, "https://other.example/simple"):
        files["user"].write_text(f"[global]\nindex-url = {index}\n")
        assert _sources(tmp_path).index_urls == (index,)


def test_pip_is_not_asked_where_no_index_is_looked_into(tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    found = _sources(tmp_path)
    assert (found.find_links, found.trusted_hosts, found.configured_urls) == ((), (), ())
    with pytest.raises(TypeError):
        _ = found.index_urls


def test_the_built_in_index_is_asked_of_pip_once(tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    ask = subject._ask_pip

    def noted() -> Any:
        asked.append(1)
        return ask()

    monkeypatch.setattr(subject, "_ask_pip", noted)
    found = [_sources(tmp_path).index_urls for _ in range(2)]
    assert len(asked) == 1
    assert found[0] == found[1]
    assert found[0][0].startswith("https://")


def test_a_number_that_is_none_is_named(tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_RETRIES", "many")
    with pytest.raises(HermeticError, match="retries = 'many'"):
        _sources(tmp_path)


def test_a_configuration_with_a_secret_is_not_kept_on_disk(tmp_path: Path, files: dict[str, Path]) -> None:
    files["user"].write_text("[global]\nindex-url = https://h.example/simple?sig=s3cret\nproxy = user:s3cret@proxy.example:1\n")
    assert _sources(tmp_path).index_urls == ("https://h.example/simple?sig=s3cret",)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
