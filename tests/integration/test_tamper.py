# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of tampering with a root is found, named rightly, and mended; and nothing else is touched.

One root serves all tests of this file: each leaves it as it found it, which is what is tested.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from roots import Archive, Declared, Document, Root, identities, output, snapshot
from wheelhouse import Wheel

Told = tuple[str, str, str, "str | None"]


class Tampered(Root):
    """The root of this file, with names for the places that the tests tamper with."""

    remembered: Path
    remembered_version: str
    names: dict[str, str]

    def place(self, text: str) -> str:
        """Return a text with the names of trees filled in."""
        generation = self.current()
        names = {
            "bundle": f"bundles/{generation['bundles']['python']}",
            "bundle_id": generation["bundles"]["python"],
            "number": generation["number"],
            "site": self.remembered,
        }
        for name, tree in generation["virtualenvs"].items():
            names[name] = f"environments/{tree}"
            names[f"{name}_id"] = tree
        return text.format(**names, **self.names)

    def at(self, text: str) -> Path:
        """Return the path of a place."""
        return self.path / self.place(text)

    def told(self, verify: str, **parts: Any) -> list[Told]:
        """Return the findings, reduced to what a test compares."""
        return sorted((self.reduced(finding) for finding in self.drift(verify, **parts)), key=str)

    def reduced(self, finding: Document) -> Told:
        """Return subject, kind, cause and the path below the root."""
        path = finding["path"]
        below = str(Path(path).relative_to(self.path)) if path is not None else None
        return (finding["subject"], finding["kind"], finding["cause"], below)


def _converge_twice(root: Tampered, wheels: dict[str, Wheel]) -> None:
    """Bring an empty root into the state that every test finds: two generations, with two environments each."""
    alpha, gamma = wheels["alpha-1.0"], wheels["gamma-1.0"]
    first = Declared(root.declared.bundles, {"one": [alpha, wheels["beta-1.0"]], "two": [alpha, gamma]})
    root.converge(first)
    root.converge(first.but(one=[alpha, wheels["beta-2.0"]]))


@pytest.fixture(scope="module")
def root(
    make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory
) -> Tampered:
    plain = make_root(tmp_path_factory.mktemp("tamper") / "root", Declared({"python": bundle_archive}))
    made = Tampered(plain.path, plain.engine, plain.declared)
    _converge_twice(made, wheels)
    made.remembered = made.site("one").relative_to(made.environment("one"))
    made.remembered_version = bundle_archive.python["version"]
    laid = {wheel: made.laid(wheels[f"{wheel}-{version}"]).name for wheel, version in (("alpha", "1.0"), ("beta", "2.0"), ("gamma", "1.0"))}
    made.names = {**{name: f"laid/{tree}" for name, tree in laid.items()}, **{f"{name}_laid": tree for name, tree in laid.items()}}
    made.names["short"] = ".".join(made.remembered_version.split(".")[:2])
    made.names["tag"] = made.names["short"].replace(".", "")
    return made


@pytest.fixture
def whole(root: Tampered, wheels: dict[str, Wheel]) -> Iterator[Tampered]:
    """Give the root, and hold it against what it was when the test has ended; a test that fails spoils no other."""
    before = snapshot(root.path)
    yield root
    after = snapshot(root.path)
    if after != before:
        shutil.rmtree(root.path)
        _converge_twice(root, wheels)
    assert after == before


@dataclass(frozen=True)
class Case:
    """One way of tampering: what is done, what is found, and which trees are made anew."""

    name: str
    do: Callable[[Tampered], object]
    found: tuple[tuple[str, str, str | None], ...]
    cause: str = "tampered"
    verify: str = "quick"
    """The weakest verification that finds it."""
    rebuilt: frozenset[str] = frozenset()
    marks: tuple[pytest.MarkDecorator, ...] = ()


