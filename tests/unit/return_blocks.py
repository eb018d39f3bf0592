# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RETURN documentation of the modules, and whether a result is of the documented shape."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
TARGET_MODULES = ("bundle", "drift", "generation", "script", "system", "system_info", "virtualenv")
CONTROLLER_MODULES = ("bundle_build", "drift_report", "repository", "require_handlers")
MODULES = TARGET_MODULES + CONTROLLER_MODULES

Block = dict[str, Any]

# Ansible's own, which every module's result may have.
COMMON = frozenset({"changed", "failed", "warnings", "deprecations", "exception", "invocation", "skipped"})
# Mappings whose keys are names that somebody chose, or parts that are left out where they took no time.
BY_NAME = frozenset({"bundles", "virtualenvs", "packages", "changed_bundles", "changed_virtualenvs", "timings", "commands"})
_TYPES: Mapping[str, type | tuple[type, ...]] = {"str": str, "bool": bool, "int": int, "float": (int, float), "dict": dict, "list": list}


@functools.cache
def returned(module: str) -> dict[str, Block]:
    """Return the documented keys of a module's result."""
    for node in ast.parse((PROJECT / "library" / f"{module}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "RETURN" and isinstance(node.value, ast.Constant):
            found: dict[str, Block] = yaml.safe_load(str(node.value.value))
            return found
    raise AssertionError(f"{module} documents no results")


def sample(block: Block) -> Any:
    """Return the sample of a key, made from those of its parts where it has none of its own; None where there is none at all."""
    if "sample" in block or "contains" not in block:
        return block.get("sample")
    whole = {name: sample(part) for name, part in block["contains"].items()}
    return [whole] if block["type"] == "list" else whole


def sample_result(module: str) -> dict[str, Any]:
    """Return a result made from all samples of a module."""
    return {name: sample(block) for name, block in returned(module).items()}


def undocumented(value: Any, block: Block, where: str) -> Iterator[str]:
    """Yield what a value of a result has that its documentation does not say."""
    if value is None:
        return
    if not isinstance(value, _TYPES[block["type"]]) or (block["type"] == "int" and isinstance(value, bool)):
        yield f"{where} is documented as {block['type']} and was {value!r}"
        return
    each_of: list[Any] = value if isinstance(value, list) else [value]
    if "contains" in block:
        for each in each_of:
            yield from (f"{where}.{key} is not documented" for key in each.keys() - block["contains"].keys())
            missing = {name for name, part in block["contains"].items() if part["returned"] == "always"} - each.keys()
            yield from (f"{where}.{key} is documented as returned always and was not" for key in missing)
            for key in each.keys() & block["contains"].keys():
                yield from undocumented(each[key], block["contains"][key], f"{where}.{key}")
    elif "sample" in block:
        yield from differing(block["sample"], value, where)


def differing(shown: Any, value: Any, where: str) -> Iterator[str]:
    """Yield where a sample and a real value are not of the same shape; what is empty or null has none."""
    if shown is None or value is None:
        return
    if isinstance(shown, dict) and isinstance(value, dict):
        if where.rpartition(".")[2] in BY_NAME:
            for each in value.values():
                yield from differing(next(iter(shown.values()), None), each, f"{where}.<name>")
            return
        if shown and value:
            yield from (f"the sample of {where} has no {key}" for key in sorted(value.keys() - shown.keys()))
            yield from (f"the sample of {where} has {key}, the result has not" for key in sorted(shown.keys() - value.keys()))
        for key in shown.keys() & value.keys():
            yield from differing(shown[key], value[key], f"{where}.{key}")
    elif isinstance(shown, list) and isinstance(value, list):
        for each in value:
            yield from differing(shown[0] if shown else None, each, f"{where}[]")
    elif isinstance(shown, bool) != isinstance(value, bool) or not isinstance(
        value, (int, float) if isinstance(shown, (int, float)) else str
    ):
        yield f"the sample of {where} is {shown!r}, the result was {value!r}"


def keys_of(value: Any, block: Block, where: str) -> Iterator[str]:
    """Yield the documented keys that occur in a value, itself included."""
    yield where
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            for key in each.keys() & block.get("contains", {}).keys():
                yield from keys_of(each[key], block["contains"][key], f"{where}.{key}")


def documented_keys(block: Block, where: str) -> Iterator[str]:
    """Yield every key that a block documents, itself included."""
    yield where
    for name, part in block.get("contains", {}).items():
        yield from documented_keys(part, f"{where}.{name}")
