# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that CPython reads, with code that shows whether one acted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """A variable, a value of it, code that prints something else when it acts, and what that prints then."""

    name: str
    value: str
    code: str
    shown: str = ""
    since: tuple[int, int] = (3, 9)
    scripts_only_before: tuple[int, int] = (0, 0)
    """Before this version it acts for scripts only: nothing but -I keeps the current directory out of the rest, and that ignores it."""


def _flag(name: str, flag: str, shown: str = "1", value: str = "1", since: tuple[int, int] = (3, 9)) -> Variable:
    return Variable(name, value, f"import sys; print(sys.flags.{flag})", shown, since)


ACTING = (
    Variable("PYTHONUNBUFFERED", "1", "import sys; print(sys.stdout.write_through)", "True"),
    _flag("PYTHONUTF8", "utf8_mode"),
    Variable(
        "PYTHONWARNINGS",
        "error,ignore::DeprecationWarning",
        "import sys; print(sys.warnoptions)",
        "['error', 'ignore::DeprecationWarning']",
    ),
    Variable("PYTHONHASHSEED", "0", "import sys; print(sys.flags.hash_randomization)", "0", scripts_only_before=(3, 11)),
    Variable("PYTHONFAULTHANDLER", "1", "import faulthandler; print(faulthandler.is_enabled())", "True"),
    _flag("PYTHONDEVMODE", "dev_mode", "True"),
    Variable("PYTHONDONTWRITEBYTECODE", "1", "import sys; print(sys.dont_write_bytecode)", "True"),
    Variable(
        "PYTHONIOENCODING",
        "latin-1",
        "import codecs, sys; print(codecs.lookup(sys.stdout.encoding).name)",
        "iso8859-1",
        scripts_only_before=(3, 11),
    ),
    Variable("PYTHONTRACEMALLOC", "3", "import tracemalloc; print(tracemalloc.get_traceback_limit())", "3"),
    Variable(
        "PYTHONASYNCIODEBUG", "1", "from asyncio import coroutines; print(coroutines._is_debug_mode())", "True", scripts_only_before=(3, 11)
    ),
    Variable("PYTHONINTMAXSTRDIGITS", "5000", "import sys; print(sys.get_int_max_str_digits())", "5000", since=(3, 11)),
    _flag("PYTHONSAFEPATH", "safe_path", "True", since=(3, 11)),
)

SILENT = (
    Variable("PYTHONPATH", "HOSTILE", "import json, re, sys; print(sys.path[1:])"),
    Variable("PYTHONHOME", "HOSTILE", "import json, sys; print(sys.prefix, sys.base_prefix)"),
    Variable("PYTHONUSERBASE", "HOSTILE", "import site, sys; print(site.ENABLE_USER_SITE, sys.path[1:])"),
    Variable("PYTHONSTARTUP", "HOSTILE/json.py", "import code, sys; print(sys.flags.inspect)"),
    Variable("PYTHONPLATLIBDIR", "HOSTILE", "import sys; print(sys.platlibdir, sys.path[1:])"),
    Variable("PYTHONEXECUTABLE", "HOSTILE/python", "import os, sys; print(sys.executable, os.environ.get('PYTHONEXECUTABLE'))"),
    Variable("PYTHONPYCACHEPREFIX", "HOSTILE", "import sys; print(sys.pycache_prefix)"),
    Variable("PYTHONOPTIMIZE", "2", "import sys; print(sys.flags.optimize)"),
    Variable("PYTHONINSPECT", "1", "import sys; print(sys.flags.inspect)"),
    Variable(
        "PYTHONBREAKPOINT",
        "os.getpid",
        "import io, sys; sys.stdin = io.StringIO('c\\n'); sys.stdout = io.StringIO(); breakpoint(); sys.stdout = sys.__stdout__\n"
        "print('pdb' in sys.modules)",
    ),
)

# Beside one of these, the interpreter reads the environment itself.
MIXED = {"PYTHONHASHSEED": "1"}
