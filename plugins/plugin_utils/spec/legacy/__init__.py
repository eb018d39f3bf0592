# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tags, names and versions of text protos mean, and the same in today's words: requirements with markers; pure."""
