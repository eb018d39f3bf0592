# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of tampering with environments, and with the files that they share."""

from __future__ import annotations

import os
import sys

import pytest
from tampering import (
    ALPHA,
    ONE,
    TWO,
    Case,
    append,
    delete,
    edit_unseen,
    link,
    mode,
    move_behind_link,
    owner,
    pip,
    replace_by_rename,
    several,
    socket_at,
    write,
)

INSTALL = ("install", "--no-index", "--no-deps", "--find-links", "{wheels}")

CASES = [
    Case("stray module", write("{one}/{site}/evil.py"), (("file:one/{site}/evil.py", "unexpected", "{one}/{site}/evil.py"),), rebuilt=ONE),
    Case("stray pth", write("{one}/{site}/z.pth"), (("file:one/{site}/z.pth", "unexpected", "{one}/{site}/z.pth"),), rebuilt=ONE),
    Case(
        "sitecustomize",
        write("{two}/{site}/sitecustomize.py"),
        (("file:two/{site}/sitecustomize.py", "unexpected", "{two}/{site}/sitecustomize.py"),),
        rebuilt=TWO,
    ),
    Case(
        "stray module deep inside a package",
        write("{one}/{site}/alpha/deep/more.py"),
        (("file:one/{site}/alpha/deep/more.py", "unexpected", "{one}/{site}/alpha/deep/more.py"),),
        rebuilt=ONE,
    ),
    Case("command", write("{one}/bin/evil", mode=0o755), (("file:one/bin/evil", "unexpected", "{one}/bin/evil"),), rebuilt=ONE),
    Case("stray at the top", write("{one}/notes"), (("file:one/notes", "unexpected", "{one}/notes"),), rebuilt=ONE),
    Case(
        "stray directory is one finding",
        write("{one}/{site}/heap/a/b.py"),
        (("file:one/{site}/heap", "unexpected", "{one}/{site}/heap"),),
        rebuilt=ONE,
    ),
    Case(
        "stray link",
        link("{one}/{site}/way.py", "/etc/hostname"),
        (("file:one/{site}/way.py", "unexpected", "{one}/{site}/way.py"),),
        rebuilt=ONE,
    ),
    Case("socket", socket_at("{one}/{site}/sock"), (("file:one/{site}/sock", "unexpected", "{one}/{site}/sock"),), rebuilt=ONE),
    Case(
        "package removed by hand",
        delete("{two}/{site}/gamma", "{two}/{site}/gamma-1.0.dist-info"),
        (("package:two/gamma", "missing", None),),
        rebuilt=TWO,
    ),
    Case("package uninstalled with pip", pip("two", "uninstall", "--yes", "gamma"), (("package:two/gamma", "missing", None),), rebuilt=TWO),
    Case("package installed with pip", pip("one", *INSTALL, "delta"), (("package:one/delta", "unexpected", None),), rebuilt=ONE),
    Case("another version installed with pip", pip("one", *INSTALL, "beta==1.0"), (("package:one/beta", "version", None),), rebuilt=ONE),
    Case(
        "package installed with pip and a directory opened up",
        several(pip("one", *INSTALL, "delta"), mode("{one}/{site}", 0o777), append("{one}/{site}/beta.py")),
        (
            ("package:one/delta", "unexpected", None),
            ("file:one/{site}", "mode", "{one}/{site}"),
            ("file:one/{site}/beta.py", "modified", "{one}/{site}/beta.py"),
        ),
        rebuilt=ONE | {"{beta}"},
    ),
    Case(
        "directory of a package without its metadata",
        delete("{two}/{site}/gamma"),
        (("file:two/{site}/gamma", "missing", "{two}/{site}/gamma"),),
        rebuilt=TWO,
    ),
    Case("deleted file", delete("{one}/{site}/beta.py"), (("file:one/{site}/beta.py", "missing", "{one}/{site}/beta.py"),), rebuilt=ONE),
    Case("deleted command", delete("{one}/bin/alpha"), (("file:one/bin/alpha", "missing", "{one}/bin/alpha"),), rebuilt=ONE),
    Case(
        "edit of a shared file shows in every environment",
        append("{one}/{site}/alpha/__init__.py"),
        (
            ("file:one/{site}/alpha/__init__.py", "modified", "{one}/{site}/alpha/__init__.py"),
            ("file:two/{site}/alpha/__init__.py", "modified", "{two}/{site}/alpha/__init__.py"),
        ),
        rebuilt=ALPHA,
    ),
    Case(
        "edit of a laid file shows in every environment",
        append("{alpha}/data/share/alpha/page.txt"),
        (
            ("file:one/share/alpha/page.txt", "modified", "{one}/share/alpha/page.txt"),
            ("file:two/share/alpha/page.txt", "modified", "{two}/share/alpha/page.txt"),
        ),
        rebuilt=ALPHA,
    ),
    Case(
        "unseen edit of byte code",
        edit_unseen("{two}/{site}/alpha/__pycache__/__init__.cpython-{tag}.pyc"),
        (
            (
                "file:one/{site}/alpha/__pycache__/__init__.cpython-{tag}.pyc",
                "modified",
                "{one}/{site}/alpha/__pycache__/__init__.cpython-{tag}.pyc",
            ),
            (
                "file:two/{site}/alpha/__pycache__/__init__.cpython-{tag}.pyc",
                "modified",
                "{two}/{site}/alpha/__pycache__/__init__.cpython-{tag}.pyc",
            ),
        ),
        verify="deep",
        rebuilt=ALPHA,
    ),
    Case(
        "file saved by an editor",
        replace_by_rename("{one}/{site}/alpha/__init__.py"),
        (("file:one/{site}/alpha/__init__.py", "modified", "{one}/{site}/alpha/__init__.py"),),
        rebuilt=ONE,
    ),
    Case("command edited", append("{one}/bin/alpha"), (("file:one/bin/alpha", "modified", "{one}/bin/alpha"),), rebuilt=ONE),
    Case(
        "time only",
        lambda root: os.utime(root.at("{one}/bin/alpha")),
        (("file:one/bin/alpha", "modified", "{one}/bin/alpha"),),
        rebuilt=ONE,
    ),
    Case("mode of a command", mode("{one}/bin/alpha", 0o777), (("file:one/bin/alpha", "mode", "{one}/bin/alpha"),), rebuilt=ONE),
    Case(
        "mode of a shared file",
        mode("{two}/{site}/gamma/inner.py", 0o4755),
        (("file:two/{site}/gamma/inner.py", "mode", "{two}/{site}/gamma/inner.py"),),
        rebuilt=TWO | {"{gamma}"},
    ),
    Case("mode of a directory", mode("{one}/{site}/alpha", 0o775), (("file:one/{site}/alpha", "mode", "{one}/{site}/alpha"),), rebuilt=ONE),
    Case("mode of a tree", mode("{one}", 0o777), (("file:one", "mode", "{one}"),), rebuilt=ONE),
    Case(
        "owner of a file",
        owner("{one}/bin/alpha"),
        (("file:one/bin/alpha", "owner", "{one}/bin/alpha"),),
        rebuilt=ONE,
        marks=(pytest.mark.root,),
    ),
    Case(
        "owner of a directory",
        owner("{one}/{site}"),
        (("file:one/{site}", "owner", "{one}/{site}"),),
        rebuilt=ONE,
        marks=(pytest.mark.root,),
    ),
    Case(
        "interpreter of an environment",
        link("{one}/bin/python", sys.executable),
        (("virtualenv:one", "interpreter", "{one}/bin/python"),),
        rebuilt=ONE,
    ),
    Case("pyvenv.cfg edited", append("{one}/pyvenv.cfg"), (("virtualenv:one", "interpreter", "{one}/pyvenv.cfg"),), rebuilt=ONE),
    Case(
        "file became a link",
        link("{one}/{site}/beta.py", "/etc/hostname"),
        (("file:one/{site}/beta.py", "link", "{one}/{site}/beta.py"),),
        rebuilt=ONE,
    ),
    Case(
        "directory became a link",
        move_behind_link("{one}/{site}/alpha"),
        (("file:one/{site}/alpha", "link", "{one}/{site}/alpha"),),
        rebuilt=ONE,
    ),
    Case("environment gone", delete("{one}"), (("virtualenv:one", "missing", "{one}"),), rebuilt=ONE),
    Case(
        "two environments gone",
        delete("{one}", "{two}"),
        (("virtualenv:one", "missing", "{one}"), ("virtualenv:two", "missing", "{two}")),
        rebuilt=ONE | TWO,
    ),
    Case("environment became a link", move_behind_link("{one}"), (("file:one", "link", "{one}"),), rebuilt=ONE),
]
