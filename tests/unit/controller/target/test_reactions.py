# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers and services react to what changed and to nothing else, and names that cannot be meant are refused before a change."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hermetic.python.plugins.filter.reactions import reactions
from ansible_collections.hermetic.python.plugins.filter.without_reactions import without_reactions
from ansible_collections.hermetic.python.plugins.plugin_utils.target.merged_declarations import merged

WEB: dict[str, Any] = {"name": "web", "lock": "web.txt", "notify": ["Restart web", "Tell"], "restart": ["web"]}
JOBS: dict[str, Any] = {"name": "jobs", "lock": "jobs.txt", "notify": "Tell", "restart": ["jobs", "web"]}
PLAIN: dict[str, Any] = {"name": "plain", "lock": "plain.txt"}
PYTHON = {"channel": "stable", "restart": "agent"}
DECLARED = [WEB, JOBS, PLAIN]


def result(*names: str, **more: Any) -> dict[str, Any]:
    return {"changed_bundles": {}, "changed_virtualenvs": {name: {} for name in names}, **more}


@pytest.mark.parametrize(
    ("found", "notify", "restart"),
    [
        (result(), [], []),
        (result("plain"), [], []),
        (result("web"), ["Restart web", "Tell"], ["web"]),
        (result("jobs"), ["Tell"], ["jobs", "web"]),
        # In the order of the declarations, whatever the order of the result, and each once.
        (result("jobs", "web"), ["Restart web", "Tell"], ["web", "jobs"]),
        (result("nobody declared it"), [], []),
        (result(changed_bundles={"python": {}}), [], ["agent"]),
        ({"results": [result("jobs"), result(), {"skipped": True}]}, ["Tell"], ["jobs", "web"]),
        ({"failed": True, "msg": "no"}, [], []),
    ],
)
def test_what_changed_names_whom_to_notify(found: dict[str, Any], notify: list[str], restart: list[str]) -> None:
    assert reactions(found, [PYTHON], DECLARED) == {"notify": notify, "restart": restart}


def test_modules_are_given_declarations_without_reactions() -> None:
    assert without_reactions(DECLARED) == [{"name": each["name"], "lock": each["lock"]} for each in DECLARED]
    assert WEB["notify"] == ["Restart web", "Tell"]


def test_a_play_without_the_handlers_is_refused_with_their_names() -> None:
    with pytest.raises(AnsibleFilterError, match=r"'Restart web', 'Tell'.*system_bundle_notify=false"):
        without_reactions(DECLARED, handlers=False)
    # Services are restarted by the role itself.
    assert without_reactions([PLAIN, {**PLAIN, "restart": ["web"]}], handlers=False) == [PLAIN, PLAIN]


@pytest.mark.parametrize("bad", ["*", "web*", "-H root@other", "a'b", "a;b", "", " ", "a\nb", "[a-z]", "x" * 300, 1, None, ["web"], "a$b"])
def test_a_service_has_the_name_of_one_service(bad: object) -> None:
    with pytest.raises(AnsibleFilterError, match="web: restart has"):
        without_reactions([{**WEB, "restart": ["web", bad]}])


@pytest.mark.parametrize("good", ["web", "web.service", "web@1.service", "dev-disk\\x2dby.mount", "My Service", "Tomcat9", "_a", "a:b"])
def test_names_of_services_of_every_system_are_taken(good: str) -> None:
    assert without_reactions([{**PLAIN, "restart": [good]}]) == [PLAIN]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        without_reactions([{**WEB, "notify": {"a": 1}}, {**JOBS, "notify": [""], "restart": ["*"]}])
    assert [part in str(raised.value) for part in ("web: notify is", "jobs: notify has ''", "jobs: restart has '*'")] == [True] * 3
    with pytest.raises(AnsibleFilterError, match="list of declarations"):
        without_reactions("web")
    with pytest.raises(AnsibleFilterError, match="registered result"):
        reactions([])


def test_the_reactions_of_several_groups_to_one_name_are_united() -> None:
    plain = {**WEB, "notify": None, "restart": []}
    other = {"name": "web", "lock": "web.txt", "notify": "Reload proxy", "restart": ["web", "proxy"]}
    declared = {"v": [WEB], "v_plain": [plain], "v_proxy": [other, PLAIN]}
    assert merged(declared, "virtualenvs") == [
        {**WEB, "notify": ["Restart web", "Tell", "Reload proxy"], "restart": ["web", "proxy"]},
        PLAIN,
    ]
    assert WEB["notify"] == ["Restart web", "Tell"]


def test_where_reactions_are_wrong_is_said_before_declarations_are_merged() -> None:
    with pytest.raises(Exception, match=r"v\[0\]: restart has '\*'") as raised:
        merged({"v": [{**WEB, "restart": "*"}], "w": [{**JOBS, "notify": 5}]}, "virtualenvs")
    assert "w[0]: notify is 5" in str(raised.value)
