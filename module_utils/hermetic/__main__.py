# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the engine by hand: a request on standard input, the result on standard output, progress on standard error."""

from __future__ import annotations

import json
import os
import sys

from .command import run
from .json_text import parse_json
from .printable import printable_lines


def _tell(text: str) -> None:
    sys.stderr.write(f"{printable_lines(text)}\n")
    sys.stderr.flush()


def main() -> int:
    """Return 0 when the request was carried out and the host is as declared, 2 for drift, 1 for a failure."""
    try:
        document = parse_json(sys.stdin.buffer.read())
    except ValueError as error:
        sys.stderr.write(f"Standard input holds no JSON request: {error}\n")
        return 1
    if os.name == "nt":
        from .windows_job import end_children_with_this_process

        end_children_with_this_process()
    result = run(document, on_progress=_tell)
    json.dump(result, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
    if result.get("failed"):
        return 1
    return 2 if document.get("command") == "drift" and result["findings"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
