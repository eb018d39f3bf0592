# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A patch release of the bundle under twenty environments: the engine against uv, which builds them again with byte code."""

from __future__ import annotations

import os
from collections.abc import Iterator

from . import documents
from .command import Command, run
from .comparison import Comparison
from .contest import Contender, hold
from .first_build import fill_uv_cache
from .ingredients import Ingredients, build_bundle, interpreter_of

AIM = 0.1
ENVIRONMENTS = 20
RELEASE = "1.0+patched"
_CHANGED = '"changed": true'
# As many at a time as there are cores; each compiles on all of them besides.
_UV = """
uv=$1 python=$2 into=$3 wheels=$4 processes=$5; shift 5
build='"$1" venv --quiet --python "$2" "$3/$5" && "$1" pip sync --quiet --python "$3/$5" --no-index --find-links "$4" --require-hashes --compile-bytecode "$6"'
mkdir -p "$into"
printf '%s\\0' "$@" | xargs -0 -n 2 -P "$processes" bash -euc "$build" build "$uv" "$python" "$into" "$wheels"
"""


def compare(made: Ingredients, *, rounds: int | None) -> Iterator[Comparison]:
    """Give a fresh root the patch release in every round."""
    made.tell("build a patch release of the bundle")
    patched = build_bundle(made.space, made.python, RELEASE)
    fill_uv_cache(made, made.space.write("locks/all.txt", documents.lock(made.wheels)))
    chosen = {made.environment_name(number): documents.environment_wheels(made.wheels, number) for number in range(ENVIRONMENTS)}
    sources = {wheel.sha256: [str(wheel.path)] for wheel in made.wheels}
    sources |= {archive.sha256: [str(archive.path)] for archive in (made.archive, patched)}

    def engine(number: int) -> Command:
        root = made.space.directory("patch-release") / f"root-{number}"
        before = documents.converge_request(root, made.archive, chosen, sources=sources)
        run(made.by_hand(made.temporary_python(), f"patch-{number}-before", before, shows=_CHANGED))
        request = documents.converge_request(root, patched, chosen, sources=sources)
        return made.by_hand(interpreter_of(root), f"patch-{number}", request, shows=_CHANGED)

    def uv(number: int) -> Command:
        words = [word for name, lock in zip(chosen, made.locks, strict=False) for word in (name, lock)]
        into = made.space.directory("patch-release") / f"uv-{number}"
        return made.script(_UV, made.uv, made.python, into, made.wheel_directory, str(len(os.sched_getaffinity(0))), *words)

    contenders = [
        Contender("engine", engine, warm_up=False),
        Contender("uv venv + sync --compile-bytecode", uv, warm_up=False),
    ]
    # Minutes for each round of the other side.
    took = hold("patch release", contenders, rounds=rounds or 3, tell=made.tell)
    title = f"patch release of the bundle, {ENVIRONMENTS} environments"
    yield Comparison(title, took["engine"], took["uv venv + sync --compile-bytecode"], aim=AIM)
