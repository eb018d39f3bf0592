# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as text, HTML, JUnit, JSON Lines and metrics. Pure; imports model."""
