# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a tree comes from: an interpreter, an archive, a catalogue. Imports isolation, binaries, model and net."""
