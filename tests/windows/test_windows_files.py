# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine asks Windows for in its own way is what Python's own functions tell of the same files; and what it flushes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import BUILDING
from engine_hosts import ARGUMENTS, ENGINE, WindowsRoot, equip
from roots import Archive, Declared
from wheelhouse import Wheel
from windows_host import WindowsHost

BEGIN = f"""
import json, os, stat, sys
sys.path.insert(0, {ENGINE!r})
from hermetic.windows import acl as windows_acl; from hermetic.windows import status as windows_status
look = windows_status.WindowsStatusReader(numbers=False).status
"""

EVERY_FILE = """
wrong, seen = [], 0
for above, directories, names in os.walk("\\\\\\\\?\\\\" + sys.argv[1]):
    for path in [above, *(os.path.join(above, name) for name in names)]:
        ours, theirs = look(path), os.lstat(path)
        if not isinstance(ours, windows_status.WindowsStatus):
            wrong.append([path, "was opened"])
        if any(getattr(ours, name) != getattr(theirs, name) for name in ("st_size", "st_mtime_ns", "st_ctime_ns", "st_file_attributes")):
            wrong.append([path, str(ours), str(theirs)])
        if stat.S_IFMT(ours.st_mode) != stat.S_IFMT(theirs.st_mode):
            wrong.append([path, oct(ours.st_mode), oct(theirs.st_mode)])
        seen += 1
print(json.dumps([seen, wrong]))
"""

EVERY_NUMBER = """
wrong, seen = [], 0
for above, directories, names in os.walk("\\\\\\\\?\\\\" + sys.argv[1]):
    told = windows_status.numbers(above)
    expected = {name: os.lstat(os.path.join(above, name)).st_ino for name in [*directories, *names]}
    if told != expected:
        wrong.append([above, sorted(set(told.items()) ^ set(expected.items()))])
    seen += len(told)
print(json.dumps([seen, wrong]))
"""

INODES = """
wrong, seen = [], 0
place = "\\\\\\\\?\\\\" + sys.argv[1]
looking = windows_status.WindowsStatusReader(numbers=True)
for above, directories, names in os.walk(place):
    looking.names(above)
    for path in (os.path.join(above, name) for name in names):
        status = os.lstat(path)
        if looking.inode(path, looking.status(path)) != (status.st_dev, status.st_ino, status.st_size):
            wrong.append(path)
        seen += 1
print(json.dumps([seen, wrong]))
"""

MANY_AND_NONE = """
place = sys.argv[1] + "\\\\many"
os.mkdir(place)
names = [f"{number:04}-" + "\u00e4\u65e5\U0001f40d" * 20 for number in range(2000)]
for name in names:
    os.close(os.open(os.path.join(place, name), os.O_CREAT | os.O_WRONLY))
os.mkdir(sys.argv[1] + "\\\\none")
def refused(path):
    try:
        windows_status.numbers(path)
    except OSError as error:
        return type(error).__name__
told = windows_status.numbers("\\\\\\\\?\\\\" + place)
print(json.dumps([
    told == {name: os.lstat(os.path.join(place, name)).st_ino for name in names},
    windows_status.numbers(sys.argv[1] + "\\\\none"),
    refused(sys.argv[1] + "\\\\missing"),
]))
"""

UNUSUAL = """
place = sys.argv[1] + "\\\\unusual"
os.mkdir(place)
def told(name):
    try:
        found = look(os.path.join(place, name))
    except OSError as error:
        return type(error).__name__
    return [stat.S_ISREG(found.st_mode), found.st_size, found.st_mtime_ns, found.st_file_attributes & 7]
with open(place + "\\\\large", "wb") as file:
    file.truncate(5 * 2**30)
os.utime(place + "\\\\large", ns=(1_000_000_000, -1_000_000_000))
with open(place + "\\\\read-only", "wb"):
    pass
os.utime(place + "\\\\read-only", ns=(0, 0))
os.chmod(place + "\\\\read-only", stat.S_IREAD)
print(json.dumps({name: told(name) for name in ("large", "read-only", "missing", "missing\\\\below", "large\\\\below")}))
"""

SET_TIMES = """
path = sys.argv[1] + "\\\\timed"
with open(path, "wb", buffering=0) as file:
    file.write(b"before")
    windows_status.set_times(file.fileno(), 1_000_000_000_123_456_700)
found = os.lstat(path)
print(json.dumps([found.st_mtime_ns, found.st_size]))
"""

SET_TIMES_OF_NOTHING = """
import msvcrt
msvcrt.get_osfhandle = lambda descriptor: 0x7ffffff0
try:
    windows_status.set_times(1, 0)
except OSError as error:
    print(json.dumps(error.winerror))
"""

