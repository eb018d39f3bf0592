# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of the module ``repository`` wants, turned into one update of the repository."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
from ..supply import DeclaredLock, Supply
from ..trust.anchor import Anchor, root_anchor
from .change import Change
from .file_plan import NamedFile
from .option_problems import refuse_unusable
from .plan import Archive, ChannelMove, Update, WheelFile
from .prebuilding import local_bundles, prebuild, workplace
from .prebuilt_plan import missing_prebuilt
from .prebuilt_wheels import planned_only, wanted_of
from .rollout_change import ROLLOUT, RolloutChange, record_of, rollout_change
from .signing import Signing
from .signing_options import SIGNING, signing_of
from .store import Outcome, RepositoryStore

FILE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
ARGUMENT_SPEC: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "verified", "pruned", "refreshed", "signed", "discarded"], "default": "present"},
    "archives": {"type": "list", "elements": "path", "default": []},
    "wheels": {"type": "list", "elements": "path", "default": []},
    "files": {"type": "list", "elements": "dict", "options": FILE, "default": []},
    "locks": {"type": "list", "elements": "path", "default": []},
    "platforms": {"type": "list", "elements": "str", "default": []},
    "bundle": {"type": "str", "default": DEFAULT_BUNDLE},
    "channel": {"type": "str"},
    "release": {"type": "str"},
    "rollout": {"type": "dict", "options": ROLLOUT},
    "private_key": {"type": "path"},
    "passphrase": {"type": "str", "no_log": True},
    "public_key": {"type": "path"},
    "generate_key": {"type": "bool", "default": False, "no_log": False},
    "pending": {"type": "bool", "default": False},
    **SIGNING,
    "keep": {"type": "int", "default": 5},
    "prune_wheels": {"type": "bool", "default": False},
    "prebuilt": {"type": "bool"},
    "lock_timeout": {"type": "int", "default": 300},
    **WHEEL_SELECTION,
    **DOWNLOADS,
}


def carry_out(options: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Do what the options of one task say, or only say what that would be, and return the task's result."""
    refuse_unusable(options)
    staged = {name: options[name] for name in ("channel", "release")}
    rollout = rollout_change(options["rollout"], bundle=options["bundle"], moment=datetime.now(UTC), **staged)
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
    store = RepositoryStore(
        Path(options["path"]).absolute(),
        private_key=key,
        lock_timeout=options["lock_timeout"],
        signing=_signing(options, key, check=check),
        form=options["signing"],
    )
    if options["state"] == "verified":
        problems = store.verify(anchor=_anchor(options["public_key"]) if options["public_key"] else None)
        result: dict[str, Any] = {"changed": False, "plan": [], "problems": problems, **_status(store, problems)}
        if problems:
            result |= {
                "failed": True,
                "msg": f"The repository {store.directory} has {counted(len(problems), 'problem')}",
                "errors": problems,
            }
        return result
    skipped: list[str] = []
    with workplace() as place:
        outcome = _update(store, options, supply, rollout, check=check, place=place, skipped=skipped)
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
        "metadata": list(outcome.metadata),
        "pending": outcome.pending,
        "prebuilt_skipped": skipped,
        **({"rollout": record_of(outcome.index, options["bundle"], options["rollout"]["name"])} if options["rollout"] else {}),
        "warnings": [*supply.warnings, *outcome.warnings],
        "diff": {
            "before_header": str(store.directory),
            "after_header": str(store.directory),
            "before": outcome.before,
            "after": outcome.after,
        },
    }


def _signing(options: Mapping[str, Any], key: Ed25519PrivateKey | None, *, check: bool) -> Signing | None:
    found = signing_of(options, key)
    if found is None and (options["pending"] or (options["generate_key"] and check)):
        # Others have the keys, or the key is not there before the task is carried out.
        found = Signing()
    return dataclasses.replace(found, shared=options["pending"]) if found is not None else None


def _status(store: RepositoryStore, problems: list[str]) -> dict[str, Any]:
    """Return the status of roles and of what is pending, and warnings; why it cannot be read is one of the problems."""
    try:
        metadata, pending, warnings = store.status()
    except HermeticError as error:
        problems += [] if error.message in problems else [error.message]
        return {"metadata": [], "pending": None, "warnings": []}
    return {"metadata": metadata, "pending": pending, "warnings": warnings}


def _update(
    store: RepositoryStore,
    options: Mapping[str, Any],
    supply: Supply,
    rollout: RolloutChange | None,
    *,
    check: bool,
    place: Path,
    skipped: list[str],
) -> Outcome:
    if options["state"] == "signed":
        return store.sign(check=check)
    if options["state"] == "discarded":
        return store.discard(check=check)
    moves = options["channel"] and options["release"] and not (options["rollout"] or {}).get("percent")
    channels = [ChannelMove(options["bundle"], options["channel"], options["release"])] if moves else []
    update = Update(
        archives=_archives(options["archives"]),
        wheels=_wheel_files(options["wheels"]),
        files=_named_files(options["files"]),
        channels=channels,
        rollout=rollout,
        begin=options["state"] == "present" and (rollout is not None or not options["rollout"]),
    )
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
            chosen = sorted({label for (_lock, label), selection in selections.items() if wheel in selection.wheels})
            mirrored.append(WheelFile(wheel.filename, wheel.sha256, path, size, tuple(chosen)))
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
    update = dataclasses.replace(update, pending=options["pending"])
    if options["state"] == "refreshed":
        update = dataclasses.replace(update, refresh=True)
    if options["state"] == "pruned":
        update = dataclasses.replace(update, keep=options["keep"], prune_wheels=options["prune_wheels"])
    return store.update(update, check=check)


def _anchor(path: str) -> Anchor:
    return root_anchor(path) or Anchor(path, key=signatures.read_public_key(path))


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


def _named_files(entries: Sequence[Mapping[str, Any]]) -> list[NamedFile]:
    found = []
    missing = [f"{entry['path']}: no such file" for entry in entries if entry.get("path") and not Path(entry["path"]).is_file()]
    if missing:
        raise HermeticError("Files to publish are missing; the repository was not changed", missing)
    for entry in entries:
        path = Path(entry["path"]).absolute() if entry.get("path") and entry.get("state") != "absent" else None
        found.append(NamedFile(entry["name"], path, sha256_of(path), path.stat().st_size) if path else NamedFile(entry["name"]))
    return found


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
