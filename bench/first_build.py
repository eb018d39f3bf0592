# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first environment of a host and the second, byte-compiled, with every artifact at hand: the engine against uv and pip."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from . import documents
from .command import Command, run
from .comparison import Comparison
from .contest import Contender, hold
from .ingredients import Ingredients, interpreter_of

AIM = 1.2
_CHANGED = '"changed": true'
UV = (
    '"$1" venv --quiet --python "$2" "$3" && '
    '"$1" pip sync --quiet --python "$3" --no-index --find-links "$4" --require-hashes --compile-bytecode "$5"'
)
_PIP = '"$1" -m venv "$2" && "$2/bin/pip" install --quiet --no-index --find-links "$3" --require-hashes --requirement "$4"'


def compare(made: Ingredients, *, rounds: int | None) -> Iterator[Comparison]:
    """Build in a fresh root and a fresh directory in every round."""
    lock = made.space.write("locks/all.txt", documents.lock(made.wheels))
    fill_uv_cache(made, lock)
    again = Roots(made, "first-build")

    def uv(number: int, *, which: str) -> Command:
        target = made.space.directory("first-build", "uv") / f"{number}-{which}"
        return made.script(UV, made.uv, made.python, target, made.wheel_directory, lock)

    def pip(number: int) -> Command:
        return made.script(_PIP, made.python, made.space.directory("first-build", "pip") / str(number), made.wheel_directory, lock)

    contenders = [
        Contender("engine", lambda number: again.build(number, environments=1), warm_up=False),
        Contender("uv venv + sync --compile-bytecode", lambda number: uv(number, which="first"), warm_up=False),
        Contender("engine, second", lambda number: again.build(number, environments=2), warm_up=False),
        Contender("uv, second", lambda number: uv(number, which="second"), warm_up=False),
        Contender("venv + pip install", pip, warm_up=False, at_most=2),
    ]
    took = hold("first build", contenders, rounds=rounds or 7, tell=made.tell)
    title = f"first environment, compiled on the host, {len(made.wheels)} wheels"
    yield Comparison(title, took["engine"], took["uv venv + sync --compile-bytecode"], aim=AIM)
    yield Comparison(title, took["engine"], took["venv + pip install"])
    yield Comparison("second environment, same wheels", took["engine, second"], took["uv, second"])


class Roots:
    """A root for each round, with a bundle and every wheel at hand."""

    def __init__(self, made: Ingredients, place: str) -> None:
        self._made = made
        self._place = place
        self._bootstrap = made.temporary_python()

    def build(self, number: int, *, environments: int) -> Command:
        """Return the command that gives the round's root so many environments; the first call of a round makes the root."""
        made = self._made
        root = made.space.base / self._place / "roots" / str(number)
        if environments == 1:
            self._prepare(root)
        chosen = {made.environment_name(each): made.wheels for each in range(environments)}
        request = documents.converge_request(root, made.archive, chosen, sources={})
        return made.by_hand(interpreter_of(root), f"{self._place}-{number}-{environments}", request, shows=_CHANGED)

    def _prepare(self, root: Path) -> None:
        made = self._made
        request = documents.converge_request(root, made.archive, {}, sources={made.archive.sha256: [str(made.archive.path)]})
        root.parent.mkdir(parents=True, exist_ok=True)
        run(made.by_hand(self._bootstrap, f"{self._place}-prepare-{root.name}", request, shows=_CHANGED))
        for wheel in made.wheels:
            place = root / "wheels" / wheel.sha256
            place.mkdir(mode=0o755)
            shutil.copyfile(wheel.path, place / wheel.path.name)


def fill_uv_cache(made: Ingredients, lock: Path) -> None:
    """Have uv unpack every wheel once, so that only its own best case is timed; several rows of one run share its cache."""
    target = made.space.directory("uv-warm-up") / "environment"
    if target.exists():
        return
    made.tell("fill uv's cache")
    run(made.command(made.uv, "venv", "--quiet", "--python", made.python, target))
    run(made.command(made.uv, "pip", "sync", "--quiet", "--python", target, "--no-index", "--find-links", made.wheel_directory, lock))
