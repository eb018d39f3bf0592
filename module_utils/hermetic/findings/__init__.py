# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a root, as values: differences, findings, repairs. Pure; imports model and text."""
