# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that something bad is tried on: what it refuses, and that it keeps what it has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from roots import Declared, Document, Root, snapshot

KEPT = ("bin", "lib", "envs", "current", "generations", "bundles", "environments", "laid", "state/generations", "state/receipts")


class Host(Root):
    """A root in use."""

    def refuses(self, *wanted: str, declared: Declared | None = None, command: str = "converge", **parts: Any) -> Document:
        """Ask for something that must fail with these texts in the message, and find nothing changed by it."""
        before = self.state()
        result = self.run(command, declared=declared, **parts)
        assert result.get("failed"), f"this went through: {result}"
        self.explains(result, *wanted)
        self.is_as(before)
        return result

    def explains(self, result: Document, *wanted: str) -> None:
        """Require a failure whose message holds these texts and leads to no inside of ours."""
        assert result["failed"]
        assert result["changed"] is False, result
        assert result["errors"]
        for text in wanted:
            assert text in result["msg"], result["msg"]
        for text in ("Traceback", "Error(", "object at 0x"):
            assert text not in result["msg"], result["msg"]

    def state(self) -> dict[str, tuple[Any, ...]]:
        """Return all that belongs to a generation: names, modes, times, content."""
        return snapshot(self.path, KEPT)

    def is_as(self, before: dict[str, tuple[Any, ...]]) -> None:
        """Require that nothing has changed, that nothing was left over, and that the host works."""
        after = self.state()
        changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
        assert not changed, f"changed: {sorted(changed)[:20]}"
        assert not self.leftovers(), f"left over: {self.leftovers()}"
        self.works()

    def works(self) -> None:
        """Require that the system Python and every environment start from the trees of the generation in force."""
        assert self.python("-c", "import json, sys; print(sys.prefix)").strip() == str(self.bundle())
        for name in self.current()["virtualenvs"]:
            assert Path(self.python("-c", "import json, beta, sys; print(sys.prefix)", of=name).strip()).resolve() == self.environment(name)

    def leftovers(self) -> list[str]:
        """Return what only a run that is under way may have; the beginning of a file is kept for the next run."""
        found = []
        for directory, directories, files in os.walk(self.path):
            for name in [*directories, *files]:
                path = os.path.relpath(os.path.join(directory, name), self.path)
                if name.startswith((".new-", ".old-")) or path == os.path.join("state", "journal"):
                    found.append(path)
        return sorted(found)