AHEAD = """
paths = [os.path.join(above, name) for above, _directories, names in os.walk("\\\\\\\\?\\\\" + sys.argv[1]) for name in names]
one_by_one, ahead = windows_acl.Descriptors(), windows_acl.Descriptors()
ahead.read_ahead([*paths, paths[0] + "-that-is-not-there"])
asked = []
reader = ahead._reader.read
ahead._reader.read = lambda path: (asked.append(path), reader(path))[1]
equal = all(one_by_one.of(path) == ahead.of(path) for path in paths) and not asked
try:
    ahead.of(paths[0] + "-that-is-not-there")
except FileNotFoundError:
    missing = "FileNotFoundError"
print(json.dumps([len(paths) > 100, equal, missing]))
"""

FLUSHED = """
from hermetic.commands import dispatch as command; from hermetic.windows import volume as windows_volume
flushed = []
windows_volume._flush_volume = lambda drive: False
windows_volume._flush_file = flushed.append
told = command.run(json.load(sys.stdin), on_progress=lambda text: None)
print(json.dumps([told.get("msg", ""), flushed]))
"""


@pytest.fixture(scope="module")
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return a root with a bundle and an environment, which no test here changes."""
    bundle = slim_windows_bundles[0]
    made = WindowsRoot(windows_host, equip(windows_host, bundle), Declared({"python": bundle}, {"one": [wheels["alpha-1.0"]]}))
    made.converge()
    return made


def said(root: WindowsRoot, script: str, place: str | None = None) -> Any:
    return json.loads(root.host.python(*ARGUMENTS, "-c", BEGIN + script, place or root.root, executable=root.bootstrap))


def test_every_file_and_directory_is_reported_as_lstat_tells_it(root: WindowsRoot) -> None:
    seen, wrong = said(root, EVERY_FILE)
    assert (seen > 100, wrong) == (True, [])


def test_a_listing_tells_the_number_of_every_file(root: WindowsRoot) -> None:
    seen, wrong = said(root, EVERY_NUMBER)
    assert (seen > 100, wrong) == (True, [])


def test_what_tells_files_apart_is_the_same_with_and_without_opening_them(root: WindowsRoot) -> None:
    seen, wrong = said(root, INODES)
    assert (seen > 100, wrong) == (True, [])


def test_a_listing_of_many_long_names_and_of_none(root: WindowsRoot) -> None:
    root.host.path("C:\\listed").mkdir()
    assert said(root, MANY_AND_NONE, "C:\\listed") == [True, {}, "FileNotFoundError"]


def test_what_is_large_old_read_only_or_missing(root: WindowsRoot) -> None:
    root.host.path("C:\\apart").mkdir()
    assert said(root, UNUSUAL, "C:\\apart") == {
        "large": [True, 5 * 2**30, -1_000_000_000, 0],
        "read-only": [True, 0, 0, 1],
        "missing": "FileNotFoundError",
        "missing\\below": "FileNotFoundError",
        "large\\below": "FileNotFoundError",
    }


def test_the_time_that_an_open_file_gets_stays_when_it_is_closed(root: WindowsRoot) -> None:
    root.host.path("C:\\times").mkdir()
    assert said(root, SET_TIMES, "C:\\times") == [1_000_000_000_123_456_700, 6]


def test_a_time_that_cannot_be_set_is_an_error(root: WindowsRoot) -> None:
    invalid_handle = 6
    assert said(root, SET_TIMES_OF_NOTHING) == invalid_handle


def test_access_lists_that_are_read_ahead_are_those_that_are_read_one_by_one(root: WindowsRoot) -> None:
    assert said(root, AHEAD) == [True, True, "FileNotFoundError"]


def test_where_a_volume_cannot_be_flushed_every_file_that_was_written_is(root: WindowsRoot, wheels: dict[str, Wheel]) -> None:
    declared = Declared(root.declared.bundles, {"one": [wheels["alpha-1.0"], wheels["beta-1.0"]], "two": [wheels["alpha-1.0"]]})
    other = WindowsRoot(root.host, root.bootstrap, declared, root="C:\\flushed")
    asked = json.dumps(other.request("converge"))
    message, flushed = json.loads(other.host.python(*ARGUMENTS, "-c", BEGIN + FLUSHED, executable=other.bootstrap, input=asked))
    assert message == ""
    paths = [other.host.path(path.removeprefix("\\\\?\\").replace(BUILDING, "")) for path in flushed]
    written = [path for kind in ("bundles", "laid", "environments") for path in (other.path / kind).rglob("*") if path.is_file()]
    assert {path.stat().st_ino for path in paths} == {path.stat().st_ino for path in written}
    # Files that environments share are flushed where they are laid. Only programs belong to a bundle and to environments.
    twice = [path for path, count in Counter(path.stat().st_ino for path in paths).items() if count > 1]
    assert {path.suffix for path in paths if path.stat().st_ino in twice} == {".exe", ".dll"}
