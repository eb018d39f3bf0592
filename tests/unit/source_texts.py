# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that the code can say, read from its source: what documentation quotes is held against them."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.needed_repair import PROTECT, RENAME, SET_ASIDE
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import GENERATION_ACTIONS

PROJECT = Path(__file__).resolve().parents[2]
# plugins/modules and plugins/module_utils are links to these.
FOLDERS = ("module_utils", "library", "plugins", "roles", "playbooks")
# Constants of modules that are documentation themselves.
DOCUMENTATION = ("DOCUMENTATION", "EXAMPLES", "RETURN")
VALUE = "\0"
"""Stands in a text for a value that is known at run time only."""


def _joined(node: ast.AST) -> str | None:
    """Return a string expression as one text, or None where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{\w*\}", VALUE, node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_part, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _joined(node.left), _joined(node.right)
        if left is None and right is None:
            return None
        return (VALUE if left is None else left) + (VALUE if right is None else right)
    if isinstance(node, ast.IfExp):
        # What is added in some cases only can be quoted as well.
        found = [text for branch in (node.body, node.orelse) if (text := _joined(branch)) is not None]
        return max(found, key=len, default=None)
    return None


def _part(node: ast.expr) -> str:
    """Return a part of an f-string."""
    if isinstance(node, ast.FormattedValue):
        return _joined(node.value) or VALUE
    return str(node.value) if isinstance(node, ast.Constant) else VALUE


def _of_python(tree: ast.AST) -> Iterator[str]:
    """Yield every string expression of a module that is no documentation, whole ones before their parts."""
    documentation = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body and isinstance(node.body[0], ast.Expr):
            documentation.add(id(node.body[0].value))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in DOCUMENTATION:
            documentation.add(id(node.value))
    for node in ast.walk(tree):
        text = _joined(node)
        if text is not None and id(node) not in documentation:
            yield text


def _of_scripts(text: str) -> str:
    """Return a script with its values replaced, and strings that are added together as one."""
    text = re.sub(r"""["']\s*\+\s*["']""", "", re.sub(r"\\\n\s*", "", text))
    text = re.sub(r"\$\([^()]*(?:\([^()]*\)[^()]*)*\)|\$\{\w+\}|\$\w+(?:\.\w+)*|\{\d\}", VALUE, text)
    # A backquote escapes in PowerShell, and a backslash in shells.
    return text.replace('`"', '"').replace('\\"', '"')


@functools.cache
def source_files() -> tuple[Path, ...]:
    """Return every file that can put a message together."""
    found = {
        path.resolve()
        for folder in FOLDERS
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in (".py", ".ps1", ".psm1", ".sh", ".yml", ".in", ".js", ".html") and path.is_file()
    }
    return tuple(sorted(found))


@functools.cache
def trees() -> dict[Path, ast.Module]:
    """Return the syntax tree of every Python file."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in source_files() if path.suffix == ".py"}


@functools.cache
def texts() -> tuple[str, ...]:
    """Return everything that the code can say, with ``VALUE`` for what is not known before."""
    found = [text for tree in trees().values() for text in _of_python(tree)]
    for path in source_files():
        if path.suffix != ".py":
            found += _of_scripts(path.read_text(encoding="utf-8")).splitlines()
    return tuple(re.sub(r"\s+", " ", text) for text in dict.fromkeys(found))


def says(quoted: str) -> bool:
    """Tell whether one text of the code reads as quoted, where ``…``, ``N`` and ``<x>`` stand for values."""
    parts = [part.strip().casefold() for part in re.split(r"…|\.\.\.|\bN\b|<\w+>", quoted.strip().rstrip("."))]
    pattern = re.compile(".*?".join(map(re.escape, parts)))
    return any(pattern.search(text) for text in _folded() if max(parts, key=len) in text)


@functools.cache
def _folded() -> tuple[str, ...]:
    return tuple(text.casefold() for text in texts())


def calls(*names: str) -> Iterator[ast.Call]:
    """Yield every call of a function or class of one of these names."""
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (getattr(node.func, "id", None) in names or getattr(node.func, "attr", None) in names):
                yield node


def first_texts(*names: str) -> set[str]:
    """Return the literal first arguments of all calls of these names."""
    given = (node.args[0] for node in calls(*names) if node.args)
    return {argument.value for argument in given if isinstance(argument, ast.Constant) and isinstance(argument.value, str)}


@functools.cache
def steps() -> frozenset[str]:
    """Return every step of a plan for a host.

    Two calls name no literal step: repairs of the root itself, and what a request asks of a generation.
    """
    by_hand = {
        str(value.value)
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
        and key.value == "action"
        and isinstance(value, ast.Constant)
        and {"subject", "reason"} <= _keys(node)
    }
    return frozenset(first_texts("Step") | by_hand | {RENAME, PROTECT, SET_ASIDE} | {*GENERATION_ACTIONS} - {"activate"})


def _keys(node: ast.Dict) -> set[object]:
    return {key.value for key in node.keys if isinstance(key, ast.Constant)}


@functools.cache
def changes_of_a_repository() -> frozenset[str]:
    """Return every step of a plan for a repository."""
    return frozenset(text for node in calls("Change") if node.args for text in _alternatives(node.args[0]))


def _alternatives(node: ast.expr) -> set[str]:
    if isinstance(node, ast.IfExp):
        return _alternatives(node.body) | _alternatives(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


@functools.cache
def timings() -> frozenset[str]:
    """Return every part that the ``timings`` of a host can have."""
    of_engine = {
        node.args[0].value
        for node in calls("of")
        if getattr(getattr(node.func, "value", None), "id", None) == "timings" and isinstance(node.args[0], ast.Constant)
    }
    assigned = {
        target.slice.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript) and getattr(target.value, "id", None) == "timings" and isinstance(target.slice, ast.Constant)
    }
    made = {
        key
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "timings"
        for each in ast.walk(node.value)
        if isinstance(each, ast.Dict)
        for key in _keys(each)
    }
    windows = {
        part
        for path in source_files()
        if path.suffix == ".ps1"
        for part in re.findall(r"\.seconds\.(\w+) =", path.read_text(encoding="utf-8"))
    }
    return frozenset(str(part) for part in of_engine | assigned | made | windows | first_texts("timed"))


@functools.cache
def changes_of_names() -> frozenset[str]:
    """Return every ``change`` that ``changed_bundles`` and ``changed_virtualenvs`` can have."""
    (tree,) = (tree for path, tree in trees().items() if path.parts[-2:] == ("planning", "changes.py"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "_change":
            found |= {text for each in ast.walk(node) if isinstance(each, ast.Return) and each.value for text in _alternatives(each.value)}
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "change":
            found |= _alternatives(node.value)
    return frozenset(found)


@functools.cache
def _sentences() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(".+?".join(map(re.escape, text.split(VALUE))), re.DOTALL) for text in texts() if 12 <= len(text) < 2000)


def could_say(sentence: str) -> bool:
    """Tell whether a whole sentence can be one of the code's texts, with something in place of each value."""
    return any(pattern.fullmatch(sentence) for pattern in _sentences())
