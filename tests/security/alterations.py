# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alterations of a root, and who finds each: the rows of the table in docs/SECURITY.md.

A row is made and looked at by test_alteration_table.py, unless it names another test that does so, or says why no test can make it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import store_cases
import tamper_cases
from tampering import Case
from test_forged_receipts import another_command, of_bundle, of_environment, of_wheel, planted
from unnoticed_alterations import UNNOTICED, Unnoticed

Finder = Literal["quick", "deep", "controller", "nobody"]
Finding = tuple[str, str, "str | None"]
BY_NAME = {
    case.name: case for case in (*tamper_cases.CASES, *store_cases.CASES, *store_cases.CARRIED, *store_cases.FLAGS)
}  # fmt: skip


@dataclass(frozen=True)
class Alteration:
    """One row: what is done, the weakest look that finds it, and what it finds."""

    what: str
    found_by: Finder
    do: Callable[[Any], object] | None = None
    """Makes it. What it returns, if it can be called, takes it back; everything else is repaired."""
    found: tuple[Finding, ...] = ()
    """Subject, kind and path of each finding, with names for places."""
    note: str = ""
    """How it is told, or why it is not found."""
    batch: str = ""
    """What is made and looked at together: alterations that do not hide each other."""
    forgets: bool = False
    """The controller knows nothing of the root."""
    marks: tuple[pytest.MarkDecorator, ...] = ()
    test: str = ""
    """The test that makes it, as file::name below tests; none where it is made here, or by nobody."""


def of(batch: str, what: str, case: str, **more: Any) -> Alteration:
    """Return the row of a case that another test makes alone and repairs."""
    known: Case = BY_NAME[case]
    found_by: Finder = "deep" if known.verify == "deep" else "quick"
    return Alteration(what, found_by, known.do, known.found, batch=batch, marks=known.marks, **more)


def forged(batch: str, what: str, forgery: Callable[..., object], subject: str, receipt: str, **more: Any) -> Alteration:
    """Return the row of a tree that is changed together with its receipt."""
    return Alteration(
        what,
        "controller",
        lambda root: forgery(root, root.wheels) and None,
        ((subject, "receipt", f"state/receipts/{receipt}.json"),),
        batch=batch,
        **more,
    )


def unnoticed(row: Unnoticed) -> Alteration:
    """Return the row of what no look finds."""
    return Alteration(row.what, "nobody", row.do, note=row.why, batch="unnoticed", marks=row.marks)


