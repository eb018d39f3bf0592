# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the headers of a tar within bounds: ``tarfile`` reads the long ones into memory whole, before it yields any entry."""

from __future__ import annotations

import tarfile

# Names and PAX records of one entry. The longest path of any system is a fraction of that.
LARGEST_HEADER = 1 << 20
_IN_MEMORY = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)


class BoundedTarInfo(tarfile.TarInfo):
    """An entry whose extended header, if there is one, has a size that may be read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> BoundedTarInfo:
        """Read one block as a header; raises ValueError for an extended header that is too large."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in _IN_MEMORY and found.size > LARGEST_HEADER:
            raise ValueError(f"it holds a header of {found.size} bytes; {LARGEST_HEADER} is the most that is read")
        return found
