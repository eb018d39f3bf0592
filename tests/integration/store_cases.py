# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of tampering with what a root keeps beside its trees, and with what files carry beside mode and owner."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from tampering import ALPHA, BUNDLE, ONE, Case, Tampered, append, delete, edit_unseen, link, mode, owner, several, write

AS_ROOT = (pytest.mark.root,)

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
CAPABILITY = "security.capability"
IMMUTABLE, APPEND_ONLY = 0x10, 0x20
_SIZE = struct.calcsize("l")


def attribute(place: str, name: str, value: bytes) -> Callable[[Tampered], object]:
    return lambda root: os.setxattr(root.at(place), name, value)


def capability(place: str, number: int = 7) -> Callable[[Tampered], object]:
    """Give a program a capability, in force at once: 7 is ``cap_setuid``, as ``setcap cap_setuid+ep`` does."""
    return attribute(place, CAPABILITY, struct.pack("<5I", 0x02000001, 1 << number, 0, 0, 0))


def acl(place: str, name: str = ACCESS, *, user: int = 12345, rights: int = 7) -> Callable[[Tampered], object]:
    """Give one more user rights, as ``setfacl --modify`` does; what the mode shows stays as it was."""

    def do(root: Tampered) -> None:
        path = root.at(place)
        bits = path.stat().st_mode
        entries = [(1, bits >> 6 & 7, 0xFFFFFFFF), (2, rights, user), (4, bits >> 3 & 7, 0xFFFFFFFF), (0x10, bits >> 3 & 7, 0xFFFFFFFF)]
        entries.append((0x20, bits & 7, 0xFFFFFFFF))
        os.setxattr(path, name, struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries))

    return do


def flag(place: str, bit: int = IMMUTABLE) -> Callable[[Tampered], object]:
    """Set a flag of the inode, as ``chattr`` does."""
    return lambda root: set_flag(root.at(place), bit)


