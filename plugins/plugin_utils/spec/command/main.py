# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts hermetic-spec: the subcommand that the arguments name."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ....module_utils.hermetic.errors import HermeticError
from .arguments import parser
from .convert import convert
from .lint import lint
from .lock import lock
from .report import FOUND
from .show import show
from .verify import verify_files

_COMMANDS = {"show": show, "lint": lint, "convert": convert, "lock": lock, "verify": verify_files}


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status of a subcommand."""
    parsed = parser().parse_args(arguments)
    try:
        return _COMMANDS[parsed.command](parsed)
    except HermeticError as error:
        sys.stderr.write(f"hermetic-spec: {error}\n")
        return FOUND
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more is written at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except KeyboardInterrupt:
        return 130
