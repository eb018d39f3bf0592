# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the hosts of a roll-out, whether it goes on, and its report. Pure; imports nothing of the other rooms but the records of a repository."""
