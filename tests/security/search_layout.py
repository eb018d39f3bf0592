# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bundle in all the ways that its Python is started, below directories that are somebody else's."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import environment
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import BundleReceipt
from roots import Archive

CLEAN = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
ENVIRONMENTS = ("environment", "venv", "venv with copies")


@dataclass
class Layout:
    """Trees below ``top/above/place``; each way to start has a program, and the trees that it may read."""

    top: Path
    archive: Archive
    programs: dict[str, Path] = field(default_factory=dict)
    trees: tuple[Path, ...] = ()
    beside_links: tuple[Path, ...] = ()
    """Where links lie that are no environments: nobody keeps others out of the directories above them."""

    @property
    def version(self) -> str:
        return str(self.archive.python["version"])

    @property
    def place(self) -> Path:
        return self.top / "above" / "place"

    @property
    def ancestors(self) -> tuple[Path, ...]:
        """Return every directory that is above a tree or a link, and that a test may write into."""
        return (self.top, self.top / "above", self.place, *self.beside_links)


def laid_out(archive: Archive, top: Path) -> Layout:
    """Unpack a bundle, and make environments and links of every kind for it."""
    layout = Layout(top.resolve(), archive)
    place, bundle = layout.place, layout.place / "bundle"
    bundle.mkdir(parents=True)
    with tarfile.open(archive.path) as source:
        source.extractall(bundle, filter="tar")
    python = bundle / str(archive.python["executable"])
    layout.programs["bundle"] = layout.programs["bootstrap"] = python
    _without_byte_code(layout, bundle)
    shutil.copytree(bundle, layout.top / "moved" / "elsewhere", symlinks=True)
    layout.programs["relocated"] = layout.top / "moved" / "elsewhere" / "bin" / python.name
    layout.programs["environment"] = _environment(layout, bundle)
    layout.programs.update({name: _venv(layout, python, name) for name in ENVIRONMENTS[1:]})
    _links(layout, python)
    layout.trees = (bundle, layout.top / "moved" / "elsewhere", place / "quiet", *(place / name for name in ENVIRONMENTS))
    return layout


def _without_byte_code(layout: Layout, bundle: Path) -> None:
    quiet = layout.place / "quiet"
    shutil.copytree(bundle, quiet, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    layout.programs["without byte code"] = quiet / "bin" / layout.programs["bundle"].name


def _environment(layout: Layout, bundle: Path) -> Path:
    """Make an environment as the engine does, whose bundle may be one that cannot run the engine."""
    info = json.loads((bundle / "bundle.json").read_text())
    receipt = BundleReceipt("python-1", "0" * 64, "a.tar", 1, [0, 0], info, FileRecord(0o644, 1, "0" * 64), {})
    tree = layout.place / "environment"
    tree.mkdir()
    built = environment.make(
        tree, final=tree, name="web", system_site_packages=False, bundle=receipt, bundle_tree=bundle, laid=[], link_mode="copy"
    )
    return tree / built.places.python


def _venv(layout: Layout, python: Path, name: str) -> Path:
    """Make an environment as a user does; for Python 2.7, which has no venv, as virtualenv does."""
    tree, copies = layout.place / name, "copies" in name
    if not layout.version.startswith("2."):
        options = ["--without-pip", *(["--copies"] if copies else [])]
        subprocess.run([str(python), "-m", "venv", *options, str(tree)], env=CLEAN, check=True)
        return tree / "bin" / "python"
    (tree / "bin").mkdir(parents=True)
    (tree / "lib" / "python2.7" / "site-packages").mkdir(parents=True)
    program = tree / "bin" / "python"
    if copies:
        shutil.copy2(python, program)
        for entry in (layout.place / "bundle" / "lib" / "python2.7").iterdir():
            if entry.name != "site-packages":
                (tree / "lib" / "python2.7" / entry.name).symlink_to(entry)
    else:
        program.symlink_to(python)
    (tree / "pyvenv.cfg").write_text(f"home = {python.parent}\nimplementation = CPython\ninclude-system-site-packages = false\n")
    return program


def _links(layout: Layout, python: Path) -> None:
    """Make links to the bundle: one, a chain, one to its directory, and one to the python of an environment."""
    first, second = layout.top / "links", layout.top / "more" / "links"
    for directory in (first / "bin", second / "bin"):
        directory.mkdir(parents=True)
    (first / "bin" / "python").symlink_to(python)
    (second / "bin" / "python").symlink_to("../../../links/bin/python")
    (second / "programs").symlink_to(python.parent)
    (second / "bin" / "web").symlink_to(layout.programs["environment"])
    layout.programs["link"] = first / "bin" / "python"
    layout.programs["chain of links"] = second / "bin" / "python"
    layout.programs["linked directory"] = second / "programs" / python.name
    layout.programs["link to environment"] = second / "bin" / "web"
    layout.beside_links = (first, second, layout.top / "more")


def prefix_of(layout: Layout, name: str) -> Path:
    """Return what ``sys.prefix`` has to be."""
    if name in ENVIRONMENTS:
        return layout.place / name
    special = {
        "link to environment": layout.place / "environment",
        "relocated": layout.top / "moved" / "elsewhere",
        "without byte code": layout.place / "quiet",
    }
    return special.get(name, layout.place / "bundle")
