# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body that all target modules share: unpack the request, let the engine carry it out, exit with its result."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .hermetic.command import run
from .hermetic.durable import remove_tree
from .hermetic.envelope import unpack
from .hermetic.errors import HermeticError

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def answer(module: AnsibleModule) -> None:
    """Carry out the request that the action plugin packed, and exit."""
    packed = module.params["_request"]
    if not packed:
        module.fail_json(
            msg="This module takes its request from the action plugin of the same name, which did not run. "
            "Call it by its full name, hermetic.python.<module>, with the whole collection installed on the controller."
        )
    try:
        parcel = unpack(packed)
    except HermeticError as error:
        module.fail_json(msg=error.message)
    document, credentials = parcel["request"], parcel["credentials"]
    module.no_log_values.update(str(entry["password"]) for entry in credentials.values() if entry.get("password"))
    document["check"] = bool(module.check_mode or document.get("check"))
    try:
        result = run({**document, "credentials": credentials})
    finally:
        _discard(parcel["discard"])
    for warning in result.pop("warnings", []):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**{**parcel.get("told", {}), **result})


def _discard(places: list[str]) -> None:
    """Remove the temporary directories of a bootstrap, from one of which this may be running."""
    for place in map(Path, places):
        if place.name.startswith(".bootstrap-"):
            remove_tree(place)
