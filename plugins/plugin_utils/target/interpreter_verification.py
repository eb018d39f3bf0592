# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold an installed bundle against its published manifest before its interpreter is started: the command, and its answer as a value."""

from __future__ import annotations

import shlex

from .host_probe import script_text

_MARK = "hermetic-verify-1 "


def verify_command(tree: str, *, sha256: str) -> str:
    """Return the command that reads every file of a bundle; ``sha256`` is that of its bundle.json."""
    return f"/bin/sh -c {shlex.quote(script_text('verify_bundle.sh'))} verify {shlex.quote(tree)} {sha256}"


def parse_verification(stdout: str, *, stderr: str, rc: int) -> tuple[str, str]:
    """Return ``same``, ``changed`` or ``cannot``, and what the host reported of it; an answer that cannot be read is ``cannot``."""
    lines = [line[len(_MARK) :] for line in stdout.splitlines() if line.startswith(_MARK)]
    outcome, _space, detail = lines[0].partition(" ") if len(lines) == 1 else ("", "", "")
    if outcome not in ("same", "changed", "cannot"):
        output = (stderr.strip() or stdout.strip() or "nothing")[-200:]
        return "cannot", f"its /bin/sh ended with {rc}; its last output: {output}"
    return outcome, detail
