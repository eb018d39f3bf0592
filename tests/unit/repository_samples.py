# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small repository with two releases, keys for it, and the task that changes one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import ChannelMove, Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.request import ARGUMENT_SPEC, _archives, _wheel_files, carry_out
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature
from supply_samples import make_bundle, make_wheel


def publish(tmp_path: Path, *, key: str | None = None) -> Path:
    """Publish two releases, two platforms, one wheel and two channels."""
    for release, platform in (("3.12.1+1", "linux-x86_64"), ("3.12.1+2", "linux-x86_64"), ("3.12.1+2", "windows-x86_64")):
        make_bundle(tmp_path / "build", release=release, platform=platform)
    wheel = make_wheel(tmp_path / "build", "pkg-1.0-py3-none-any.whl")
    private = signature.read_private_key(key) if key else None
    moves = [ChannelMove("python", "stable", "3.12.1+1"), ChannelMove("python", "canary", "3.12.1+2")]
    update = Update(archives=_archives([str(tmp_path / "build")]), wheels=_wheel_files([str(wheel)]), channels=moves)
    RepositoryStore(tmp_path / "repository", private_key=private).update(update)
    return tmp_path / "repository"


def keys(tmp_path: Path, name: str = "key") -> tuple[str, str]:
    """Make a private and a public key, and return their files."""
    private, public = str(tmp_path / f"{name}.pem"), str(tmp_path / f"{name}.pub")
    signature.make_keys(private, public)
    return private, public


def task(tmp_path: Path, *, check: bool = False, **options: object) -> dict[str, Any]:
    """Run one task of the module repository as its action plugin does."""
    defaults = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}
    return carry_out({**defaults, "path": str(tmp_path / "repository"), **options}, check=check)
