# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends an interpreter's search for its own parts inside the bundle, and what would lead one astray that does not end there."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ....module_utils.hermetic.model.confinement import landmarks
from ..model.tree import PythonVersion, Tree

# No zip: what is none costs the imports of a program nothing, and says to a reader why it is there.
ZIP_TEXT = """This file ends a search. CPython looks for a zip of this name in the directory above its program, then in every directory
above that, and takes the first one for the home of its standard library. It ends here, and finds that this is no zip.
"""
# What a start imports before and with site, whatever the version.
_MODULES = ("os", "site", "codecs", "io", "abc", "re", "json", "stat", "posixpath", "ntpath", "struct", "sitecustomize", "usercustomize")
_PACKAGES = ("encodings", "collections", "importlib")


def add_landmarks(tree: Tree) -> None:
    """Give a POSIX tree every landmark that its interpreter would look for in the directories above; ``._pth`` spares Windows that."""
    for path, kind in landmarks(platform=tree.platform.name, version=tree.python.text).items():
        place = tree.root / path
        if kind == "directory":
            place.mkdir(parents=True, exist_ok=True)
        elif place.suffix == ".zip":
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(ZIP_TEXT)


def plant(directory: Path, *, version: str, code: str, called: str | None = None) -> None:
    """Put everything into a directory that a CPython below it may take for its own, made of modules that run ``code``.

    The same at every name that any version and system looks for, beside whatever lies there already. ``called`` is the path of the
    directory on a Windows host whose disk lies here.
    """
    python = PythonVersion(version)
    major, minor = python.numbers
    modules = {f"{name}.py": code for name in _MODULES} | {f"{name}/__init__.py": code for name in _PACKAGES}
    home = directory / "lib" / f"python{python.short}"
    for library in ("lib", "lib64", "Lib", "DLLs"):
        for place in (directory / library, directory / library / f"python{python.short}"):
            _write(place, modules)
    _write(home / "site-packages", {"sitecustomize.py": code, "hostile.pth": f"import sys; exec({code!r})\n"})
    (home / "lib-dynload").mkdir(exist_ok=True)
    for name in (
        f"lib/python{major}{minor}.zip",
        f"lib64/python{major}{minor}.zip",
        f"python{major}{minor}.zip",
        f"bin/python{major}{minor}.zip",
    ):
        (directory / name).parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(directory / name, "w") as packed:
            for module, text in modules.items():
                packed.writestr(module, text)
    names = ["python", f"python{major}", f"python{python.short}", f"python{major}{minor}", "python.exe", "python3.exe"]
    programs = f"{called}\\bin" if called else str(directory / "bin")
    leading = "".join(f"{place}\n" for place in ("lib", "Lib", f"{called}\\Lib" if called else home, "import site"))
    _write(directory, {f"{name}._pth": leading for name in names})
    _write(
        directory,
        {
            "pyvenv.cfg": f"home = {programs}\ninclude-system-site-packages = true\n",
            "pybuilddir.txt": f"lib/python{python.short}\n",
            "Modules/Setup.local": "",
            "Modules/Setup": "",
            "openssl.cnf": "openssl_conf = hostile\n",
        },
    )


def _write(place: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
