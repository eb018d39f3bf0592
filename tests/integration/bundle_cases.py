# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of tampering with a bundle."""

from __future__ import annotations

import os

import pytest
from tampering import (
    BUNDLE,
    Case,
    append,
    delete,
    edit_unseen,
    link,
    mode,
    owner,
    write,
)

CASES = [
    Case(
        "owner of a file of the bundle",
        owner("{bundle}/lib/python{short}/ast.py"),
        (("file:python/lib/python{short}/ast.py", "owner", "{bundle}/lib/python{short}/ast.py"),),
        rebuilt=BUNDLE,
        marks=(pytest.mark.root,),
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
]