def write(place: str, text: str = "import os\n", *, mode: int = 0o644) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        path = root.at(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    return do


def append(place: str) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        with root.at(place).open("ab") as stream:
            stream.write(b"\n# edited\n")

    return do


def edit_unseen(place: str) -> Callable[[Tampered], object]:
    """Change content, keep size and time: what only reading the file shows."""

    def do(root: Tampered) -> None:
        path = root.at(place)
        before = path.stat()
        data = bytearray(path.read_bytes())
        data[-2] ^= 1
        with path.open("r+b") as stream:
            stream.write(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return do


def replace_by_rename(place: str) -> Callable[[Tampered], object]:
    """Save as editors do: a new file under the old name."""

    def do(root: Tampered) -> None:
        path = root.at(place)
        fresh = path.with_name("save")
        fresh.write_bytes(path.read_bytes() + b"# edited\n")
        fresh.rename(path)

    return do


def delete(*places: str) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        for path in [root.at(place) for place in places]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    return do


def mode(place: str, wanted: int) -> Callable[[Tampered], object]:
    return lambda root: root.at(place).chmod(wanted)


def owner(place: str) -> Callable[[Tampered], object]:
    return lambda root: os.chown(root.at(place), 12345, 12345)


def link(place: str, target: str) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        path, there = root.at(place), root.place(target)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.symlink_to(there)

    return do


def move_behind_link(place: str) -> Callable[[Tampered], object]:
    """Replace a directory by a link to a faithful copy of it elsewhere."""

    def do(root: Tampered) -> None:
        path = root.at(place)
        elsewhere = root.path.parent / "elsewhere"
        shutil.rmtree(elsewhere, ignore_errors=True)
        shutil.copytree(path, elsewhere, symlinks=True)
        shutil.rmtree(path)
        path.symlink_to(elsewhere)

    return do


def pip(environment: str, *command: str) -> Callable[[Tampered], object]:
    """Use the real pip on an environment, as a person with the best intentions does."""

    def do(root: Tampered) -> None:
        python = root.environment(environment) / "bin" / "python"
        options = ["--quiet", "--disable-pip-version-check", "--no-input"]
        arguments = [part.format(wheels=root.declared.virtualenvs["one"][0].path.parent) for part in command]
        output([sys.executable, "-m", "pip", "--python", str(python), *arguments[:1], *options, *arguments[1:]])

    return do


def socket_at(place: str) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        path = root.at(place)
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket must be short
        try:
            with socket.socket(socket.AF_UNIX) as end:
                end.bind(path.name)
        finally:
            os.chdir(here)

    return do


def several(*doings: Callable[[Tampered], object]) -> Callable[[Tampered], object]:
    def do(root: Tampered) -> None:
        for doing in doings:
            doing(root)

    return do


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


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name.replace(" ", "-"), marks=case.marks) for case in CASES])
def test_tampering_is_found_with_its_cause_and_nothing_else_and_is_mended(case: Case, whole: Tampered) -> None:
    root = whole
    before = identities(root.path)
    generation = root.current()["number"]
    expected = sorted(
        ((root.place(subject), kind, case.cause, None if path is None else root.place(path)) for subject, kind, path in case.found),
        key=str,
    )
    one_before = next(name for name in before if name.startswith("environments/one-") and name != root.place("{one}"))
    rebuilt = {one_before if tree == "{one before}" else root.place(tree) for tree in case.rebuilt}
    case.do(root)
    assert root.told("deep") == expected
    if case.verify == "deep":
        assert root.told("quick") == []
    result = root.converge(options={"verify": case.verify})
    assert result["changed"]
    assert result["generation"] == {"before": generation, "after": generation}
    assert sorted((root.reduced(finding) for finding in result["findings"]), key=str) == expected
    assert root.told("deep") == []
    after = identities(root.path)
    assert {tree for tree in {*before, *after} if before.get(tree) != after.get(tree)} == rebuilt


def test_a_clean_host_reports_nothing_ever(whole: Tampered) -> None:
    commands = [
        [str(whole.at("{one}/bin/alpha"))],
        [str(whole.at("{one}/bin/alpha-script"))],
        [str(whole.path / "envs/two/bin/gamma")],
        [str(whole.path / "bin/python"), "-c", "import json, asyncio, xml.dom.minidom"],
        [str(whole.path / "envs/one/bin/python"), "-m", "alpha.deep.module"],
    ]
    for turn in range(20):
        if turn < len(commands):
            output(commands[turn])
        result = whole.run("drift", options={"verify": "deep" if turn % 5 == 4 else "quick"})
        assert (result["findings"], result["plan"], result["changed"]) == ([], [], False)
    assert whole.converge()["changed"] is False


def test_drift_without_a_declaration_holds_the_host_against_its_own_generation(whole: Tampered) -> None:
    whole.at("{one}/bin/evil").touch()
    result = whole.engine({"format": 1, "command": "drift", "root": str(whole.path)})
    assert [whole.reduced(finding)[:3] for finding in result["findings"]] == [("file:one/bin/evil", "unexpected", "tampered")]
    whole.converge()


def test_what_the_declaration_moved_on_from_is_pending(whole: Tampered, wheels: dict[str, Wheel]) -> None:
    alpha, gamma = wheels["alpha-1.0"], wheels["gamma-1.0"]
    wanted = Declared(whole.declared.bundles, {"one": [alpha, wheels["beta-1.0"], gamma], "three": [gamma]})
    told = {finding[:3] for finding in whole.told("quick", declared=wanted)}
    assert told == {
        ("virtualenv:one", "version", "pending"),
        ("package:one/beta", "version", "pending"),
        ("package:one/gamma", "missing", "pending"),
        ("virtualenv:two", "unexpected", "pending"),
        ("virtualenv:three", "missing", "pending"),
    }
    checked = whole.converge(wanted, check=True)
    assert checked["changed"]
    assert {whole.reduced(finding)[:3] for finding in checked["findings"]} == told


