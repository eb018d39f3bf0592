#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the working tree into a directory as an ordinary collection without links.

ansible-test sees nothing behind links, and a released archive should not depend on them.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
REAL_FOLDERS = {"library": "plugins/modules", "module_utils": "plugins/module_utils"}


def stage(directory: Path) -> Path:
    """Return the collection's folder below the directory, freshly filled with what git knows or does not ignore."""
    target = directory.resolve() / "ansible_collections" / "hermetic" / "python"
    shutil.rmtree(target, ignore_errors=True)
    for name in _files():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, destination)
    for source, destination_name in REAL_FOLDERS.items():
        shutil.move(target / source, target / destination_name)
    return target


def _files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split("\0")
    # A link leads to what is copied anyway; a file can be deleted and not yet committed.
    return [name for name in listed if name and (PROJECT / name).is_file() and not (PROJECT / name).is_symlink()]


def main() -> None:
    """Stage into the directory that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    print(stage(parser.parse_args().directory))


if __name__ == "__main__":
    main()
