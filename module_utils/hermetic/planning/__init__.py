# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is declared and what was observed to a plan, and what the plan changes. Pure; imports findings, model and text."""
