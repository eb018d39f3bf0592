# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command hermetic-spec: arguments, output and exit codes, with one module for each subcommand."""
