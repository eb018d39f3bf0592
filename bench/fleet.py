# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty hosts over ssh with five environments each: one task of this collection against a ping, and against the pip module, which loops."""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..tests.machines.containers import Machine, all_down, all_up
from . import documents
from .command import Command, run
from .comparison import Comparison, Series
from .contest import Contender, constant, hold
from .documents import Wheel
from .ingredients import Ingredients

HOSTS = 20
ENVIRONMENTS = 5
ROUNDS = 3
# Of the controller's processor time; by the clock, twenty hosts on one machine wait for each other.
AIM = 1.2
IMAGE = "debian-12-python"
_ROOT = Path("/opt/infra-system")
_VENVS = Path("/srv/venvs")
_WHEELS = Path("/srv/wheels")
_PINS = Path("/srv/pins")
# Large, or needed by nothing else that is chosen here.
_LEFT_OUT = ("boto3", "botocore", "s3transfer", "jmespath")
# The package that somebody removes from the first environment of every host.
_VICTIM = "idna"


def compare(made: Ingredients, *, rounds: int | None, full: bool) -> Iterator[Comparison]:
    """Run the contests on hosts that hold the same packages twice: in environments of this collection, and in those of pip.

    The pip module takes minutes for one round, and has more than one in a full run only.
    """
    wheels = _wheels(made)
    machines = [
        Machine(f"bench{number:02d}", IMAGE, 150 + number, options=(f"--volume={made.wheel_directory}:{_WHEELS}:ro",))
        for number in range(1, HOSTS + 1)
    ]
    try:
        made.tell(f"start {HOSTS} ssh hosts")
        all_up(machines)
        yield from _contests(made, machines, wheels, rounds or ROUNDS, pip_rounds=None if full else 1)
    finally:
        all_down(machines)


def _contests(
    made: Ingredients, machines: Sequence[Machine], wheels: Sequence[Wheel], rounds: int, *, pip_rounds: int | None
) -> Iterator[Comparison]:
    inventory = made.space.write("fleet/hosts.yml", documents.inventory({machine.name: _variables(machine) for machine in machines}))
    chosen = {made.environment_name(number): [*wheels[:number], *wheels[number + 1 :]] for number in range(ENVIRONMENTS)}
    ours, pip = _ours(made, chosen), _pip(made, chosen)

    def played(name: str, task: Mapping[str, object], changed: int) -> Command:
        tool = Path(sysconfig.get_path("scripts")) / "ansible-playbook"
        play = made.space.write(f"plays/{name}.yml", documents.play(task))
        every_host = rf"(?:\S+ +: ok=1 +changed={changed} .*\n){{{len(machines)}}}"
        return made.command(tool, "--inventory", inventory, "--forks", str(len(machines)), play, shows=every_host)

    made.tell(f"give {len(machines)} hosts {ENVIRONMENTS} environments of {len(wheels) - 1} packages, by this collection")
    run(played("fleet-first", ours, 1))
    made.tell("make the same with venv and pip on one host, and copy them to the others")
    _fill(made, machines, chosen)

    def drifted(name: str, task: Mapping[str, object], environments: Path) -> Command:
        for machine in machines:
            _remove_a_package(machine, environments / made.environment_name(0))
        return played(name, task, 1)

    size = f"{len(machines)} ssh hosts with {ENVIRONMENTS} environments"
    contests: dict[str, tuple[Callable[[int], Command], Callable[[int], Command]]] = {
        f"no change, {size}": (
            lambda _number: played("fleet-ours", ours, 0),
            lambda _number: played("fleet-pip", pip, 0),
        ),
        f"a package gone on each, {size}": (
            lambda _number: drifted("fleet-ours-drift", ours, _ROOT / "envs"),
            lambda _number: drifted("fleet-pip-drift", pip, _VENVS),
        ),
    }
    title = f"no change, {size}, against one ping"
    contenders = [constant("hermetic.python.system", played("fleet-ours", ours, 0)), constant("one ping", played("fleet-ping", _ping(), 0))]
    # Cheap, and the smallest difference of all: it takes more rounds than the others to stand out.
    took = hold(title, contenders, rounds=2 * rounds + 1, tell=made.tell)
    by_clock = Comparison(title, took["hermetic.python.system"], took["one ping"], hosts=len(machines))
    yield by_clock
    yield Comparison(f"processor time, {title}", _worked(by_clock.ours), _worked(by_clock.other), aim=AIM)
    for title, (by_us, by_pip) in contests.items():
        contenders = [
            Contender("hermetic.python.system", by_us),
            Contender("ansible.builtin.pip", by_pip, warm_up=False, at_most=pip_rounds),
        ]
        took = hold(title, contenders, rounds=rounds, tell=made.tell)
        yield Comparison(title, took["hermetic.python.system"], took["ansible.builtin.pip"], hosts=len(machines))


