# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of tampering with a root: what is done, what must be found, and which trees are made again."""

from __future__ import annotations

import os
import sys

import pytest
from tampering import (
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
ONE = frozenset({"{one}"})
TWO = frozenset({"{two}"})
BUNDLE = frozenset({"{bundle}"})
ALPHA = frozenset({"{alpha}", "{one}", "{two}", "{one before}"})

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
        "owner of a file of the bundle",
        owner("{bundle}/lib/python{short}/ast.py"),
        (("file:python/lib/python{short}/ast.py", "owner", "{bundle}/lib/python{short}/ast.py"),),
        rebuilt=BUNDLE,
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
    Case("switch gone", delete("current"), (("generation", "missing", "current"),)),
    Case("switch leads elsewhere", link("current", "generations/../generations/1"), (("generation", "link", "current"),)),
    Case("bin gone", delete("bin"), (("generation", "missing", "bin"),)),
    Case("bin leads elsewhere", link("bin", "/usr/bin"), (("generation", "link", "bin"),)),
    Case("envs leads elsewhere", link("envs", "environments"), (("generation", "link", "envs"),)),
    Case(
        "system Python leads elsewhere",
        link("generations/{number}/bin/python", sys.executable),
        (("generation", "link", "generations/{number}/bin/python"),),
    ),
    Case(
        "name of an environment leads to another",
        link("generations/{number}/envs/one", "../../../{two}"),
        (("generation", "link", "generations/{number}/envs/one"),),
    ),
    Case(
        "name of an environment gone",
        delete("generations/{number}/envs/two"),
        (("generation", "missing", "generations/{number}/envs/two"),),
    ),
    Case(
        "stray command beside the system Python",
        write("generations/{number}/bin/evil"),
        (("generation", "unexpected", "generations/{number}/bin/evil"),),
    ),
    Case("stray in the facade", write("generations/{number}/notes"), (("generation", "unexpected", "generations/{number}/notes"),)),
    Case("facade gone", delete("generations/{number}"), (("generation", "missing", "generations/{number}"),)),
    Case("part of the facade gone", delete("generations/{number}/bin"), (("generation", "missing", "generations/{number}/bin"),)),
    Case(
        "part of the facade is a link", link("generations/{number}/bin", "/usr/bin"), (("generation", "link", "generations/{number}/bin"),)
    ),
    Case("engine gone", delete("state/engine"), (("generation", "missing", "state/engine"),)),
    Case("engine leads elsewhere", link("state/engine", sys.base_prefix), (("generation", "link", "state/engine"),)),
    Case(
        "record of the generation gone",
        delete("state/generations/{number}.json"),
        (("generation", "missing", "state/generations/{number}.json"),),
    ),
    Case(
        "record of the generation damaged",
        write("state/generations/{number}.json", "{"),
        (("store", "modified", "state/generations/{number}.json"),),
    ),
    Case(
        "file of the bundle edited",
        append("{bundle}/lib/python{short}/ast.py"),
        (("file:python/lib/python{short}/ast.py", "modified", "{bundle}/lib/python{short}/ast.py"),),
        rebuilt=BUNDLE,
    ),
    Case(
        "unseen edit of a file of the bundle",
        edit_unseen("{bundle}/lib/python{short}/ast.py"),
        (("file:python/lib/python{short}/ast.py", "modified", "{bundle}/lib/python{short}/ast.py"),),
        verify="deep",
        rebuilt=BUNDLE,
    ),
    Case(
        "stray module in the bundle",
        write("{bundle}/lib/python{short}/usercustomize.py"),
        (("file:python/lib/python{short}/usercustomize.py", "unexpected", "{bundle}/lib/python{short}/usercustomize.py"),),
        rebuilt=BUNDLE,
    ),
    Case(
        "directory of the bundle gone",
        delete("{bundle}/lib/python{short}/wsgiref"),
        (("file:python/lib/python{short}/wsgiref", "missing", "{bundle}/lib/python{short}/wsgiref"),),
        rebuilt=BUNDLE,
    ),
    Case(
        "link of the bundle changed",
        link("{bundle}/bin/python", "/bin/sh"),
        (("file:python/bin/python", "link", "{bundle}/bin/python"),),
        rebuilt=BUNDLE,
    ),
    Case(
        "description of the bundle edited",
        append("{bundle}/bundle.json"),
        (("file:python/bundle.json", "modified", "{bundle}/bundle.json"),),
        rebuilt=BUNDLE,
    ),
    Case(
        "interpreter may not be executed",
        mode("{bundle}/libexec/python{short}", 0o644),
        (
            ("bundle:python", "not_runnable", "{bundle}/bin/python{short}"),
            ("file:python/libexec/python{short}", "mode", "{bundle}/libexec/python{short}"),
        ),
        rebuilt=BUNDLE,
    ),
    Case(
        "interpreter truncated",
        lambda root: os.truncate(root.at("{bundle}/libexec/python{short}"), 100),
        (
            ("bundle:python", "not_runnable", "{bundle}/bin/python{short}"),
            ("file:python/libexec/python{short}", "modified", "{bundle}/libexec/python{short}"),
        ),
        rebuilt=BUNDLE,
    ),
    Case(
        "library of the interpreter gone",
        delete("{bundle}/lib/python{short}/encodings"),
        (
            ("bundle:python", "not_runnable", "{bundle}/bin/python{short}"),
            ("file:python/lib/python{short}/encodings", "missing", "{bundle}/lib/python{short}/encodings"),
        ),
        rebuilt=BUNDLE,
    ),
    Case("bundle gone", delete("{bundle}"), (("bundle:python", "missing", "{bundle}"),), rebuilt=BUNDLE),
    Case("environment gone", delete("{one}"), (("virtualenv:one", "missing", "{one}"),), rebuilt=ONE),
    Case(
        "two environments gone",
        delete("{one}", "{two}"),
        (("virtualenv:one", "missing", "{one}"), ("virtualenv:two", "missing", "{two}")),
        rebuilt=ONE | TWO,
    ),
    Case("environment became a link", move_behind_link("{one}"), (("file:one", "link", "{one}"),), rebuilt=ONE),
    Case(
        "receipt of an environment gone",
        delete("state/receipts/environments/{one_id}.json"),
        (("virtualenv:one", "missing", "state/receipts/environments/{one_id}.json"),),
        rebuilt=ONE,
    ),
    Case(
        "receipt of the bundle gone",
        delete("state/receipts/bundles/{bundle_id}.json"),
        (("bundle:python", "missing", "state/receipts/bundles/{bundle_id}.json"),),
        rebuilt=BUNDLE,
    ),
    Case(
        "receipt of a laid wheel gone",
        delete("state/receipts/laid/{gamma_laid}.json"),
        (("store", "missing", "state/receipts/laid/{gamma_laid}.json"),),
        rebuilt=TWO | {"{gamma}"},
    ),
    *(
        Case(
            f"receipt of an environment {how}",
            write("state/receipts/environments/{one_id}.json", text),
            (("store", "modified", "state/receipts/environments/{one_id}.json"),),
            rebuilt=ONE,
        )
        for how, text in {
            "truncated": '{"format": 1, "id',
            "empty": "",
            "of another shape": "[1]",
            "without content": '{"format": 1}',
        }.items()
    ),
    Case(
        "receipt of the bundle damaged",
        write("state/receipts/bundles/{bundle_id}.json", "?"),
        (("store", "modified", "state/receipts/bundles/{bundle_id}.json"),),
        rebuilt=BUNDLE,
    ),
    Case(
        "receipt of a laid wheel damaged",
        write("state/receipts/laid/{gamma_laid}.json", "{}"),
        (("store", "modified", "state/receipts/laid/{gamma_laid}.json"),),
        rebuilt=TWO | {"{gamma}"},
    ),
    Case("laid wheel gone", delete("{alpha}"), (("store", "missing", "{alpha}"),), rebuilt=ALPHA),
    Case(
        "laid file that is not shared edited",
        append("{alpha}/site/alpha-1.0.dist-info/RECORD"),
        (("store", "modified", "{alpha}/site/alpha-1.0.dist-info/RECORD"),),
        rebuilt=ALPHA,
    ),
    Case(
        "stray in a laid wheel",
        write("{gamma}/site/evil.py"),
        (("store", "unexpected", "{gamma}/site/evil.py"),),
        rebuilt=TWO | {"{gamma}"},
    ),
    Case("tree that nobody made", write("environments/mine/bin/python"), (("store", "unexpected", "environments/mine"),)),
    Case("file among the trees", write("bundles/notes"), (("store", "unexpected", "bundles/notes"),)),
    Case("journal left", write("state/journal", "{}"), (("store", "interrupted", "state/journal"),), cause="interrupted"),
    Case(
        "half a build left",
        several(
            write("environments/.new-three-0123456789ab/pyvenv.cfg"),
            write("laid/.new-0123/site/x.py"),
            write("bundles/.old-python-1/bin/python"),
        ),
        (
            ("store", "interrupted", "environments/.new-three-0123456789ab"),
            ("store", "interrupted", "laid/.new-0123"),
            ("store", "interrupted", "bundles/.old-python-1"),
        ),
        cause="interrupted",
    ),
]
