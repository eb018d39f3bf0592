# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a real Windows bundle that the engine runs from, so that a test may install it many times."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.archive_writing import write_archive
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import archive_name
from bundle_variants import Contents, Entry, entry, write
from roots import Archive

_PACKAGES = "asyncio|curses|dbm|distutils|ensurepip|idlelib|lib2to3|msilib|multiprocessing|pydoc_data|sqlite3|unittest|venv|wsgiref|xml|xmlrpc|zoneinfo"
_MODULES = "_pydatetime|_pydecimal|_pyio|argparse|doctest|imaplib|mailbox|optparse|pdb|pickletools|pydoc|statistics|tarfile_|turtle|typing_"
_DROPPED = re.compile(
    rf"bin/Lib/(?:{_PACKAGES})(?:/.*)?|bin/Lib/(?:{_MODULES})\..*"
    r"|bin/Lib/encodings/(?!__init__|__pycache__|_upstream|_hermetic|aliases|ascii|cp437|cp1252|idna|latin_1|mbcs|utf_8)[^/]+"
    r"|bin/DLLs/(?:_asyncio|_decimal|_elementtree|_msi|_multiprocessing|_overlapped|_sqlite3|_uuid|_wmi_|_zoneinfo|sqlite3|winsound|pyexpat).*"
    r"|share/.*|lib/engine/installer/_scripts/(?!__init__|t64\.|w64\.).+"
)


def contents_of_zip(archive: Path) -> Contents:
    """Read the archive of a Windows bundle."""
    entries: list[Entry] = []
    info = None
    with zipfile.ZipFile(archive) as source:
        for member in source.infolist():
            data = source.read(member)
            if member.filename == "bundle.json":
                info = json.loads(data)
            elif member.is_dir():
                entries.append(entry(member.filename.rstrip("/"), kind=tarfile.DIRTYPE, mode=0o755))
            else:
                entries.append(entry(member.filename, data=data, mode=(member.external_attr >> 16) & 0o777))
    return Contents(info, entries)


def slim(archive: Archive) -> Contents:
    """Return what is left of a bundle."""
    contents = contents_of_zip(archive.path)
    assert contents.info is not None
    kept = [(info, data) for info, data in contents.entries if not _DROPPED.fullmatch(info.name)]
    names = {info.name for info, _data in kept}
    files = {name: record for name, record in contents.info["files"].items() if name in names}
    return replace(contents, entries=kept).with_info(files=files)


def slim_archive(archive: Archive, place: Path, *, revision: int) -> Archive:
    """Write a slim release of a bundle."""
    contents = slim(archive)
    assert contents.info is not None
    version = archive.release.partition("+")[0]
    return write(contents.with_info(release=f"{version}+{revision}"), place / f"slim-{revision}.tar")


def slim_release(archive: Archive, place: Path, *, release: str) -> Archive:
    """Write a slim release of a bundle in the form in which bundles are published, which win_engine unpacks as well."""
    contents = slim(archive).with_info(release=release)
    assert contents.info is not None
    target = place / archive_name(name=contents.info["name"], release=release, platform=contents.info["platform"])
    with tempfile.TemporaryDirectory() as directory:
        _unpack(contents, Path(directory))
        write_archive(Path(directory), target)
    return Archive(target, hashlib.sha256(target.read_bytes()).hexdigest(), release, contents.info["python"])


def _unpack(contents: Contents, directory: Path) -> None:
    about = entry("bundle.json", data=json.dumps(contents.info, sort_keys=True).encode())
    for info, data in [*contents.entries, about]:
        path = directory / info.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if info.isdir():
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(data)
            path.chmod(info.mode)
