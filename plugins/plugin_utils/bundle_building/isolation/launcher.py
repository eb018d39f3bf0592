# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiling the programs of a bundle: the launcher that makes it hermetic on POSIX, and the one that runs programs in environments."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ....module_utils.hermetic.errors import InvalidRequest
from ..model.host import host_platform
from ..model.tree import PythonVersion

SOURCE = Path(__file__).with_name("launcher.c")
RUNNER_SOURCE = Path(__file__).with_name("runner") / "vpython3.c"
ZIG_TARGETS = {
    "linux-x86_64": "x86_64-linux-musl",
    "linux-aarch64": "aarch64-linux-musl",
    "linux-x86_64-musl": "x86_64-linux-musl",
    "linux-aarch64-musl": "aarch64-linux-musl",
    "macos-x86_64": "x86_64-macos",
    "macos-arm64": "aarch64-macos",
    "windows-x86_64": "x86_64-windows-gnu",
    "windows-x86": "x86-windows-gnu",
    "windows-arm64": "aarch64-windows-gnu",
}


@dataclass(frozen=True)
class Compiler:
    """A way to compile the launcher for a platform, and the text that identifies it in bundle.json."""

    command: tuple[str, ...]
    identity: str
    cache: Path | None = None

    def environment(self) -> dict[str, str]:
        variables = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "HOME": "/nonexistent"}
        if self.cache is not None:
            variables |= {"ZIG_GLOBAL_CACHE_DIR": str(self.cache), "ZIG_LOCAL_CACHE_DIR": str(self.cache)}
        return variables


def choose_compiler(wanted: str, *, platform: str, macos_minimum: str, cache: Path) -> Compiler | None:
    """Return the compiler to use for a platform, None if this machine has none that can.

    ``auto`` prefers the native compiler, which only makes native launchers; PyPI's ziglang makes them all.
    """
    native: Compiler | None = None
    if wanted != "zig" and platform == host_platform():
        native = _native_compiler("cc" if wanted == "auto" else wanted, scratch=cache)
    if native is not None:
        return native
    if wanted not in ("auto", "zig"):
        raise InvalidRequest(
            f"compiler {wanted!r} cannot make a launcher for {platform} here: it is missing, cannot link statically, or compiles for "
            "another platform; install the PyPI package ziglang and say 'zig' or 'auto'"
        )
    zig = _zig(platform, macos_minimum=macos_minimum, cache=cache)
    if zig is None and wanted == "zig":
        raise InvalidRequest("compiler 'zig' is missing on the controller; install the PyPI package ziglang")
    return zig


def choose_runner_compiler(wanted: str, *, platform: str, cache: Path) -> Compiler | None:
    """Return the compiler for bin/vpython3 of a Windows bundle, which needs no launcher; None if there is none that is wanted here."""
    return _zig(platform, macos_minimum="", cache=cache) if wanted in ("auto", "zig") else None


def compile_launcher(target: Path, *, python: PythonVersion, compiler: Compiler, quiet: bool) -> None:
    """Compile the launcher for one version of Python into ``target``; ``quiet`` adds -B to every run."""
    knows = {"ISOLATED": python.isolates, "SAFE_PATH": python.has_safe_path, "QUIET": quiet}
    _compile(SOURCE, target, python=python, compiler=compiler, definitions=[f"-D{name}={int(value)}" for name, value in knows.items()])


def compile_runner(target: Path, *, python: PythonVersion, compiler: Compiler) -> None:
    """Compile bin/vpython3 for one version of Python into ``target``."""
    _compile(RUNNER_SOURCE, target, python=python, compiler=compiler, definitions=[])


def _compile(source: Path, target: Path, *, python: PythonVersion, compiler: Compiler, definitions: Sequence[str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Names relative to the directory of the source keep the paths of this machine out of the output.
    command = [*compiler.command, f'-DPYTHON="python{python.short}"', *definitions, "-o", str(target), source.name]
    done = subprocess.run(command, cwd=source.parent, env=compiler.environment(), capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise InvalidRequest(f"{source.name} does not compile with {compiler.identity}", done.stderr.strip().splitlines()[:20])
    target.chmod(0o755)


def _native_compiler(name: str, *, scratch: Path) -> Compiler | None:
    command = shutil.which(name)
    if command is None:
        return None
    static = [] if sys.platform == "darwin" else ["-static", "-Wl,--build-id=none"]
    compiler = Compiler((command, "-Os", "-s", "-fno-ident", *static), f"{name}: {_first_line([command, '--version'])}")
    scratch.mkdir(parents=True, exist_ok=True)
    probe = scratch / f"probe-{os.getpid()}"
    # A compiler without a static C library is only found out by trying.
    done = subprocess.run(
        [*compiler.command, "-x", "c", "-", "-o", str(probe)],
        input="int main(void){return 0;}\n", text=True, capture_output=True, env=compiler.environment(), timeout=120, check=False,
    )  # fmt: skip
    works = done.returncode == 0 and subprocess.run([str(probe)], check=False).returncode == 0
    probe.unlink(missing_ok=True)
    return compiler if works else None


def _zig(platform: str, *, macos_minimum: str, cache: Path) -> Compiler | None:
    installed = importlib.util.find_spec("ziglang")
    if installed is None or installed.origin is None:
        return None
    target = ZIG_TARGETS[platform]
    command: tuple[str, ...] = (sys.executable, "-m", "ziglang")
    if "windows" in target:
        kind = (target, *_windows_options(Path(installed.origin).parent))
    else:
        kind = (f"{target}.{macos_minimum}",) if "macos" in target else (target, "-static")
    return Compiler((*command, "cc", "-target", *kind, "-Os", "-s"), f"zig {_first_line([*command, 'version'])}", cache)


def _windows_options(zig: Path) -> list[str]:
    """Return the options for a program on nothing but the libraries of Windows: zig would compile its own for a minute first.

    They would probe the stack for a frame of more than a page, so there must be none.
    """
    headers = zig / "lib" / "libc" / "include" / "any-windows-any"
    libraries = ("-lkernel32", "-ladvapi32", "-lucrtbase")
    linked = ("-nostdlib", "-Wl,--subsystem,console", "-Wl,-e,mainCRTStartup", *libraries)
    return [*linked, "-isystem", str(headers), "-mno-stack-arg-probe", "-Wframe-larger-than=4000", "-Werror=frame-larger-than"]


def _first_line(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")}
    )
    return (done.stdout or done.stderr).strip().partition("\n")[0]
