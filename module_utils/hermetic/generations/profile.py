# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations: the profile of links that stands for one complete state, and the one rename that switches between two."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path

from ..fs import links
from ..fs.atomic import make_directory, write_json
from ..fs.record_files import read_json
from ..fs.removal import free
from ..fs.replacement import place
from ..model.layout import STABLE_LINKS, Layout
from ..model.receipts import BundleReceipt, Generation, Records, dump
from ..paths import BUILDING
from ..records.transaction_marker import begun_generation, left_generation
from ..text.grammar import LARGEST_GENERATION, generation_number, is_number, name_problem, tree_parts
from . import fallback_remains

WINDOWS = os.name == "nt"


def newest_engine(generation: Generation, bundles: Mapping[str, BundleReceipt]) -> str | None:
    """Return the newest bundle of a generation that can run the engine."""
    able = [bundles[tree_id] for tree_id in generation.bundles.values() if tree_id in bundles and bundles[tree_id].info.get("engine")]
    if not able:
        return None
    return max(able, key=lambda receipt: [int(part) for part in receipt.python["version"].split(".")]).id


def links_of(layout: Layout, generation: Generation, bundles: Mapping[str, BundleReceipt]) -> dict[str, str]:
    """Return every link of a generation's profile and its target.

    The links in ``bin`` are absolute and lead to the versioned bundle: CPython resolves only the executable's own link, and a
    process that runs keeps its bundle when the switch happens. The default bundle names the commands first; others add theirs,
    but never a bare ``python``.
    """
    found: dict[str, str] = {}
    order = sorted(generation.bundles, key=lambda name: (name != generation.default, name))
    for name in order:
        receipt = bundles.get(generation.bundles[name])
        if receipt is None:
            continue
        tree = layout.tree("bundles", receipt.id)
        if name == generation.default:
            if WINDOWS:
                found["bin"] = str(tree / "bin")
                found["lib"] = str(tree / "lib")
                continue
            found["lib"] = f"../../bundles/{receipt.id}/lib"
        elif WINDOWS:
            continue
        for command, path in receipt.python["commands"].items():
            if command != "python" or name == generation.default:
                found.setdefault(f"bin/{command}", str(tree / path))
    for name, tree_id in generation.virtualenvs.items():
        found[f"envs/{name}"] = str(layout.tree("environments", tree_id)) if WINDOWS else f"../../../environments/{tree_id}"
    return found


