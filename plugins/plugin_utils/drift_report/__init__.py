# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report over a whole run: results are collected, judged by a policy, compared with earlier runs, and written in every format."""
