# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one grammar of names and paths: what bundle.json, receipts, records, requests and indexes may hold; pure.

Each ``…_problem`` returns why a value is not valid, as the end of a sentence about it, or None where it is valid.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from posixpath import dirname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import TypeGuard

PLATFORMS = (
    "linux-x86_64",
    "linux-aarch64",
    "linux-x86_64-musl",
    "linux-aarch64-musl",
    "macos-x86_64",
    "macos-arm64",
    "windows-x86_64",
    "windows-arm64",
    "windows-x86",
)
LARGEST_NUMBER = 2**63 - 1
LARGEST_GENERATION = 10**9

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?")
# Without a hyphen and with a digit first: so the identifier of a tree has only one reading.
_RELEASE = re.compile(r"[0-9](?:[A-Za-z0-9._+]{0,62}[A-Za-z0-9_+])?")
_COMMAND = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9_+-])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
_TAG = re.compile(r"cp[0-9]{2,4}[a-z]{0,4}")
_GENERATION = re.compile(r"[1-9][0-9]{0,9}")
_TREE_IDS = {
    "bundles": re.compile(rf"(?P<name>{_NAME.pattern})-(?P<release>{_RELEASE.pattern})-(?P<digest>[0-9a-f]{{12}})"),
    "environments": re.compile(rf"(?P<name>{_NAME.pattern})-(?P<digest>[0-9a-f]{{12}})"),
    "laid": re.compile(r"(?P<digest>[0-9a-f]{16})-(?P<made_for>[0-9a-f]{12})"),
}

# A name of one part of a path: what the longest names of ext4, APFS and NTFS have in common.
_LONGEST_PART = 255
LONGEST_PATH = 4096
_DEEPEST = 128
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL)
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
# An empty part, or one that begins with a dot, in paths that stand between NULs with a '/' before each.
_UNCLEAR = re.compile(r"/[/.\0]")
# Finds in many paths at once what may be no name on Windows.
_NOT_WINDOWS = re.compile(r'[<>:"|?*\x01-\x1f]|[. ][/\0]|/(con|prn|aux|nul|com[0-9]|lpt[0-9])[$.\s/\0a-z]', re.IGNORECASE)


def shown(value: object) -> str:
    """Return a value as a message may show it: short, on one line, whatever it is."""
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return repr(value) if value.bit_length() <= 64 else f"a number of {value.bit_length()} bits"
    if isinstance(value, str):
        return repr(value) if len(value) <= 80 else f"{value[:77]!r}…"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, (list, tuple)) else f"of type {type(value).__name__}"


def is_number(value: object, *, least: int = 0, most: int = LARGEST_NUMBER) -> TypeGuard[int]:
    """Return whether a value is an integer of this range; neither True nor 1.0 is one."""
    # Ansible's own numbers are a subclass, which remembers where it was written.
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_windows_device(part: str) -> bool:
    """Return whether Windows takes the name for a device, wherever it lies and whatever follows its dot."""
    return _WINDOWS_DEVICE.fullmatch(part) is not None


def is_windows_name(part: str) -> bool:
    """Return whether Windows takes a name as it is: no device, no stream, nothing that it would cut off."""
    return windows_name_problem(part) is None


def windows_name_problem(part: str) -> str | None:
    """Judge a name by the rules of Windows alone."""
    if is_windows_device(part):
        return f"{part!r} is no file name on Windows, which takes it for a device"
    if ":" in part:
        return f"{part!r} is no file name on Windows, where a ':' names an alternate data stream of a file"
    if found := _WINDOWS_FORBIDDEN.search(part):
        return f"{part!r} is no file name on Windows, because it holds {found[0]!r}"
    if part[-1:] in ("", ".", " "):
        return f"{part!r} is no file name on Windows, which would cut off the dot or blank at its end"
    return None


def is_too_long(part: str, *, windows: bool) -> bool:
    """Return whether a single name is longer than the target's file systems take: bytes of UTF-8, on Windows units of UTF-16."""
    # Counted without the codec of UTF-16, which a small bundle need not have.
    length = len(part) + sum(character > "\uffff" for character in part) if windows else (_bytes_in(part) or 0)
    return length > _LONGEST_PART


