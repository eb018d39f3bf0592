# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels that an earlier release unpacked for one bundle serve every bundle of the same byte code from now on; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from ..model.layout import laid_id
from ..model.receipts import EnvironmentReceipt, LaidReceipt, Records


@dataclass(frozen=True)
class Takeover:
    """The receipt of an unpacked wheel as it was, and as it becomes."""

    earlier: LaidReceipt
    now: LaidReceipt
    is_twin: bool = False
    """Whether another tree of the same content is there, or is taken over, under the identifier that this one would get."""


def takeovers(records: Records, *, broken: Collection[str]) -> list[Takeover]:
    """Return what is to be taken over.

    Left as they are, for the environments that share them: trees that are broken, those whose content would be another one today, and
    the second of two whose byte code differs though it is of one kind, as the compilers of two patch releases may make it.
    """
    found: dict[str, Takeover] = {}
    twins = []
    for tree_id, earlier in sorted(records.laid.items()):
        byte_code = records.byte_codes.get(earlier.bundle or "")
        if byte_code is None or tree_id in broken or _would_differ(earlier):
            continue
        python = str(records.bundles[str(earlier.bundle)].python["version"])
        now = replace(earlier, id=laid_id(earlier.wheel, byte_code=byte_code), byte_code=byte_code, python=python, bundle=None)
        there = records.laid.get(now.id) if now.id != tree_id else None
        before = found[now.id].now if now.id in found else there
        if before is None:
            found[now.id] = Takeover(earlier, now)
        elif before.files == now.files and now.id not in broken:
            twins.append(Takeover(earlier, now, is_twin=True))
    return [*found.values(), *twins]


def _would_differ(receipt: LaidReceipt) -> bool:
    """Return whether its RECORD has lines that an environment adds today."""
    return any(path.startswith("data/") for path in receipt.files)


def moved(receipt: EnvironmentReceipt, taken_over: Collection[Takeover]) -> EnvironmentReceipt:
    """Return the receipt of an environment that names unpacked wheels as they are called from now on; each stamp stays."""
    names = {each.earlier.id: each.now.id for each in taken_over}
    if not names.keys() & receipt.laid.keys():
        return receipt
    return replace(receipt, laid=dict(sorted((names.get(tree_id, tree_id), stamp) for tree_id, stamp in receipt.laid.items())))
