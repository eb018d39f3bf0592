# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifty kinds of trouble that a host can be in, and the names that nobody should have chosen."""

from __future__ import annotations

from typing import NamedTuple


class Trouble(NamedTuple):
    """A finding as the engine words it; ``weight`` says how often it is met."""

    subject: str
    kind: str
    severity: str
    cause: str
    expected: str | None
    actual: str | None
    path: str | None
    remedy: str
    weight: int


SITE = "lib/python3.12/site-packages"
PYTHON = "bundles/python-3.12.1+4-99ee88dd77cc"
TREES = {"recipes": "environments/recipes-4be1c06a0d2f", "reports": "environments/reports-0011223344ff", "python": PYTHON}
REMEDIES = {
    "pending": "Converge to build what is declared.",
    "tampered": "Converge; what was changed is unpacked again from its artifact.",
    "interrupted": "Converge to restore what is missing and remove what is left over.",
}
HOSTILE = (
    "<script>alert('x')</script>",
    "\"quoted\" & 'single' <b>bold</b>",
    "line\nfeed\r\ttab",
    "\x00\x01\x1b[31mred\x7f\x9f",
    "not-utf8-\udcff\udc80",
    "]]> --> </textarea></style></script>",
    "{{ 7 * 7 }} {% raw %} ${x} `y`",
    "a" * 5000,
    "\u202egnp.exe \u200b\u2028\u2029\ufeff",
    "\U0001f40d π ñ 漢字",
    "\\back\\slash\\",
    "../../etc/passwd",
    "__proto__",
    "constructor",
    " ",
    "%s %n %(x)s",
)
"""Texts for names, paths and messages. Two of them are keys that every JavaScript object has."""


def _trouble(
    subject: str,
    kind: str,
    severity: str,
    cause: str,
    expected: str | None,
    actual: str | None,
    *,
    path: str | None = None,
    weight: int = 4,
) -> Trouble:
    what, _colon, where = subject.partition(":")
    if what == "file":
        owner, _slash, inside = where.partition("/")
        path = f"/opt/infra-system/{TREES[owner]}/{inside}"
    remedy = "Converge to remove it." if (kind, cause) == ("unexpected", "tampered") else REMEDIES[cause]
    return Trouble(subject, kind, severity, cause, expected, actual, path, remedy, weight)


