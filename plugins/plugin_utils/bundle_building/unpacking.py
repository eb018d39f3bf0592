# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking archives that may be hostile."""

from __future__ import annotations

import os
import posixpath
import shutil
import tarfile
import zipfile
from pathlib import Path

from ...module_utils.hermetic.errors import BrokenArtifact, UnsafeArchive


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tar or zip below ``target``; refuses entries that could leave it before the first is written."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, target)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, target)
        else:
            raise BrokenArtifact(f"{archive.name} is neither a zip nor a tar (plain, gz, bz2 or xz) archive that this Python reads")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:
        raise BrokenArtifact(f"{archive.name} cannot be unpacked: {error}") from error


def problems_of_name(name: str) -> str | None:
    """Say why a path must not be unpacked, None if it stays inside."""
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or (len(name) > 1 and name[1] == ":") or "\0" in name:
        return f"{name!r} is no relative path"
    if ".." in parts:
        return f"{name!r} leaves the tree"
    return None


def _unpack_tar(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        problems = []
        for member in members:
            problem = problems_of_name(member.name)
            if problem is None and member.issym():
                aim = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))
                if member.linkname.startswith("/") or aim == ".." or aim.startswith("../"):
                    problem = f"{member.name!r} is a link that leaves the tree: {member.linkname!r}"
            elif problem is None and member.islnk():
                problem = problems_of_name(member.linkname)
            elif problem is None and not (member.isfile() or member.isdir()):
                problem = f"{member.name!r} is neither file, directory nor link"
            if problem:
                problems.append(problem)
        links = {posixpath.normpath(member.name) for member in members if member.issym()}
        problems += [f"{member.name!r} lies behind a link" for member in members if _behind(member.name, links)]
        if problems:
            raise UnsafeArchive(f"{archive.name} is not safe to unpack", problems)
        late = []
        for member in members:
            path = target / member.name
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.isfile():
                path.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                if source is None:
                    raise AssertionError("source is set by now")
                with source, path.open("wb") as stream:
                    shutil.copyfileobj(source, stream, 1 << 20)
                path.chmod(0o755 if member.mode & 0o111 else 0o644)
                os.utime(path, (member.mtime, member.mtime))
            else:
                late.append(member)
        for member in late:
            path = target / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.issym():
                path.symlink_to(member.linkname)
            else:
                shutil.copy2(target / member.linkname, path)


def _behind(name: str, links: set[str]) -> bool:
    parts = posixpath.normpath(name).split("/")
    return any("/".join(parts[:depth]) in links for depth in range(1, len(parts)))


def _unpack_zip(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        problems = [problem for entry in packed.infolist() if (problem := problems_of_name(entry.filename))]
        problems += [f"{e.filename!r} is a link" for e in packed.infolist() if (e.external_attr >> 16) & 0o170000 == 0o120000]
        if problems:
            raise UnsafeArchive(f"{archive.name} is not safe to unpack", problems)
        for entry in packed.infolist():
            path = target / entry.filename
            if entry.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(entry) as source, path.open("wb") as stream:
                shutil.copyfileobj(source, stream, 1 << 20)
            path.chmod(0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)
