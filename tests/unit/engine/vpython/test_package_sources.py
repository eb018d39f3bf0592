# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.package_sources import package_sources


def test_variables_count_more_than_the_host_and_that_more_than_pip(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex_url = https://pip.invalid\n[install]\nextra-index-url =\n  https://a.invalid\n  https://b.invalid\n"
    )
    environment = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)}
    assert package_sources("", environment).indexes == ("https://pip.invalid", "https://a.invalid", "https://b.invalid")
    environment["PIP_INDEX_URL"] = "https://variable.invalid"
    assert package_sources("", environment).indexes[0] == "https://variable.invalid"
    (tmp_path / "state" / "vpython.json").write_text(json.dumps({"format": 1, "indexes": ["https://host.invalid"], "repositories": ["/r"]}))
    found = package_sources(str(tmp_path), environment)
    assert (found.indexes, found.repositories) == (("https://host.invalid",), ("/r",))
    environment["HERMETIC_VPYTHON_INDEX"] = "https://one.invalid https://two.invalid"
    assert package_sources(str(tmp_path), environment).indexes == ("https://one.invalid", "https://two.invalid")


def test_the_files_of_pip_count_as_they_do_for_pip(tmp_path: Path) -> None:
    system, user = tmp_path / "pip" / "pip.conf", tmp_path / ".config" / "pip" / "pip.conf"
    for file in (system, user):
        file.parent.mkdir(parents=True)
    # The section of a command wins over [global], whichever file has it.
    system.write_text("[install]\nindex-url = https://section.invalid\n")
    user.write_text("[global]\nindex-url = https://user.invalid\nextra-index-url = https://more.invalid\n")
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)}
    assert package_sources("", environment).indexes == ("https://section.invalid", "https://more.invalid")
    # A file that a variable names takes the place of the user's.
    (tmp_path / "named.conf").write_text("")
    named = {**environment, "PIP_CONFIG_FILE": str(tmp_path / "named.conf")}
    assert package_sources("", named).indexes == ("https://section.invalid",)
    assert package_sources("", {**named, "PIP_NO_INDEX": "1"}).indexes == ()


def test_pip_may_be_without_files() -> None:
    assert package_sources("", {"PIP_CONFIG_FILE": os.devnull}).indexes == ()


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 2}', '{"format": 1, "indexes": "x"}', '{"format": 1, "indexes": [1]}', "{"])
def test_a_file_of_the_host_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "vpython.json").write_text(text)
    with pytest.raises(HermeticError, match=r"vpython\.json"):
        package_sources(str(tmp_path), {"PIP_CONFIG_FILE": os.devnull})


def test_credentials_are_for_configured_hosts_and_are_not_shown(tmp_path: Path) -> None:
    netrc = "machine x.invalid login me password secret\nmachine y.invalid login me password secret\ndefault login me password secret\n"
    (tmp_path / ".netrc").write_text(netrc)
    (tmp_path / ".netrc").chmod(0o600)
    environment = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "HERMETIC_VPYTHON_INDEX": "https://x.invalid/simple"}
    found = package_sources("", environment)
    assert found.credentials == {"x.invalid": {"username": "me", "password": "secret"}}
    assert "secret" not in repr(found)
    # A lock can name any address.
    assert [found.may_ask(f"{address}/x.whl") for address in ("https://x.invalid", "http://x.invalid", "http://y.invalid", "/x")] == [
        True,
        False,
        True,
        True,
    ]
    plain = package_sources("", {**environment, "HERMETIC_VPYTHON_INDEX": "http://x.invalid/simple"})
    assert plain.may_ask("http://x.invalid/x.whl")


def test_a_broken_file_of_pip_is_said_without_its_text(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("secret\n")
    with pytest.raises(HermeticError) as caught:
        package_sources("", {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)})
    assert "secret" not in str(caught.value)


def test_windows_has_files_of_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    for directory, index in (
        ("program data", "https://all.invalid"),
        ("roaming", "https://roaming.invalid"),
        ("profile", "https://user.invalid"),
    ):
        (tmp_path / directory / "pip").mkdir(parents=True)
        (tmp_path / directory / "pip" / "pip.ini").write_text(f"[global]\nindex-url = {index}\n")
    (tmp_path / "profile" / "_netrc").write_text("machine user.invalid login me password secret\n")
    (tmp_path / "profile" / "_netrc").chmod(0o600)
    environment = {"PROGRAMDATA": str(tmp_path / "program data"), "HOME": "/nowhere"}
    assert package_sources("", environment).indexes == ("https://all.invalid",)
    environment["USERPROFILE"] = str(tmp_path / "profile")
    found = package_sources("", environment)
    assert (found.indexes, list(found.credentials)) == (("https://user.invalid",), ["user.invalid"])
    # What pip calls legacy counts less than what it writes today.
    environment["APPDATA"] = str(tmp_path / "roaming")
    assert package_sources("", environment).indexes == ("https://roaming.invalid",)
