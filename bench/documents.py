# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents that the contenders work from: locks, requests to the engine, plays; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Packages that no other one of the list needs: each environment leaves another one of them out, so that hardly two are equal.
ROOTS = ("aiohttp", "boto3", "cryptography", "flask", "numpy", "pydantic", "pyyaml", "requests", "rich", "sqlalchemy")
BUNDLE = "python"


@dataclass(frozen=True)
class Wheel:
    """A wheel of the pinned set."""

    name: str
    version: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Archive:
    """The bundle that the hosts of the benchmark get."""

    path: Path
    sha256: str
    size: int
    release: str
    hermetic: str
    unpacked: int
    members: tuple[int, ...]
    """Where its members begin, as a repository says it."""


def environment_wheels(wheels: Sequence[Wheel], number: int) -> list[Wheel]:
    """Return the wheels of the environment of this number: all but one."""
    left_out = ROOTS[number % len(ROOTS)]
    return [wheel for wheel in wheels if wheel.name != left_out]


def pins(wheels: Iterable[Wheel]) -> str:
    """Return a requirements file for an installer that trusts its sources."""
    return "".join(f"{wheel.name}=={wheel.version}\n" for wheel in wheels)


def lock(wheels: Iterable[Wheel]) -> str:
    """Return a requirements file in which every line has its hash."""
    return "".join(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in wheels)


def converge_request(
    root: Path | str, archive: Archive, environments: Mapping[str, Sequence[Wheel]], *, sources: Mapping[str, Sequence[str]]
) -> str:
    """Return a request that gives a root one bundle and these environments; ``sources`` says by digest where artifacts are."""
    wheels = {wheel.sha256: wheel for chosen in environments.values() for wheel in chosen}
    artifacts = {
        wheel.sha256: {"filename": wheel.path.name, "size": wheel.size, "sources": list(sources.get(wheel.sha256, ()))}
        for wheel in wheels.values()
    }
    artifacts[archive.sha256] = {
        "filename": archive.path.name,
        "size": archive.size,
        "unpacked": archive.unpacked,
        "members": list(archive.members),
        "sources": list(sources.get(archive.sha256, ())),
    }
    bundle = {"name": BUNDLE, "release": archive.release, "sha256": archive.sha256, "default": True, "hermetic": archive.hermetic}
    virtualenvs = [
        {"name": name, "bundle": BUNDLE, "wheels": sorted(wheel.sha256 for wheel in chosen), "system_site_packages": False}
        for name, chosen in environments.items()
    ]
    declaration = {"bundles": [bundle], "virtualenvs": virtualenvs, "absent": {"bundles": [], "virtualenvs": []}}
    return _request("converge", root, declaration=declaration, artifacts=artifacts, scope="system", options={"verify": "quick"})


def drift_request(root: Path | str, *, verify: str) -> str:
    """Return a request that holds a root against its own records."""
    return _request("drift", root, options={"verify": verify})


def _request(command: str, root: Path | str, **more: Any) -> str:
    return json.dumps({"format": 1, "command": command, "check": False, "root": str(root), **more})


def play(task: Mapping[str, Any], *, interpreter: Path | None = None) -> str:
    """Return a play of one task; JSON, which is YAML too."""
    return plays([task], interpreter=interpreter)


def plays(tasks: Sequence[Mapping[str, Any]], *, interpreter: Path | None = None) -> str:
    """Return a play of several tasks; without an interpreter the tasks bring their own."""
    variables = {"ansible_python_interpreter": str(interpreter)} if interpreter else {}
    document = [{"name": "Benchmark", "hosts": "all", "gather_facts": False, "vars": variables, "tasks": list(tasks)}]
    return json.dumps(document, indent=1) + "\n"


def inventory(hosts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return an inventory; JSON, which is YAML too."""
    return json.dumps({"all": {"hosts": hosts}}, indent=1) + "\n"


def system_task(root: Path | str, *, repository: str, locks: Mapping[str, Path], wheels: Path) -> dict[str, Any]:
    """Return the task that gives a host everything."""
    return {
        "name": "The whole declared state",
        "hermetic.python.system": {
            "root": str(root),
            "repository": repository,
            "bundles": [{"name": BUNDLE}],
            "virtualenvs": [{"name": name, "lock": str(path)} for name, path in locks.items()],
            "find_links": [str(wheels)],
        },
    }


def bundle_task(root: Path, *, repository: str) -> dict[str, Any]:
    """Return the task that gives a host the bundle and nothing else."""
    return {"name": "The bundle", "hermetic.python.bundle": {"root": str(root), "repository": repository, "name": BUNDLE}}


def pip_task(environments: Sequence[Path], requirements: Sequence[Path]) -> dict[str, Any]:
    """Return the task that has the pip module look after the same environments."""
    return {
        "name": "Requirements of every environment",
        "ansible.builtin.pip": {"requirements": "{{ item.requirements }}", "virtualenv": "{{ item.path }}"},
        "loop": [{"path": str(path), "requirements": str(pinned)} for path, pinned in zip(environments, requirements, strict=True)],
        "loop_control": {"label": "{{ item.path | basename }}"},
    }


def unpack_tasks(url: str, *, sha256: str, archive: Path, into: Path) -> list[dict[str, Any]]:
    """Return the two tasks that fetch and unpack an archive without this collection."""
    return [
        {"name": "Fetch", "ansible.builtin.get_url": {"url": url, "dest": str(archive), "checksum": f"sha256:{sha256}", "mode": "0644"}},
        {"name": "Unpack", "ansible.builtin.unarchive": {"src": str(archive), "dest": str(into), "remote_src": True}},
    ]
