#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's archive from a staged copy, which has no links, and prove that it installs and shows its documentation.

It does not write the changelog (antsibull-changelog release does), makes no tag and uploads nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import yaml
from stage_collection import PROJECT, stage

NAME = "hermetic.python"


def run(*command: str, home: Path) -> str:
    """Run one of the tools beside this Python and return what it prints."""
    program = Path(sys.executable).with_name(command[0])
    # Nothing of this machine's own collections or settings may stand in for what the archive lacks.
    settings = home / "empty.cfg"
    settings.touch()
    environment = {**os.environ, "ANSIBLE_HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(home), "ANSIBLE_CONFIG": str(settings)}
    done = subprocess.run([str(program), *command[1:]], cwd=home, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def build(destination: Path) -> Path:
    """Return the archive, freshly built into the directory."""
    version = yaml.safe_load((PROJECT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(destination), str(stage(directory)), home=directory)
    return destination / f"hermetic-python-{version}.tar.gz"


def prove(archive: Path) -> None:
    """Raise unless the archive is free of links, installs, and documents every module, role, callback, filter and lookup.

    The tools for hosts without a controller and for specifications work from there as well.
    """
    with tarfile.open(archive) as entries:
        links = [entry.name for entry in entries if entry.issym() or entry.islnk()]
    if links:
        raise SystemExit(f"{archive} holds links: {', '.join(links)}")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        run("ansible-galaxy", "collection", "install", "--offline", "-p", str(home), str(archive), home=home)
        run("ansible-galaxy", "collection", "verify", "--offline", NAME, home=home)
        modules = sorted(path.stem for path in (PROJECT / "library").iterdir() if path.suffix in (".py", ".yml"))
        roles = sorted(path.name for path in (PROJECT / "roles").iterdir())
        run("ansible-doc", *(f"{NAME}.{module}" for module in modules), home=home)
        run("ansible-doc", "-t", "role", *(f"{NAME}.{role}" for role in roles), home=home)
        tools = home / "ansible_collections" / NAME.replace(".", "/") / "tools"
        for command in (["engine-zip", str(home / "engine.zip")], ["hermetic-spec", "--help"]):
            subprocess.run([sys.executable, str(tools / command[0]), *command[1:]], cwd=home, check=True, stdout=subprocess.DEVNULL)
        for kind in ("callback", "filter", "lookup"):
            plugins = sorted(path.stem for path in (PROJECT / "plugins" / kind).glob("*.py"))
            run("ansible-doc", "-t", kind, *(f"{NAME}.{plugin}" for plugin in plugins), home=home)


def main() -> None:
    """Build and prove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("destination", type=Path, nargs="?", default=PROJECT / ".build", help="directory for the archive (.build)")
    destination = parser.parse_args().destination.resolve()
    destination.mkdir(parents=True, exist_ok=True)
    archive = build(destination)
    prove(archive)
    print(archive)


if __name__ == "__main__":
    main()
