# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inspect a root and say what differs; nothing here changes anything. Imports generations and below."""
