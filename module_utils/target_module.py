# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body that all target modules share: find the engine, unpack the request, let the one carry out the other, exit with the result."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .engine_of_task import EngineMissing, engine_of_bundle, engine_that_came
from .hermetic.errors import HermeticError
from .hermetic.model.envelope import unpack

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def answer(module: AnsibleModule) -> None:
    """Carry out the request that the action plugin packed, and exit."""
    packed, engine = module.params["_request"], module.params["_engine"]
    if not packed:
        module.fail_json(
            msg="This module takes its request from the action plugin of the same name, which did not run. "
            "Call it by its full name, hermetic.python.<module>, with the whole collection installed on the controller."
        )
    try:
        parcel = unpack(packed)
    except HermeticError as error:
        module.fail_json(msg=error.message)
    document: t.Any = parcel.get("request")
    credentials: t.Any = parcel.get("credentials")
    if (
        not isinstance(document, dict)
        or not isinstance(credentials, dict)
        or not all(isinstance(each, dict) for each in credentials.values())
    ):
        module.fail_json(msg="The module's parameter holds no request; it is written by the collection's action plugin only.")
    module.no_log_values.update(str(entry["password"]) for entry in credentials.values() if entry.get("password"))
    document["check"] = bool(module.check_mode or document.get("check"))
    try:
        run = engine_that_came(engine, directory=Path(module.tmpdir)) if engine else engine_of_bundle(str(parcel.get("engine")))
    except EngineMissing as error:
        module.fail_json(msg=f"The bundle that runs this lacks the engine of the task: {error}.", needs_engine=str(error))
    try:
        result = run("commands.dispatch").run({**document, "credentials": credentials})
    except Exception as error:
        if engine:
            raise
        # A run that is cut off leaves the host as it was, and the controller's engine begins again.
        module.fail_json(msg=f"The engine of the bundle failed: {error}", needs_engine=f"it failed with {type(error).__name__}: {error}")
    finally:
        _discard(parcel.get("discard") or [], run("fs.removal").remove_tree)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**{**parcel.get("additions", {}), **result})


def _discard(places: list[str], remove_tree: t.Callable[[Path], None]) -> None:
    """Remove the temporary directories of a bootstrap, from one of which this may be running."""
    for place in map(Path, places):
        if place.name.startswith(".bootstrap-"):
            remove_tree(place)
