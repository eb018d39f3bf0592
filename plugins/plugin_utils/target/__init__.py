# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of a task: the look at it, the request, an interpreter, the run, the answer. Imports supply, locks, repository and net.

What the action plugins import here needs no library of the controller, apart from ``task_of_action`` and ``vouching``: they must
load where one is missing, to name it.
"""
