# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owner and access list of files on Windows: what the engine gives a root, what it finds, and what may not be."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Sequence
from pathlib import Path

from ..os_errors import explain
from ..paths import extended
from .api import advapi32, kernel32, last_error

SYSTEM, ADMINISTRATORS = "SY", "BA"

# Full control for the system and the administrators, reading and running for everybody else; "P": nothing comes from above.
_POLICY = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
# What an administrator makes belongs to the administrators: an owner may rewrite any access list.
_POLICY_OWNER = "O:BA"
_OWNER, _DACL, _PROTECTED_DACL = 0x1, 0x4, 0x80000000
_ADD_OR_CHANGE = 0x0002 | 0x0004 | 0x0010 | 0x0040 | 0x0100 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000
_BUFFER = 4096
# Four were measured at two and a half times the speed of one on two cores; eight brought no more.
_THREADS, _WORTH_THREADS = 4, 64
_INSUFFICIENT_BUFFER = 122


class Descriptors:
    """Puts the descriptors of many files into words, equal ones once."""

    def __init__(self) -> None:
        self._reader = _Reader()
        self._words: dict[bytes, str] = {}
        self._ahead: dict[str, bytes] = {}

    def read_ahead(self, paths: Sequence[str]) -> None:
        """Read the descriptors that ``of`` will be asked for, in several threads: most of the time the system is waited for."""
        if len(paths) < _WORTH_THREADS:
            return
        # Imported here because no other system needs it.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_THREADS) as pool:
            for part in pool.map(_read_all, (paths[number::_THREADS] for number in range(_THREADS))):
                self._ahead.update(part)

    def of(self, path: str) -> str:
        """Return owner and access list of a file in the notation of SDDL, without what only says where an entry came from."""
        raw = self._ahead.pop(path, None) or self._reader.read(path)
        if raw not in self._words:
            self._words[raw] = _without_origin(_in_words(raw))
        return self._words[raw]


def _read_all(paths: Sequence[str]) -> dict[str, bytes]:
    reader = _Reader()
    found = {}
    for path in paths:
        # What cannot be read is asked for again where it is used, and reported there.
        with contextlib.suppress(OSError):
            found[path] = reader.read(path)
    return found


class _Reader:
    """Reads descriptors as the system stores them, into memory that is made once; for one thread."""

    def __init__(self) -> None:
        self._advapi = advapi32()
        self._buffer = ctypes.create_string_buffer(_BUFFER)

    def read(self, path: str) -> bytes:
        needed = ctypes.c_uint32()
        while not self._advapi.GetFileSecurityW(
            ctypes.c_wchar_p(path), _OWNER | _DACL, self._buffer, ctypes.c_uint32(len(self._buffer)), ctypes.byref(needed)
        ):
            error = last_error()
            if error.winerror != _INSUFFICIENT_BUFFER:  # type: ignore[attr-defined, unused-ignore]
                raise error
            self._buffer = ctypes.create_string_buffer(needed.value)
        return self._buffer.raw[: int(self._advapi.GetSecurityDescriptorLength(self._buffer))]


def protect(directory: Path) -> None:
    """Give a root its owner and its access list, which everything that is made below it inherits.

    Somebody who is no administrator and keeps a root of his own stays its owner and gets full control: he could not go on otherwise.
    """
    advapi = advapi32()
    administrator = _is_administrator()
    policy = f"{_POLICY_OWNER}{_POLICY}" if administrator else f"{_POLICY}(A;OICI;FA;;;{own_sid()})"
    parts = _DACL | _PROTECTED_DACL | (_OWNER if administrator else 0)
    descriptor = ctypes.c_void_p()
    if not advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(ctypes.c_wchar_p(policy), 1, ctypes.byref(descriptor), None):
        raise last_error()
    try:
        present, defaulted, dacl, owner = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p(), ctypes.c_void_p()
        advapi.GetSecurityDescriptorDacl(descriptor, ctypes.byref(present), ctypes.byref(dacl), ctypes.byref(defaulted))
        advapi.GetSecurityDescriptorOwner(descriptor, ctypes.byref(owner), ctypes.byref(defaulted))
        file_object = 1
        # This call, and no other, hands the list down to what is there already.
        error = advapi.SetNamedSecurityInfoW(
            ctypes.c_wchar_p(extended(directory)), file_object, ctypes.c_uint32(parts), owner if administrator else None, None, dacl, None
        )
        if error:
            raise explain(ctypes.WinError(error), str(directory))  # type: ignore[attr-defined, unused-ignore]
        # Wine mixes in what the directory above hands down, protected or not; this call sets the list as it is.
        if others_who_may_write(directory) and not advapi.SetFileSecurityW(
            ctypes.c_wchar_p(extended(directory)), ctypes.c_uint32(_DACL | _PROTECTED_DACL), descriptor
        ):
            raise explain(last_error(), str(directory))
    finally:
        kernel32().LocalFree(descriptor)


