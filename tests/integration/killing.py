# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill the engine at a chosen call, and judge what it left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.commands.dispatch import run
from roots import Declared, Document, output

PROJECT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).resolve().parent / "kill_driver.py"
UNTOLD = ("interrupted", "pending")


def request(root: Path, command: str, declared: Declared, **parts: Any) -> Document:
    """Return a request."""
    return {
        "format": 1,
        "command": command,
        "root": str(root),
        "scope": "system",
        "declaration": declared.document(),
        "artifacts": declared.artifacts(),
        **parts,
    }


def carried_out(document: Document) -> Document:
    """Carry out a request in this process; raises when it fails."""
    result = run(document)
    assert not result.get("failed"), result["msg"]
    return result


def listing(root: Path) -> dict[str, tuple[int, int]]:
    """Return kind and mode of everything below a root."""
    found = {}
    for directory, directories, files in os.walk(root):
        for name in [*directories, *files]:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = (status := os.lstat(path)) and (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode))
    return found


@dataclass(frozen=True)
class Scenario:
    """A change of a root: what is there before, what is done, and what a host declares before and afterwards."""

    before: Declared | None
    after: Declared
    prepare: Callable[[Path], None]
    command: str = "converge"
    parts: Document = field(default_factory=dict)
    tampered: bool = False

    def request(self, root: Path) -> Document:
        """Return the request that makes the change."""
        return request(root, self.command, self.after, **self.parts)


class Stage:
    """One root at one path, put back to the beginning before every kill."""

    def __init__(self, place: Path, scenario: Scenario, *, umask: int = -1) -> None:
        """``umask``: that of the runs that are cut off; -1 leaves it as it is."""
        self.root = place / "root"
        self.scenario = scenario
        self._umask = umask
        self._place = place
        self._kept = place / "before"
        place.mkdir(parents=True)
        scenario.prepare(self.root)
        if self.root.exists():
            subprocess.run(["cp", "-a", str(self.root), str(self._kept)], check=True)
        (place / "request.json").write_text(json.dumps(scenario.request(self.root)))
        report = self._run({})
        assert report is not None
        self.calls: dict[str, list[str]] = report["calls"]
        self._begin(report)

    def _begin(self, report: Document) -> None:
        """Require of the run without a kill that it made the change, and keep what it left."""
        assert not report["result"].get("failed"), report["result"]
        assert report["result"]["changed"], "a scenario that changes nothing shows nothing"
        self._settle()
        self.finished = listing(self.root)

    @staticmethod
    def answer(document: Document) -> Document:
        """Carry out a request in this process, and return what comes of it."""
        result: Document = run(document)
        return result

    def put_back(self) -> None:
        """Make the root as it was before the change."""
        shutil.rmtree(self.root, ignore_errors=True)
        if self._kept.exists():
            subprocess.run(["cp", "-a", str(self._kept), str(self.root)], check=True)

    def _run(self, settings: Document, *, patience: float = 60) -> Document | None:
        report = self._place / "report.json"
        report.unlink(missing_ok=True)
        given = {"path": str(PROJECT / ".collections"), "request": str(self._place / "request.json"), "report": str(report), **settings}
        done = subprocess.run(
            [sys.executable, str(DRIVER), json.dumps(given)],
            start_new_session=True,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
            umask=self._umask,
        )
        if report.exists():
            return json.loads(report.read_text())
        assert done.returncode == -signal.SIGKILL, f"exit code {done.returncode}: {done.stderr}"
        return None

    def start(self) -> subprocess.Popen[bytes]:
        """Start the change and leave the killing to the caller."""
        self.put_back()
        given = {"path": str(PROJECT / ".collections"), "request": str(self._place / "request.json"), "report": os.devnull}
        return subprocess.Popen(
            [sys.executable, str(DRIVER), json.dumps(given)],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, kinds: str, at: int, *, alone: bool = False) -> bool:
        """Make the change and be killed before the given call; False when the run ended before it came to that."""
        self.put_back()
        return self._run({"kinds": kinds, "at": at, "alone": alone}) is None

    def judge(self) -> None:
        """Hold what a kill has left against what was promised."""
        scenario = self.scenario
        if scenario.before is not None:
            # A tampered host may be found tampered until it is repaired, but never lose its Python.
            self._all_start()
            if not scenario.tampered:
                self._nothing_tampered(scenario.before)
        elif self.root.exists():
            self._nothing_tampered(scenario.after)
        if scenario.command != "converge":
            carried_out(scenario.request(self.root))
        self._settle()
        left = listing(self.root)
        assert left == self.finished, self._difference(left)

    def _settle(self) -> None:
        """Converge to what is declared afterwards, which ends in a host about which there is nothing to say."""
        keep = self.scenario.parts.get("options", {})
        carried_out(request(self.root, "converge", self.scenario.after, options=keep))
        told = carried_out(request(self.root, "drift", self.scenario.after, options={**keep, "verify": "deep", "jobs": 1}))
        assert not told["findings"], f"found after the next run: {told['findings']}"
        assert not told["plan"], f"to be done after the next run: {told['plan']}"
        self._all_start()

    def _nothing_tampered(self, declared: Declared) -> None:
        findings = carried_out(request(self.root, "drift", declared, options={"verify": "quick"}))["findings"]
        told = [finding for finding in findings if finding["cause"] not in UNTOLD]
        assert not told, f"found as if tampered: {told}"

    def _all_start(self) -> None:
        said = output([str(self.root / "bin" / "python"), "-c", "import json, sys; print(sys.prefix)"]).strip()
        assert Path(said).parent == self.root / "bundles"
        for environment in sorted((self.root / "envs").iterdir()):
            said = output([str(environment / "bin" / "python"), "-c", "import json, beta, sys; print(sys.prefix)"]).strip()
            assert Path(said).parent == self.root / "environments" or Path(said) == environment

    def _difference(self, left: dict[str, tuple[int, int]]) -> str:
        more = sorted(set(left) - set(self.finished))
        less = sorted(set(self.finished) - set(left))
        other = sorted(path for path in set(left) & set(self.finished) if left[path] != self.finished[path])
        return f"left over: {more}; missing: {less}; of another kind or mode: {other}"


def gone_wrong(stages: Sequence[Stage], points: Sequence[tuple[str, int]], *, alone: bool = False) -> list[str]:
    """Kill at every point, a kind of call and its number, on all stages at once, and return what went wrong."""

    def on_one(number: int) -> list[str]:
        wrong = []
        stage = stages[number]
        for kinds, at in points[number :: len(stages)]:
            try:
                stage.kill(kinds, at, alone=alone)
                stage.judge()
            except AssertionError as error:
                wrong.append(f"{kinds} {at} ({stage.calls[kinds][at - 1]}): {error}")
        return wrong

    with ThreadPoolExecutor(len(stages)) as pool:
        return [text for texts in pool.map(on_one, range(len(stages))) for text in texts]
