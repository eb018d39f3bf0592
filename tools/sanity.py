#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test sanity on a staged copy of the collection, with the Python that runs this file.

ansible-test makes environments of its own: they and its home stay below .build, and come from the index that pip is configured with.
"""

from __future__ import annotations

import argparse
import configparser
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from stage_collection import PROJECT, stage

BUILD = PROJECT / ".build" / "sanity"
NEEDS_POWERSHELL = "pwsh"
PYTHON = "{}.{}".format(*sys.version_info)
NOT_SHIPPED = (".ci", ".config", ".github", "bench", "molecule", "tests", "tools")
"""Folders that galaxy.yml leaves out of the archive; ruff and mypy look after them."""
GET_PIP = "import ensurepip\n\nensurepip.bootstrap(upgrade=True)\n"


def skipped(target: Path) -> list[str]:
    """Return the tests that this machine cannot run, and say why."""
    tests = []
    if not shutil.which(NEEDS_POWERSHELL):
        tests.append("pslint")
        for script in target.glob("plugins/**/*.ps*1"):
            # validate-modules gives up altogether at the first PowerShell module that it cannot start.
            script.unlink()
            script.with_suffix(".yml").unlink(missing_ok=True)
        print("sanity: there is no pwsh on this machine: PowerShell files are left out, pslint is skipped")
    return tests


def prepare_home(home: Path, *, libraries: bool) -> None:
    """Give ansible-test a home with pip's own settings and without a need to download get-pip.

    With ``libraries``, its environments get what the controller needs as well: otherwise no plugin that uses a library can be imported.
    """
    from ansible_test._internal.python_requirements import get_venv_packages

    version = get_venv_packages(SimpleNamespace(version=PYTHON))["pip"]
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")
    # ansible-test hands almost nothing of the environment on, so pip's settings travel as a file.
    configuration = pip_settings()
    if libraries:
        configuration.add_section("install")
        configuration.set("install", "requirement", str(PROJECT / "requirements.txt"))
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)
    with settings.open("w", encoding="utf-8") as file:
        configuration.write(file)


def pip_settings() -> configparser.RawConfigParser:
    """Return what pip is configured with here, from its files and its environment variables."""
    merged = configparser.RawConfigParser()
    merged.add_section("global")
    listing = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        key = name.removeprefix(":env:.").rpartition(".")[2]
        if key not in ("config-file", "disable-pip-version-check"):
            merged.set("global", key, " ".join(shlex.split(value)))
    return merged


def ansible_test(target: Path, *arguments: str, libraries: bool = False) -> int:
    """Run ansible-test sanity in the collection and return its exit status."""
    # ansible-test keeps its environments, and does not see that other libraries are needed now.
    needed = hashlib.sha256((PROJECT / "requirements.txt").read_bytes()).hexdigest()[:12]
    home = BUILD / (f"home-with-libraries-{needed}" if libraries else "home")
    prepare_home(home, libraries=libraries)
    command = [str(Path(sys.executable).with_name("ansible-test")), "sanity", "--python", PYTHON, "--color", "no", *arguments]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return subprocess.run(command, cwd=target, env={**os.environ, "HOME": str(home), "PATH": path}, check=False).returncode


def main() -> int:
    """Return 0 when every test passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="append", default=[], help="the only test to run; may be given again")
    arguments = parser.parse_args()
    target = stage(BUILD)
    for name in NOT_SHIPPED:
        shutil.rmtree(target / name, ignore_errors=True)
    # ansible-test asks git what belongs to the collection; the project's own repository ignores this copy.
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    subprocess.run(["git", "add", "--all"], cwd=target, check=True)
    left_out = skipped(target)
    wanted = [test for test in arguments.test if test != "import"]
    status = 0
    if wanted or not arguments.test:
        selection = [word for test in wanted for word in ("--test", test)]
        status |= ansible_test(target, *selection, *(word for test in ["import", *left_out] for word in ("--skip-test", test)))
    if "import" in arguments.test or not arguments.test:
        status |= ansible_test(target, "--test", "import", libraries=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
