# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels as they are published now and then: each is taken by pip, and none is what a build backend of today makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, known, make_wheel

MAIN = "def main(): pass\n"


def _plain(**parts: Any) -> Callable[[Path, str], Wheel]:
    def make(directory: Path, name: str) -> Wheel:
        def named(value: Any) -> Any:
            if isinstance(value, dict):
                return {named(key): named(part) for key, part in value.items()}
            return value.replace("NAME", name) if isinstance(value, str) else value

        return make_wheel(directory, name, **{key: named(value) for key, value in parts.items()})

    return make


def _renamed(change: Callable[[str], str], make: Callable[[Path, str], Wheel]) -> Callable[[Path, str], Wheel]:
    def made(directory: Path, name: str) -> Wheel:
        path = make(directory, name).path
        return known(path.rename(path.with_name(change(path.name))))

    return made


def _scripts(texts: dict[str, str | bytes], **more: Any) -> Callable[[Path, str], Wheel]:
    return _plain(files={"NAME.py": MAIN, **{f"NAME-1.0.data/scripts/NAME-{script}": text for script, text in texts.items()}}, **more)


def _entry_points(text: str) -> Callable[[Path, str], Wheel]:
    return _plain(files={"NAME.py": "class A:\n    main = print\n" + MAIN}, metadata={"entry_points.txt": text})


def _wheel_file(text: str) -> Callable[[Path, str], Wheel]:
    return _plain(
        files={"NAME/__init__.py": "", "NAME-1.0.data/purelib/NAME/pure.py": "", "NAME-1.0.data/platlib/NAME/plat.py": ""},
        metadata={"WHEEL": text},
    )