def test_a_new_release_of_the_bundle_makes_its_environments_stale(whole: Tampered, later_bundle_archive: Archive) -> None:
    wanted = replace(whole.declared, bundles={"python": later_bundle_archive})
    assert {finding[:3] for finding in whole.told("quick", declared=wanted)} == {
        ("bundle:python", "version", "pending"),
        ("virtualenv:one", "stale", "pending"),
        ("virtualenv:two", "stale", "pending"),
    }


def test_pending_and_tampered_are_told_apart_when_both_are_there(whole: Tampered, wheels: dict[str, Wheel]) -> None:
    wanted = whole.declared.but(two=[wheels["gamma-1.0"]])
    append("{one}/{site}/alpha/__init__.py")(whole)
    write("{one}/{site}/z.pth")(whole)
    edited = "{site}/alpha/__init__.py"
    assert set(whole.told("quick", declared=wanted)) == {
        (whole.place(f"file:one/{edited}"), "modified", "tampered", whole.place(f"{{one}}/{edited}")),
        (whole.place(f"file:two/{edited}"), "modified", "tampered", whole.place(f"{{two}}/{edited}")),
        (whole.place("file:one/{site}/z.pth"), "unexpected", "tampered", whole.place("{one}/{site}/z.pth")),
        ("virtualenv:two", "version", "pending", f"environments/two-{_key(whole, wanted, 'two')}"),
        ("package:two/alpha", "unexpected", "pending", None),
    }
    whole.converge()


def _key(root: Root, wanted: Declared, name: str) -> str:
    from ansible_collections.hermetic.python.plugins.module_utils.hermetic.declaration import parse_declaration

    declaration = parse_declaration(wanted.document(), complete=True)
    environment = next(each for each in declaration.virtualenvs if each.name == name)
    return environment.key(declaration.bundles[0])[:12]


@pytest.fixture
def moving(root: Tampered, wheels: dict[str, Wheel], request: pytest.FixtureRequest) -> Iterator[Tampered]:
    """Give a root of two generations, other than the one of this file, to a test that leaves it in another state."""
    made = Tampered(root.path.parent / request.node.name, root.engine, Declared(root.declared.bundles))
    _converge_twice(made, wheels)
    made.remembered, made.remembered_version, made.names = root.remembered, root.remembered_version, root.names
    yield made
    shutil.rmtree(made.path)


