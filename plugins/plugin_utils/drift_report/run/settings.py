# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report is to be: where, in which formats, by which policy; the same options for the callback, the module and the role."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ...missing_libraries import explain_import
from .files import FORMATS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
HISTORY = "history.sqlite"

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "name": {"type": "str", "default": "drift"},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
    "policy": {"type": "path"},
    "update": {"type": "bool", "default": True},
    "history": {"type": "bool", "default": True},
    "history_days": {"type": "int", "default": 400},
    "prometheus_file": {"type": "path"},
    "fail": {"type": "bool", "default": True},
    "show": {"type": "bool", "default": True},
}


@dataclass(frozen=True)
class Settings:
    """The options of one report, checked."""

    directory: Path
    name: str
    formats: tuple[str, ...]
    policy: Path | None
    update: bool
    """Whether what is known of hosts that a run does not ask stays in the report."""
    history: bool
    history_days: int
    prometheus_file: Path | None
    fail: bool
    """Whether the run ends with the exit status of the report."""
    show: bool


def parse_settings(options: Mapping[str, Any]) -> Settings:
    """Return the options of a report; raises HermeticError with everything that is wrong with them."""
    problems = []
    if not _NAME.fullmatch(str(options["name"])):
        problems.append(f"name is {options['name']!r}; expected letters, digits, '_' and '-', at most 64: it becomes the name of files")
    unknown = [name for name in options["formats"] if name not in FORMATS]
    if unknown:
        problems.append(f"formats has {', '.join(map(repr, unknown))}; known are {', '.join(FORMATS)}")
    if "prometheus" in options["formats"] and importlib.util.find_spec("prometheus_client") is None:
        # Known now, and not at the end of the run: the format's writer imports it as late as that.
        problems.append(explain_import("The format prometheus", ModuleNotFoundError("No module named 'prometheus_client'")))
    if int(options["history_days"]) < 1:
        problems.append(f"history_days is {options['history_days']}; expected 1 or more")
    if problems:
        raise HermeticError("The options of the drift report cannot be used.", problems)
    return Settings(
        directory=Path(str(options["directory"])).absolute(),
        name=str(options["name"]),
        formats=tuple(dict.fromkeys(options["formats"])),
        policy=_path(options.get("policy")),
        update=bool(options.get("update", True)),
        history=bool(options["history"]),
        history_days=int(options["history_days"]),
        prometheus_file=_path(options.get("prometheus_file")),
        fail=bool(options["fail"]),
        show=bool(options["show"]),
    )


def _path(value: Any) -> Path | None:
    return Path(str(value)).absolute() if value else None
