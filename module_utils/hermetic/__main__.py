# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the engine by hand: a request on standard input, the result on standard output, progress on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

from .commands.dispatch import run
from .text.json_text import parse_json
from .text.printable import printable_lines


def _report(text: str) -> None:
    """Write a line for whoever watches; a change goes on, and ends well, when nobody can read of it."""
    # A stream that was closed before Python started is None.
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(f"{printable_lines(text)}\n")
        sys.stderr.flush()


def _answer(result: dict[str, Any]) -> bool:
    """Write the result, and return whether that worked."""
    if sys.stdout is None:
        _report("The result could not be written, since standard output is closed. Run drift to see what the host holds.")
        return False
    try:
        sys.stdout.write(json.dumps(result, indent=1, sort_keys=True) + "\n")
        sys.stdout.flush()
    except OSError as error:
        _report(f"The result could not be written to standard output: {error.strerror}. Run drift to see what the host holds.")
        # What is left in the buffer would be tried again when Python ends.
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
        return False
    return True


def main() -> int:
    """Return 0 when the request was carried out and the host is as declared, 2 for drift, 1 for a failure."""
    if sys.stdin is None:
        _report("Standard input holds no JSON request: it is closed")
        return 1
    try:
        document = parse_json(sys.stdin.buffer.read())
    except ValueError as error:
        _report(f"Standard input holds no JSON request: {error}")
        return 1
    except OSError as error:
        _report(f"The request could not be read from standard input: {error.strerror}.")
        return 1
    if os.name == "nt":
        from .windows.job import end_children_with_this_process

        end_children_with_this_process()
    result = run(document, on_progress=_report)
    if not _answer(result) or result.get("failed"):
        return 1
    return 2 if document.get("command") == "drift" and result["findings"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
