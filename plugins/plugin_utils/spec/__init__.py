# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs say that they need: reading, linting, converting, locking and verifying vpython specifications. Imports supply and what is below it."""
