# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of prebuilt wheels that lie, one way each: made from what a true one says of itself and holds."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import json
import os
import tarfile
from collections.abc import Callable
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.byte_code import byte_code
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.tar_headers import END, tar_header
from prebuilt_samples import Parts

EVIL = b"import os; os.system('true')\n"


def _of(kind: bytes, name: str, target: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mtime = kind, target, 1_000_000_000
    return info.tobuf(tarfile.USTAR_FORMAT)


def _relabel(parts: Parts, **changes: Any) -> None:
    parts.manifest.update(changes)


def _outside(path: str) -> Callable[[Parts], None]:
    return lambda parts: parts.record(path, EVIL)


def _byte_code_of_another_source(parts: Parts) -> None:
    path = next(path for path in parts.files if path.endswith("deep/module.py"))
    code = byte_code(EVIL, shown_as="alpha/deep/module.py")
    assert code is not None
    parts.record(importlib.util.cache_from_source(path), code)


def _source_of_another_byte_code(parts: Parts) -> None:
    _replace_recorded(parts, "deep/module.py", EVIL)


def _replace_recorded(parts: Parts, ending: str, data: bytes) -> None:
    """Replace a file, and its line in RECORD."""
    path = next(path for path in parts.files if path.endswith(ending))
    parts.record(path, data)
    _write_record(parts)


def _write_record(parts: Parts) -> None:
    from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import file_records
    from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.record_file import own_record

    record = f"{parts.manifest['dist_info']}/RECORD"
    listed = {path: each for path, each in parts.manifest["files"].items() if path != f"site/{record}"}
    parts.record(f"site/{record}", own_record(file_records(listed), record))


def _head(change: Callable[[bytes], bytes]) -> Callable[[Parts], None]:
    def lie(parts: Parts) -> None:
        path = next(path for path in parts.files if path.endswith(".pyc"))
        parts.record(path, change(parts.files[path]))

    return lie


def _stray_byte_code(name: str) -> Callable[[Parts], None]:
    def lie(parts: Parts) -> None:
        code = next(data for path, data in parts.files.items() if path.endswith(".pyc"))
        parts.record(name, code)

    return lie


def _mode(mode: Any) -> Callable[[Parts], None]:
    def lie(parts: Parts) -> None:
        path = next(path for path in parts.files if path.endswith("template.py"))
        parts.manifest["files"][path][0] = mode

    return lie


def _executable(parts: Parts) -> None:
    _header("template.py", lambda path: tar_header(path, size=len(parts.files[path]), mode=0o644))(parts)
    _mode(0o755)(parts)


def _said(**changes: Any) -> Callable[[Parts], None]:
    """Say something else of a file than it is: its size or digest."""

    def lie(parts: Parts) -> None:
        path = next(path for path in parts.files if path.endswith("template.py"))
        record = parts.manifest["files"][path]
        parts.manifest["files"][path] = [record[0], changes.get("size", record[1]), changes.get("sha256", record[2])]

    return lie


def _wheel(**changes: Any) -> Callable[[Parts], None]:
    return lambda parts: parts.manifest["wheel"].update(changes)


def _byte_code(**changes: Any) -> Callable[[Parts], None]:
    return lambda parts: parts.manifest["byte_code"].update(changes)


def _header(ending: str, make: Callable[[str], bytes]) -> Callable[[Parts], None]:
    def lie(parts: Parts) -> None:
        path = next(path for path in parts.files if path.endswith(ending))
        parts.headers[path] = make(path)

    return lie


def _drop(ending: str, *, of: str) -> Callable[[Parts], None]:
    def lie(parts: Parts) -> None:
        path = next(path for path in parts.files if path.endswith(ending))
        del (parts.files if of == "files" else parts.manifest["files"])[path]

    return lie


def _reorder(parts: Parts) -> None:
    parts.files = dict(reversed(parts.files.items()))


def _twice(parts: Parts) -> None:
    text = json.dumps(parts.manifest)
    first = next(iter(parts.manifest["files"]))
    at = text.index(f'"{first}"')
    parts.raw_manifest = (text[:at] + f'"{first}": [420, 0, "{"0" * 64}"], ' + text[at:]).encode()
    parts.before_end = tar_header(first, size=0, mode=0o644)


def _raw(content: bytes) -> Callable[[Parts], None]:
    return lambda parts: setattr(parts, "raw_manifest", content)


def _commands(commands: Any) -> Callable[[Parts], None]:
    return lambda parts: _relabel(parts, entry_points=commands)


def _bomb(parts: Parts) -> None:
    path = "site/alpha/zeros.bin"
    parts.manifest["files"][path] = [0o644, 1 << 40, "0" * 64]
    parts.files[path] = b""


def _many(parts: Parts) -> None:
    for number in range(100_000):
        parts.manifest["files"][f"site/alpha/d{number}/x"] = [0o644, 0, hashlib.sha256().hexdigest()]


def _installer(parts: Parts) -> None:
    parts.record(next(path for path in parts.files if path.endswith("/INSTALLER")), b"pip\n")


def _record_file(parts: Parts) -> None:
    parts.record(next(path for path in parts.files if path.endswith("/RECORD")), b"")


INSIDE: dict[str, Callable[[Parts], None]] = {
    "an entry above the tree": _outside("site/../../outside.py"),
    "an entry of no part": _outside("outside.py"),
    "an absolute entry": _outside("/tmp/hermetic-outside.py"),
    "an entry with an empty part": _outside("site//outside.py"),
    "an entry with a backslash": _outside("site/..\\outside.py"),
    "an entry below a file": _outside("site/alpha/template.py/outside.py"),
    "an entry with a control character": _outside("site/alpha/\x1b[2J.py"),
    "an entry with a NUL": _outside("site/alpha/x\0.py"),
    "an entry with half a character": _outside("site/alpha/\udcff.txt") if os.name != "nt" else _outside("site/\udcff"),
    "a name that is too long": _outside(f"site/{'x' * 256}"),
    "a file that was added to RECORD nowhere": _outside("site/alpha/extra.py"),
    "a link": _header("template.py", lambda path: _of(tarfile.SYMTYPE, path, "/etc/passwd")),
    "a hard link": _header("template.py", lambda path: _of(tarfile.LNKTYPE, path, "/etc/passwd")),
    "a device": _header("template.py", lambda path: _of(tarfile.CHRTYPE, path)),
    "a directory": _header("template.py", lambda path: _of(tarfile.DIRTYPE, path)),
    "a header with another name": _header("template.py", lambda path: tar_header("site/evil.py", size=31, mode=0o644)),
    "a setuid file": _mode(0o4755),
    "a writable file": _mode(0o666),
    "a mode that is none": _mode("0644"),
    "executable by what it says only": _executable,
    "byte code of another source": _byte_code_of_another_source,
    "a source of another byte code": _source_of_another_byte_code,
    "byte code that looks at its source": _head(lambda data: data[:4] + b"\x03\0\0\0" + data[8:]),
    "byte code with a time": _head(lambda data: data[:4] + b"\0\0\0\0" + data[8:]),
    "byte code of another Python": _head(lambda data: b"\x00\x01\r\n" + data[4:]),
    "byte code without a head": _head(lambda data: data[:10]),
    "empty byte code": _head(lambda _data: b""),
    "byte code of nothing": _stray_byte_code("site/alpha/__pycache__/nothing.cpython-311.pyc"),
    "optimized byte code": _stray_byte_code("site/alpha/__pycache__/__init__.cpython-311.opt-1.pyc"),
    "byte code of another tag": _stray_byte_code("site/alpha/__pycache__/__init__.cpython-399.pyc"),
    "byte code of a part that has none": _stray_byte_code("data/alpha/__pycache__/x.cpython-311.pyc"),
    "byte code in capital letters below": _stray_byte_code("site/__pycache__/deep/x.cpython-311.pyc"),
    "another wheel": _wheel(sha256="0" * 64),
    "another file name": _wheel(filename="beta-1.0-py3-none-any.whl"),
    "a file name that is a path": _wheel(filename="../alpha-1.0-py3-none-any.whl"),
    "a file name that is none": _wheel(filename=None),
    "another byte code": _byte_code(digest="0" * 64),
    "another magic number": _byte_code(magic="000d0d0a"),
    "another cache tag": _byte_code(cache_tag="cpython-399"),
    "no version of a Python": _byte_code(python="three"),
    "another name": lambda parts: _relabel(parts, name="beta"),
    "another version": lambda parts: _relabel(parts, version="6.6.6"),
    "a dist-info elsewhere": lambda parts: _relabel(parts, dist_info="../x"),
    "another dist-info": lambda parts: _relabel(parts, dist_info="alpha-6.dist-info"),
    "a name that is a number": lambda parts: _relabel(parts, name=1),
    "no warnings": lambda parts: _relabel(parts, warnings=None),
    "a warning that acts on the terminal": lambda parts: _relabel(parts, warnings=["\x1b[2J"]),
    "warnings without end": lambda parts: _relabel(parts, warnings=["x"] * 1000),
    "files that are a list": lambda parts: _relabel(parts, files=[]),
    "no files": lambda parts: _relabel(parts, files={}),
    "another format": lambda parts: _relabel(parts, format=2),
    "a format that is true": lambda parts: _relabel(parts, format=True),
    "commands that its files do not name": _commands([["evil", "os", "system", "console"]]),
    "no commands": _commands([]),
    "commands that are a text": _commands("alpha"),
    "a command that is a path": _commands([["../evil", "alpha", "main", "console"]]),
    "a command of too few parts": _commands([["alpha"]]),
    "another size": _said(size=1),
    "another digest": _said(sha256="0" * 64),
    "a digest that is a number": _said(sha256=1),
    "a negative size": _said(size=-1),
    "a size without bound": _said(size=1 << 70),
    "a file less than it says": _drop("template.py", of="files"),
    "a file more than it says": _drop("template.py", of="manifest"),
    "files in another order": _reorder,
    "a file that it lists twice": _twice,
    "another INSTALLER": _installer,
    "another RECORD": _record_file,
    "no JSON": _raw(b"{"),
    "JSON without a bottom": _raw(b"[" * 100_000),
    "JSON that is a number": _raw(b"1"),
    "no Unicode": _raw(b"\xff\xfe"),
    "more than the disk has": _bomb,
    "a hundred thousand directories": _many,
}


def _padding_that_speaks(true: Parts) -> bytes:
    tar = bytearray(true.tar())
    size = int(tar[124:135], 8)
    assert size % 512
    tar[512 + size] = 1
    return gzip.compress(bytes(tar), 6, mtime=0)


def _endless(_true: Parts) -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed:
        packed.write(tar_header("manifest.json", size=1 << 33, mode=0o644))
        for _number in range(300):
            packed.write(bytes(1 << 20))
    return stream.getvalue()


OUTSIDE: dict[str, Callable[[Parts], bytes]] = {
    "nothing": lambda _true: b"",
    "no gzip": lambda true: true.tar(),
    "half of it": lambda true: true.packed()[: len(true.packed()) // 2],
    "no end": lambda true: true.packed()[:-4],
    "another checksum": lambda true: true.packed()[:-8] + b"\0" * 4 + true.packed()[-4:],
    "something behind it": lambda true: true.packed() + b"x",
    "a second member": lambda true: true.packed() + gzip.compress(b"more", mtime=0),
    "an entry behind its end": lambda true: gzip.compress(true.tar() + tar_header("x", size=0, mode=0o644), mtime=0),
    "no end of the tar": lambda true: gzip.compress(true.tar()[: -len(END)], mtime=0),
    "a file first": lambda true: gzip.compress(tar_header("x", size=0, mode=0o644) + true.tar(), mtime=0),
    "a header that is none": lambda true: gzip.compress(bytes(512) + true.tar(), mtime=0),
    "padding that says something": _padding_that_speaks,
    "a manifest without end": _endless,
}