def _wheels(made: Ingredients) -> list[Wheel]:
    """Return wheels for every Python: that of the hosts is another one than the bundle's."""
    return [wheel for wheel in made.wheels if wheel.path.name.endswith("-none-any.whl") and wheel.name not in _LEFT_OUT]


def _variables(machine: Machine) -> dict[str, object]:
    return {**machine.variables(), "ansible_ssh_pipelining": True, "ansible_remote_tmp": "~/.ansible/tmp"}


def _ours(made: Ingredients, chosen: Mapping[str, Sequence[Wheel]]) -> dict[str, object]:
    locks = {name: made.space.write(f"fleet/locks/{name}-requirements.txt", documents.lock(wheels)) for name, wheels in chosen.items()}
    return documents.system_task(_ROOT, repository=str(made.repository), locks=locks, wheels=made.wheel_directory)


def _worked(series: Series) -> Series:
    """Return a contender's runs with the processor time of the controller in the place of the time by the clock."""
    return Series(series.name, series.cpu, series.cpu)


def _ping() -> dict[str, object]:
    return {"name": "Ping", "ansible.builtin.ping": {}, "vars": {"ansible_python_interpreter": str(_ROOT / "bin" / "python")}}


def _pip(made: Ingredients, chosen: Mapping[str, Sequence[Wheel]]) -> dict[str, object]:
    for name, wheels in chosen.items():
        made.space.write(f"fleet/pins/{name}.txt", documents.pins(wheels))
    task = documents.pip_task([_VENVS / name for name in chosen], [_PINS / f"{name}.txt" for name in chosen])
    # Its best case: nothing to resolve, nothing to ask a network for.
    task["ansible.builtin.pip"] |= {
        "extra_args": f"--no-deps --no-index --find-links {_WHEELS}",
        "virtualenv_command": "/usr/bin/python3 -m venv",
    }
    return {**task, "vars": {"ansible_python_interpreter": "/usr/bin/python3"}}


def _fill(made: Ingredients, machines: Sequence[Machine], chosen: Mapping[str, Sequence[Wheel]]) -> None:
    for machine in machines:
        shutil.copytree(made.space.directory("fleet/pins"), _on(machine, _PINS))
    first = machines[0]
    for name in chosen:
        first.run("python3", "-m", "venv", str(_VENVS / name))
        first.run(
            str(_VENVS / name / "bin/pip"), "install", "--quiet", "--no-deps", "--no-index", f"--find-links={_WHEELS}",
            f"--requirement={_PINS / name}.txt",
        )  # fmt: skip
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda machine: shutil.copytree(_on(first, _VENVS), _on(machine, _VENVS), symlinks=True), machines[1:]))


def _remove_a_package(machine: Machine, environment: Path) -> None:
    # By the host's own shell: the links of an environment are absolute, and seen from here they would lead to this machine's files.
    machine.run("sh", "-euc", f'set -- {environment}/lib/python3*/site-packages/{_VICTIM} && rm -r "$1" "$1"-*.dist-info')


def _on(machine: Machine, path: Path) -> Path:
    return machine.root / path.relative_to("/")