TREES = [
    of("1", "module added to an environment", "stray module"),
    of("1", "module added deep inside a package", "stray module deep inside a package"),
    of("2", "`.pth` file added to an environment", "stray pth"),
    of("1", "`sitecustomize.py` added to an environment", "sitecustomize"),
    of("2", "`usercustomize.py` added to the standard library", "stray module in the bundle"),
    of("1", "command added to an environment", "command"),
    of("2", "directory with code added", "stray directory is one finding", note="one finding for the directory"),
    of("2", "link added that leads out of the root", "stray link"),
    of("2", "socket added", "socket"),
    of("3", "package removed by hand, with its metadata", "package removed by hand", note="the package is named"),
    of("1", "directory of a package removed, its metadata left", "directory of a package without its metadata"),
    of("1", "file removed", "deleted file"),
    of("2", "command removed", "deleted command"),
    of("3", "file edited that environments share by a hard link", "edit of a shared file shows in every environment", note="in each of them"),
    of("5", "file replaced, as editors save", "file saved by an editor"),
    of("1", "command edited", "command edited"),
    of("3", "modification time of a file", "time only", note="a file with another time may have other content"),
    of("1", "mode of a directory of a tree", "mode of a directory"),
    of("2", "set-user-ID bit", "mode of a shared file"),
    of("5", "mode of a tree", "mode of a tree"),
    of("5", "owner of a file", "owner of a file"),
    of("2", "owner of a directory of a tree", "owner of a directory"),
    of("1", "owner of a file of the standard library", "owner of a file of the bundle"),
    of("2", "`python` of an environment leads to another Python", "interpreter of an environment"),
    of("1", "`pyvenv.cfg` edited", "pyvenv.cfg edited"),
    of("5", "file replaced by a link", "file became a link"),
    of("6", "directory replaced by a link to an equal copy", "directory became a link"),
    of("6", "standard library edited", "file of the bundle edited"),
    of("24", "directory of the standard library removed", "library of the interpreter gone"),
    of("3", "`bin/python` of a bundle leads to another program", "link of the bundle changed"),
    of("2", "`bundle.json` edited", "description of the bundle edited"),
    of("7", "interpreter made not executable", "interpreter may not be executed"),
    of("8", "environment removed", "environment gone"),
    of("9", "bundle removed", "bundle gone"),
    of("10", "environment replaced by a link to an equal copy", "environment became a link"),
    of("11", "capability given to the interpreter", "capability of the interpreter", note="such as `cap_setuid+ep`"),
    of("11", "capability given to a command", "capability of a command"),
    of("12", "access control list of a file", "ACL of a file"),
    of("12", "default access control list of a directory", "default ACL of a directory"),
]  # fmt: skip
BESIDE = [
    of("1", "mode of the root", "0777 for the root"),
    of("2", "mode of `state`", "0777 for state"),
    of("1", "mode of a receipt", "0666 for state/receipts/environments/{one_id}.json"),
    of("2", "mode of the lock", "0666 for state/lock"),
    of("3", "owner of the directory of trees", "owner of environments"),
    of("3", "owner of a receipt", "owner of state/receipts/bundles/{bundle_id}.json"),
    of("5", "access control list of the root", "ACL of ."),
    of("6", "default access control list of the directory of bundles", "default ACL of bundles"),
    of("1", "file in the root", "file in the root"),
    of("1", "`pyvenv.cfg` in the root", "pyvenv.cfg in the root"),
    of("2", "file in `state`", "file in the state"),
    of("3", "file among the receipts", "file among receipts"),
    of("2", "tree among the environments that no run made", "tree that nobody made"),
    of("2", "second file beside a stored artifact", "second file with an artifact"),
    of("5", "stored artifact edited", "a stored artifact edited", note="removed, and fetched again when it is needed"),
    of("13", "stored artifact edited, size and time kept", "unseen edit of a stored artifact"),
    of("5", "record of the root removed", "record of the root gone"),
    of("1", "`current` removed", "switch gone"),
    of("10", "`current` leads elsewhere", "switch leads elsewhere"),
    of("2", "`bin` of the root leads to `/usr/bin`", "bin leads elsewhere"),
    of("3", "system Python of the generation leads to another Python", "system Python leads elsewhere"),
    of("5", "name of an environment leads to another environment", "name of an environment leads to another"),
    of("2", "command added beside the system Python", "stray command beside the system Python"),
    of("6", "`state/engine` leads elsewhere", "engine leads elsewhere", note="the interpreter that the next look would start"),
    of("3", "record of the generation removed", "record of the generation gone"),
    of("6", "record of the generation damaged", "record of the generation damaged"),
    of("14", "receipt of an environment removed", "receipt of an environment gone"),
    of("15", "receipt of an environment emptied", "receipt of an environment empty"),
    of("8", "receipt of the bundle removed", "receipt of the bundle gone"),
    of("7", "receipt of an installed wheel removed", "receipt of an unpacked wheel gone"),
    of("17", "installed wheel removed from `laid`", "unpacked wheel gone"),
    of("13", "receipt of an installed wheel damaged", "receipt of an unpacked wheel damaged"),
    of("16", "file added to an installed wheel in `laid`", "stray in an unpacked wheel"),
    of("7", "transaction marker of a run that never was", "transaction marker left", note="as after a killed run"),
]  # fmt: skip


