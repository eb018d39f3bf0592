# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/REPORTS.md says of options, formats, reasons, letters and metrics is what reports have."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import REASONS
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files import WRITERS
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.report_request import ARGUMENT_SPEC
from report_samples import finding, host, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from pages import code, page_text, table

PAGE = page_text("docs/REPORTS.md")


def _written(kind: str) -> str:
    return "".join(WRITERS[kind][1](report({"web01": host(finding())})))


def test_every_option_and_format_is_documented_and_every_documented_one_is_one() -> None:
    options = table(PAGE, "option")
    assert {each for name in options for each in code(name)} == ARGUMENT_SPEC.keys() - {
        "merge",
        "pulled",
        "pulled_hours",
        "pulled_expected",
    }
    assert code(options["`formats`"][1]) == ARGUMENT_SPEC["formats"]["choices"]


def test_every_reason_for_not_being_checked_is_documented() -> None:
    (item,) = re.findall(r"^- \*Not checked\*.*?(?=^- )", PAGE, re.MULTILINE | re.DOTALL)
    assert set(code(item)) - {"no_log"} == set(REASONS)


def test_every_letter_of_the_text_is_documented() -> None:
    (legend,) = (line for line in _written("text").splitlines() if "M mode" in line)
    of_kinds = dict(re.findall(r"\b([A-Z5]) ([a-z ]+?)(?=  |;)", legend))
    assert len(of_kinds) > 8
    assert dict(re.findall(r"`([A-Z5])` ([a-z -]+?)(?=[,;])", PAGE)) == of_kinds


def test_every_metric_is_documented_and_every_documented_metric_is_one() -> None:
    documented = {each for cell in table(PAGE, "metric (`hermetic_drift_…`)") for each in code(cell)}
    assert documented == set(re.findall(r"^# HELP hermetic_drift_(\w+)", _written("prometheus"), re.MULTILINE))
