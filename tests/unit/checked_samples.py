# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles and VirtualEnvs with checks, what is declared of them, and the generation that it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.check import Check
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Bundle, Declaration, VirtualEnv
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import Generation

CHECKS: dict[str, Any] = {"checks": (Check("b", ("x",)),), "checks_after": (Check("a", ("y",)),)}
BUNDLE = Bundle("python", "3.12.1+1", "1" * 64, default=True, **CHECKS)
OTHER = Bundle("python", "3.12.1+2", "2" * 64, default=True, **CHECKS)
WEB = VirtualEnv("web", "python", ("a" * 64,), **CHECKS)
OPS = VirtualEnv("ops", "python", ("b" * 64,))


def declared(*bundles: Bundle, virtualenvs: tuple[VirtualEnv, ...] = (WEB, OPS)) -> Declaration:
    return Declaration(bundles or (BUNDLE,), virtualenvs, complete=True)


def generation(declaration: Declaration, number: int = 1, previous: int | None = None) -> Generation:
    bundles = {each.name: each for each in declaration.bundles}
    environments = {each.name: each.id(bundles[each.bundle]) for each in declaration.virtualenvs}
    trees: Mapping[str, str] = {name: each.id for name, each in bundles.items()}
    return Generation(number, "now", False, "python", dict(trees), environments, previous)
