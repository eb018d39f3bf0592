# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the checks of a plan: in the new trees before the switch, and through the stable paths after it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from ..errors import HermeticError, InvalidRequest
from ..generations.profile import links_of
from ..inspect.observe import observe_reused
from ..model.layout import Layout
from ..model.receipts import Generation, Records
from ..model.request import Request
from ..paths import WINDOWS
from ..planning.checked_trees import CheckedTree
from ..planning.observation import Observation
from ..planning.reused import Reused
from ..process.account import Account, account_for
from ..process.check_run import CheckEnd, Place, run_check
from .progress import Progress

When = Literal["before", "after"]


class Checking:
    """The checks of some trees, and how those ended that were run."""

    def __init__(
        self, trees: Sequence[CheckedTree], layout: Layout, request: Request, *, progress: Progress, beside: Path | None = None
    ) -> None:
        """``beside``: the directory in which each check has its home; by default that of temporary files.

        Raises InvalidRequest with every check whose user cannot be used on this host.
        """
        self._trees, self._layout, self._progress, self._beside = trees, layout, progress, beside
        self._accounts = _accounts(trees)
        passwords = [str(entry["password"]) for entry in request.credentials.values() if entry.get("password")]
        self._secrets = [secret for tree in trees for check in (*tree.before, *tree.after) for secret in check.secrets] + passwords
        self.ended: list[CheckEnd] = []
        self.warnings: list[str] = []

    def run(self, when: When, generation: Generation, records: Records) -> list[CheckEnd]:
        """Run the checks of one kind to the last, and return those that failed."""
        for tree in self._trees:
            checks = tree.before if when == "before" else tree.after
            if checks:
                place = _new_tree(tree, self._layout, records) if when == "before" else _stable(tree, self._layout, generation, records)
            for check in checks:
                self._progress(f"check {tree.subject}: {check.name}")
                end, warnings = run_check(
                    check,
                    place,
                    subject=tree.subject,
                    when=when,
                    account=self._accounts[check.user],
                    beside=self._beside,
                    secrets=self._secrets,
                )
                self.ended.append(end)
                self.warnings += warnings
        return [end for end in self.ended if end.when == when and not end.passed]

    @property
    def may_have_changed_trees(self) -> bool:
        """Whether a check ran as the user that owns the trees: nothing kept it from writing there."""
        return any(end.user is None for end in self.ended)

    def facts(self) -> list[dict[str, Any]]:
        """Return what results say of the checks that ran."""
        return [end.as_dict() for end in self.ended]


def require_accounts(trees: Iterable[CheckedTree]) -> None:
    """Raise InvalidRequest with every check whose user cannot be used on this host."""
    _accounts(trees)


def _accounts(trees: Iterable[CheckedTree]) -> dict[str | None, Account | None]:
    found: dict[str | None, Account | None] = {}
    problems: list[str] = []
    for tree in trees:
        for check in (*tree.before, *tree.after):
            if check.user in found:
                continue
            try:
                found[check.user] = account_for(check.user)
            except HermeticError as error:
                problems.append(f"{tree.subject}, check {check.name!r}: {error.message}")
    if problems:
        raise InvalidRequest("Checks cannot be run on this host; nothing was changed.", problems)
    return found


def changed_by_checks(
    layout: Layout, observation: Observation, trees: Iterable[CheckedTree], target: Generation, *, jobs: int
) -> list[str]:
    """Return what is not as it was installed in the trees that were checked, as far as their files' status shows."""
    checked = {(each.kind, each.name) for each in trees}
    looked_at = Generation(
        **{
            **target.__dict__,
            "bundles": {name: tree_id for name, tree_id in target.bundles.items() if ("bundles", name) in checked},
            "virtualenvs": {name: tree_id for name, tree_id in target.virtualenvs.items() if ("environments", name) in checked},
        }
    )
    seen = Observation(records=observation.records)
    observe_reused(layout, seen, Reused(looked_at, frozenset()), verify="quick", jobs=jobs)
    return [finding.line() for finding in seen.findings]


def _new_tree(tree: CheckedTree, layout: Layout, records: Records) -> Place:
    """Return the paths of a tree itself."""
    where = layout.tree(tree.kind, tree.id)
    if tree.kind == "bundles":
        return _place(where / records.bundles[tree.id].python["executable"], where)
    return _of_environment(where)


def _stable(tree: CheckedTree, layout: Layout, generation: Generation, records: Records) -> Place:
    """Return the paths that lead to a tree while its generation is in force; a bundle that is not the default one has no prefix there."""
    if tree.kind == "environments":
        return _of_environment(layout.root / "envs" / tree.name)
    if tree.name == generation.default:
        return _place(layout.root / "bin" / ("python.exe" if WINDOWS else "python"), layout.root)
    own = _new_tree(tree, layout, records)
    targets = links_of(layout, generation, records.bundles)
    program = next((path for path, target in sorted(targets.items()) if target == own.python), None)
    return own if program is None else Place(str(layout.root / program), own.prefix, own.commands)


def _of_environment(where: Path) -> Place:
    return _place(where / "Scripts" / "python.exe" if WINDOWS else where / "bin" / "python", where)


def _place(python: Path, prefix: Path) -> Place:
    return Place(str(python), str(prefix), os.path.dirname(python))
