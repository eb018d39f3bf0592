# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process imports that writes a report: no library that its formats do not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FILES = "ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files"


def test_the_library_of_prometheus_is_imported_for_its_format_alone() -> None:
    code = (
        "import sys\n"
        f"from {FILES} import WRITERS\n"
        "report = {}\n"
        "assert 'prometheus_client' not in sys.modules\n"
        "try:\n    list(WRITERS['prometheus'][1](report))\nexcept KeyError:\n    pass\n"
        "assert 'prometheus_client' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(PROJECT / ".collections")})
