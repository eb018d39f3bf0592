# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that keeps itself as declared: one run, from the lock to the delivered report. The command is hermetic-pull."""
