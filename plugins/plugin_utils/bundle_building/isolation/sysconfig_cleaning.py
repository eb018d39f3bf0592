# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making ``sysconfig`` say where the bundle is instead of where it was built."""

from __future__ import annotations

import ast
import json
import pprint
import re
from typing import Any

from ....module_utils.hermetic.errors import BrokenArtifact
from ..binaries.build_paths import COMMON
from ..model.tree import Tree

PLACE = "@HERMETIC_PREFIX@"
NOWHERE = "/nonexistent"
# What names the library that programs which embed Python are linked with.
_LIBPYTHON = ("BLDLIBRARY", "DLLLIBRARY", "INSTSONAME", "LDLIBRARY", "LIBRARY", "PY3LIBRARY")
SHARED_PREFIXES = {"/usr", "/usr/local", "/opt"}
HEAD = """# build-time variables; the prefix is wherever this tree lies
import sys as _sys

_prefix = getattr(_sys, "base_prefix", _sys.prefix)
build_time_vars = """
TAIL = f'''
for _name, _value in list(build_time_vars.items()):
    if isinstance(_value, str) and "{PLACE}" in _value:
        build_time_vars[_name] = _value.replace("{PLACE}", _prefix)
del _name, _value
'''


def clean_sysconfig(tree: Tree) -> tuple[str, ...]:
    """Rewrite the build-time variables of a POSIX tree; returns the build directories that they named."""
    builds: set[str] = set(tree.build_paths)
    embeds = any(path.suffix in (".so", ".dylib") for path in (tree.root / "lib").glob("libpython[0-9]*"))
    for module in sorted(tree.stdlib_directory.glob("_sysconfigdata*.py")):
        variables = read_variables(module.read_text(), name=module.name)
        builds |= build_directories(variables)
        prefixes = prefixes_of(variables, tree.source_paths)
        cleaned = cleaned_variables(variables, prefixes=prefixes, builds=builds, embeds=embeds)
        module.write_text(HEAD + pprint.pformat(cleaned, sort_dicts=True, width=120) + "\n" + TAIL)
    for document in sorted(tree.stdlib_directory.glob("_sysconfig_vars*.json")):
        # Read by tools that do not run this Python; it has no place for a computed prefix.
        variables = json.loads(document.read_text())
        prefixes = prefixes_of(variables, tree.source_paths)
        cleaned = cleaned_variables(variables, prefixes=prefixes, builds=builds | build_directories(variables), embeds=embeds)
        text = json.dumps(cleaned, indent=2, sort_keys=True).replace(PLACE, NOWHERE)
        document.write_text(text + "\n")
    return tuple(sorted(builds))


def read_variables(text: str, *, name: str) -> dict[str, Any]:
    """Return the dictionary that a _sysconfigdata module assigns, without running it."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "build_time_vars":
            value: dict[str, Any] = ast.literal_eval(node.value)
            return value
    raise BrokenArtifact(f"{name} assigns no build_time_vars: what is this?")


def build_directories(variables: dict[str, Any]) -> set[str]:
    """Return the directories that the variables say CPython was compiled in."""
    values = {variables.get(name) for name in ("abs_builddir", "abs_srcdir", "srcdir")}
    return {value for value in values if isinstance(value, str) and value.startswith("/") and value not in COMMON}


def prefixes_of(variables: dict[str, Any], source_paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the installation prefixes that values may begin with, longest first."""
    named = {variables.get("prefix"), variables.get("exec_prefix"), *source_paths}
    # A library directory is no prefix: it lies below one.
    found = {path.rstrip("/") for path in named if isinstance(path, str) and path.startswith("/") and path != "/"}
    roots = {path for path in found if not any(other != path and path.startswith(f"{other}/") for other in found)}
    return tuple(sorted(roots, key=lambda path: (-len(path), path)))


def cleaned_variables(variables: dict[str, Any], *, prefixes: tuple[str, ...], builds: set[str], embeds: bool = True) -> dict[str, Any]:
    """Return the variables with prefixes replaced by a placeholder and build directories by one that exists nowhere.

    ``embeds`` says whether the tree has a libpython to link with; a tree that has none must not promise one.
    """
    cleaned = {name: _clean(value, prefixes=prefixes, builds=builds) for name, value in variables.items()}
    if not embeds:
        cleaned |= {name: "" for name in _LIBPYTHON if name in cleaned}
        cleaned |= {"Py_ENABLE_SHARED": 0} if "Py_ENABLE_SHARED" in cleaned else {}
    # Tells uv that a link to this interpreter leads to its true home, as with other relocatable builds.
    cleaned["PYTHON_BUILD_STANDALONE"] = 1
    return cleaned


def _clean(value: Any, *, prefixes: tuple[str, ...], builds: set[str]) -> Any:
    if not isinstance(value, str):
        return value
    for path in sorted(builds, key=len, reverse=True):
        value = value.replace(path, NOWHERE)
    for prefix in prefixes:
        if prefix in SHARED_PREFIXES:
            # "/usr" begins much that is no part of this Python: only whole values are its own.
            if value == prefix or (value.startswith(f"{prefix}/") and not re.search(r"\s", value) and "python" in value):
                value = PLACE + value[len(prefix) :]
        else:
            value = re.sub(rf"(?<!\w)(?P<flag>-[IL])?{re.escape(prefix)}(?=[/\s\"':;,]|\Z)", rf"\g<flag>{PLACE}", value)
    return value
