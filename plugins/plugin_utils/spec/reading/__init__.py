# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads specifications from files, and finds the one of a program as vpython does."""
