# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text and names as they come from outside: what a name, path, digest or number may be, and how any of it may be shown. Pure; imports nothing of the engine."""
