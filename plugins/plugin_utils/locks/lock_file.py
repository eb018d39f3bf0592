# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock file as bytes with an identity; its content is parsed only when a selection is not already known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...module_utils.hermetic.errors import HermeticError
from .requirements_lock import PinnedRequirement, included_files, parse_requirements

if TYPE_CHECKING:
    from packaging.pylock import Pylock


@dataclass(frozen=True)
class Lock:
    """A lock file and every local file that it includes, as read at one moment."""

    path: Path
    """Absolute; relative wheel paths and includes start from its directory."""
    kind: Literal["pylock", "requirements"]
    digest: str
    """The SHA-256 of the bytes of all files read, in reading order."""
    texts: Mapping[Path, str] = field(repr=False)

    @cached_property
    def pylock(self) -> Pylock:
        """The parsed ``pylock.toml``; raises one error that says what is wrong with it."""
        from .pylock import parse_pylock

        return parse_pylock(self.texts[self.path], path=self.path)

    @cached_property
    def requirements(self) -> tuple[PinnedRequirement, ...]:
        """The parsed pins; raises one error that names every line that pins nothing."""
        return parse_requirements(self.path, texts=self.texts)

    def check(self) -> None:
        """Parse the whole content now, for a caller that wants to know about a bad lock before anything else."""
        _unused = self.pylock if self.kind == "pylock" else self.requirements


def read_lock(path: str | Path) -> Lock:
    """Read a ``pylock*.toml`` or a hashed ``requirements*.txt`` with its includes; syntax is checked at the first selection."""
    path = Path(path).expanduser().absolute()
    if path.suffix == ".toml":
        from packaging.pylock import is_valid_pylock_path

        if not is_valid_pylock_path(path):
            raise HermeticError(
                f"Lock {path}: the name is not one of a lock file; a TOML lock is called pylock.toml or pylock.<name>.toml "
                "(other files, such as uv.lock or pyproject.toml, are exported to it: uv export --format pylock.toml)"
            )
        kind: Literal["pylock", "requirements"] = "pylock"
    elif path.suffix == ".txt" or path.name.endswith(".uv.lock"):
        # vpython keeps requirements with hashes under the second name.
        kind = "requirements"
    else:
        raise HermeticError(
            f"Lock {path}: the kind of lock is not known by this name; give a pylock.toml, a pylock.<name>.toml "
            "or a requirements .txt with --hash on every requirement"
        )
    texts: dict[Path, str] = {}
    digest = hashlib.sha256()
    waiting = [(path, "")]
    problems: list[str] = []
    while waiting:
        file, included_by = waiting.pop(0)
        if file in texts:
            continue
        try:
            if not file.is_file() and file.exists():
                problems.append(f"{file}{included_by}: is no regular file")
                continue
            content = file.read_bytes()
            text = content.decode("utf-8-sig")
        except OSError as error:
            problems.append(f"{file}{included_by}: {error.strerror or error}")
            continue
        except ValueError as error:
            problems.append(f"{file}{included_by}: is not UTF-8 text, or no path ({error})")
            continue
        # Lengths keep two files from being taken for one with the same bytes.
        digest.update(b"%d\0" % len(content) + content)
        texts[file] = text
        if kind == "requirements":
            waiting.extend((include, f" (included by {file})") for include in included_files(file, text))
    if problems:
        raise HermeticError(f"Lock {path} cannot be read", problems)
    return Lock(path, kind, digest.hexdigest(), texts)
