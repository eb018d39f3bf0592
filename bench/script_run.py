# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that declares its packages: bin/vpython3 against the bundle's own start, uv run --script and pipx run; warm, cold, and 200 at once."""

from __future__ import annotations

import hashlib
import json
import shutil
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from . import documents
from .command import Command, run
from .comparison import Comparison, Series
from .contest import Contender, constant, hold
from .documents import Wheel
from .ingredients import Ingredients

STARTS = 20
AT_ONCE = 200
WARM_AIM = 1.2
OF_UV_AIM = 0.5
COLD_AIM = 1.0
_CHANGED = '"changed": true'
# So many that starting the shell does not count.
_MANY = f'for ((i = 0; i < {STARTS}; i++)); do "$@"; done'
_AT_ONCE = f'for ((i = 0; i < {AT_ONCE}; i++)); do "$@" & pids+=($!); done; for pid in "${{pids[@]}}"; do wait "$pid"; done'


def compare(made: Ingredients, *, rounds: int | None) -> Iterator[Comparison]:
    """Start programs on a host that has their wheels unpacked, as those of its own environments."""
    host = _host(made)
    program = _program(made, "program", made.wheels)
    yield from _warm(made, host, program, rounds=rounds or 7)
    yield from _cold(made, host, rounds=rounds or 5)
    yield from _at_once(made, host, program, rounds=rounds or 3)


def _host(made: Ingredients) -> Path:
    made.tell("make a host for programs")
    root = made.space.directory("script-run") / "host"
    sources = {wheel.sha256: [str(wheel.path)] for wheel in made.wheels}
    sources[made.archive.sha256] = [str(made.archive.path)]
    request = documents.converge_request(root, made.archive, {"all": made.wheels}, sources=sources)
    run(made.by_hand(made.temporary_python(), "script-run", request, shows=_CHANGED))
    return root


def _program(made: Ingredients, name: str, wheels: Sequence[Wheel]) -> Path:
    """Write a program that imports nothing, with its declaration and its lock."""
    declared = f"dependencies = {json.dumps([f'{wheel.name}=={wheel.version}' for wheel in wheels])}\n"
    lines = ['lock-version = "1.0"', 'created-by = "bench"']
    for wheel in wheels:
        lines += ["[[packages]]", f'name = "{wheel.name}"', f'version = "{wheel.version}"', "[[packages.wheels]]", f'path = "{wheel.path}"']
        lines += ["[packages.wheels.hashes]", f'sha256 = "{wheel.sha256}"']
    lines += ["[tool.hermetic]", "format = 1", f'specification = "sha256:{hashlib.sha256(declared.encode()).hexdigest()}"']
    made.space.write(f"script-run/{name}/pylock.tool-py.toml", "\n".join(lines) + "\n")
    return made.space.write(f"script-run/{name}/tool.py", f"# /// script\n# {declared}# ///\npass\n")


def _vpython(host: Path, root: Path, program: Path) -> tuple[str | Path, ...]:
    return (host / "bin" / "vpython3", "-vpython-root", root, program)


def _uv(made: Ingredients, program: Path) -> tuple[str | Path, ...]:
    return (made.uv, "run", "--quiet", "--offline", "--script", program)


def _for_uv(made: Ingredients, command: Command) -> Command:
    variables = {
        "UV_FIND_LINKS": str(made.wheel_directory),
        "UV_NO_INDEX": "1",
        "UV_PYTHON": str(made.python),
        "UV_COMPILE_BYTECODE": "1",
    }
    return replace(command, environment={**command.environment, **variables})


def _pipx() -> Path | None:
    beside = Path(sysconfig.get_path("scripts")) / "pipx"
    found = str(beside) if beside.exists() else shutil.which("pipx")
    return Path(found) if found else None


def _for_pipx(made: Ingredients, command: Command) -> Command:
    variables = {
        "PIPX_HOME": str(made.space.directory("script-run", "pipx")),
        "PIPX_DEFAULT_PYTHON": str(made.python),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(made.wheel_directory),
    }
    return replace(command, environment={**command.environment, **variables})


def _warm(made: Ingredients, host: Path, program: Path, *, rounds: int) -> Iterator[Comparison]:
    root = made.space.directory("script-run", "warm")
    contenders = [
        constant("vpython3", made.script(_MANY, *_vpython(host, root, program))),
        constant("the bundle's python -I -c pass", made.script(_MANY, host / "bin" / "python", "-I", "-c", "pass")),
        constant("uv run --offline --script", _for_uv(made, made.script(_MANY, *_uv(made, program)))),
    ]
    pipx = _pipx()
    if pipx is not None:
        contenders.append(constant("pipx run", _for_pipx(made, made.script(_MANY, pipx, "run", program)), at_most=3))
    title = f"warm start of a program, {STARTS} times"
    took = hold(title, contenders, rounds=rounds, tell=made.tell)
    ours = took["vpython3"]
    yield Comparison(title, ours, took["the bundle's python -I -c pass"], aim=WARM_AIM)
    yield Comparison(title, ours, took["uv run --offline --script"], aim=OF_UV_AIM)
    if pipx is not None:
        yield Comparison(title, ours, took["pipx run"])


def _cold(made: Ingredients, host: Path, *, rounds: int) -> Iterator[Comparison]:
    """Make the environment in every round: uv for a program that it has not seen, and vpython3 in a new root."""

    def ours(number: int) -> Command:
        return made.command(*_vpython(host, made.space.directory("script-run", "cold") / str(number), _program(made, "cold", made.wheels)))

    def uv(number: int) -> Command:
        return _for_uv(made, made.command(*_uv(made, _program(made, f"uv-{number}", made.wheels))))

    contenders = [Contender("vpython3", ours), Contender("uv run --script, UV_COMPILE_BYTECODE=1", uv)]
    title = f"cold start of a program, {len(made.wheels)} wheels unpacked on the host"
    took = hold(title, contenders, rounds=rounds, tell=made.tell)
    yield Comparison(title, took["vpython3"], took["uv run --script, UV_COMPILE_BYTECODE=1"], aim=COLD_AIM)


def _at_once(made: Ingredients, host: Path, program: Path, *, rounds: int) -> Iterator[Comparison]:
    """Hold so many processes that find nothing against twice the same with an environment, and one that makes it."""
    place = made.space.directory("script-run")
    contenders = [
        Contender("cold", lambda number: made.script(_AT_ONCE, *_vpython(host, place / "at-once" / str(number), program))),
        constant("warm", made.script(_AT_ONCE, *_vpython(host, place / "warm", program))),
        Contender("one", lambda number: made.command(*_vpython(host, place / "one" / str(number), program))),
    ]
    title = f"{AT_ONCE} programs at once, no environment there"
    took = hold(title, contenders, rounds=rounds, tell=made.tell)
    bound = Series(
        f"twice {AT_ONCE} warm ones plus one that makes it",
        tuple(2 * each + one for each, one in zip(took["warm"].seconds, took["one"].seconds, strict=True)),
        tuple(2 * each + one for each, one in zip(took["warm"].cpu, took["one"].cpu, strict=True)),
    )
    yield Comparison(title, replace(took["cold"], name="vpython3"), bound, aim=1.0)