def capability_before_its_receipt(root: Any) -> Callable[[], None]:
    """Give the interpreter a capability, and the receipt of its bundle a later time: quick asks only files that changed after it."""
    receipt = root.at("state/receipts/bundles/{bundle_id}.json")
    status = receipt.stat()
    store_cases.capability("{bundle}/libexec/python{short}")(root)
    os.utime(receipt, ns=(status.st_atime_ns, status.st_mtime_ns + 10**18))
    return lambda: os.utime(receipt, ns=(status.st_atime_ns, status.st_mtime_ns))


HIDDEN = [
    Alteration(
        "capability given to the interpreter, and its receipt a later time", "deep", capability_before_its_receipt,
        (("file:python/libexec/python{short}", "mode", "{bundle}/libexec/python{short}"),), batch="25",
        note="quick asks what changed after the receipt; the same with the host's clock set back",
    ),
    of("18", "byte code edited, size and time kept", "unseen edit of byte code", note="quick opens no file of a tree"),
    of("19", "standard library edited, size and time kept", "unseen edit of a file of the bundle", note="quick opens no file of a tree"),
    forged("20", "standard library, `bundle.json` and receipt changed together", of_bundle, "bundle:python", "bundles/{bundle_id}"),
    forged("20", "module of a wheel and receipt changed together", of_wheel, "package:two/gamma", "laid/{gamma_laid}"),
    forged("20", "command of an environment and receipt changed together", of_environment, "virtualenv:one", "environments/{one_id}"),
    forged("21", "`.pth` file added to an environment and to its receipt", planted, "virtualenv:one", "environments/{one_id}"),
    Alteration(
        "system Python led elsewhere, by link and receipt", "deep", lambda root: another_command(root, root.wheels) and None,
        (("bundle:python", "receipt", "state/receipts/bundles/{bundle_id}.json"),), batch="22", note="the receipt contradicts `bundle.json`",
    ),
    Alteration(
        "what every start imports changed, size and time kept, so that our own look would run it", "controller",
        note="read by the host's `sha256sum` before anything is started; a deep look alone starts it, and may be lied to",
        test="security/test_planted_start_files.py::test_a_changed_standard_library_is_not_started_by_deep_verification",
    ),
    Alteration(
        "tree and receipt changed together, of which this controller knows nothing", "nobody",
        lambda root: of_environment(root, root.wheels) and None, batch="23", forgets=True,
        note="`vouched.unknown` of `drift` names the tree",
    ),
]  # fmt: skip
UNSEEN = [unnoticed(row) for row in UNNOTICED]
SECTIONS = {
    "Trees": TREES,
    "What a root keeps beside its trees": BESIDE,
    "What hides from a look by size and time, or changes the receipt too": HIDDEN,
    "What is not found": UNSEEN,
}
ROWS = [row for rows in SECTIONS.values() for row in rows]


def _cells(row: Alteration) -> tuple[str, str, str]:
    levels: tuple[Finder, ...] = ("quick", "deep", "controller")
    at = levels.index(row.found_by) if row.found_by != "nobody" else len(levels)
    quick, deep, controller = ("no" if number < at else "yes" for number in range(len(levels)))
    return quick, deep, controller


def _about(row: Alteration) -> str:
    kinds = list(dict.fromkeys(f"`{kind}`" for _subject, kind, _path in row.found))
    about = ", ".join(kinds) + (f"; {row.note}" if kinds and row.note else row.note)
    if row.test:
        return f"{about} (`tests/{row.test.partition('::')[0]}`)"
    return about if row.do else f"{about} *(not tried)*"


def table() -> str:
    """Return the text of the table in docs/SECURITY.md."""
    lines = []
    for title, rows in SECTIONS.items():
        lines += [
            f"### {title}",
            "| alteration | quick | deep | deep, and the controller knows | reported as, or why not |",
            "|---|---|---|---|---|",
        ]
        lines += [f"| {row.what} | {' | '.join(_cells(row))} | {_about(row)} |" for row in rows]
        lines.append("")
    return "\n".join(lines)
