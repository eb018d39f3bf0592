# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proving that an archive is a working, hermetic Python, from the archive's own bytes in a fresh directory."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....module_utils.engine_of_task import ARCHIVE, CODE
from ....module_utils.hermetic.errors import BrokenInterpreter
from ....module_utils.hermetic.model.bundle_json import RUNNER
from ..binaries.own_names import plain_names
from ..isolation.search_landmarks import plant
from ..sources.unpacking import unpack
from .metadata import list_files
from .throwaway_server import GREETING, throwaway_server

PROBE = Path(__file__).parents[1] / "isolation" / "inside" / "probe.py.in"
MODULES = ("ssl", "sqlite3", "ctypes", "zlib", "lzma", "bz2", "hashlib", "socket", "json", "select", "subprocess")
HOSTILE = "print('the hostile module ran')\nraise SystemExit(66)\n"
# Names that any start or any probe imports, and what site imports on its own.
HOSTILE_NAMES = ("os", "json", "sitecustomize", "usercustomize", "encodings", "re", "collections", "struct")


@dataclass(frozen=True)
class Check:
    """One thing that was tried, and what was wrong with it, None if nothing."""

    name: str
    problem: str | None = None


@dataclass
class SelfTest:
    """Runs every check; the tree is unpacked into a directory whose name holds a blank."""

    archive: Path
    info: Mapping[str, Any]
    work: Path
    checks: list[Check] = field(default_factory=list)

    def run(self, *, not_runnable: str | None) -> dict[str, Any]:
        """Return the report; raises one error with all problems if any check fails. Without a reason not to, programs are started."""
        self.place = self.work / "self test"
        # Its own archive: what is in it was held against the limits before it was packed.
        unpack(self.archive, self.place, unpack_limit=1 << 20)
        self._check("manifest", self._manifest)
        if str(self.info["platform"]).startswith("linux-"):
            self._check("names of libraries", self._library_names)
        if not_runnable is None:
            before = self._snapshot()
            self._check("starts", self._starts)
            if self.checks[-1].problem is None:
                self._check("https", self._https)
                self._check("environment", self._environment)
                self._check("hostile environment variables", self._hostile_variables)
                self._check("hostile directory above", self._hostile_directory_above)
                if self.info["hermetic"] == "launcher":
                    self._check("hostile current directory", self._hostile_directory)
                if self.info["engine"]:
                    self._check("engine files", self._engine_files)
                if RUNNER in self.info["python"]["commands"]:
                    self._check("programs", self._programs)
                self._check("writes nothing", lambda: None if self._snapshot() == before else "running it changed its tree")
        problems = [f"{check.name}: {check.problem}" for check in self.checks if check.problem]
        if problems:
            raise BrokenInterpreter(f"the bundle {self.archive.name} fails its self-test; nothing was kept", problems)
        return {"ran": not_runnable is None, "reason": not_runnable, "checks": [check.name for check in self.checks]}

    def _check(self, name: str, action: Callable[[], str | None]) -> None:
        try:
            self.checks.append(Check(name, action()))
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
            self.checks.append(Check(name, f"{type(error).__name__}: {error}"))

    def _manifest(self) -> str | None:
        stated, found = self.info["files"], list_files(self.place)
        different = sorted(path for path in {*stated, *found} if stated.get(path) != found.get(path))
        return f"differs from the unpacked tree at {', '.join(different[:5])}" if different else None

    def _library_names(self) -> str | None:
        plain = [path.name for path in plain_names(self.place)]
        return f"libraries of a host could be given {', '.join(plain)} instead of their own" if plain else None

    @property
    def _python(self) -> Path:
        return self.place / str(self.info["python"]["executable"])

    def _run(
        self,
        *arguments: str,
        python: Path | None = None,
        cwd: Path | None = None,
        text: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> str:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.work / "home"), "LC_ALL": "C", **(variables or {})}
        done = subprocess.run(
            [str(python or self._python), *arguments], env=environment, cwd=cwd or self.work, input=text, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise ValueError(f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")
        return done.stdout

    def _probe(self, *arguments: str, python: Path | None = None, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._run(str(PROBE), *arguments, python=python, variables=variables))
        return answer

    def _starts(self) -> str | None:
        modules = [name for name in MODULES if not (name == "lzma" and str(self.info["python"]["version"]).startswith("2."))]
        answer = self._probe(*modules)
        place = os.path.realpath(self.place)
        wrong = [f"{name} does not import: {text}" for name, text in answer["failed"].items()]
        version = re.match(r"[0-9.]+", str(self.info["python"]["version"]))
        if version is None or answer["version"] != version[0]:
            wrong.append(f"it is {answer['version']}, not {self.info['python']['version']}")
        # The compiled-in text, which is not made from the numbers: binaries were patched, and strings share their ends.
        version_text = self._run("-c", "import sys; sys.stdout.write(sys.version.split()[0])")
        if version_text != self.info["python"]["version"]:
            wrong.append(f"it calls itself {version_text}, not {self.info['python']['version']}")
        for name, wanted in (("prefix", place), ("prefix_variable", place), ("executable", f"{place}/{self.info['python']['executable']}")):
            if answer[name] != wanted:
                wrong.append(f"{name} is {answer[name]}, not {wanted}")
        outside = [path for path in answer["path"][1:] if not path.startswith(place)]
        if outside:
            wrong.append(f"sys.path leaves the bundle: {', '.join(outside)}")
        if (
            f"{place}/{self.info['python']['site_packages']}" not in answer["path"]
            and (self.place / self.info["python"]["site_packages"]).is_dir()
        ):
            wrong.append("site-packages is not on sys.path")
        if not answer["failed"] and (answer["ca_file"] != f"{place}/share/ca/cacert.pem" or not answer["authorities"]):
            wrong.append(f"ssl trusts {answer['ca_file']} with {answer['authorities']} authorities, not the bundle's")
        return "; ".join(wrong) or None

    def _https(self) -> str | None:
        with throwaway_server(self.work / "tls") as (url, authority):
            trusted = self._probe(url, variables={"SSL_CERT_FILE": str(authority)})["pages"][url]
            refused = self._probe(url)["pages"][url]
        if trusted != GREETING:
            return f"a server that SSL_CERT_FILE vouches for was not reached: {trusted}"
        if "CERTIFICATE_VERIFY_FAILED" not in refused:
            return f"a server that nobody vouches for was not refused: {refused}"
        return None

    def _environment(self) -> str | None:
        environment = self.work / "environment"
        (environment / "bin").mkdir(parents=True)
        (environment / "bin" / "python").symlink_to(self._python)
        version = ".".join(str(self.info["python"]["version"]).split(".")[:2])
        packages = environment / "lib" / f"python{version}" / "site-packages"
        packages.mkdir(parents=True)
        (packages / "only_here.py").write_text("")
        home = os.path.realpath(self._python.parent)
        # It lies outside of a root, where PYTHONPATH acts unless the environment says otherwise.
        (environment / "pyvenv.cfg").write_text(
            f"home = {home}\ninclude-system-site-packages = false\nversion = {self.info['python']['version']}\n"
            "hermetic-pythonpath = false\n"
        )
        answer = self._probe("only_here", "ssl", python=environment / "bin" / "python")
        base_packages = os.path.realpath(self.place / str(self.info["python"]["site_packages"]))
        wrong = [f"{name} does not import: {text}" for name, text in answer["failed"].items()]
        for name, wanted in (("prefix", environment), ("base_prefix", self.place), ("executable", environment / "bin" / "python")):
            if answer[name] != os.path.realpath(wanted.parent) + f"/{wanted.name}":
                wrong.append(f"{name} is {answer[name]}, not {wanted}")
        if base_packages in answer["path"]:
            wrong.append("the bundle's own packages are visible")
        return "; ".join(wrong) or None

    def _hostile(self) -> Path:
        hostile = self.work / "hostile"
        version = ".".join(str(self.info["python"]["version"]).split(".")[:2])
        for directory in (hostile, self.work / "home" / ".local" / "lib" / f"python{version}" / "site-packages"):
            directory.mkdir(parents=True, exist_ok=True)
            for name in HOSTILE_NAMES:
                (directory / f"{name}.py").write_text(HOSTILE)
            (directory / "hostile.pth").write_text("import sys; sys.stdout.write('the hostile module ran'); sys.exit(66)\n")
        return hostile

    def _hostile_variables(self) -> str | None:
        hostile = self._hostile()
        variables = {"PYTHONPATH": str(hostile), "PYTHONUSERBASE": str(self.work / "home" / ".local")}
        if self.info["hermetic"] == "launcher":
            variables |= {"PYTHONHOME": "/nonexistent", "PYTHONSTARTUP": str(hostile / "os.py"), "PYTHONEXECUTABLE": "/nonexistent/python",
                          "__PYVENV_LAUNCHER__": "/nonexistent/python", "PYTHONPLATLIBDIR": "nowhere"}  # fmt: skip
        else:
            # The fallback cleans sys.path after the start: names that the start itself imports stay open to PYTHONPATH.
            for name in ("os", "encodings", "re", "collections", "struct", "sitecustomize", "usercustomize"):
                (hostile / f"{name}.py").unlink()
        pythons = [self._python]
        if self.info["hermetic"] == "launcher":
            pythons.append(self.work / "environment" / "bin" / "python")
        for python in pythons:
            answer = self._probe("json", python=python, variables=variables)
            if str(hostile) in answer["path"]:
                return f"PYTHONPATH reaches sys.path of {python.name}"
            self._run("-c", "import json, re, collections", python=python, variables=variables)
        return None

    def _hostile_directory(self) -> str | None:
        hostile = self._hostile()
        for python in (self._python, self.work / "environment" / "bin" / "python"):
            self._run("-c", "import json, re, struct, collections", python=python, cwd=hostile)
            self._run("-m", "json.tool", python=python, cwd=hostile, text="{}")
            self._run("-", python=python, cwd=hostile, text="import json, re, struct, collections\n")
            self._run(python=python, cwd=hostile, text="import json, re, struct, collections\n")
        return None

    def _hostile_directory_above(self) -> str | None:
        plant(self.work, version=str(self.info["python"]["version"]), code=HOSTILE)
        pythons = [self._python, self.work / "environment" / "bin" / "python"]
        if self.info["hermetic"] == "launcher":
            # A link lies beside a pyvenv.cfg that is not its own.
            (self.work / "bin" / "python").symlink_to(self._python)
            pythons.append(self.work / "bin" / "python")
        inside = tuple(os.path.realpath(path) for path in (self.place, self.work / "environment"))
        for python in pythons:
            answer = self._probe("json", "ssl", "socket", python=python)
            if outside := [path for path in answer["path"][1:] if not path.startswith(inside)]:
                return f"{python.relative_to(self.work)} takes {', '.join(outside)} from above its tree"
        return None

    def _engine_files(self) -> str | None:
        self._run("-c", f"import sys; sys.path.insert(0, {str(self.place / 'lib' / 'engine')!r}); import installer.sources")
        request = {"format": 1, "command": "info", "root": str(self.work / "no root")}
        answer = json.loads(self._run("-I", str(self.place / CODE / ARCHIVE), text=json.dumps(request)))
        return None if answer.get("info") else f"the engine that it carries answers {str(answer)[:300]}"

    def _programs(self) -> str | None:
        specification, root = self.work / "empty.vpython3", self.work / "programs"
        specification.touch()
        runner = self.place / str(self.info["python"]["commands"][RUNNER])
        options = ("-vpython-root", str(root), "-vpython-spec", str(specification))
        prefix = self._run(*options, "-c", "import sys; print(sys.prefix)", python=runner).strip()
        return None if prefix.startswith(os.path.realpath(root)) else f"a program ran in {prefix} and not in an environment of its own"

    def _snapshot(self) -> list[tuple[str, int, int]]:
        found = []
        for path in sorted(self.place.rglob("*")):
            state = path.lstat()
            found.append((str(path), state.st_size, state.st_mtime_ns))
        return found