PECULIAR: dict[str, Callable[[Path, str], Wheel]] = {
    "script_python": _scripts({"x": "#!python\nprint(1)\n"}),
    "script_pythonw": _scripts({"x": "#!pythonw\nprint(1)\n"}),
    "script_python3": _scripts({"x": "#!python3\nprint(1)\n"}),
    "script_python_version": _scripts({"x": "#!python3.12 -u\nprint(1)\n"}),
    "script_crlf": _scripts({"x": b"#!python\r\nprint(1)\r\n"}),
    "script_no_newline": _scripts({"x": "#!python"}),
    "script_latin": _scripts({"x": b"#!python\n# -*- coding: latin-1 -*-\nprint('\xe9')\n"}),
    "script_shell": _scripts({"x": "#!/bin/sh\necho 1\n", "empty": "", "binary": b"\x7fELF\0\0"}),
    "script_below": _plain(files={"NAME-1.0.data/scripts/NAME/deep/x": "#!/bin/sh\n"}),
    "script_not_executable": _scripts({"x": "#!python\nprint(1)\n"}, executable=[]),
    "entry_extras": _entry_points("[console_scripts]\nNAME-c = NAME:main [fast, slow]\n[gui_scripts]\nNAME-g = NAME:A.main\n"),
    "entry_spaces": _entry_points("[console_scripts]\n  NAME-a=NAME:main  \n# NAME-no = NAME:main\n\n[other]\nx = not a reference\n"),
    "entry_twice": _entry_points("[console_scripts]\nNAME-t = NAME:nothing\nNAME-t = NAME:main\n[gui_scripts]\nNAME-t = NAME:A.main\n"),
    "entry_percent": _entry_points("[console_scripts]\nNAME-p = NAME:main\n[plugins]\np = %(broken)s\n"),
    "entry_before_section": _entry_points("loose = line\n[console_scripts]\nNAME-l = NAME:main\n"),
    "entry_and_script": _scripts({"x": "#!python\nprint('script')\n", "other": "#!python\n"}, scripts={"NAME-x": "NAME:main"}),
    "entry_and_old_scripts": _scripts({"x.exe": "MZ", "x-script.py": "#!python\n", "y.exe": "MZ"}, scripts={"NAME-x": "NAME:main"}),
    "pip_like": _plain(files={"NAME.py": MAIN}, scripts={"pip": "NAME:main", "pip3": "NAME:main", "pip3.4": "NAME:main"}),
    "schemes": _plain(
        pure=False,
        files={
            "NAME/__init__.py": "", "NAME-1.0.data/purelib/NAME/pure.py": "", "NAME-1.0.data/platlib/NAME/plat.py": "",
            "NAME-1.0.data/data/share/NAME/x.txt": "x", "NAME-1.0.data/data/etc/NAME.conf": "x", "NAME-1.0.data/headers/NAME.h": "h",
            "NAME-1.0.data/headers/sub/NAME.h": "h",
        },
    ),
    "unrecorded": _plain(unrecorded={"NAME/unlisted.py": "", "NAME-1.0.dist-info/licenses/L": "x", "NAME-1.0.data/data/share/NAME/u": "x"}),
    "record_odd": _plain(record=b"one,two\nthree,four,five,six\nNAME/__init__.py,nonsense,x\n"),
    "record_wrong_hash": _plain(record=b"NAME/__init__.py,sha256=AAAA,3\n"),
    "record_of_absent_files": _plain(record=b"not/there.py,sha256=AAAA,3\n"),
    "record_empty": _plain(record=b""),
    "signatures": _plain(unrecorded={"NAME-1.0.dist-info/RECORD.jws": "{}", "NAME-1.0.dist-info/RECORD.p7s": b"\0"}),
    "executable": _plain(files={"NAME/tool": "#!/bin/sh\n", "NAME/lib.so": "x", "NAME/not": "x"}, executable=["NAME/tool", "NAME/lib.so"]),
    "unicode": _plain(files={"NAME/größe ☃.txt": "x", "NAME/модуль.py": "X = 1\n", "NAME-1.0.data/data/share/NAME/ü": "x"}),
    "data_spelled": _plain(files={"NAME.py": "", "Data.Spelled-1.0.data/scripts/NAME-x": "#!python\n1\n", "Data.Spelled-1.0.data/data/share/NAME/x": "x"}),
    "data_version_spelled": _plain(files={"NAME.py": "", "NAME-1.0.0.data/scripts/NAME-x": "#!python\n1\n", "NAME-v1.data/data/share/NAME/y": "x"}),
    "data_of_another": _plain(files={"NAME.py": "", "other.data/data/share/NAME/x": "x"}),
    "data_twice": _plain(files={"NAME.py": "", "NAME-1.0.data/data/share/NAME/x": "x", "Data_Twice-1.0.data/data/share/NAME/x": "x"}),
    "data_only_alike": _plain(files={"NAME.py": "", "NAME-1.0.database/x.py": "x = 1\n", "NAME-1.0.data-x": "x", "NAME/x.data": "x"}),
    "namespace": _plain(files={"NAME_ns/part/one.py": "", "NAME_ns/part/two/three.py": ""}),
    "pth": _plain(files={"NAME.pth": "import sys\n", "NAME-nspkg.pth": "NAME\n", "NAME.py": ""}),
    "info_case": _renamed(str.lower, lambda directory, _name: make_wheel(directory, "Info_Case", files={"info_case.py": ""})),
    "info_dots": _renamed(
        lambda name: name.replace("info.dots", "info_dots"),
        lambda directory, _name: make_wheel(directory, "info.dots", files={"info_dots.py": ""}),
    ),
    "zip_twice": _plain(files={"NAME/VERSION": "1"}, twice={"NAME/VERSION": "1"}),
    "scheme_twice": _plain(files={"NAME.py": "", "NAME-1.0.data/platlib/NAME.py": "", "NAME-1.0.data/purelib/NAME.py": ""}),
    "names_of_posix": _plain(
        files={
            "NAME-1.0.data/data/share/man/man3/NAME::Man.3": "x", "NAME/aux.py": "", "NAME/what?*<>|.txt": "x", "NAME/dot.": "x", "NAME/blank ": "x",
            "NAME/c:x.py": "", 'NAME/"quoted", with comma': "x", "NAME/-rf": "x", "NAME/~": "x",
        }
    ),
    "long_names": _plain(files={f"NAME/{'m' * 251}.py": "X = 1\n", f"NAME/{'d' * 255}/x.py": "X = 1\n"}),
    "directories": _plain(files={"NAME/": "", "NAME/empty/": "", "NAME/x.py": ""}),
    "wheel_minor": _wheel_file("Wheel-Version: 1.9\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    "wheel_root_false": _wheel_file("Wheel-Version: 1.0\nRoot-Is-Purelib: False\nTag: py3-none-any\n"),
    "wheel_root_absent": _wheel_file("Wheel-Version: 1.0\n"),
    "wheel_crlf": _wheel_file("Wheel-Version: 1.0\r\nRoot-Is-Purelib: true\r\nTag: py2-none-any\r\nTag: py3-none-any\r\n"),
    "tags": _plain(tag="py2.py3.cp311-none-any"),
    "build_number": _renamed(lambda name: name.replace("-1.0-", "-1.0-3_local-"), _plain()),
    "own_metadata": _plain(metadata={"INSTALLER": "uv\n", "top_level.txt": "NAME\n", "zip-safe": "\n"}),
    "nothing": _plain(files={}),
}  # fmt: skip
