# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metadata by The Update Framework (TUF), as readers of a repository verify it. Imports net."""