TROUBLES = (
    # pending: the declaration moved on
    _trouble("bundle:python", "version", "medium", "pending", "3.12.1+5 (aa11bb22cc33)", "3.12.1+4 (99ee88dd77cc)", path="bundles/python-3.12.1+5", weight=60),
    _trouble("bundle:python27", "missing", "medium", "pending", "2.7.18+2 (0123456789ab)", None, path="bundles/python27-2.7.18+2-0123456789ab", weight=6),
    _trouble("bundle:old", "unexpected", "medium", "pending", None, "old-3.9.1+1-ffeeddccbbaa"),
    _trouble("virtualenv:recipes", "version", "medium", "pending", "recipes-4be1c06a0d2f", "recipes-1234567890ab", path=TREES["recipes"], weight=30),
    _trouble("virtualenv:recipes", "stale", "medium", "pending", "recipes-4be1c06a0d2f", "recipes-aaaaaaaaaaaa", path=TREES["recipes"], weight=10),
    _trouble("virtualenv:reports", "missing", "medium", "pending", "reports-0011223344ff", None, path="environments/reports-0011223344ff", weight=8),
    _trouble("virtualenv:leftover", "unexpected", "medium", "pending", None, "leftover-1"),
    _trouble("package:recipes/flask", "version", "medium", "pending", "3.1.2", "3.1.1", weight=40),
    _trouble("package:recipes/werkzeug", "version", "medium", "pending", "3.1.3", "3.0.6", weight=30),
    _trouble("package:recipes/requests", "version", "medium", "pending", "2.32.5", "2.31.0", weight=24),
    _trouble("package:reports/sqlalchemy", "missing", "medium", "pending", "2.0.44", None, weight=10),
    _trouble("package:reports/tabulate", "unexpected", "medium", "pending", None, "0.9.0"),
    _trouble("package:recipes/cryptography", "version", "medium", "pending", "46.0.3", "42.0.8", weight=20),
    _trouble("package:reports/numpy", "version", "medium", "pending", "2.3.4", "1.26.4", weight=12),
    # tampered: files
    _trouble(f"file:recipes/{SITE}/flask/app.py", "modified", "high", "tampered", "sha256 1111", "sha256 2222", weight=12),
    _trouble(f"file:recipes/{SITE}/requests/hooks.py", "missing", "high", "tampered", "a file", None, weight=8),
    _trouble(f"file:recipes/{SITE}/stray.pth", "unexpected", "high", "tampered", None, "a file", weight=8),
    _trouble(f"file:recipes/{SITE}/sitecustomize.py", "unexpected", "high", "tampered", None, "a file"),
    _trouble("file:recipes/bin/backdoor", "unexpected", "high", "tampered", None, "a file"),
    _trouble("file:reports/bin/alembic", "modified", "high", "tampered", "sha256 3333", "sha256 4444"),
    _trouble(f"file:reports/{SITE}/numpy/core.so", "modified", "high", "tampered", "sha256 5555", "sha256 6666"),
    _trouble(f"file:reports/{SITE}/debug.log", "unexpected", "medium", "tampered", None, "a file", weight=16),
    _trouble(f"file:recipes/{SITE}/flask/templates/x.html", "modified", "medium", "tampered", "sha256 7777", "sha256 8888"),
    _trouble("file:python/lib/python3.12/ssl.py", "modified", "high", "tampered", "sha256 9999", "sha256 aaaa", weight=6),
    _trouble("file:python/lib/python3.12/json/decoder.py", "missing", "high", "tampered", "a file", None),
    _trouble("file:python/share/ca/cacert.pem", "modified", "medium", "tampered", "sha256 bbbb", "sha256 cccc", weight=10),
    _trouble("file:python/bin/python3.12", "modified", "high", "tampered", "sha256 dddd", "sha256 eeee"),
    _trouble(f"file:recipes/{SITE}/flask/__pycache__/app.cpython-312.pyc", "modified", "high", "tampered", "sha256 f0f0", "sha256 0f0f"),
    # tampered: modes, owners, links
    _trouble(f"file:recipes/{SITE}/flask", "mode", "high", "tampered", "0755", "0777", weight=8),
    _trouble("file:recipes/bin/flask", "mode", "medium", "tampered", "0755", "0600"),
    _trouble("file:python/bin/python", "mode", "high", "tampered", "0755", "4755"),
    _trouble(f"file:reports/{SITE}/sqlalchemy/engine", "owner", "high", "tampered", "0:0", "1000:1000", weight=6),
    _trouble("file:recipes/bin/python", "link", "high", "tampered", "link to python3.12", "link to /usr/bin/python3", weight=6),
    _trouble("generation", "link", "high", "tampered", "a link to generation 42", "link to generations/17", path="current", weight=5),
    _trouble("generation", "unexpected", "high", "tampered", None, "a file"),
    _trouble("generation", "missing", "high", "tampered", "the record of generation 42", None, path="state/generations/42.json"),
    # tampered: packages and interpreters
    _trouble("package:recipes/markupsafe", "missing", "high", "tampered", "3.0.3", None, weight=8),
    _trouble("package:recipes/pip", "unexpected", "high", "tampered", None, "25.3, 412 paths differ", weight=14),
    _trouble("package:recipes/flask", "version", "high", "tampered", "3.1.2", "2.0.0, 88 paths differ", weight=5),
    _trouble("package:reports/ipython", "unexpected", "high", "tampered", None, "9.1.0, 900 paths differ", weight=6),
    _trouble("package:reports/jinja2", "modified", "high", "tampered", "3.1.6", "3.1.6, 2 paths differ"),
    _trouble("virtualenv:recipes", "interpreter", "high", "tampered", "link to /opt/infra-system/bundles/python", "link to /usr/bin/python3"),
    _trouble("bundle:python", "not_runnable", "high", "tampered", "Python 3.12.1", "it ended with signal 11", path=f"{PYTHON}/bin/python3.12", weight=5),
    _trouble("bundle:python", "missing", "high", "tampered", "python-3.12.1+4", None, path=f"{PYTHON}"),
    _trouble("store", "missing", "medium", "tampered", "a receipt", None, path="state/receipts/laid/1111-2222.json"),
    _trouble("store", "modified", "high", "tampered", "sha256 1212", "sha256 3434", path="laid/1111-2222/flask/app.py"),
    # low: what a policy may leave out
    _trouble(f"file:reports/{SITE}/README.txt", "modified", "low", "tampered", "sha256 5656", "sha256 7878", weight=8),
    # interrupted: what a crash left
    _trouble("store", "interrupted", "medium", "interrupted", None, "a journal of a run that was cut off", path="state/journal", weight=6),
    _trouble("store", "unexpected", "medium", "interrupted", None, "a tree without a receipt", path="environments/.new-recipes-4be1c06a0d2f"),
    _trouble("generation", "interrupted", "high", "interrupted", "a link to generation 42", None, path="current", weight=2),
)  # fmt: skip
