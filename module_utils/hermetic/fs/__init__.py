# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, links and directories, changed so that a cut-off run leaves the old or the new. Imports windows and text."""
