# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make other archives from a real bundle: a slim one that installs in no time, other releases of it, and such as must be refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from roots import Archive, Document

Entry = tuple[tarfile.TarInfo, bytes]

_TIME = 1_000_000_000
# What neither the start of an interpreter nor the engine needs, when nothing comes over https.
_STDLIB_PARTS = (
    "asyncio|curses|dbm|distutils|email/mime|ensurepip|html|idlelib|lib2to3|msilib|multiprocessing|pydoc_data|"
    "site-packages/.+|sqlite3|test|tkinter|turtledemo|unittest|venv|wsgiref|xml|xmlrpc|zoneinfo"
)
_STDLIB_FILES = "_pydatetime|_pydecimal|_pyio|argparse|doctest|imaplib|mailbox|optparse|pdb|pickletools|pydoc|turtle|typing_extensions"
_DROPPED = re.compile(
    rf"lib/python3[^/]*/(?:{_STDLIB_PARTS})(?:/.*)?"
    rf"|lib/python3[^/]*/(?:__pycache__/)?(?:{_STDLIB_FILES})\..*"
    r"|lib/python3[^/]*/encodings/(?:__pycache__/)?(?!__init__|aliases|ascii|cp437|idna|latin_1|utf_8)[^/]+\.pyc?"
    r"|lib/python3[^/]*/lib-dynload/_(?:codecs_|curses|dbm|decimal|elementtree|gdbm|multi|pickle|sqlite3|ssl|hashlib|test|tkinter|x).*"
    r"|lib/python3[^/]*/lib-dynload/(?:pyexpat|nis|audioop|ossaudiodev|readline).*"
    r"|lib/lib(?!python|ffi|z[.-])[^/]+\.so.*"
    r"|lib/engine/installer/_scripts/.+\.exe|share(?:/.*)?"
)


@dataclass(frozen=True)
class Contents:
    """What an archive holds: bundle.json (None leaves it out) and the other entries."""

    info: Document | None
    entries: list[Entry] = field(repr=False)

    def with_info(self, **changes: Any) -> Contents:
        """Return the contents with other values in bundle.json."""
        return replace(self, info={**(self.info or {}), **changes})

    def with_python(self, **changes: Any) -> Contents:
        """Return the contents with other values in the ``python`` part of bundle.json."""
        assert self.info is not None
        return self.with_info(python={**self.info["python"], **changes})

    def with_file(self, name: str, data: bytes, *, listed: bool, mode: int = 0o644) -> Contents:
        """Return the contents with a file added or replaced; the manifest speaks of it when it is to be listed."""
        kept = [(info, content) for info, content in self.entries if info.name != name]
        changed = replace(self, entries=[*kept, entry(name, data=data, mode=mode)])
        if not listed:
            return changed
        assert self.info is not None
        record = {"type": "file", "mode": f"{mode:04o}", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        return changed.with_info(files={**self.info["files"], name: record})

    def with_entries(self, *added: Entry) -> Contents:
        """Return the contents with entries that the manifest does not speak of."""
        return replace(self, entries=[*self.entries, *added])


Change = Callable[[Contents], Contents]


def entry(name: str, *, kind: bytes = tarfile.REGTYPE, data: bytes = b"", target: str = "", mode: int = 0o644) -> Entry:
    """Return an entry of an archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode, info.mtime = kind, target, len(data), mode, _TIME
    return info, data


def contents_of(archive: Path) -> Contents:
    """Read an archive that is whole."""
    entries: list[Entry] = []
    info: Document | None = None
    with tarfile.open(archive) as source:
        for member in source:
            reader = source.extractfile(member) if member.isreg() else None
            data = reader.read() if reader is not None else b""
            if member.name == "bundle.json":
                info = json.loads(data)
            else:
                entries.append((member, data))
    return Contents(info, entries)


def slim(contents: Contents) -> Contents:
    """Return the part of a bundle that the engine runs from."""
    assert contents.info is not None
    kept = [(info, data) for info, data in contents.entries if not _DROPPED.fullmatch(info.name)]
    names = {info.name for info, _data in kept}
    return replace(contents, entries=kept).with_info(
        files={name: record for name, record in contents.info["files"].items() if name in names}
    )


def write(contents: Contents, path: Path) -> Archive:
    """Write the contents as an archive, compressed where the name says so."""
    entries = list(contents.entries)
    if contents.info is not None:
        entries.append(entry("bundle.json", data=json.dumps(contents.info, sort_keys=True).encode()))
    raw = tar(sorted(entries, key=lambda each: each[0].name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(raw, 1, mtime=0) if path.name.endswith(".gz") else raw)
    return known(path, contents.info)


def tar(entries: Iterable[Entry]) -> bytes:
    """Return a tar file with these entries as they are, whatever they are."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as out:
        for info, data in entries:
            out.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return buffer.getvalue()


def known(path: Path, info: Document | None = None) -> Archive:
    """Return a file as the archive of a bundle, whatever it holds."""
    told = info or {"release": "3.12.0+1", "python": {}}
    return Archive(path, hashlib.sha256(path.read_bytes()).hexdigest(), str(told["release"]), told.get("python") or {})
