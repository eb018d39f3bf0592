# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte code for a bundle whose Python cannot run the engine."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

from ..errors import BrokenInterpreter, HermeticError
from ..model.manifest import FileRecord
from ..paths import FILE_TIME_NS
from ..process.inode_hashing import hash_inodes
from ..process.start_failure import start_failure
from ..process.subprocess_environment import clean_environment
from ..system_limits import no_more_processes
from ..unpack.byte_code import LARGEST_SOURCE, without_byte_code

# The same for a Python that cannot run the engine. Its byte code keeps the source's time, which is the same for every file.
_SCRIPT = """
import errno, py_compile, sys
for line in sys.stdin:
    path, shown_as = line.rstrip("\\n").split("\\t")
    try:
        py_compile.compile(path, path + "c", shown_as, True)
    except (py_compile.PyCompileError, MemoryError):
        continue
    except EnvironmentError as error:
        if error.errno != errno.ENAMETOOLONG:
            sys.stderr.write("%s: %s\\n" % (shown_as, error))
            sys.exit(1)
    except Exception as error:
        sys.stderr.write("%s: %s\\n" % (shown_as, error))
        sys.exit(1)
"""


def compile_elsewhere(python: Path, laid_tree: Path, files: dict[str, FileRecord], *, subject: str) -> list[str]:
    """Compile with a Python that cannot run the engine, add its byte code to the files, and return warnings."""
    all_sources = sorted(path for path in files if path.startswith("site/") and path.endswith(".py"))
    sources = [path for path in all_sources if files[path].size <= LARGEST_SOURCE]
    too_large = [path[len("site/") :] for path in all_sources if files[path].size > LARGEST_SOURCE]
    listing = "".join(f"{laid_tree / path}\t{path[len('site/') :]}\n" for path in sources)
    try:
        done = subprocess.run(
            [str(python), "-B", "-S", "-W", "ignore", "-c", _SCRIPT],
            input=listing,
            capture_output=True,
            text=True,
            env=clean_environment(),
            check=False,
        )
    except OSError as error:
        raise no_more_processes(error, python) or BrokenInterpreter(
            f"The interpreter {python} does not start: {start_failure(error, python)}"
        ) from error
    if done.returncode != 0:
        if "Errno 28" in done.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(laid_tree))
        raise HermeticError(f"Byte code for {python} could not be made: {done.stderr.strip()[-500:]}")
    made = [f"{path}c" for path in sources if os.path.exists(laid_tree / f"{path}c")]
    inodes = {}
    for path in made:
        target = laid_tree / path
        os.chmod(target, 0o644)
        os.utime(target, ns=(FILE_TIME_NS, FILE_TIME_NS))
        found = os.lstat(target)
        inodes[(found.st_dev, found.st_ino, found.st_size)] = path
    digests = hash_inodes({inode: str(laid_tree / path) for inode, path in inodes.items()}, count=1)
    for inode, path in inodes.items():
        files[path] = FileRecord(0o644, inode[2], digests[inode])
    if not too_large:
        return []
    return [f"{subject}: {without_byte_code(too_large)}"]
