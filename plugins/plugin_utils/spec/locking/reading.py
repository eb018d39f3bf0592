# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the lock that lies beside a specification."""

from __future__ import annotations

import os

from ...locks.lock_file import Lock, read_lock
from ..formats.specification import Specification
from .lock_place import lock_path, uv_lock_path


def read_lock_of(specification: Specification) -> Lock | None:
    """Return the lock of a specification, or None: beside its file, else beside what that is a link to.

    ``pylock`` goes before the requirements that vpython keeps beside specifications in TOML.
    """
    places = [specification.path]
    if os.path.islink(specification.path):
        places.append(os.path.realpath(specification.path))
    for place in places:
        for path in (lock_path(place), *([] if specification.form.is_legacy else [uv_lock_path(place)])):
            if os.path.lexists(path):
                return read_lock(path)
    return None
