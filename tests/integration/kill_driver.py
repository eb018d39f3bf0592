# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out one request, and end like a power cut before one of the calls that change the disk.

Run as ``python -I kill_driver.py <JSON>``: ``path`` (where to import the engine from), ``request``, ``report``, and to be killed ``kinds``
and ``at``: before that call of that kind. ``alone`` spares the workers, as when the system ends only the largest process; ``parent`` (Windows) ends
who started this instead.
``package`` names the engine where it is not that of a checkout. Windows ends a process at once and has no groups of them.
Without ``at`` the names of all calls are written to ``report``, by kind.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PACKAGE = "ansible_collections.hermetic.python.plugins.module_utils.hermetic"
# What the protocol consists of; the rest fills trees that nobody refers to yet, or empties such as nobody refers to any more.
STEPS = "steps"
BULK = "bulk"

_given: dict[str, Any] = {}
_calls: dict[str, list[str]] = {STEPS: [], BULK: []}
_guard = threading.Lock()


def _count(kind: str, name: str) -> None:
    with _guard:
        _calls[kind].append(name)
        if kind == _given.get("kinds") and len(_calls[kind]) == _given.get("at"):
            if _given.get("alone") or os.name == "nt":
                os.kill(os.getppid() if _given.get("parent") else os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            else:
                os.killpg(0, signal.SIGKILL)
            time.sleep(60)


def _name(name: str, arguments: tuple[Any, ...]) -> str:
    return " ".join([name, *(os.path.basename(each) for each in arguments[:2] if isinstance(each, (str, os.PathLike)))])


def _wrap(name: str, kind_of: Callable[[tuple[Any, ...], dict[str, Any]], str | None]) -> None:
    original = getattr(os, name, None)
    if original is None:  # Windows has neither owners nor modes
        return

    def counted(*arguments: Any, **settings: Any) -> Any:
        kind = kind_of(arguments, settings)
        if kind is not None:
            _count(kind, _name(name, arguments))
        return original(*arguments, **settings)

    setattr(os, name, counted)
    # The engine asks these sets what a function can do.
    for supported in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
        if original in supported:
            supported.add(counted)


def _opens_for_writing(arguments: tuple[Any, ...], _settings: dict[str, Any]) -> str | None:
    return BULK if arguments[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else None


def _of_removal(_arguments: tuple[Any, ...], settings: dict[str, Any]) -> str:
    return STEPS if settings.get("dir_fd") is None else BULK


def _install() -> None:
    for name in ("rename", "replace", "symlink", "fsync"):
        _wrap(name, lambda _arguments, _settings: STEPS)
    for name in ("unlink", "rmdir"):
        _wrap(name, _of_removal)
    for name in ("mkdir", "link", "utime", "chmod", "fchmod", "ftruncate"):
        _wrap(name, lambda _arguments, _settings: BULK)
    _wrap("open", _opens_for_writing)
    opened = builtins.open

    def counted_open(file: Any, mode: str = "r", *arguments: Any, **settings: Any) -> Any:
        if set(mode) & set("wax+") and not isinstance(file, int):
            _count(BULK, _name("open", (file,)))
        return opened(file, mode, *arguments, **settings)

    builtins.open = counted_open
    start = subprocess.Popen.__init__

    def counted_start(self: Any, *arguments: Any, **settings: Any) -> None:
        _count(BULK, "start of a process")
        start(self, *arguments, **settings)

    subprocess.Popen.__init__ = counted_start  # type: ignore[method-assign]
    durable: Any = importlib.import_module(f"{_given['package']}.fs.atomic")
    find = durable._c_function

    def counted_function(name: str) -> Any:
        function = find(name)

        def counted(*arguments: Any) -> Any:
            _count(STEPS, name)
            return function(*arguments)

        return counted if function is not None else None

    durable._c_function = counted_function


def main() -> None:
    """Carry out the request."""
    _given.update({"package": PACKAGE, **json.loads(sys.argv[1])})
    sys.path.insert(0, _given["path"])
    with open(_given["request"], encoding="utf-8") as file:
        document = json.load(file)
    command = importlib.import_module(f"{_given['package']}.commands.dispatch")
    importlib.import_module(f"{_given['package']}.unpack.wheel")
    _install()
    result = command.run(document)
    with os.fdopen(os.open(_given["report"], os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        json.dump({"result": result, "calls": _calls}, file)


if __name__ == "__main__":
    main()