def others_who_may_write(directory: Path) -> list[str]:
    """Return the trustees that may change a directory and are neither the system, nor the administrators, nor its owner."""
    owner, entries = parsed(Descriptors().of(extended(directory)))
    trusted = {SYSTEM, ADMINISTRATORS, owner, "S-1-5-18", "S-1-5-32-544", "CO", "OW", "S-1-3-0", "S-1-3-4"}
    return sorted({trustee for trustee, mask in entries if trustee not in trusted and mask & _ADD_OR_CHANGE})


def parsed(words: str) -> tuple[str, list[tuple[str, int]]]:
    """Return the owner and the (trustee, access mask) of every allowing entry of a descriptor."""
    owner = words.partition("O:")[2].partition("D:")[0].partition("G:")[0]
    entries = []
    for part in words.partition("D:")[2].split("(")[1:]:
        kind, flags, rights, _object, _inherited, trustee = part.rstrip(")").split(";")[:6]
        if kind == "A" and "IO" not in flags:
            entries.append((trustee, _mask(rights)))
    return owner, entries


_RIGHTS = {
    "FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0, "GA": 0x10000000, "GR": 0x80000000, "GW": 0x40000000,
    "GX": 0x20000000, "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000, "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8,
    "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
}  # fmt: skip


def _mask(rights: str) -> int:
    if rights.lower().startswith("0x"):
        return int(rights, 16)
    mask = 0
    for position in range(0, len(rights), 2):
        # An abbreviation that is not known here counts as everything.
        mask |= _RIGHTS.get(rights[position : position + 2], 0x1F01FF)
    return mask


def _without_origin(words: str) -> str:
    """Drop what differs between a file that inherits an entry and one that has it of its own, though the access is the same."""
    head, _mark, entries = words.partition("D:")
    parts = []
    for part in entries.split("(")[1:]:
        fields = part.split(";")
        fields[1] = fields[1].replace("ID", "")
        parts.append("(" + ";".join(fields))
    return f"{head}D:{''.join(parts)}"


def _in_words(raw: bytes) -> str:
    text = ctypes.c_wchar_p()
    if not advapi32().ConvertSecurityDescriptorToStringSecurityDescriptorW(raw, 1, _OWNER | _DACL, ctypes.byref(text), None):
        raise last_error()
    words = text.value or ""
    kernel32().LocalFree(text)
    return words


def _is_administrator() -> bool:
    return bool(ctypes.windll.shell32.IsUserAnAdmin())  # type: ignore[attr-defined, unused-ignore]


def own_sid() -> str:
    """Return this user as a security identifier."""
    kernel, advapi = kernel32(), advapi32()
    token, query, user = ctypes.c_void_p(), 0x0008, 1
    if not advapi.OpenProcessToken(ctypes.c_void_p(kernel.GetCurrentProcess()), query, ctypes.byref(token)):
        raise last_error()
    try:
        buffer, needed = ctypes.create_string_buffer(_BUFFER), ctypes.c_uint32()
        if not advapi.GetTokenInformation(token, user, buffer, _BUFFER, ctypes.byref(needed)):
            raise last_error()
        sid = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_void_p))[0]
        text = ctypes.c_wchar_p()
        if not advapi.ConvertSidToStringSidW(ctypes.c_void_p(sid), ctypes.byref(text)):
            raise last_error()
        words = text.value or ""
        kernel.LocalFree(text)
        return words
    finally:
        kernel.CloseHandle(token)
