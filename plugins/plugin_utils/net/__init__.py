# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchanges with servers: bounded, retried, with secrets kept out of words, and what is remembered of them on disk. Imports the engine only."""