def test_converging_mends_and_moves_on_at_once(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    append("{one}/{site}/alpha/__init__.py")(moving)
    delete("{two}/{site}/gamma")(moving)
    write("{one}/bin/evil")(moving)
    moving.converge(moving.declared.but(two=[wheels["alpha-1.0"], wheels["delta-1.0"]]))
    assert moving.drift("deep") == []
    assert moving.converge()["changed"] is False


def test_a_tree_that_is_used_again_is_looked_at_first(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    before = moving.declared.but(one=[wheels["alpha-1.0"], wheels["beta-1.0"]])
    old = next(path for path in (moving.path / "environments").glob("one-*") if path != moving.environment("one"))
    (old / moving.remembered / "evil.pth").write_text("import os\n")
    assert moving.drift("deep") == []
    told = moving.told("quick", declared=before)
    assert (
        f"file:one/{moving.remembered}/evil.pth",
        "unexpected",
        "tampered",
        f"environments/{old.name}/{moving.remembered}/evil.pth",
    ) in told
    moving.converge(before)
    assert moving.environment("one") == old
    assert moving.drift("deep") == []


def test_a_tree_that_is_used_again_and_gone_is_made_again(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    old = next(path for path in (moving.path / "environments").glob("one-*") if path != moving.environment("one"))
    shutil.rmtree(old)
    moving.converge(moving.declared.but(one=[wheels["alpha-1.0"], wheels["beta-1.0"]]))
    assert moving.drift("deep") == []
    assert moving.python("-c", "import beta; print(beta.VERSION)", of="one") == "1.0\n"


def test_a_laid_wheel_is_looked_at_before_a_new_environment_shares_it(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    laid = moving.laid(wheels["beta-1.0"])
    with (laid / "site/beta.py").open("a") as stream:
        stream.write("EVIL = True\n")
    assert moving.drift("deep") == []
    moving.converge(moving.declared.but(three=[wheels["beta-1.0"]]))
    assert moving.drift("deep") == []
    assert moving.python("-c", "import beta; print(hasattr(beta, 'EVIL'))", of="three") == "False\n"
    assert moving.generation("activate", 1)["changed"]
    assert moving.python("-c", "import beta; print(hasattr(beta, 'EVIL'))", of="one") == "False\n"


def test_going_back_to_a_damaged_generation_is_refused(moving: Tampered) -> None:
    old = next(path for path in (moving.path / "environments").glob("one-*") if path != moving.environment("one"))
    (old / "bin/evil").touch()
    result = moving.generation("activate", "previous")
    assert result["failed"]
    assert "one/bin/evil" in result["msg"]
    assert moving.current()["number"] == 2


@pytest.mark.parametrize("text", [None, "{"], ids=["gone", "damaged"])
def test_the_record_of_another_generation_is_swept_with_all_that_it_stood_for(moving: Tampered, text: str | None) -> None:
    record = moving.path / "state/generations/1.json"
    if text is None:
        record.unlink()
    else:
        record.write_text(text)
    assert {finding[:3] for finding in moving.told("quick")} <= {("store", "unexpected", "tampered"), ("store", "modified", "tampered")}
    assert moving.told("quick") != []
    moving.converge()
    assert moving.drift("deep") == []
    assert moving.converge()["changed"] is False
    assert sorted(path.name for path in (moving.path / "generations").iterdir()) == ["2"]


def test_a_record_of_a_later_release_is_left_alone(moving: Tampered) -> None:
    record = moving.at("state/receipts/environments/{one_id}.json")
    record.write_text('{"format": 9}')
    for command in ("drift", "converge", "info"):
        result = moving.run(command)
        assert result["failed"]
        assert "format 9" in result["msg"]
    assert record.read_text() == '{"format": 9}'


def test_a_lost_record_of_the_generation_is_read_back_for_a_partial_change(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    moving.at("state/generations/{number}.json").unlink()
    only = replace(moving.declared, bundles={}, virtualenvs={"three": [wheels["gamma-1.0"]]})
    moving.converge(only, scope="partial")
    assert set(moving.current()["virtualenvs"]) == {"one", "two", "three"}
    assert moving.current()["bundles"].keys() == {"python"}


@pytest.mark.parametrize("what", ["bundles", "environments"])
def test_a_lost_receipt_is_not_guessed_when_nothing_declares_it(moving: Tampered, wheels: dict[str, Wheel], what: str) -> None:
    before = snapshot(moving.path)
    receipt = moving.at("state/receipts/bundles/{bundle_id}.json" if what == "bundles" else "state/receipts/environments/{one_id}.json")
    receipt.unlink()
    only = replace(moving.declared, bundles={}, virtualenvs={"three": [wheels["gamma-1.0"]]})
    result = moving.run("converge", declared=only, scope="partial")
    assert result["failed"]
    assert "has lost its receipt" in result["msg"]
    assert snapshot(moving.path) == before


def test_a_running_interpreter_survives_the_loss_of_its_receipt(moving: Tampered) -> None:
    """The tree is what runs the engine itself: without the archive at hand it must stay as it is."""
    moving.at("state/receipts/bundles/{bundle_id}.json").unlink()
    shutil.rmtree(moving.path / "wheels")
    document = {
        "format": 1,
        "command": "converge",
        "root": str(moving.path),
        "declaration": moving.declared.document(),
        "artifacts": {},
        "options": {"retries": 0},
    }
    result = moving.engine(document)
    assert result["failed"]
    assert result["needs"]
    assert moving.python("-c", "print(1)") == "1\n"
    assert moving.python("-c", "import alpha; print(alpha.VERSION)", of="one") == "1.0\n"
    moving.converge()
    assert moving.drift("deep") == []


@pytest.mark.parametrize("link_mode", ["copy", "hardlink"])
def test_every_way_of_sharing_gives_the_same_tree(
    make_root: Callable[[Path, Declared], Root], root: Tampered, tmp_path: Path, link_mode: str
) -> None:
    made = make_root(tmp_path / "root", root.declared)
    made.converge(options={"link_mode": link_mode})
    assert made.drift("deep") == []
    files = snapshot(made.environment("one"), ["lib", "share", "include"])
    assert files == snapshot(root.environment("one"), ["lib", "share", "include"]) | {
        path: about for path, about in files.items() if path.endswith("alpha-1.0.dist-info/RECORD")
    }
    with (made.site("one") / "alpha/__init__.py").open("a") as stream:
        stream.write("# edited\n")
    shown = {"one", "two"} if link_mode == "hardlink" else {"one"}
    assert {finding["subject"].partition("/")[0] for finding in made.drift()} == {f"file:{name}" for name in shown}
    made.converge()
    assert made.drift("deep") == []
