# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task asks of the report, checked before the play goes on: options, policy, and the reports that are to be merged."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ..model.policy import read_policy
from .event_log import SUFFIX
from .files import read_report
from .pulled_reports import pulled_problems
from .recording import make_places, today
from .settings import ARGUMENT_SPEC as SETTINGS_SPEC
from .settings import parse_settings

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **SETTINGS_SPEC,
    "merge": {"type": "list", "elements": "str", "default": []},
    "pulled": {"type": "list", "elements": "path", "default": []},
    "pulled_hours": {"type": "int", "default": 24},
    "pulled_expected": {"type": "list", "elements": "str", "default": []},
}


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with absolute paths and without globs; raises HermeticError with everything that is wrong."""
    problems: list[str] = []
    settings = None
    try:
        settings = parse_settings(options)
        make_places(settings)
        read_policy(settings.policy, today=today())
    except HermeticError as error:
        problems += error.problems or [error.message]
    merged: list[str] = []
    for pattern in options["merge"]:
        found = sorted(glob.glob(str(Path(pattern).expanduser().absolute())))
        if not found:
            problems.append(f"merge has {pattern!r}, and there is no such file")
        merged += found
    for path in merged:
        try:
            if not path.endswith(SUFFIX):
                read_report(Path(path))
        except HermeticError as error:
            problems.append(error.message)
    problems += pulled_problems(options["pulled"])
    if options["pulled"] and merged:
        problems.append("merge and pulled are both given; merge the reports of hosts first, and name the result in merge")
    if options["pulled_hours"] < 1:
        problems.append(f"pulled_hours is {options['pulled_hours']}; expected 1 or more")
    if problems or settings is None:
        raise HermeticError("The drift report cannot be made as it is asked for.", problems)
    paths = {"directory": settings.directory, "policy": settings.policy, "prometheus_file": settings.prometheus_file}
    return {
        **{name: options[name] for name in SETTINGS_SPEC},
        **{name: str(path) if path is not None else None for name, path in paths.items()},
        "merge": list(dict.fromkeys(merged)),
        "pulled": list(dict.fromkeys(os.path.abspath(each) for each in options["pulled"])),
        "pulled_hours": options["pulled_hours"],
        "pulled_expected": list(dict.fromkeys(options["pulled_expected"])),
    }
