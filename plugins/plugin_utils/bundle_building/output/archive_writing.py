# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing a tree as an archive whose bytes depend on its content only."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact
from ....module_utils.hermetic.paths import FILE_TIME, FILE_TIME_IN_ZIP
from .gzip_writing import LEVEL, MemberWriter


def write_archive(root: Path, target: Path) -> None:
    """Write all that lies below ``root`` to ``target``, as .zip or .tar.gz by its name."""
    entries = sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*"))
    if target.name.endswith(".zip"):
        _write_zip(entries, target)
    else:
        _write_tar(entries, target)


def _write_tar(entries: list[tuple[str, Path]], target: Path) -> None:
    # Plain ustar is what every tar reads; names that do not fit take the pax form.
    fitting = all(_fits_ustar(name, path) for name, path in entries)
    form = tarfile.USTAR_FORMAT if fitting else tarfile.PAX_FORMAT
    with (
        target.open("wb") as raw,
        MemberWriter(raw) as packed,
        tarfile.open(fileobj=packed, mode="w", format=form, encoding="utf-8") as archive,  # type: ignore[call-overload]
    ):
        for name, path in entries:
            state = path.lstat()
            entry = tarfile.TarInfo(name)
            entry.mtime = FILE_TIME
            entry.mode = 0o755 if stat.S_ISDIR(state.st_mode) or state.st_mode & 0o111 else 0o644
            if stat.S_ISLNK(state.st_mode):
                entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, os.readlink(path), 0o777
                archive.addfile(entry)
            elif stat.S_ISDIR(state.st_mode):
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                entry.size = state.st_size
                with path.open("rb") as stream:
                    archive.addfile(entry, stream)


def _fits_ustar(name: str, path: Path) -> bool:
    entry = tarfile.TarInfo(name)
    if path.is_symlink():
        entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(path)
    try:
        entry.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")
    except (ValueError, UnicodeError):
        return False
    return True


def _write_zip(entries: list[tuple[str, Path]], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name, path in entries:
            state = path.lstat()
            if stat.S_ISLNK(state.st_mode):
                raise BrokenArtifact(f"{name} is a link; a bundle for Windows has none")
            directory = stat.S_ISDIR(state.st_mode)
            entry = zipfile.ZipInfo(f"{name}/" if directory else name, FILE_TIME_IN_ZIP)
            entry.create_system = 3
            mode = 0o755 if directory or state.st_mode & 0o111 else 0o644
            entry.external_attr = (state.st_mode & 0o170000 | mode) << 16 | (0x10 if directory else 0)
            entry.compress_type = zipfile.ZIP_STORED if directory else zipfile.ZIP_DEFLATED
            archive.writestr(entry, b"" if directory else path.read_bytes(), compresslevel=LEVEL)
