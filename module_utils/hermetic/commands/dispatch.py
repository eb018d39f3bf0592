# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out one request on one root, and answer with one result."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import CheckFailed, FetchFailed, HermeticError
from ..fs.case_folding import as_written
from ..generations import root_trust
from ..install.progress import Progress
from ..model.request import Request, parse_request
from ..os_errors import explain
from ..paths import WINDOWS
from ..system_limits import no_more_threads, out_of_memory
from ..text.printable import printable_result
from ..text.redaction import redacted
from ..windows.volume import long_name
from .result import Result


def run(document: Mapping[str, Any], *, on_progress: Progress | None = None) -> Result:
    """Carry out a request and return the result; an expected failure is a result with ``failed``, never an exception."""
    progress: Progress = on_progress or (lambda _text: None)
    # What a run makes has its mode at once: what a stricter umask takes away, a run that is killed in between would never give back.
    umask = os.umask(0o022)
    try:
        request = parse_request(document)
        root = as_written(long_name(request.root) if WINDOWS else request.root)
        root_trust.require_trusted(root, unsafe_parent=request.options.unsafe_parent)
        return printable_result(_carry_out(replace(request, root=root, umask=umask), progress))
    except FetchFailed as error:
        return {**_failure(error), "needs": printable_result(error.needs)}
    except CheckFailed as error:
        return {**_failure(error), **printable_result(error.facts)}
    except HermeticError as error:
        return _failure(error)
    except OSError as error:
        return _failure(explain(error, f"The root {redacted(str(document.get('root')))}"))
    except RuntimeError as error:
        refused = no_more_threads(error)
        if refused is None:
            raise
        return _failure(refused)
    except MemoryError:
        return _failure(out_of_memory())
    finally:
        os.umask(umask)


def _failure(error: HermeticError) -> Result:
    return printable_result({"failed": True, "changed": False, "msg": str(error), "errors": error.problems or [error.message]})


def _carry_out(request: Request, progress: Progress) -> Result:
    # A command is read when it is asked for: most runs have no use for the others.
    command: Callable[[Request, Progress], Result] = importlib.import_module(f"{__package__}.{request.command}").carry_out
    return command(request, progress)
