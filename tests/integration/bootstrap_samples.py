# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bootstrap script, small archives for it, and a host that can download nothing."""

from __future__ import annotations

import hashlib
import io
import shlex
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import Bootstrapped, bootstrap_command, parse_bootstrap

SHELLS = [shell for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"], ["zsh"]) if shutil.which(shell[0])]
PYTHON = b"#!/bin/sh\nprintf 3.12.1\n"


def make_archive(path: Path, *members: tuple[str, bytes | str | None], python: bytes = PYTHON) -> Path:
    """Write an archive with an interpreter and these members: bytes are a file, a text is a link, None is a device."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (("bin/python3", python), *members):
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(content, bytes):
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            else:
                entry.type = tarfile.CHRTYPE if content is None else tarfile.SYMTYPE
                entry.linkname = content or ""
                archive.addfile(entry)
    return path


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_script(shell: list[str], command: str, **environment: str) -> Bootstrapped:
    """Run the script of a command in a shell."""
    done = subprocess.run(
        [*shell, *shlex.split(command)[1:]], capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", **environment}
    )
    return parse_bootstrap(done.stdout, stderr=done.stderr, rc=done.returncode)


def command_for(archive: Path, tmp_path: Path, *sources: str, **options: Any) -> str:
    """Return the command that brings an archive to a host, from itself unless sources are given."""
    options = {
        "sha256": digest_of(archive),
        "install": True,
        "root": f"{tmp_path}/root",
        "remote_tmp": str(tmp_path),
        "timeout": 30,
        "retries": 1,
        **options,
    }
    return bootstrap_command(sources or [str(archive)], **options)


def programs_without_downloaders(place: Path) -> Path:
    """Make a directory for PATH with the host's programs but those that download."""
    place.mkdir()
    for directory in ("/usr/bin", "/bin"):
        for program in Path(directory).iterdir():
            if program.name not in ("curl", "wget") and not (place / program.name).is_symlink():
                (place / program.name).symlink_to(program)
    return place
