# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of the module ``repository`` wants, turned into one update of the repository."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import DEFAULT_BUNDLE, DEFAULT_CHANNEL, DOWNLOADS, WHEEL_SELECTION
from ...module_utils.hermetic.text.counting import counted
from ..locks.wheel_selection import Selection
from ..net.local_file import sha256_of
from ..repository import signature as signatures
from ..repository.bundle_archive import read_metadata
from ..repository.bundle_artifact import BundleArtifact
from ..repository.index import Index
from ..repository.reader import published_here
from ..supply import DeclaredLock, Supply, download_problems
from .change import Change
from .plan import Archive, ChannelMove, Update, WheelFile
from .prebuilding import local_bundles, prebuild, workplace
from .prebuilt_plan import missing_prebuilt
from .prebuilt_wheels import planned_only, wanted_of
from .store import Outcome, RepositoryStore

ARGUMENT_SPEC: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "verified", "pruned"], "default": "present"},
    "archives": {"type": "list", "elements": "path", "default": []},
    "wheels": {"type": "list", "elements": "path", "default": []},
    "locks": {"type": "list", "elements": "path", "default": []},
    "platforms": {"type": "list", "elements": "str", "default": []},
    "bundle": {"type": "str", "default": DEFAULT_BUNDLE},
    "channel": {"type": "str"},
    "release": {"type": "str"},
    "private_key": {"type": "path"},
    "passphrase": {"type": "str", "no_log": True},
    "public_key": {"type": "path"},
    "generate_key": {"type": "bool", "default": False, "no_log": False},
    "keep": {"type": "int", "default": 5},
    "prune_wheels": {"type": "bool", "default": False},
    "prebuilt": {"type": "bool"},
    "lock_timeout": {"type": "int", "default": 300},
    **WHEEL_SELECTION,
    **DOWNLOADS,
}


