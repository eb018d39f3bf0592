# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman as it can be had on this machine: whether it can, and with which settings."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from pathlib import Path

_PROGRAMS = {"podman": "podman", "runc": "runc", "debootstrap": "debootstrap", "ssh": "openssh-client", "ssh-keygen": "openssh-client"}
# Podman raises these for its containers to figures that a machine which is a container itself may not reach.
_LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
_MOST = 16384


class PodmanFailed(Exception):
    """Raised when podman, or a program that makes images, ended badly."""


def why_not(*, install: bool = False) -> str | None:
    """Return why no test host can be made here, or None; ``install`` fetches what is missing where that is possible."""
    if os.geteuid() != 0:
        return "test hosts need root (podman with host networking, debootstrap)"
    if not Path("/proc/self/ns/mnt").exists():
        return "test hosts need Linux"
    missing = _missing()
    if missing and install and shutil.which("apt-get"):
        problem = _install(missing)
        if problem:
            return problem
        missing = _missing()
    if missing:
        return f"test hosts need {', '.join(missing)}, which are not installed"
    probe = subprocess.run(["podman", "info", "--format", "{{.Store.GraphDriverName}}"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        return f"podman does not work here: {_last_line(probe.stderr)}"
    return None


def _missing() -> list[str]:
    # runc is one of two; the other is what most systems install with podman.
    absent = [name for name in _PROGRAMS if shutil.which(name) is None and not (name == "runc" and shutil.which("crun"))]
    return sorted({_PROGRAMS[name] for name in absent})


def _install(packages: list[str]) -> str | None:
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=settings, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"apt-get {command[0]} failed, which was to install {', '.join(packages)}: {_last_line(done.stderr or done.stdout)}"
    return None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing was said"])[-1]


def podman(*arguments: str, text: str | None = None) -> str:
    """Run podman and return what it printed, without the line break at the end."""
    return run(["podman", *_engine_options(), *arguments], text=text)


def run(command: list[str], *, text: str | None = None) -> str:
    """Run a program that must succeed and return what it printed."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PodmanFailed(
            f"{' '.join(command)[:300]}\nended with {done.returncode} and said:\n{(done.stderr or done.stdout).strip()[-2000:]}"
        )
    return done.stdout.strip()


def succeeds(*arguments: str) -> bool:
    """Tell whether podman ends well."""
    return subprocess.run(["podman", *_engine_options(), *arguments], capture_output=True, check=False).returncode == 0


def _engine_options() -> list[str]:
    # crun refuses a machine that has the old control groups beside the new ones.
    unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    return [] if unified or shutil.which("runc") is None else ["--runtime", "runc", "--cgroup-manager", "cgroupfs"]


def run_options() -> list[str]:
    """Return the options of ``podman run`` that this machine takes."""
    limits = {name: min(limit for limit in (*resource.getrlimit(kind), _MOST) if limit > 0) for name, kind in _LIMITS.items()}
    return [f"--ulimit={name}={limit}:{limit}" for name, limit in limits.items()]
