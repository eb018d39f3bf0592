# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run on the host that has the repository says what the record of a roll-out is: one word in what it prints."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.text.grammar import shown
from ...module_utils.hermetic.text.printable import printable, printable_result
from ..repository.rollout_record import rollout_problems

_WORD = re.compile(r"hermetic-rollout:([A-Za-z0-9+/=]+):")
_PASSED_ON = ("rollout", "msg")
_LONGEST = 2000


def answering(result: Mapping[str, Any]) -> str:
    """Return the word for a result of the module ``repository``; without a blank, so that no output format breaks it."""
    said = {name: result[name] for name in _PASSED_ON if name in result}
    return f"hermetic-rollout:{base64.b64encode(json.dumps(said).encode()).decode()}:"


def answer_of(output: str, otherwise: str = "") -> dict[str, Any]:
    """Return the result that an output has the word for, or one with ``msg`` that says why there is none."""
    found = _WORD.findall(output)
    try:
        answer = json.loads(base64.b64decode(found[-1], validate=True)) if found else None
    except (ValueError, binascii.Error, RecursionError):
        answer = None
    if isinstance(answer, dict) and (problem := _problem(answer)) is None:
        return dict(printable_result(answer))
    if isinstance(answer, dict):
        return {"msg": printable(f"The host that has the repository answered with no record of a roll-out: {problem}")}
    said = printable(" ".join(f"{otherwise} {output[-_LONGEST:]}".split()))
    return {"msg": f"The host that has the repository gave no answer: {said or 'it printed nothing'}"}


def _problem(answer: Mapping[str, Any]) -> str | None:
    """Return what the play could not go on with: another release there may record something else."""
    record = answer.get("rollout", {})
    if not isinstance(answer.get("msg", ""), str):
        return f"its message is {shown(answer['msg'])}"
    if not isinstance(record, dict):
        return f"it is {shown(record)}"
    # Empty where there is none yet.
    return next(rollout_problems("the repository", {"record": record}), None) if record else None
