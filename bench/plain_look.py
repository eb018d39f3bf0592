# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plainest look at trees with Python: a listing of each directory and one ``lstat`` of each path; deep, each file is hashed as well.

A program of its own, run by the interpreter that also runs the engine; it is what drift on a Windows host is held against.
"""

from __future__ import annotations

import hashlib
import os
import sys


def main() -> None:
    """Look at every path of the trees, and hash each file once however many names it has when the first word is ``deep``."""
    deep, looked, hashed = sys.argv[1] == "deep", 0, set()
    for tree in sys.argv[2:]:
        for directory, _directories, names in os.walk(tree):
            for name in names:
                path = os.path.join(directory, name)
                status = os.lstat(path)
                looked += 1
                number = (status.st_dev, status.st_ino)
                if deep and number not in hashed:
                    hashed.add(number)
                    with open(path, "rb", buffering=0) as file:
                        digest = hashlib.sha256()
                        while block := file.read(1 << 20):
                            digest.update(block)
    print(f"looked={looked} hashed={len(hashed)}")


if __name__ == "__main__":
    main()
