# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of a few entries, good and bad, and what unpacking makes of them."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Literal

TIME = 1_000_000_000
BIG = os.urandom(3_000_000)


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = "", content: bytes = b"", mode: int = 0o644
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode, info.mtime = kind, target, len(content), mode, TIME
    return info, content


Mode = Literal["w:", "w:gz"]


def tar(path: Path, *entries: tuple[tarfile.TarInfo, bytes], mode: Mode = "w:gz", form: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, mode, format=form) as file:
        for info, content in entries:
            file.addfile(info, io.BytesIO(content))
    return path


GOOD = [
    entry("bin", tarfile.DIRTYPE, mode=0o777),
    entry("bin/python3.12", content=b"\x7fELF", mode=0o6775),
    entry("bin/python3", tarfile.SYMTYPE, "python3.12"),
    entry("bin/python", tarfile.SYMTYPE, "python3"),
    entry("lib", tarfile.DIRTYPE, mode=0o700),
    entry("lib/" + "deep/" * 40 + "long-name-" + "x" * 150, content=b"long"),
    entry("lib/big", content=BIG, mode=0o600),
    entry("lib/empty", mode=0o666),
    entry("lib/ü ☃ \udcff", content=b"name"),
    entry("lib/up", tarfile.SYMTYPE, "../bin/./python"),
    entry("lib/..hidden", content=b"dots"),
    entry("lib/dangling", tarfile.SYMTYPE, "nowhere"),
]
