# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and paths that lead elsewhere, in a bundle, an index or a record: none of them is followed, whoever reads it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.bundle_json import bundle_problems
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import read_metadata
from bundle_variants import Change, Contents, write
from hosts import Host
from roots import Declared, Engine


def _command(name: str, path: str | None = None) -> Change:
    def change(contents: Contents) -> Contents:
        assert contents.info is not None
        python = contents.info["python"]
        return contents.with_python(commands={**python["commands"], name: path or python["executable"]})

    return change


def _file(path: str, record: dict[str, Any] | None = None) -> Change:
    entry = record or {"type": "directory", "mode": "0755"}
    return lambda contents: contents.with_info(files={**(contents.info or {})["files"], path: entry})


FORGED: dict[str, Change] = {
    "a command that leads out": _command("../../../../outside"),
    "a command with a path": _command("x/y"),
    "an absolute command": _command("/tmp/hermetic-outside"),
    "a command with a backslash": _command("..\\outside"),
    "a command with a NUL": _command("a\0b"),
    "a command with an escape": _command("\x1b]0;x\x07"),
    "a command that is a device": _command("nul"),
    "an empty command": _command(""),
    "commands that are one where case is not told apart": _command("PYTHON"),
    "the program of a command outside": _command("evil", "../../../../bin/sh"),
    "an absolute program of a command": _command("evil", "/bin/sh"),
    "a program of a command that the bundle has not": _command("evil", "bin/evil"),
    "a directory as the program of a command": lambda contents: _command("evil", "lib/thing")(_file("lib/thing")(contents)),
    "an executable outside": lambda contents: contents.with_python(executable="../../../../bin/sh"),
    "an absolute executable": lambda contents: contents.with_python(executable="/bin/sh"),
    "site-packages outside": lambda contents: contents.with_python(site_packages="../outside"),
    "a standard library that is not there": lambda contents: contents.with_python(stdlib="lib/elsewhere"),
    "a version that is no number": lambda contents: contents.with_python(version="3.x.1"),
    "a version of other digits": lambda contents: contents.with_python(version="\u0663.\u0662.\u0663"),
    "a tag with a path": lambda contents: contents.with_python(tag="cp312/../x"),
    "a path that is not normalised": _file("lib//x"),
    "a path with a dot": _file("lib/./x"),
    "a path with a backslash": _file("lib\\..\\..\\x"),
    "a path with a drive": _file("C:/x"),
    "a link that leads out": _file("lib/out", {"type": "link", "target": "../../../etc"}),
    "an absolute link": _file("lib/out", {"type": "link", "target": "/etc"}),
    "a file with the bits of another user": _file("lib/suid", {"type": "file", "mode": "4755", "size": 1, "sha256": "0" * 64}),
    "a file below a file": _file("bundle.json.d/x/y", {"type": "file", "mode": "0644", "size": True, "sha256": "0" * 64}),
    "a platform that is none": lambda contents: contents.with_info(platform="linux-x86_64/../.."),
    "texts for flags": lambda contents: contents.with_info(engine="yes"),
    "packages that are none": lambda contents: contents.with_info(packages=[{"name": ["x"], "version": {}, "sha256": "1"}]),
    "a bottomless source": lambda contents: contents.with_info(source=json.loads('{"a":' * 300 + "1" + "}" * 300)),
}


# One for each part of the check; what is wrong with the others is found by the same function.
CARRIED_OUT = ("a command that leads out", "the program of a command outside", "a path that is not normalised", "a bottomless source")


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_a_bundle_that_names_something_outside_is_none(change: Change, slim_bundle: Contents) -> None:
    assert bundle_problems(slim_bundle.info) == []
    problems = bundle_problems(change(slim_bundle).info)
    assert problems
    assert all(problem.isprintable() for problem in problems)


@pytest.mark.parametrize("change", [FORGED[name] for name in CARRIED_OUT], ids=CARRIED_OUT)
def test_a_bundle_that_names_something_outside_is_neither_published_nor_installed(
    change: Change, host: Host, with_bundle: Callable[[Change], Declared], slim_bundle: Contents, tmp_path: Path
) -> None:
    archive = write(change(slim_bundle), tmp_path / "forged.tar.gz")
    with pytest.raises(HermeticError) as caught:
        read_metadata(archive.path)
    assert caught.value.problems
    host.refuses("The archive of the bundle 'python'", "bundle.json that cannot be read", "Build it again", declared=with_bundle(change))
    assert not list(tmp_path.parent.rglob("outside*"))
    assert not os.path.lexists("/tmp/hermetic-outside")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, engine: Engine, declared: Declared) -> Host:
    made = Host(tmp_path_factory.mktemp("forged") / "root", engine, declared)
    made.converge()
    return made