def link_directories(targets: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the names that each directory of a profile holds."""
    names: dict[str, set[str]] = {"": {"envs"}, "envs": set()}
    for path in targets:
        parent, _unused, name = path.rpartition("/")
        names.setdefault(parent, set()).add(name)
        if parent:
            names[""].add(parent)
    return names


def write_profile(layout: Layout, generation: Generation, bundles: Mapping[str, BundleReceipt]) -> list[str]:
    """Make the profile of a generation, beside and then renamed; one that is there already is exchanged. Returns warnings."""
    final = layout.generations / str(generation.number)
    building = layout.generations / f"{BUILDING}{generation.number}"
    warnings = free(building)
    targets = links_of(layout, generation, bundles)
    make_directory(building)
    for directory in sorted(link_directories(targets)):
        make_directory(building / directory)
    for path, target in targets.items():
        links.point(building / path, target)
    return warnings + place(building, final)


def activate(layout: Layout, generation: Generation, records: Records) -> list[str]:
    """Make a generation the current one: its record, its profile, the stable links, and last the one rename. Returns warnings."""
    write_json(layout.generation_records / f"{generation.number}.json", dump(generation))
    if WINDOWS:
        fallback_remains.mark_again((*stable_links(layout), layout.current, layout.engine), layout)
    warnings = write_profile(layout, generation, records.bundles)
    if not WINDOWS:
        point_stable_links(layout, generation, records.bundles)
    engine = newest_engine(generation, records.bundles)
    links.point(layout.current, _to_generation(layout, generation.number))
    # What was in force when the link is lost: the highest number it need not be, since a rollback leads to a lower one. On Windows it
    # is the truth behind a junction as well, which removing and making leave missing for a moment.
    try:
        write_json(layout.in_force, {"format": 1, "number": generation.number})
    except BaseException:
        # The number of the switch before would make this one look like somebody else's; without any, the link is believed.
        layout.in_force.unlink(missing_ok=True)
        raise
    if WINDOWS:
        # A junction leads to what is there, and a fallback directory shows what was there when it was made: they come after the switch.
        point_stable_links(layout, generation, records.bundles)
    if engine is not None:
        links.point(layout.engine, engine_target(layout, engine))
    else:
        links.remove(layout.engine)
    return warnings


def shows_what_was(layout: Layout, generation: Generation, bundles: Mapping[str, BundleReceipt]) -> bool:
    """Return whether fallback directories show trees as they were before they were repaired; links and junctions never do."""
    if not WINDOWS:
        return False
    made = [layout.generations / str(generation.number) / path for path in links_of(layout, generation, bundles)]
    return any(links.is_stale(link) for link in (*made, *stable_links(layout), layout.engine))


def forget(layout: Layout, number: int) -> None:
    """Remove record and profile of a generation that is not in force."""
    (layout.generation_records / f"{number}.json").unlink(missing_ok=True)
    for name in (f"{BUILDING}{number}", str(number)):
        free(layout.generations / name)


def never_in_force(layout: Layout, records: Records) -> int | None:
    """Return the number of a generation that a run was making when it was cut off before the switch, or had gone back from."""
    current = current_number(layout)
    known = (each for each in (begun_generation(layout), left_generation(layout)) if each in records.generations and each != current)
    return next(known, None)


def put_nothing_in_force(layout: Layout) -> None:
    """Take back the first switch of a root: its links go, the trees stay until a run uses or prunes them."""
    # Without this record a link that is gone is one that there never was: a run that is cut off here has not switched yet.
    layout.in_force.unlink(missing_ok=True)
    for link in (layout.current, *stable_links(layout), layout.engine):
        links.remove(link)


def _to_generation(layout: Layout, number: int) -> str:
    return str(layout.generations / str(number)) if WINDOWS else f"generations/{number}"


def stable_links(layout: Layout) -> dict[Path, str]:
    """Return the links at the root that never change, and their targets."""
    return {layout.root / name: str(layout.current / name) if WINDOWS else f"current/{name}" for name in STABLE_LINKS}


def stable_links_of(layout: Layout, generation: Generation, bundles: Mapping[str, BundleReceipt]) -> dict[Path, str]:
    """Return the links at the root while a generation is in force: a junction must lead somewhere, so one without bundles has fewer."""
    stable = stable_links(layout)
    if not WINDOWS:
        return stable
    there = link_directories(links_of(layout, generation, bundles))[""]
    return {link: target for link, target in stable.items() if link.name in there}


def engine_target(layout: Layout, tree_id: str) -> str:
    """Return where the link to the engine's bundle leads."""
    return str(layout.tree("bundles", tree_id)) if WINDOWS else f"../bundles/{tree_id}"


def read_back(layout: Layout, number: int, records: Records) -> Generation | None:
    """Read a generation whose record is lost back from its profile; None when that says too little."""
    base = layout.generations / str(number)
    lib = links.read(base / "lib")
    default = records.bundles.get(lib.replace("\\", "/").split("/")[-2]) if lib is not None and "/" in lib.replace("\\", "/") else None
    if default is None or not (base / "envs").is_dir():
        return None
    targets = {name: links.read(base / "envs" / name) for name in sorted(os.listdir(base / "envs")) if name_problem(name) is None}
    virtualenvs = {name: target.replace("\\", "/").rpartition("/")[2] for name, target in targets.items() if target is not None}
    virtualenvs = {
        name: tree_id
        for name, tree_id in virtualenvs.items()
        if (parts := tree_parts("environments", tree_id)) is not None and parts["name"] == name
    }
    below = [records.environments[tree_id].bundle for tree_id in virtualenvs.values() if tree_id in records.environments]
    bundles = {records.bundles[tree_id].name: tree_id for tree_id in below if tree_id in records.bundles}
    written = datetime.datetime.fromtimestamp(int(os.lstat(base).st_mtime), datetime.timezone.utc)
    return Generation(
        number=number,
        created=written.isoformat().replace("+00:00", "Z"),
        pinned=False,
        default=default.name,
        bundles={**bundles, default.name: default.id},
        virtualenvs=virtualenvs,
        previous=max((each for each in records.generations if each < number), default=None),
    )


def point_stable_links(layout: Layout, generation: Generation, bundles: Mapping[str, BundleReceipt]) -> None:
    """Make the links at the root that are missing or lead elsewhere, and remove those that would lead nowhere."""
    targets = stable_links_of(layout, generation, bundles)
    for link, target in targets.items():
        if not links.points_to(link, target) or links.is_stale(link):
            links.point(link, target)
    for link in stable_links(layout).keys() - targets.keys():
        links.remove(link)


def recorded_number(layout: Layout) -> int | None:
    """Return the number that was written down at the last switch: what holds when the link itself is lost."""
    try:
        return _read_switch(layout)
    except (FileNotFoundError, ValueError):
        return None


def unreadable_switch(layout: Layout) -> str | None:
    """Return why the number of the last switch cannot be read, None where it can or nothing was written down."""
    try:
        _read_switch(layout)
    except FileNotFoundError:
        return None
    except ValueError as error:
        return f"{layout.in_force} cannot be read ({error}); it will be written again."
    return None


def _read_switch(layout: Layout) -> int:
    document = read_json(layout.in_force)
    number = document.get("number") if isinstance(document, dict) else None
    if not is_number(number, least=1, most=LARGEST_GENERATION):
        raise ValueError("it names no generation")
    return number


def current_number(layout: Layout) -> int | None:
    """Return the number of the generation that is in force, or None."""
    target = links.read(layout.current)
    if target is None:
        return None
    number = generation_number(target.replace("\\", "/").rstrip("/").rpartition("/")[2])
    if number is None or not links.points_to(layout.current, _to_generation(layout, number)):
        return None
    return number
