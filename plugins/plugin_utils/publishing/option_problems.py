# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options of the module ``repository`` contradict each other; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ..repository.rollout_record import COMPLETED
from ..supply import download_problems


def refuse_unusable(options: Mapping[str, Any]) -> None:
    """Raise HermeticError with everything that contradicts itself in the options of a task."""
    problems = download_problems(options)
    if options["release"] and not options["channel"] and not options["locks"]:
        problems.append("release is given without a channel that is to name it; give channel as well")
    if options["channel"] and not options["release"] and not options["locks"]:
        problems.append("channel is given without the release that it is to name; give release as well")
    if (
        options["channel"]
        and options["rollout"]
        and not (options["rollout"].get("percent") or options["rollout"].get("state") == COMPLETED)
    ):
        problems.append(
            "channel is given with a roll-out that neither is completed, which moves it, nor has a percentage; give rollout.percent, or move the "
            "channel in another task"
        )
    if options["platforms"] and not options["locks"]:
        problems.append("platforms is given without locks; it says for which platforms the wheels of locks are mirrored")
    if options["generate_key"] and not options["private_key"]:
        problems.append("generate_key is given without private_key, the path that the key is to have")
    if options["prebuilt"] and not options["locks"]:
        problems.append("prebuilt is given without locks; it says that the wheels of locks are compiled here")
    names = [entry["name"] for entry in options["files"]]
    problems += [f"files names {name} twice; each name has one file" for name in sorted({name for name in names if names.count(name) > 1})]
    problems += [
        f"files names {entry['name']} without a path; give the file to publish, or state: absent"
        for entry in options["files"]
        if not entry.get("path") and entry.get("state") != "absent"
    ]
    if options["keep"] < 0:
        problems.append(f"keep is {options['keep']}; expected 0 or more")
    if options["state"] == "verified" and _publishes(options):
        problems.append("state=verified changes nothing; give archives, wheels, files and locks to a task with state=present")
    if options["state"] in ("signed", "discarded") and (_publishes(options) or options["channel"] or options["release"]):
        problems.append(
            f"state={options['state']} is about what is pending; give archives, wheels, files, locks, channel and release to a task with state=present"
        )
    if options["rollout"] and (options["pending"] or options["state"] in ("signed", "discarded")):
        problems.append("rollout is given with pending or a pending publication; what a roll-out records must be seen at once")
    if options["pending"] and options["state"] in ("verified", "signed", "discarded"):
        problems.append(f"pending is given with state={options['state']}; it is for tasks that publish, prune or refresh")
    if options["pending"] and options["signing"] == "index":
        problems.append("pending is given with signing=index, which has one key; only TUF metadata can be signed by several")
    if problems:
        raise HermeticError("The options of this task cannot be used; nothing was changed", problems)


def _publishes(options: Mapping[str, Any]) -> bool:
    return bool(options["archives"] or options["wheels"] or options["files"] or options["locks"])