def _edited(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


RECEIPTS: dict[str, tuple[str, Callable[[dict[str, Any], Path], None]]] = {
    "a command of a bundle": (
        "bundles",
        lambda each, _out: each["info"]["python"]["commands"].update({"../../../../outside": "bin/python3"}),
    ),
    "the program of a command": ("bundles", lambda each, out: each["info"]["python"]["commands"].update(evil=str(out))),
    "the executable of a bundle": ("bundles", lambda each, out: each["info"]["python"].update(executable=f"../../..{out}")),
    "a name of a bundle": ("bundles", lambda each, _out: each["info"].update(name="../x")),
    "a file of a bundle": ("bundles", lambda each, _out: each["info"]["files"].update({"../../outside": {"type": "directory"}})),
    "a file of a wheel": ("laid", lambda each, _out: each["files"].update({"site/../../../outside": [420, 1, "0" * 64]})),
    "a scheme of a wheel": ("laid", lambda each, _out: each["files"].update({"root/outside": [420, 1, "0" * 64]})),
    "the name of a wheel": ("laid", lambda each, _out: each.update(name="../../outside")),
    "the metadata of a wheel": ("laid", lambda each, _out: each.update(dist_info="../../../outside")),
    "a script of a wheel": ("laid", lambda each, _out: each.update(entry_points=[["../outside", "m", "f", "console"]])),
    "a place in an environment": ("environments", lambda each, _out: each.update(site_packages="../../outside")),
    "a link of an environment": ("environments", lambda each, out: each["own_links"].update({"bin/python": str(out)})),
    "a directory of an environment": ("environments", lambda each, _out: each["directories"].update({"../outside": [0, 0]})),
    "the bundle of an environment": ("environments", lambda each, _out: each.update(bundle="../../outside")),
    "the link mode of an environment": ("environments", lambda each, _out: each.update(link_mode="exec")),
}


FOLLOWED = ("a command of a bundle", "a file of a wheel", "a link of an environment")


@pytest.mark.parametrize(("kind", "change"), RECEIPTS.values(), ids=RECEIPTS)
def test_a_forged_receipt_cannot_be_read(kind: str, change: Callable[[dict[str, Any], Path], None], root: Host, tmp_path: Path) -> None:
    shutil.copytree(root.path / "state" / "receipts", tmp_path / "state" / "receipts")
    receipt = min((tmp_path / "state" / "receipts" / kind).glob("*.json"))
    assert load_records(Layout(tmp_path)).unreadable == {}
    _edited(receipt, lambda document: change(document, tmp_path / "outside"))
    assert list(load_records(Layout(tmp_path)).unreadable) == [str(receipt)]


@pytest.mark.parametrize(("kind", "change"), [RECEIPTS[name] for name in FOLLOWED], ids=FOLLOWED)
def test_a_forged_receipt_leads_nowhere(kind: str, change: Callable[[dict[str, Any], Path], None], root: Host, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("#!/bin/sh\ntouch $0.ran\n")
    outside.chmod(0o755)
    receipt = min((root.path / "state" / "receipts" / kind).glob("*.json"))
    _edited(receipt, lambda document: change(document, outside))
    assert str(receipt) in {finding["path"] for finding in root.run("drift")["findings"]}
    root.converge()
    assert root.run("drift")["findings"] == []
    root.works()
    assert os.listdir(tmp_path) == ["outside"]
    assert not list(root.path.parent.glob("outside*"))


@pytest.mark.parametrize(
    "change",
    [
        lambda each: each["virtualenvs"].update({"../../../outside": next(iter(each["virtualenvs"].values()))}),
        lambda each: each["virtualenvs"].update(web="../../../outside"),
        lambda each: each.update(default="../x"),
    ],
    ids=["name", "environment", "default"],
)
def test_a_forged_generation_makes_no_link(change: Callable[[dict[str, Any]], None], root: Host) -> None:
    record = max((root.path / "state" / "generations").glob("*.json"))
    _edited(record, change)
    assert str(record) in {finding["path"] for finding in root.run("drift")["findings"]}
    root.converge()
    assert root.run("drift")["findings"] == []
    root.works()
    assert not list(root.path.parent.glob("outside*"))
