# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""On a Windows test host: a first environment against uv.exe and pip, an unchanged run against ``win_ping``, drift against a plain look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

from . import documents
from .command import Command, run
from .comparison import Comparison
from .contest import Contender, constant, hold
from .documents import Wheel
from .ingredients import Ingredients
from .prebuilt import PrebuiltSet, prebuilt_set
from .windows_ingredients import HERE, WindowsSide, prepared, why_impossible
from .workspace import PROJECT

__all__ = ["compare", "why_impossible"]

SIZES = (1, 20)
# Each with every wheel.
DRIFT_SIZE = 5
PREBUILT_AIM = 0.6
_NOTHING_DONE = r"ok=1 +changed=0 "
_CHANGED = '"changed": true'


def compare(made: Ingredients, *, rounds: int | None) -> Iterator[Comparison]:
    """Run all contests on one host."""
    with prepared(made) as side:
        yield from _first_build(side, rounds=rounds or 3)
        yield from _no_change(side, rounds=rounds or 5)
        yield from _drift(side, rounds=rounds or 3)


def _first_build(side: WindowsSide, *, rounds: int) -> Iterator[Comparison]:
    lock = side.host.path(f"{HERE}\\lock.txt")
    lock.write_text(documents.lock(side.wheels))
    offline: dict[str, Any] = {"UV_CACHE_DIR": f"{HERE}\\uv-cache", "UV_OFFLINE": "1", "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
    exact = ("--no-index", "--find-links", f"{HERE}\\wheels", "--require-hashes")

    def others(number: int, name: str) -> str:
        return f"C:\\others-{number}\\envs\\{name}\\Scripts\\python.exe"

    def uv(number: int) -> Command:
        # Both have empty environments of the engine to fill, on the same bundle.
        empty = side.converge_request(f"C:\\others-{number}", {"uv": (), "pip": ()})
        run(side.engine(f"others-{number}", empty, shows='"changed"'))
        words = ("pip", "sync", "--quiet", "--python", others(number, "uv"), *exact, "--compile-bytecode", f"{HERE}\\lock.txt")
        return side.program(side.uv, *words, **offline)

    def pip(number: int) -> Command:
        words = ("install", "--quiet", "--no-deps", *exact, "--requirement", f"{HERE}\\lock.txt")
        return side.program(others(number, "pip"), f"{HERE}\\pip.whl\\pip", *words)

    prebuilt = prebuilt_set(side.made.space, side.archive, side.wheels)
    contenders = [
        Contender("engine", lambda number: _fresh_root(side, number), warm_up=False),
        Contender("engine, prebuilt", lambda number: _fresh_root(side, number, prebuilt), warm_up=False),
        # The first round fills uv's cache.
        Contender("uv pip sync --compile-bytecode", uv, warm_up=True),
        Contender("python -m pip", pip, warm_up=False),
    ]
    took = hold("Windows: first build", contenders, rounds=rounds, tell=side.made.tell)
    title = f"Windows: first environment, {len(side.wheels)} wheels"
    yield Comparison(title, took["engine"], took["uv pip sync --compile-bytecode"])
    yield Comparison(title, took["engine"], took["python -m pip"])
    yield Comparison(f"{title}, prebuilt", took["engine, prebuilt"], took["uv pip sync --compile-bytecode"], aim=PREBUILT_AIM)


def _fresh_root(side: WindowsSide, number: int, prebuilt: PrebuiltSet | None = None) -> Command:
    """Return the command that builds the first environment of a root with a bundle and every wheel at hand."""
    return _build(side, f"root-{number}" if prebuilt is None else f"prebuilt-{number}", {"env00": side.wheels}, prebuilt)


def _build(side: WindowsSide, name: str, environments: dict[str, Sequence[Wheel]], prebuilt: PrebuiltSet | None = None) -> Command:
    """Install the bundle, and return the command that builds environments there from artifacts that the root has already."""
    root = f"C:\\{name}"
    run(side.engine(name, side.converge_request(root, {}), shows=_CHANGED))
    if prebuilt is not None:
        prebuilt.bring(side.host.path(root))
        return side.engine(f"build-{name}", prebuilt.named(side.converge_request(root, environments)), shows=_CHANGED)
    for wheel in side.wheels:
        place = side.host.path(root) / "wheels" / wheel.sha256
        place.mkdir()
        shutil.copyfile(wheel.path, place / wheel.path.name)
    return side.engine(f"build-{name}", side.converge_request(root, environments), shows=_CHANGED)


def _drift(side: WindowsSide, *, rounds: int) -> Iterator[Comparison]:
    side.made.tell(f"make a Windows root with {DRIFT_SIZE} whole environments")
    run(_build(side, "drift", {f"env{number:02d}": side.wheels for number in range(DRIFT_SIZE)}))
    shutil.copy(PROJECT / "bench" / "plain_look.py", side.host.path(HERE))
    trees = [f"C:\\drift\\{kind}" for kind in ("bundles", "laid", "environments")]
    files = sum(len(names) for tree in trees for _directory, _directories, names in os.walk(side.host.path(tree)))
    for verify in ("quick", "deep"):
        title = f"Windows: {verify} drift, {DRIFT_SIZE} environments ({files} files)"
        request = documents.drift_request("C:\\drift", verify=verify)
        words = (f"{HERE}\\boot\\bin\\python.exe", "-I", f"{HERE}\\plain_look.py", verify, *trees)
        contenders = [
            constant("engine", side.engine(f"drift-{verify}", request, shows='"findings": \\[\\]')),
            constant("a plain look by Python", side.program(*words, shows="looked=[1-9]")),
        ]
        took = hold(title, contenders, rounds=rounds, tell=side.made.tell)
        yield Comparison(title, took["engine"], took["a plain look by Python"])


def _no_change(side: WindowsSide, *, rounds: int) -> Iterator[Comparison]:
    ping = side.play("ping", {"name": "Ping", "ansible.windows.win_ping": {}}, shows=_NOTHING_DONE)
    for size in SIZES:
        title = f"Windows: no change, {size} environment{'s' if size > 1 else ''}"
        side.made.tell(f"make a Windows root with {size}")
        run(_system(side, size, shows="changed=1"))
        contenders = [constant("hermetic.python.system", _system(side, size, shows=_NOTHING_DONE)), constant("one win_ping", ping)]
        took = hold(title, contenders, rounds=rounds, tell=side.made.tell)
        yield Comparison(title, took["hermetic.python.system"], took["one win_ping"])


def _system(side: WindowsSide, size: int, *, shows: str) -> Command:
    chosen = [documents.environment_wheels(side.wheels, number) for number in range(size)]
    locks = {
        side.made.environment_name(number): side.made.space.write(f"locks/windows-{number:02d}.txt", documents.lock(each))
        for number, each in enumerate(chosen)
    }
    task = documents.system_task(f"C:\\host-{size}", repository=str(side.repository), locks=locks, wheels=side.wheel_directory)
    return side.play(f"system-{size}", task, shows=shows)
