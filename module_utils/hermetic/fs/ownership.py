# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who besides root and the user that the engine runs as owns a file or directory, or may write it.

Windows answers by owners and access lists instead, in ``windows/ownership.py``.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from pathlib import Path

WINDOWS = os.name == "nt"

_OTHERS_WRITE, _GROUP_WRITES = 0o002, 0o020
ACCESS_LIST = "system.posix_acl_access"
_ACL_USER, _ACL_GROUP_OBJECT, _ACL_GROUP, _ACL_MASK, _ACL_WRITE = 0x02, 0x04, 0x08, 0x10, 0x2


def others_behind(status: os.stat_result, path: Path | str | int) -> str | None:
    """Return who besides root and this user owns a file or directory, also an open one, or may write it, as words; None when nobody does."""
    if WINDOWS:
        return None
    if status.st_uid not in trusted_users():
        return f"it is owned by {user(status.st_uid)}"
    return writers(status, path)


def trusted_users() -> tuple[int, int]:
    """Return the numbers of root and of the user that the engine runs as."""
    return 0, os.geteuid()


def writers(status: os.stat_result, path: Path | str | int) -> str | None:
    """Return who may write a file or directory besides its owner, as words; None when nobody but root and this user may."""
    mode = f"mode {stat.S_IMODE(status.st_mode):04o}"
    if stat.S_ISLNK(status.st_mode):
        return None
    if status.st_mode & _OTHERS_WRITE:
        return f"every user may write it ({mode})"
    # Where there is an access list, this bit is its mask: without it, no entry of the list lets anybody write.
    if not status.st_mode & _GROUP_WRITES:
        return None
    entries = access_list(path)
    if entries is None:
        members = _other_members(status.st_gid)
        return f"the group {_group_name(status.st_gid)} may write it ({mode}): {members}" if members else None
    for tag, number in entries:
        if tag == _ACL_USER and number not in trusted_users():
            return f"its access list lets {user(number)} write (see getfacl)"
        group = status.st_gid if tag == _ACL_GROUP_OBJECT else number
        members = _other_members(group) if tag != _ACL_USER else ""
        if members:
            return f"its access list lets the group {_group_name(group)} write (see getfacl): {members}"
    return None


def access_list(path: Path | str | int) -> list[tuple[int, int]] | None:
    """Return the entries of a POSIX access list that let somebody write besides the owner, as tag and number; None without a list."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        raw = os.getxattr(path, ACCESS_LIST, follow_symlinks=isinstance(path, int))
    except OSError:  # there is none, or this file system has no such lists
        return None
    entries = list(struct.iter_unpack("<HHI", raw[4:]))
    mask = next((rights for tag, rights, _number in entries if tag == _ACL_MASK), _ACL_WRITE)
    writing = (_ACL_USER, _ACL_GROUP_OBJECT, _ACL_GROUP)
    return [(tag, number) for tag, rights, number in entries if tag in writing and rights & mask & _ACL_WRITE]


def _other_members(group: int) -> str:
    """Return the members of a group besides root and this user, as far as the host's databases list them; group 0 is root's own.

    Many systems give each user a group of the same name. Any other group that this user begins with is one that others begin with as well,
    whom a directory service need not list.
    """
    import grp
    import pwd

    if group == 0:
        return ""
    trusted = {user_name(number) for number in trusted_users()}
    try:
        entry = grp.getgrgid(group)
    except KeyError:
        return "nobody knows its members"
    members = set(entry.gr_mem)
    members |= {entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == group}
    others = ", ".join(sorted(members - trusted)[:5])
    return others or ("it is the first group of several users" if _is_first_group(group, entry.gr_name) else "")


def _is_first_group(group: int, name: str) -> bool:
    import pwd

    try:
        user_of_run = pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return user_of_run.pw_gid == group and user_of_run.pw_name != name


def _group_name(number: int) -> str:
    import grp

    try:
        return f"{number} ({grp.getgrgid(number).gr_name})"
    except KeyError:
        return str(number)


def user_name(number: int) -> str:
    """Return the name of a user, or the number behind a # where it has none."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"


def user(number: int) -> str:
    """Return a user as messages show it: number, and name where there is one."""
    name = user_name(number)
    return f"uid {number}" if name.startswith("#") else f"uid {number} ({name})"