def set_flag(path: Path, bit: int) -> None:
    """Set a flag of the inode; 0 clears all of them."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        buffer = bytearray(_SIZE)
        fcntl.ioctl(descriptor, 0x80006601 | _SIZE << 16, buffer)
        flags = int.from_bytes(buffer[:4], "little")
        flags = flags | bit if bit else flags & ~(IMMUTABLE | APPEND_ONLY)
        fcntl.ioctl(descriptor, 0x40006602 | _SIZE << 16, flags.to_bytes(_SIZE, "little"))
    finally:
        os.close(descriptor)


def why_no_flags(directory: Path) -> str | None:
    """Return why this user cannot set flags below a directory; None where he can."""
    probe = directory / "probe"
    probe.touch()
    try:
        set_flag(probe, IMMUTABLE)
        set_flag(probe, 0)
    except OSError as error:
        return f"immutable flags cannot be set here: {error.strerror}"
    finally:
        probe.unlink()
    return None


def store(kind: str, *places: str) -> tuple[tuple[str, str, str | None], ...]:
    return tuple(("store", kind, place) for place in places)


DIRECTORIES = (
    "bundles", "environments", "laid", "wheels", "generations", "state", "state/generations", "state/receipts",
    "state/receipts/bundles", "state/receipts/environments", "state/receipts/laid",
)  # fmt: skip
RECORDS = (
    "state/lock", "state/root.json", "state/generations/{number}.json", "state/receipts/bundles/{bundle_id}.json",
    "state/receipts/environments/{one_id}.json", "state/receipts/laid/{alpha_laid}.json",
)  # fmt: skip
WHEEL = "wheels/{bundle_sha256}/{bundle_file}"

CASES = [
    *(Case(f"0777 for {place}", mode(place, 0o777), store("mode", place)) for place in DIRECTORIES),
    *(Case(f"0700 for {place}", mode(place, 0o700), store("mode", place)) for place in ("state", "state/receipts/laid", "wheels")),
    *(Case(f"0666 for {place}", mode(place, 0o666), store("mode", place)) for place in RECORDS),
    Case("0400 for a receipt", mode(RECORDS[4], 0o400), store("mode", RECORDS[4])),
    Case("0777 for the root", mode(".", 0o777), store("mode", ".")),
    Case("1777 for the root", mode(".", 0o1777), store("mode", ".")),
    Case("0700 for the root", mode(".", 0o700), store("mode", ".")),
    Case("setgid for the root", mode(".", 0o2755), store("mode", ".")),
    Case("setgid for the environments", mode("environments", 0o2755), store("mode", "environments")),
    Case("0777 for a profile", mode("generations/{number}", 0o777), store("mode", "generations/{number}")),
    Case("0777 for the commands of a profile", mode("generations/{number}/bin", 0o777), store("mode", "generations/{number}/bin")),
    Case("0777 for the profile of an older generation", mode("generations/1/envs", 0o777), store("mode", "generations/1/envs")),
    Case("0777 for a stored artifact", mode(WHEEL, 0o777), store("mode", WHEEL)),
    Case(
        "0777 for the directory of a stored artifact",
        mode("wheels/{bundle_sha256}", 0o777),
        store("mode", "wheels/{bundle_sha256}"),
    ),
    *(Case(f"owner of {place}", owner(place), store("owner", place), marks=AS_ROOT) for place in (*DIRECTORIES, *RECORDS, WHEEL)),
    Case("owner of a profile", owner("generations/{number}/bin"), store("owner", "generations/{number}/bin"), marks=AS_ROOT),
    Case("file in the root", write("notes"), store("unexpected", "notes")),
    Case("directory in the root", write("tools/bin/python"), store("unexpected", "tools")),
    Case("link in the root", link("python", "/usr/bin/env"), store("unexpected", "python")),
    Case("pyvenv.cfg in the root", write("pyvenv.cfg", "home = /tmp\n"), store("unexpected", "pyvenv.cfg")),
    Case("file in the state", write("state/notes"), store("unexpected", "state/notes")),
    Case("file among the kinds of receipts", write("state/receipts/x"), store("unexpected", "state/receipts/x")),
    Case("file among receipts", write("state/receipts/bundles/x"), store("unexpected", "state/receipts/bundles/x")),
    Case("directory among receipts", write("state/receipts/laid/x/y"), store("unexpected", "state/receipts/laid/x")),
    Case("file among records of generations", write("state/generations/x"), store("unexpected", "state/generations/x")),
    Case("file among the profiles", write("generations/x"), store("unexpected", "generations/x")),
    Case("directory among the artifacts", write("wheels/mine/x.whl"), store("unexpected", "wheels/mine")),
    Case("second file with an artifact", write("wheels/{bundle_sha256}/0.tar.gz"), store("unexpected", "wheels/{bundle_sha256}/0.tar.gz")),
    Case("a stored artifact edited", append(WHEEL), store("modified", WHEEL)),
    Case("a stored artifact truncated", lambda root: os.truncate(root.at(WHEEL), 10), store("modified", WHEEL)),
    Case("unseen edit of a stored artifact", edit_unseen(WHEEL), store("modified", WHEEL), verify="deep"),
    Case("record of the root gone", delete("state/root.json"), store("missing", "state/root.json")),
    Case("record of the root damaged", write("state/root.json", "{"), store("modified", "state/root.json")),
    Case("record of the root replaced by a link", link("state/root.json", "/etc/hostname"), store("link", "state/root.json")),
]

CARRIED = [
    Case(
        "capability of the interpreter",
        capability("{bundle}/libexec/python{short}"),
        (("file:python/libexec/python{short}", "mode", "{bundle}/libexec/python{short}"),),
        rebuilt=BUNDLE,
        marks=AS_ROOT,
    ),
    Case(
        "capability of the launcher",
        capability("{bundle}/bin/python{short}", 21),
        (("file:python/bin/python{short}", "mode", "{bundle}/bin/python{short}"),),
        rebuilt=BUNDLE,
        marks=AS_ROOT,
    ),
    Case(
        "capability of a command",
        capability("{one}/bin/alpha"),
        (("file:one/bin/alpha", "mode", "{one}/bin/alpha"),),
        rebuilt=ONE,
        marks=AS_ROOT,
    ),
    Case(
        "capability of a shared file shows in every environment",
        capability("{two}/{site}/alpha/__init__.py"),
        (
            ("file:one/{site}/alpha/__init__.py", "mode", "{one}/{site}/alpha/__init__.py"),
            ("file:two/{site}/alpha/__init__.py", "mode", "{two}/{site}/alpha/__init__.py"),
        ),
        rebuilt=ALPHA,
        marks=AS_ROOT,
    ),
    Case("ACL of a file", acl("{one}/bin/alpha"), (("file:one/bin/alpha", "mode", "{one}/bin/alpha"),), rebuilt=ONE),
    Case("ACL of a directory", acl("{one}/{site}"), (("file:one/{site}", "mode", "{one}/{site}"),), rebuilt=ONE),
    Case("default ACL of a directory", acl("{one}/{site}", DEFAULT), (("file:one/{site}", "mode", "{one}/{site}"),), rebuilt=ONE),
    Case("default ACL of a tree", acl("{bundle}", DEFAULT), (("file:python", "mode", "{bundle}"),), rebuilt=BUNDLE),
    *(Case(f"ACL of {place}", acl(place), store("mode", place)) for place in (".", "state", "wheels", "state/lock", RECORDS[3])),
    *(Case(f"default ACL of {place}", acl(place, DEFAULT), store("mode", place)) for place in (".", "bundles", "environments", "laid")),
    Case("ACL of a stored artifact", acl(WHEEL), store("mode", WHEEL)),
]

FLAGS = [
    Case("immutable file", flag("{one}/bin/alpha"), (("file:one/bin/alpha", "mode", "{one}/bin/alpha"),), rebuilt=ONE, marks=AS_ROOT),
    Case(
        "append-only file",
        flag("{one}/pyvenv.cfg", APPEND_ONLY),
        (("file:one/pyvenv.cfg", "mode", "{one}/pyvenv.cfg"),),
        rebuilt=ONE,
        marks=AS_ROOT,
    ),
    Case("immutable directory of a tree", flag("{one}/{site}"), (("file:one/{site}", "mode", "{one}/{site}"),), rebuilt=ONE, marks=AS_ROOT),
    Case("immutable tree", flag("{one}"), (("file:one", "mode", "{one}"),), rebuilt=ONE, marks=AS_ROOT),
    *(
        Case(f"immutable {place}", flag(place), store("mode", place), marks=AS_ROOT)
        for place in (".", "environments", "state", "state/lock", RECORDS[3], RECORDS[2], "generations/{number}", WHEEL)
    ),
    Case("append-only state", flag("state", APPEND_ONLY), store("mode", "state"), marks=AS_ROOT),
    Case(
        "an immutable tree with a stray in an immutable directory",
        several(write("{one}/{site}/evil.py"), flag("{one}/{site}/evil.py"), flag("{one}/{site}"), flag("{one}"), flag("environments")),
        (
            ("file:one/{site}/evil.py", "unexpected", "{one}/{site}/evil.py"),
            ("file:one/{site}", "mode", "{one}/{site}"),
            ("file:one", "mode", "{one}"),
            ("store", "mode", "environments"),
        ),
        rebuilt=ONE,
        marks=AS_ROOT,
    ),
]