def has_drive(path: str) -> bool:
    """Return whether a path begins as those with a drive do on Windows."""
    return _DRIVE.match(path) is not None


def has_control_character(name: str) -> bool:
    """Return whether a name would steer a terminal, or break a list of one name to a line."""
    return _CONTROL.search(name) is not None


def name_problem(value: object) -> str | None:
    """Judge the name of a bundle, a VirtualEnv or a channel, which becomes a name in directories of every system."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        return (
            "expected a name of lower-case letters, digits, '.', '_' and '-' that starts with a letter or digit, "
            "does not end with a dot and has at most 64 characters; a path is not a name"
        )
    return "it is the name of a device on Windows; choose another" if is_windows_device(value) else None


def release_problem(value: object) -> str | None:
    """Judge the release of a bundle."""
    if isinstance(value, str) and _RELEASE.fullmatch(value):
        return None
    return (
        "expected one like '3.12.11+4': a digit first, then letters, digits, '.', '_' and '+' (no '-'), "
        "not a dot at the end, at most 64 characters"
    )


def digest_problem(value: object) -> str | None:
    """Judge a SHA-256."""
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return None
    return "expected the 64 lower-case hexadecimal digits of a SHA-256"


def platform_problem(value: object) -> str | None:
    """Judge the name of a platform."""
    return None if isinstance(value, str) and value in PLATFORMS else f"expected one of {', '.join(PLATFORMS)}"


def command_problem(value: object) -> str | None:
    """Judge what a command of a bundle is called; it becomes a link or a program in ``bin``."""
    if isinstance(value, str) and _COMMAND.fullmatch(value) and not is_windows_device(value):
        return None
    return "expected a plain name of letters, digits, '.', '_', '+' and '-', at most 64 characters"


def version_problem(value: object) -> str | None:
    """Judge the version of a Python."""
    return None if isinstance(value, str) and _VERSION.fullmatch(value) else "expected three numbers such as '3.12.1'"


def tag_problem(value: object) -> str | None:
    """Judge an interpreter or ABI tag of CPython."""
    return None if isinstance(value, str) and _TAG.fullmatch(value) else "expected a tag of CPython such as 'cp312'"


def tree_parts(kind: str, value: object) -> dict[str, str] | None:
    """Return the parts of the identifier of a tree (``name``, ``release``, ``digest``), or None where it is none of that kind."""
    found = _TREE_IDS[kind].fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST_PART else None
    if found is None or is_windows_device(found.groupdict().get("name", "")):
        return None
    return found.groupdict()


def file_name_problem(value: object, *, windows: bool = False) -> str | None:
    """Judge a file name that stands alone, such as that of an artifact."""
    if not isinstance(value, str) or not value:
        return "expected a name without a path"
    if "/" in value or "\\" in value or value in (".", ".."):
        return "expected a name without a path"
    if value.startswith(".") or value.endswith(".part"):
        return "a name that starts with a dot or ends with '.part' is for files that are being written"
    if _CONTROL.search(value) or _SURROGATE.search(value):
        return "it holds a control character or is not valid Unicode"
    if len(value.encode()) > _LONGEST_PART:
        return f"it is longer than {_LONGEST_PART} bytes"
    return "it is no file name on Windows" if windows and not is_windows_name(value) else None


def path_problem(value: object, *, windows: bool = False, drives: bool = False) -> str | None:
    """Judge the path of an entry of a tree, relative to it, with '/' between the parts.

    ``windows``: the rules of Windows hold as well. ``drives``: a name such as ``c:x`` is one like any other where they do not; the path is
    written on this very system, and not by a later one.
    """
    if not isinstance(value, str) or not value:
        return "the path is empty or no text"
    if "\0" in value:
        return "the name holds a NUL"
    length = _bytes_in(value)
    if length is None or (windows and _SURROGATE.search(value)):
        return "the name is not valid Unicode"
    if "\\" in value:
        return "the name holds a backslash, and the parts of a path are separated by '/'"
    if value.startswith("/"):
        return "the path is absolute, so it would lie outside its tree"
    if has_drive(value) and (not drives or (windows and value[2:3] == "/")):
        return "the path begins with a drive letter, so it would lie outside its tree"
    parts = value.split("/")
    if ".." in parts:
        return "the path holds '..', so it could lie outside its tree"
    if "" in parts or "." in parts:
        return "the path holds an empty part"
    if length > LONGEST_PATH or len(parts) > _DEEPEST:
        return f"the path is too long or too deep: it has more than {LONGEST_PATH} bytes or {_DEEPEST} parts"
    for part in parts:
        problem = windows_name_problem(part) if windows else None
        if problem is not None:
            return problem
        if is_too_long(part, windows=windows):
            return f"the path is too long or too deep: {part[:40]!r}… has more than {_LONGEST_PART} {'characters' if windows else 'bytes'}"
    return None


def part_problem(value: object, *, windows: bool = False) -> str | None:
    """Judge the name of one entry of a directory of a tree."""
    return "the name holds a '/'" if isinstance(value, str) and "/" in value else path_problem(value, windows=windows)


def generation_number(text: object) -> int | None:
    """Return the number that the name of a generation stands for, or None where it is none."""
    found = _GENERATION.fullmatch(text) if isinstance(text, str) else None
    return int(found[0]) if found is not None and int(found[0]) <= LARGEST_GENERATION else None


def are_paths(values: Collection[str], *, windows: bool = False) -> bool:
    """Return whether all are paths of entries of a tree: what ``path_problem`` says, of tens of thousands in a few milliseconds."""
    if not values:
        return True
    text = "\0/" + "\0/".join(values) + "\0"
    if text.count("\0") != len(values) + 1:
        return False
    unclear = not text.isascii() or "\\" in text or ":" in text or max(map(len, values)) > _LONGEST_PART or _UNCLEAR.search(text)
    if unclear or (windows and _NOT_WINDOWS.search(text)):
        return all(path_problem(value, windows=windows) is None for value in values)
    return True


def are_digests(values: Collection[object]) -> bool:
    """Return whether all are what ``digest_problem`` takes for a SHA-256."""
    if values and (set(map(type, values)) != {str} or set(map(len, values)) != {64}):  # type: ignore[arg-type]
        return False
    text = "".join(values)  # type: ignore[arg-type]
    return text.isascii() and not text.encode("ascii").translate(None, b"0123456789abcdef")


def are_tree_ids(kind: str, values: Collection[object]) -> bool:
    """Return whether all are identifiers of trees of a kind."""
    return all(tree_parts(kind, value) is not None for value in values)


def target_problem(path: str, target: object) -> str | None:
    """Judge the target of a link that stays in its tree, by its text alone; ``path`` is where the link lies."""
    if not isinstance(target, str) or not target:
        return "the link has no target"
    if "\0" in target or "\\" in target:
        return f"the link target {shown(target)} holds a NUL or a backslash"
    length = _bytes_in(target)
    if length is None or length > LONGEST_PATH:
        return f"the link target {shown(target)} is not valid Unicode or too long"
    if target.startswith("/") or _DRIVE.match(target):
        return f"the link target {shown(target)} is absolute"
    depth = len(dirname(path).split("/")) if dirname(path) else 0
    for part in target.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return f"the link target {shown(target)} leaves the tree"
    return None


def text_problem(value: object, *, longest: int = 1024) -> str | None:
    """Judge a text that people read, such as a version of a package."""
    if not isinstance(value, str):
        return "expected a text"
    if len(value) > longest or _CONTROL.search(value) or _SURROGATE.search(value):
        return "it is too long, holds a control character, or is not valid Unicode"
    return None


def _bytes_in(text: str) -> int | None:
    """Return how long a name is on a file system of POSIX, where bytes that are no UTF-8 stand as surrogates; None where it can be no name."""
    try:
        return len(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return None
