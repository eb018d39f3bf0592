# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the RECORD of a distribution spells paths and digests."""

from __future__ import annotations

import base64


def record_digest(sha256: str) -> str:
    """Return a SHA-256 as a RECORD spells it."""
    return f"sha256={base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode('ascii').rstrip('=')}"


def quoted(path: str) -> str:
    """Return a path as a field of RECORD, which is a CSV file."""
    return '"' + path.replace('"', '""') + '"' if any(character in path for character in ',"\n') else path
