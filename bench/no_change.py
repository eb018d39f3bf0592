# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that finds everything as declared: one task of this collection against a ping, against the pip module, against uv."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import documents
from .command import Command, run
from .comparison import Comparison
from .contest import constant, hold
from .ingredients import Ingredients, interpreter_of

SIZES = (1, 5, 20)
AIM = 1.35
NOTHING_DONE = r"ok=1 +changed=0 "
_UV_SYNC = 'uv=$1; shift; while [ $# -gt 0 ]; do "$uv" pip sync --quiet --python "$1" "$2"; shift 2; done'
_PIP_ENVIRONMENT = '"$1" -m venv "$2" && "$3" pip install --quiet --python "$2" --find-links "$4" --requirement "$5"'


def converge_hosts(made: Ingredients, sizes: tuple[int, ...]) -> dict[int, Path]:
    """Make roots with so many environments through plays, as a user would."""
    roots = {}
    for size in sizes:
        made.tell(f"make a root with {counted(size)}")
        roots[size] = made.space.base / "roots" / f"host{size}"
        run(system(made, roots[size], size, shows="changed=1"))
    return roots


def compare(made: Ingredients, roots: Mapping[int, Path], *, rounds: int | None, full: bool) -> Iterator[Comparison]:
    """Run a contest for every number of environments; the pip module takes a minute for 20 and does so only in a full run."""
    uv_environments = _uv_environments(made)
    pip_environments = _pip_environments(made, max(SIZES) if full else SIZES[1])
    for size in SIZES:
        contenders = [
            constant("hermetic.python.system", system(made, roots[size], size, shows=NOTHING_DONE)),
            constant("one ping", ping(made, roots[size])),
            constant("engine by hand", _engine(made, roots[size], size)),
            constant("uv pip sync", _uv_sync(made, uv_environments[:size])),
        ]
        if size <= len(pip_environments):
            contenders.append(constant("ansible.builtin.pip", _pip(made, pip_environments[:size]), at_most=3 if size < max(SIZES) else 2))
        title = f"no change, {counted(size)}"
        took = hold(title, contenders, rounds=rounds or 7, tell=made.tell)
        ours = took["hermetic.python.system"]
        yield Comparison(title, ours, took["one ping"], aim=AIM if size == max(SIZES) else None)
        if "ansible.builtin.pip" in took:
            yield Comparison(title, ours, took["ansible.builtin.pip"])
        yield Comparison(title, ours, took["uv pip sync"])
        yield Comparison(title, took["engine by hand"], took["uv pip sync"])


def counted(size: int) -> str:
    """Return so many environments in words."""
    return f"{size} environment{'s' if size > 1 else ''}"


def system(made: Ingredients, root: Path, size: int, *, shows: str) -> Command:
    """Return the play that declares everything for a root."""
    locks = {made.environment_name(number): made.locks[number] for number in range(size)}
    task = documents.system_task(root, repository=str(made.repository), locks=locks, wheels=made.wheel_directory)
    return made.playbook(f"system-{size}", documents.play(task), shows=shows)


def ping(made: Ingredients, root: Path) -> Command:
    """Return the play that only reaches a host."""
    task = {"name": "Ping", "ansible.builtin.ping": {}}
    return made.playbook(f"ping-{root.name}", documents.play(task, interpreter=interpreter_of(root)), shows=NOTHING_DONE)


def _engine(made: Ingredients, root: Path, size: int) -> Command:
    chosen = {made.environment_name(number): documents.environment_wheels(made.wheels, number) for number in range(size)}
    request = documents.converge_request(root, made.archive, chosen, sources={})
    return made.by_hand(interpreter_of(root), f"no-change-{size}", request, shows='"changed": false')


def _uv_environments(made: Ingredients) -> list[Path]:
    environments = []
    made.tell(f"make {counted(max(SIZES))} with uv")
    for number in range(max(SIZES)):
        path = made.space.directory("uv") / made.environment_name(number)
        run(made.command(made.uv, "venv", "--quiet", "--python", made.python, path))
        run(
            made.command(
                made.uv, "pip", "sync", "--quiet", "--python", path, "--find-links", made.wheel_directory, "--no-index", made.locks[number]
            )
        )
        environments.append(path)
    return environments


def _uv_sync(made: Ingredients, environments: list[Path]) -> Command:
    pairs = [word for number, path in enumerate(environments) for word in (path, made.locks[number])]
    return made.script(_UV_SYNC, made.uv, *pairs)


def _pip_environments(made: Ingredients, count: int) -> list[Path]:
    """Make environments with a pip in them; uv fills them, since only their state counts here and pip would take minutes."""
    environments = []
    made.tell(f"make {counted(count)} with venv")
    for number in range(count):
        path = made.space.directory("venv") / made.environment_name(number)
        run(made.script(_PIP_ENVIRONMENT, made.python, path, made.uv, made.wheel_directory, made.pins[number]))
        environments.append(path)
    return environments


def _pip(made: Ingredients, environments: list[Path]) -> Command:
    task = documents.pip_task(environments, made.pins[: len(environments)])
    # The pip module needs the package packaging or setuptools beside its interpreter; the controller's Python has it.
    return made.playbook(f"pip-{len(environments)}", documents.play(task, interpreter=Path(sys.executable)), shows=NOTHING_DONE)
