# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows' own calls: access lists, owners, jobs, processes, streams and volumes. Imports the modules beside the rooms, and text."""
