# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations: their links, the switch, what is pruned, and whether the directories of a root may be trusted. Imports records and below."""
