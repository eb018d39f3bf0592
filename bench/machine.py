# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of the machine: its class and the versions, and nothing that names it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any


def describe(directory: Path, *, python: Path, python_version: str, uv: str) -> dict[str, Any]:
    """Return the class of the machine and the versions of what is compared."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": processor_of(_text("/proc/cpuinfo")),
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "file_system": file_system_of(str(directory), _text("/proc/mounts")),
        "load_at_start": round(os.getloadavg()[0], 2),
        "versions": {
            "controller Python": platform.python_version(),
            "bundle Python": python_version,
            "ansible-core": version("ansible-core"),
            "uv": _first_line([uv, "--version"]).removeprefix("uv ").split(" ")[0],
            "pip of the environments": _first_line([str(python), "-I", "-c", "import ensurepip; print(ensurepip.version())"]),
            "tar": _first_line(["tar", "--version"]).rpartition(" ")[2],
            "curl": _first_line(["curl", "--version"]).removeprefix("curl ").split(" ")[0],
            "sha256sum": _first_line(["sha256sum", "--version"]).rpartition(" ")[2],
        },
    }


def file_system_of(path: str, mounts: str) -> str:
    """Return the type of the file system that a path lies on, by the text of /proc/mounts."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        _device, place, found, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        if (path == place or path.startswith(place.rstrip("/") + "/")) and len(place) >= len(best):
            best, kind = place, found
    return kind


def processor_of(text: str) -> str:
    """Return the family of the processor by the text of /proc/cpuinfo, or nothing where it does not say."""
    lines = (line.partition(":") for line in text.splitlines())
    found = {name.strip(): value.strip() for name, _colon, value in lines}
    return found.get("model name", "")


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _first_line(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return (ended.stdout.splitlines() or [""])[0]
