# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the RECORD of a distribution spells paths and digests."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from .manifest import FileRecord

INSTALLER = b"hermetic.python\n"
"""What the dist-info of every unpacked wheel says of who unpacked it."""


def record_digest(sha256: str) -> str:
    """Return a SHA-256 as a RECORD spells it."""
    return f"sha256={base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode('ascii').rstrip('=')}"


def quoted(path: str) -> str:
    """Return a path as a field of RECORD, which is a CSV file."""
    return '"' + path.replace('"', '""') + '"' if any(character in path for character in ',"\n') else path


def own_record(files: Mapping[str, FileRecord], record: str) -> bytes:
    """Return the RECORD of what goes into site-packages; an environment adds the rest, whose places differ from system to system."""
    lines = [f"{quoted(record)},,\n"]
    for path, file in files.items():
        part, _slash, rest = path.partition("/")
        if part == "site" and "/__pycache__/" not in path:
            lines.append(f"{quoted(rest)},{record_digest(file.sha256)},{file.size}\n")
    return "".join(sorted(lines)).encode()
