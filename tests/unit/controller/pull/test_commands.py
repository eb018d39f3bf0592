# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program of Ansible a run starts, with which variables, and how long a host waits."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.commands import command, own_delay, variables
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.settings import Settings, parse_settings, settings_text

TREE, PLACE = Path("/opt/infra-pull/environments/pull-1"), Path("/var/lib/hermetic-pull")
GIT: dict[str, Any] = {"kind": "git", "url": "ssh://g.example.com/f", "version": "main", "verify_commit": True, "key_file": "/k"}
ARCHIVE: dict[str, Any] = {"kind": "archive", "url": "/a", "public_key": "/k", "sha256": "", "ca_path": ""}


def settings(**changed: Any) -> Settings:
    given: dict[str, Any] = {
        "host": "web01",
        "source": GIT,
        "playbook": "local.yml",
        "inventory": "",
        "collections": "/c",
        "time_limit": 60,
    }
    given |= {"delay": 600, "vault_password_file": ""}
    given["report"] = {"directory": "/r", "url": "", "credentials_file": "", "ca_path": ""}
    return parse_settings(settings_text({**given, **changed}))


def made(base: dict[str, str] | None = None, **changed: Any) -> dict[str, str]:
    places = {"environment": TREE, "checkout": PLACE / "checkout", "home": PLACE / "home", "reports": PLACE / "report"}
    return variables(settings(**changed), **places, base=base or {})


def test_a_repository_is_for_ansible_pull_of_the_tree_itself() -> None:
    given = command(settings(), environment=TREE, checkout=PLACE / "checkout")
    assert given[:3] == [f"{TREE}/bin/python", "-I", f"{TREE}/bin/ansible-pull"]
    pairs = dict(itertools.pairwise(given))
    assert (pairs["--url"], pairs["--checkout"], pairs["--private-key"]) == ("ssh://g.example.com/f", "main", "/k")
    assert (pairs["--directory"], pairs["--limit"], given[-1]) == (f"{PLACE}/checkout", "web01", "local.yml")
    assert "--verify-commit" in given
    plain = command(settings(source={**GIT, "version": "", "verify_commit": False, "key_file": ""}), environment=TREE, checkout=PLACE)
    assert not {"--verify-commit", "--checkout", "--private-key"} & set(plain)


def test_an_archive_is_played_where_it_was_unpacked() -> None:
    given = command(settings(source=ARCHIVE), environment=TREE, checkout=PLACE / "tree")
    assert given[2] == f"{TREE}/bin/ansible-playbook"
    assert given[-1] == f"{PLACE}/tree/local.yml"


def test_a_run_has_few_variables_of_those_that_it_was_started_with() -> None:
    given = made({"PATH": "/usr/bin", "ANSIBLE_CONFIG": "/x", "PYTHONPATH": "/x", "HOME": "/root", "https_proxy": "http://p"})
    assert given["PATH"] == f"{TREE}/bin:/usr/bin"
    assert given["https_proxy"] == "http://p"
    assert (given["HOME"], given["ANSIBLE_INVENTORY"]) == (f"{PLACE}/home", f"{PLACE}/home/inventory.json")
    assert not {"ANSIBLE_CONFIG", "PYTHONPATH"} & set(given)
    assert made(inventory="inventories/prod", vault_password_file="/v") == {
        **made(),
        "ANSIBLE_INVENTORY": f"{PLACE}/checkout/inventories/prod",
        "ANSIBLE_VAULT_PASSWORD_FILE": "/v",
    }


@pytest.mark.parametrize(("base", "expected"), [({}, "C.UTF-8"), ({"LANG": "de_DE.UTF-8"}, None), ({"LC_ALL": "C"}, "C.UTF-8")])
def test_a_run_has_a_locale_that_ansible_takes(base: dict[str, str], expected: str | None) -> None:
    assert made(base).get("LC_ALL") == expected


def test_the_delay_of_a_host_is_its_own_and_hosts_are_spread_evenly() -> None:
    assert own_delay(settings()) == own_delay(settings())
    assert own_delay(settings(delay=0)) == 0
    found = [own_delay(settings(host=f"web{number}")) for number in range(2000)]
    assert min(found) >= 0 and max(found) < 600
    # Two hundred are expected in each minute; six standard deviations are eighty.
    assert all(120 < sum(each // 60 == minute for each in found) < 280 for minute in range(10))
