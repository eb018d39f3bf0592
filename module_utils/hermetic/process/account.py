# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user that a program of others runs as: one without privileges where this process has them."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import HermeticError
from ..text.grammar import shown

DEFAULT_USER = "nobody"
_UID_OF_NOBODY = 65534
# The next one, -1 to the system, means the user that the process is already, which is root.
_LARGEST_UID = 0xFFFFFFFE
_NUMBER = re.compile(r"[0-9]{1,10}")
_KEYCTL_NUMBERS = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280}
_JOIN_SESSION_KEYRING = 1

Started = TypeVar("Started")


@dataclass(frozen=True)
class Account:
    """A user that this process becomes to run a program."""

    name: str
    uid: int
    gid: int


def account_for(user: str | None) -> Account | None:
    """Return the user that a program runs as; None for that of this process, which cannot become another, or is on Windows.

    Raises HermeticError for a user that is not on this host, has privileges, or cannot be become.
    """
    if sys.platform == "win32":
        if user is not None:
            raise HermeticError(f"the user {shown(user)} cannot be used: on Windows a check runs as the user of the run; leave out user")
        return None
    if os.geteuid() != 0:
        own = _named(str(os.geteuid()))
        if user is not None and user not in (own.name, str(own.uid)):
            raise HermeticError(
                f"the user {shown(user)} cannot be used: the run itself is that of {own.name}, which cannot become another; "
                "leave out user, or run as root (become)"
            )
        return None
    found = _named(user if user is not None else DEFAULT_USER)
    if found.uid == 0:
        raise HermeticError(f"the user {shown(user)} is root on this host; name one without privileges")
    return found


def _named(user: str) -> Account:
    import pwd  # not on Windows

    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        entry = None
    if entry is None and _NUMBER.fullmatch(user):
        uid = int(user)
        if uid > _LARGEST_UID:
            raise HermeticError(f"the user {shown(user)} is no number of a user, which are at most {_LARGEST_UID}; name another")
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return Account(user, uid, uid)
    if entry is not None:
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    if user == DEFAULT_USER:
        # Minimal containers name no users at all.
        return Account(str(_UID_OF_NOBODY), _UID_OF_NOBODY, _UID_OF_NOBODY)
    raise HermeticError(f"the user {shown(user)} is not on this host; create it, or name another")


def without_keys_of_session(start: Callable[[], Started]) -> Started:
    """Start a program that gets no key of the session of this process: on Linux, a program inherits them whatever user it becomes.

    Raises OSError where they cannot be kept from it. A session belongs to a thread, so that this process keeps its own.
    """
    if not sys.platform.startswith("linux"):
        return start()
    ends: list[Started | BaseException] = []

    def begin() -> None:
        try:
            _leave_session_keyring()
            ends.append(start())
        except BaseException as error:
            ends.append(error)

    thread = threading.Thread(target=begin)
    try:
        thread.start()
    except RuntimeError:
        # So says Python of a system that allows no more of them.
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None
    thread.join()
    (end,) = ends
    if isinstance(end, BaseException):
        raise end
    return end


def _leave_session_keyring() -> None:
    number = _KEYCTL_NUMBERS.get(os.uname().machine)
    if number is None or sys.maxsize <= 2**32:
        return
    if ctypes.CDLL(None, use_errno=True).syscall(number, _JOIN_SESSION_KEYRING, None) == -1:
        code = ctypes.get_errno()
        # Where keys are not built in or not allowed, the program does not get at them either.
        if code not in (errno.ENOSYS, errno.EPERM):
            raise OSError(code, os.strerror(code))
