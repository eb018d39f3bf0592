# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of tampering with a root: what is done, what must be found, and which trees are made again."""

from __future__ import annotations

import bundle_cases
import environment_cases
import generation_cases
from tampering import (
    ALPHA,
    BUNDLE,
    ONE,
    TWO,
    Case,
    append,
    delete,
    several,
    write,
)

RECORDS_AND_LEFTOVERS = [
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
        "receipt of an unpacked wheel gone",
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
        "receipt of an unpacked wheel damaged",
        write("state/receipts/laid/{gamma_laid}.json", "{}"),
        (("store", "modified", "state/receipts/laid/{gamma_laid}.json"),),
        rebuilt=TWO | {"{gamma}"},
    ),
    Case("unpacked wheel gone", delete("{alpha}"), (("store", "missing", "{alpha}"),), rebuilt=ALPHA),
    Case(
        "laid file that is not shared edited",
        append("{alpha}/site/alpha-1.0.dist-info/RECORD"),
        (("store", "modified", "{alpha}/site/alpha-1.0.dist-info/RECORD"),),
        rebuilt=ALPHA,
    ),
    Case(
        "stray in an unpacked wheel",
        write("{gamma}/site/evil.py"),
        (("store", "unexpected", "{gamma}/site/evil.py"),),
        rebuilt=TWO | {"{gamma}"},
    ),
    Case("tree that nobody made", write("environments/mine/bin/python"), (("store", "unexpected", "environments/mine"),)),
    Case("file among the trees", write("bundles/notes"), (("store", "unexpected", "bundles/notes"),)),
    Case("transaction marker left", write("state/journal", "{}"), (("store", "interrupted", "state/journal"),), cause="interrupted"),
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

CASES = [*environment_cases.CASES, *generation_cases.CASES, *bundle_cases.CASES, *RECORDS_AND_LEFTOVERS]
