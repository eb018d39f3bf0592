# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that shows a drift report as text."""

from __future__ import annotations

DOCUMENTATION = r"""
name: drift_text
author: the hermetic.python authors
version_added: 1.0.0
short_description: Show a drift report as text
description:
  - Drift comes first, then the hosts that were not checked, then the clean ones.
  - Hosts with the same findings share one paragraph, so that a report over a large fleet stays readable.
positional: _input
options:
  _input:
    description: A report as P(hermetic.python.drift_summary#filter) makes it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the report
  ansible.builtin.debug:
    msg: "{{ drift_report_summary | hermetic.python.drift_text }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The report, with a line feed at its end.
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.drift_text import FORMAT, render


def drift_text(report: object) -> str:
    """Return the report as text."""
    if not isinstance(report, Mapping) or report.get("format") != FORMAT:
        raise AnsibleFilterError("hermetic.python.drift_text wants a report that hermetic.python.drift_summary made (format 1).")
    return render(report)


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"drift_text": drift_text}
