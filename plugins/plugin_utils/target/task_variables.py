# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the variables of a task say of its host, and of the other hosts of its play. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLATFORM = "hermetic_platform"
"""Names the platform of a host in the inventory."""


def expected_platform(variables: Mapping[str, Any], *, delegate_to: str | None) -> str | None:
    """Return what the inventory says of the platform of the host that the task runs on."""
    host = variables["ansible_delegated_vars"][delegate_to] if delegate_to else variables
    return str(host[PLATFORM]) if host.get(PLATFORM) else None


def platforms_of_play(variables: Mapping[str, Any]) -> list[str]:
    """Return the platforms that the inventory names for the hosts of the play."""
    hostvars = variables.get("hostvars") or {}
    named = [hostvars[host].get(PLATFORM) for host in variables.get("ansible_play_hosts_all") or [] if host in hostvars]
    return list(dict.fromkeys(str(name) for name in named if name))


def host_name(variables: Mapping[str, Any], *, delegate_to: str | None) -> str:
    """Return the name of the host that the task runs on."""
    return str(delegate_to or variables.get("inventory_hostname") or "")
