# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin\\vpython3.exe of a Windows host, and programs on it that declare their packages."""

from __future__ import annotations

import importlib.resources
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from programs import write_program
from wheelhouse import Wheel
from windows_host import Finished, WindowsHost

WORK = "C:\\work"
RUNNER = "C:\\infra-system\\bin\\vpython3.exe"
# What a parent on Windows sees of its children: their whole exit codes among it. It also sets variables that Wine does not take from this machine as
# they are, such as PATH.
ASKS = (
    "import json, os, subprocess, sys\n"
    "for each in json.load(sys.stdin):\n"
    "    variables = {**os.environ, **each.get('variables', {})}\n"
    "    settings = {'input': each.get('input', ''), 'cwd': each.get('cwd'), 'env': variables}\n"
    "    done = subprocess.run(each['command'], capture_output=True, encoding='utf-8', **settings)\n"
    "    print(json.dumps([done.returncode & 0xFFFFFFFF, done.stdout, done.stderr]))\n"
)


@dataclass(frozen=True)
class WindowsRunner:
    """The command of a host, with a root of environments of its own."""

    host: WindowsHost
    root: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the root of environments lies on this machine."""
        return self.host.path(self.root)

    @property
    def work(self) -> Path:
        """Where the programs lie on this machine."""
        return self.host.path(WORK)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it gets beside those of the host."""
        return {"VPYTHON_VIRTUALENV_ROOT": self.root, **self.variables}

    def having(self, **variables: str) -> WindowsRunner:
        """Return the command as it is started with further variables."""
        return replace(self, variables={**self.variables, **variables})

    def start(self, *arguments: str, input: str = "", timeout: float = 120) -> Finished:
        """Run it, whatever comes of it."""
        return self.host.run([RUNNER, *arguments], environment=self.environment, input=input, timeout=timeout)

    def popen(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start it, with pipes as its streams."""
        return self.host.popen([RUNNER, *arguments], environment=self.environment)

    def shown(self, *arguments: str, **settings: Any) -> Any:
        """Run a program that prints JSON."""
        done = self.start(*arguments, **settings)
        assert done.code == 0, done.errors
        return json.loads(done.text)

    def refused(self, *arguments: str, code: int = 126) -> str:
        """Run it in vain, and return what it says."""
        done = self.start(*arguments)
        assert (done.code, done.text) == (code, ""), (done.code, done.text, done.errors)
        return done.errors

    def asked(self, *runs: Mapping[str, Any]) -> list[tuple[int, str, str]]:
        """Have a parent on the host run it several times, and return exit code and streams of each."""
        questions = [{**each, "command": [RUNNER, *each["command"]]} for each in runs]
        shown = self.host.python("-c", ASKS, input=json.dumps(questions), environment=self.environment)
        return [tuple(json.loads(line)) for line in shown.splitlines()]

    def write_command(self, name: str, body: str) -> str:
        """Write an .exe that runs this text with the bundle's Python, as installers make commands; returns how the host names it."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("__main__.py", body)
        launcher = importlib.resources.files("installer").joinpath("_scripts", "t64.exe").read_bytes()
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(launcher + b"#!C:\\infra-system\\bin\\python.exe\r\n" + packed.getvalue())
        return "\\".join([WORK, *name.split("/")])

    def write(self, name: str, text: str) -> str:
        """Write a file below the directory of programs, and return how the host names it."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return "\\".join([WORK, *name.split("/")])

    def program(self, wheels: Sequence[Wheel], **settings: Any) -> str:
        """Write a program with its lock, whose wheels are on the host, and return how the host names it."""
        place = self.host.path("C:\\wheels")
        place.mkdir(exist_ok=True)
        for wheel in wheels:
            shutil.copyfile(wheel.path, place / wheel.filename)
        moved = [replace(wheel, path=Path("C:/wheels", wheel.filename)) for wheel in wheels]
        return f"{WORK}\\{write_program(self.work, moved, **settings).name}"

    def environments(self) -> list[str]:
        """Return the environments that are there."""
        directory = self.path / "environments"
        return sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
