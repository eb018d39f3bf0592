# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of tampering with a root on Windows is found, named rightly, and repaired.

One root serves all tests: what is found is compared case by case, and what is repaired by what the root held before. Anything else that a repair
leaves behind is found by the drift of the next case, which expects its own findings and no others, or by the last test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_hosts import WindowsRoot, equip
from roots import Archive, Declared
from tampering import Case, append, delete, edit_unseen, mode, several, write
from wheelhouse import Wheel
from windows_host import WindowsHost

pytestmark = pytest.mark.slow

Doing = Callable[[WindowsRoot], object]
SITE = "Lib/site-packages"


@pytest.fixture(scope="module")
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return the root of this file, with two generations."""
    alpha, beta, gamma = (wheels[name] for name in ("alpha-1.0", "beta-1.0", "gamma-1.0"))
    declared = Declared({"python": slim_windows_bundles[0]}, {"one": [alpha, beta], "two": [alpha, gamma]})
    made = WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)
    made.converge()
    made.converge(declared.but(one=[alpha, wheels["beta-2.0"]]))
    subprocess.run(["cp", "-a", str(made.path), str(made.path.with_name("whole"))], check=True)
    return made


def put_back(root: WindowsRoot) -> None:
    """Make the root as it was: a test that fails spoils no other."""
    shutil.rmtree(root.path)
    subprocess.run(["cp", "-a", str(root.path.with_name("whole")), str(root.path)], check=True)


def on_host(code: str, place: str) -> Doing:
    """Tamper from the Windows side: ``path`` is the place."""

    def do(root: WindowsRoot) -> None:
        path = root.there(root.at(place))
        root.host.python("-c", f"import ctypes, os, subprocess, sys; path = sys.argv[1]; {code}", path, executable=root.bootstrap)

    return do


def fallback(place: str, target: str) -> Doing:
    """Lead a fallback directory elsewhere, as somebody does who makes a junction again."""

    def do(root: WindowsRoot) -> None:
        there = f"{root.root}\\{target}"
        (root.path / place / ".hermetic-stand-in").write_text(f"{there}\n{there}\n")

    return do


EVERYONE_WRITES = (
    "sd = ctypes.c_void_p(); a = ctypes.windll.advapi32; "
    "assert a.ConvertStringSecurityDescriptorToSecurityDescriptorW('D:P(A;;FA;;;WD)', 1, ctypes.byref(sd), None); "
    "assert a.SetFileSecurityW(path, 0x80000004, sd)"
)
# A fallback directory has the text of the tree for its own, and a junction would not.
FALLBACK_DIFFERS = (("generation", "link", ""),)
CASES = [
    Case("stray module", write(f"one/{SITE}/evil.py"), (("file:one/Lib/site-packages/evil.py", "unexpected", "evil.py"),)),
    Case("stray pth", write(f"two/{SITE}/z.pth"), (("file:two/Lib/site-packages/z.pth", "unexpected", "z.pth"),)),
    Case(
        "stray pth of the bundle", write(f"python/bin/{SITE}/z.pth"), (("file:python/bin/Lib/site-packages/z.pth", "unexpected", "z.pth"),)
    ),
    Case(
        "sitecustomize",
        write("python/bin/Lib/sitecustomize.py"),
        (("file:python/bin/Lib/sitecustomize.py", "unexpected", "sitecustomize.py"),),
    ),
    Case(
        "stray library beside the program",
        write("one/Scripts/version.dll"),
        (("file:one/Scripts/version.dll", "unexpected", "version.dll"),),
    ),
    Case("package removed", delete(f"two/{SITE}/gamma", f"two/{SITE}/gamma-1.0.dist-info"), (("package:two/gamma", "missing", ""),)),
    Case(
        "package added",
        several(lambda root: root.at(f"one/{SITE}/added-1.0.dist-info").mkdir(), write(f"one/{SITE}/added-1.0.dist-info/RECORD", "")),
        (("package:one/added", "unexpected", ""),),
    ),
    Case("deleted file", delete(f"one/{SITE}/beta.py"), (("file:one/Lib/site-packages/beta.py", "missing", "beta.py"),)),
    Case(
        "removed DLL of the bundle",
        delete("python/bin/DLLs/_lzma.pyd"),
        (("file:python/bin/DLLs/_lzma.pyd", "missing", "_lzma.pyd"),),
    ),
    Case(
        "removed DLL of an environment",
        delete("one/Scripts/python312.dll"),
        (("file:one/Scripts/python312.dll", "missing", "python312.dll"),),
    ),
    Case("edited launcher", append("one/Scripts/alpha.exe"), (("file:one/Scripts/alpha.exe", "modified", "alpha.exe"),)),
    Case(
        "edit of a shared file shows in every environment",
        append(f"one/{SITE}/alpha/__init__.py"),
        tuple((f"file:{name}/Lib/site-packages/alpha/__init__.py", "modified", "__init__.py") for name in ("one", "two")),
    ),
    Case(
        "edited ._pth of the bundle",
        append("python/bin/python312._pth"),
        (("file:python/bin/python312._pth", "modified", "python312._pth"), *FALLBACK_DIFFERS),
    ),
    Case(
        "edited ._pth of an environment",
        append("two/Scripts/python312._pth"),
        (("file:two/Scripts/python312._pth", "modified", "python312._pth"), *FALLBACK_DIFFERS),
    ),
    Case("pyvenv.cfg edited", append("one/pyvenv.cfg"), (("virtualenv:one", "interpreter", "pyvenv.cfg"),)),
    Case(
        "unseen edit",
        edit_unseen("python/lib/engine/installer/records.py"),
        (("file:python/lib/engine/installer/records.py", "modified", "records.py"),),
        verify="deep",
    ),
    Case(
        "time only",
        lambda root: os.utime(root.at("one/Scripts/alpha.exe")),
        (("file:one/Scripts/alpha.exe", "modified", "alpha.exe"),),
    ),
    Case(
        "access list of a file, changed from Windows",
        on_host(EVERYONE_WRITES, "python/bin/Lib/ssl.py"),
        (("file:python/bin/Lib/ssl.py", "mode", "ssl.py"),),
    ),
    Case("access list of a directory", mode(f"one/{SITE}", 0o777), (("file:one/Lib/site-packages", "mode", "site-packages"),)),
    Case("access list of the root", mode("", 0o777), (("store", "mode", "infra-system"),)),
    Case(
        "hidden file",
        on_host("assert ctypes.windll.kernel32.SetFileAttributesW(path, 2)", f"two/{SITE}/gamma/inner.py"),
        (("file:two/Lib/site-packages/gamma/inner.py", "mode", "inner.py"),),
    ),
    Case(
        "alternate data stream",
        on_host("open(path + ':evil', 'w').write('import os')", "python/bin/Lib/ssl.py"),
        (("file:python/bin/Lib/ssl.py:evil", "unexpected", "ssl.py:evil"),),
    ),
    Case(
        "a name in other letters",
        lambda root: root.at(f"one/{SITE}/beta.py").rename(root.at(f"one/{SITE}/BETA.PY")),
        (
            ("file:one/Lib/site-packages/BETA.PY", "unexpected", "BETA.PY"),
            ("file:one/Lib/site-packages/beta.py", "missing", "beta.py"),
        ),
    ),
    Case("link of the profile", fallback("generations/2/bin", "bundles"), (("generation", "link", "bin"),)),
    Case("stable link", fallback("envs", "environments"), (("generation", "link", "envs"),)),
    Case("program in a stable directory", write("bin/stray.exe"), (("generation", "link", "bin"),)),
    Case("lost switch", delete("current"), (("generation", "missing", "current"),)),
    Case("lost stable link", delete("bin"), (("generation", "missing", "bin"),)),
    Case(
        "lost receipt",
        lambda root: (root.path / "state/receipts/environments" / f"{root.environment('one').name}.json").unlink(),
        (("virtualenv:one", "missing", ""),),
    ),
    Case(
        "unreadable record",
        lambda root: (root.path / "state/generations" / f"{root.current()['number']}.json").write_text("{"),
        (("store", "modified", ".json"),),
    ),
    Case(
        "half a tree",
        lambda root: (root.path / "environments/.new-one").mkdir(),
        (("store", "interrupted", ".new-one"),),
        cause="interrupted",
    ),
    *(
        Case(
            f"attributes {attributes} of {place}",
            on_host(f"assert ctypes.windll.kernel32.SetFileAttributesW(path, {attributes})", place),
            (("store", "mode", place.rpartition("/")[2]),),
        )
        for place, attributes in (("state/current.json", 1), ("state/current.json", 6), ("state/lock", 1), ("state/generations/2.json", 7))
    ),
    Case("access list of the state", mode("state", 0o777), (("store", "mode", "state"),)),
    Case("file in the root", write("notes.txt"), (("store", "unexpected", "notes.txt"),)),
    Case("an environment in other letters", lambda root: in_capitals(root.environment("one")), (("store", "modified", ""),)),
    Case("a bundle in other letters", lambda root: in_capitals(root.bundle()), (("store", "modified", ""),)),
]


def in_capitals(path: Path) -> None:
    """Give a name other letters, as Windows takes for the same."""
    path.rename(path.with_name(path.name.upper()))


def kept(root: WindowsRoot) -> dict[str, tuple[int, int]]:
    """Return size and time of every file of the trees and links."""
    parts = ("bundles", "environments", "laid", "generations", "bin", "lib", "envs", "current", "wheels")
    found = {}
    for path in (path for part in parts for path in (root.path / part).rglob("*") if path.is_file()):
        status = path.stat()
        rewritten = path.name == ".hermetic-stand-in" or (path.suffix == "._pth" and "environments" not in str(path))
        found[str(path.relative_to(root.path))] = (status.st_size, 0 if rewritten else status.st_mtime_ns)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tampering_is_found_and_repaired(case: Case, root: WindowsRoot) -> None:
    before = kept(root)
    try:
        _tamper_and_repair(case, root)
        assert kept(root) == before
    except BaseException:
        put_back(root)
        raise


def _tamper_and_repair(case: Case, root: WindowsRoot) -> None:
    case.do(root)
    found = root.drift(case.verify)
    found_kinds = {(finding["subject"], finding["kind"]) for finding in found}
    assert {(subject, kind) for subject, kind, _path in case.found} <= found_kinds, found
    causes = {finding["cause"] for finding in found}
    assert causes == {case.cause}, found
    for subject, kind, end in case.found:
        assert any(f["subject"] == subject and f["kind"] == kind and (f["path"] or "").endswith(end or "") for f in found), found
    assert len(found_kinds) == len({(subject, kind) for subject, kind, _path in case.found}), found
    repaired = root.converge(options={"verify": case.verify})
    assert repaired["changed"] is True
    if case.verify != "quick":
        assert root.drift(case.verify) == []


def test_nothing_is_left_of_what_was_repaired(root: WindowsRoot) -> None:
    assert root.drift("deep") == []