def carry_out(options: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Do what the options of one task say, or only say what that would be, and return the task's result."""
    _refuse_unusable(options)
    supply = Supply.from_options(options)
    changes: list[Change] = []
    key = None
    if options["private_key"]:
        missing = options["generate_key"] and not os.path.lexists(options["private_key"])
        if missing:
            changes.append(Change("generate_key", "key", f"there is no private key {options['private_key']}"))
        if missing and not check:
            public = options["public_key"] or f"{options['private_key']}.pub"
            signatures.make_keys(options["private_key"], public, passphrase=options["passphrase"])
        if not (missing and check):
            key = signatures.read_private_key(options["private_key"], passphrase=options["passphrase"])
    store = RepositoryStore(Path(options["path"]).absolute(), private_key=key, lock_timeout=options["lock_timeout"])
    if options["state"] == "verified":
        public_key = signatures.read_public_key(options["public_key"]) if options["public_key"] else None
        problems = store.verify(public_key=public_key)
        result: dict[str, Any] = {"changed": False, "plan": [], "problems": problems, "warnings": []}
        if problems:
            result |= {
                "failed": True,
                "msg": f"The repository {store.directory} has {counted(len(problems), 'problem')}",
                "errors": problems,
            }
        return result
    skipped: list[str] = []
    with workplace() as place:
        outcome = _update(store, options, supply, check=check, place=place, skipped=skipped)
    if outcome.changed and not check:
        try:
            published_here(supply.cache)
        except HermeticError as error:
            # It is published all the same; and who cannot write the cache cannot believe it either.
            supply.warnings.append(error.message)
    changes += outcome.plan
    return {
        "changed": bool(changes),
        "serial": outcome.serial,
        "plan": [change.as_dict() for change in changes],
        "problems": [],
        "prebuilt_skipped": skipped,
        "warnings": [*supply.warnings, *outcome.warnings],
        "diff": {
            "before_header": str(store.directory),
            "after_header": str(store.directory),
            "before": outcome.before,
            "after": outcome.after,
        },
    }


def _update(store: RepositoryStore, options: Mapping[str, Any], supply: Supply, *, check: bool, place: Path, skipped: list[str]) -> Outcome:
    channels = [ChannelMove(options["bundle"], options["channel"], options["release"])] if options["channel"] and options["release"] else []
    update = Update(archives=_archives(options["archives"]), wheels=_wheel_files(options["wheels"]), channels=channels)
    if options["locks"]:
        # Which wheels a lock means depends on the bundles, some of which this very task may publish.
        index = Index(str(store.directory), store.preview(update))
        bundles = _bundles(options, index)
        selections = _selections(options, supply, bundles)
        wheels = {wheel.sha256: wheel for selection in selections.values() for wheel in selection.wheels}
        mirrored = []
        for wheel in wheels.values():
            held = index.wheel(wheel.sha256)
            kept = held is not None and Path(held).is_file()
            path = None if check or kept else supply.download(wheel)
            size = path.stat().st_size if path else wheel.size
            mirrored.append(WheelFile(wheel.filename, wheel.sha256, path, size))
        update = dataclasses.replace(update, wheels=[*update.wheels, *mirrored])
        if options["prebuilt"] is not False:
            wanted, reasons = wanted_of(bundles, selections)
            missing = missing_prebuilt(index.content, wanted, store.is_present)
            files = {each.sha256: each.path or Path(index.wheel(each.sha256) or "") for each in mirrored}
            archives = local_bundles(bundles, {each.sha256: each.path for each in update.archives})
            made, failed = planned_only(missing) if check else prebuild(missing, files, bundles=archives, place=place)
            skipped += [*reasons, *failed]
            if options["prebuilt"] and skipped:
                raise HermeticError("Wheels cannot be prebuilt, as prebuilt: true asks for; the repository was not changed", skipped)
            update = dataclasses.replace(update, prebuilt=made)
    if options["state"] == "pruned":
        update = dataclasses.replace(update, keep=options["keep"], prune_wheels=options["prune_wheels"])
    return store.update(update, check=check)


def _bundles(options: Mapping[str, Any], index: Index) -> list[BundleArtifact]:
    """Return the bundles that locks are resolved for, one for each platform."""
    name = options["bundle"]
    release = options["release"] or index.release(name, channel=options["channel"] or DEFAULT_CHANNEL)
    return [index.resolve(name, platform=each, release=release) for each in options["platforms"] or index.platforms(name, release=release)]


def _selections(options: Mapping[str, Any], supply: Supply, bundles: Sequence[BundleArtifact]) -> dict[tuple[str, str], Selection]:
    locks = [DeclaredLock(os.path.basename(path), supply.lock(path)) for path in options["locks"]]
    return supply.prove(locks, [bundle.target for bundle in bundles])


def _archives(paths: Sequence[str]) -> list[Archive]:
    found = []
    for path in _files(paths, "Bundle archives", (".tar.gz", ".zip")):
        found.append(Archive(path, sha256_of(path), path.stat().st_size, read_metadata(path)))
    return found


def _wheel_files(paths: Sequence[str]) -> list[WheelFile]:
    return [WheelFile(path.name, sha256_of(path), path, path.stat().st_size) for path in _files(paths, "Wheels", (".whl",))]


def _files(paths: Sequence[str], what: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files that are named, and those in directories that are named; missing ones are raised together."""
    found: list[Path] = []
    problems = []
    for name in paths:
        path = Path(name).absolute()
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.name.endswith(suffixes) and file.is_file())
            problems += [] if inside else [f"{path}: no {' or '.join(suffixes)} file in this directory"]
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            problems.append(f"{path}: no such file or directory")
    if problems:
        raise HermeticError(f"{what} to publish are missing; the repository was not changed", problems)
    return found


def _refuse_unusable(options: Mapping[str, Any]) -> None:
    problems = download_problems(options)
    if options["release"] and not options["channel"] and not options["locks"]:
        problems.append("release is given without a channel that is to name it; give channel as well")
    if options["channel"] and not options["release"] and not options["locks"]:
        problems.append("channel is given without the release that it is to name; give release as well")
    if options["platforms"] and not options["locks"]:
        problems.append("platforms is given without locks; it says for which platforms the wheels of locks are mirrored")
    if options["generate_key"] and not options["private_key"]:
        problems.append("generate_key is given without private_key, the path that the key is to have")
    if options["prebuilt"] and not options["locks"]:
        problems.append("prebuilt is given without locks; it says that the wheels of locks are compiled here")
    if options["keep"] < 0:
        problems.append(f"keep is {options['keep']}; expected 0 or more")
    if options["state"] == "verified" and (options["archives"] or options["wheels"] or options["locks"]):
        problems.append("state=verified changes nothing; give archives, wheels and locks to a task with state=present")
    if problems:
        raise HermeticError("The options of this task cannot be used; nothing was changed", problems)
