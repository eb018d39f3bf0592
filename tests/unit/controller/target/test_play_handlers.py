# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are notified are looked for as Ansible does: names, names of roles before them, and topics."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.play_handlers import PlayHandlers, handlers_of, missing_handlers


@dataclass
class Sample:
    """A handler as Ansible has it."""

    name: str | None
    listen: list[str] = field(default_factory=list)
    role: str | None = None

    def get_name(self, include_role_fqcn: bool = True) -> str:
        role = self.role if self.role is None or include_role_fqcn else self.role.rpartition(".")[2]
        return f"{role} : {self.name}" if role is not None else str(self.name)


def resolved(name: str) -> str | None:
    return None if "later" in name else name.replace("{{ service }}", "nginx")


FOUND = handlers_of(
    [
        Sample("Reload proxy"),
        Sample("Restart {{ service }}", ["web tier"]),
        Sample("Restart it", ["fqcn.of.role : topic", "role : topic", "topic"], role="fqcn.of.role"),
        Sample(None, ["unnamed listens"]),
    ],
    resolved,
)


@pytest.mark.parametrize(
    "name",
    [
        *("Reload proxy", "Restart nginx", "web tier", "unnamed listens"),
        *("Restart it", "role : Restart it", "fqcn.of.role : Restart it", "topic", "role : topic"),
    ],
)
def test_a_handler_is_found_by_every_name_that_ansible_takes(name: str) -> None:
    assert missing_handlers(FOUND, virtualenvs=[{"name": "web", "notify": name}]) == []


@pytest.mark.parametrize("name", ["reload proxy", "Reload proxy ", "Restart {{ service }}", "other : Restart it", "proxy", "None"])
def test_nothing_else_is_a_handler(name: str) -> None:
    assert len(missing_handlers(FOUND, virtualenvs=[{"name": "web", "notify": name}])) == 1


def test_every_missing_name_is_said_with_its_declaration_and_what_may_be_meant() -> None:
    found = missing_handlers(
        FOUND,
        bundles=[{"notify": ["Relaod proxy", "Reload proxy"]}],
        virtualenvs=[
            {"name": "web", "notify": ["WEB TIER", "elsewhere"]},
            {"name": "plain", "restart": ["web"]},
            {"name": "n", "notify": None},
        ],
    )
    assert found == [
        "the bundle 'python' notifies 'Relaod proxy'; the play has 'Reload proxy'",
        "the VirtualEnv 'web' notifies 'WEB TIER'; the play has 'web tier'",
        "the VirtualEnv 'web' notifies 'elsewhere'",
    ]


def test_a_name_that_cannot_be_resolved_yet_is_kept_apart() -> None:
    found = handlers_of([Sample("Restart {{ later }}"), Sample("{{ later }}", ["topic"])], resolved)
    assert found == PlayHandlers(frozenset({"topic"}), unresolved=("Restart {{ later }}", "{{ later }}"))
    assert found.plain == ("topic",)
