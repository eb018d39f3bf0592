# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking an installed interpreter what and where it is."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import BrokenInterpreter
from ....module_utils.hermetic.process.start_failure import start_failure

# Runs on Python 2.7 as well.
QUESTION = r"""
import json, os, sys, sysconfig
try:
    import platform
    implementation = platform.python_implementation()
except ImportError:
    implementation = "?"
variables = sysconfig.get_config_vars()
base = getattr(sys, "base_prefix", sys.prefix)
version = "%d.%d.%d" % sys.version_info[:3]
if sys.version_info[3] != "final":
    version += {"alpha": "a", "beta": "b", "candidate": "rc"}[sys.version_info[3]] + str(sys.version_info[4])
import site
places = getattr(site, "getsitepackages", lambda: [])()
dynamic = [p for p in sys.path if os.path.basename(p) == "lib-dynload"]
print(json.dumps({
    "version": version, "implementation": implementation, "executable": os.path.realpath(sys.executable),
    "prefix": base, "stdlib": os.path.dirname(os.path.abspath(os.__file__)), "dynload": dynamic[0] if dynamic else None,
    "environment": sys.prefix != base or hasattr(sys, "real_prefix"),
    "site": "dist-packages" if places and not [p for p in places if os.path.basename(p) == "site-packages"] else "site-packages",
    "unicode": sys.maxunicode, "gil_disabled": bool(variables.get("Py_GIL_DISABLED")),
    "soabi": variables.get("SOABI"), "abiflags": getattr(sys, "abiflags", ""), "include": sysconfig.get_path("include"),
    "paths": sorted(set(str(variables.get(k)) for k in ("prefix", "exec_prefix", "LIBDIR", "BINDIR") if variables.get(k))),
    "builds": sorted(set(str(variables.get(k)) for k in ("abs_builddir", "abs_srcdir", "srcdir") if variables.get(k))),
}))
"""


@dataclass(frozen=True)
class InterpreterFacts:
    """What an interpreter says of itself."""

    version: str
    executable: Path
    prefix: Path
    stdlib: Path
    dynload: Path | None
    include: Path | None
    site_directory: str
    abi: str
    paths: tuple[str, ...]
    builds: tuple[str, ...]


def ask_interpreter(path: Path) -> InterpreterFacts:
    """Start an interpreter and return what it says; raises if it does not start or is no CPython that can be a bundle."""
    answer = _ask(path)
    if answer["environment"]:
        # An environment's own answers are not those of the Python that it was made from.
        answer = _ask(Path(answer["executable"]))
    problems = []
    if answer["implementation"] != "CPython":
        problems.append(f"it is {answer['implementation']}; only CPython can be a bundle")
    if answer["gil_disabled"]:
        problems.append("it is a free-threaded build; take the default build")
    if not (Path(answer["stdlib"]) / "os.py").is_file():
        problems.append(f"its standard library at {answer['stdlib']} holds no os.py; is python3-minimal or a zip all there is?")
    if problems:
        raise BrokenInterpreter(f"interpreter {path} cannot become a bundle", problems)
    return InterpreterFacts(
        version=answer["version"],
        executable=Path(answer["executable"]),
        prefix=Path(answer["prefix"]),
        stdlib=Path(answer["stdlib"]),
        dynload=Path(answer["dynload"]) if answer["dynload"] else None,
        include=Path(answer["include"]) if answer["include"] else None,
        site_directory=answer["site"],
        abi=abi_tag(answer["version"], abiflags=answer["abiflags"], wide=answer["unicode"] > 0xFFFF),
        paths=tuple(answer["paths"]),
        builds=tuple(path for path in answer["builds"] if path.startswith("/")),
    )


def abi_tag(version: str, *, abiflags: str = "", wide: bool = True) -> str:
    """Return the ABI tag that wheels name: cp312, cp37m, cp27mu."""
    major, minor = (int(part) for part in version.split(".")[:2])
    if major == 2:
        return f"cp{major}{minor}m{'u' if wide else ''}"
    return f"cp{major}{minor}{abiflags}"


def _ask(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BrokenInterpreter(f"interpreter {path}: there is no such file; name an installed pythonX.Y")
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C"}
    errors = []
    # -I is unknown to 2.7, and -E -s is all that it has.
    for flags in (["-I"], ["-E", "-s"]):
        try:
            done = subprocess.run([str(path), *flags, "-c", QUESTION], env=clean, cwd="/", capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired as error:
            raise BrokenInterpreter(f"interpreter {path} does not start: {error}") from error
        except OSError as error:
            raise BrokenInterpreter(f"interpreter {path} does not start: {start_failure(error, path)}") from error
        if done.returncode == 0:
            try:
                answer: dict[str, Any] = json.loads(done.stdout)
            except ValueError as error:
                raise BrokenInterpreter(f"interpreter {path} answered what is no JSON: {done.stdout[:200]!r}") from error
            return answer
        errors.append(f"with {' '.join(flags)}: exit {done.returncode}: {done.stderr.decode(errors='replace').strip()[-400:]}")
    raise BrokenInterpreter(f"interpreter {path} does not start", errors)
