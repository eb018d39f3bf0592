# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the receipts of a root are the ones that were written: against themselves, and against what the controller knows.

Receipts lie on the host. Whoever may write there can change a tree and its receipt together, and no comparison of the two shows it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict, Union

from ..findings.finding import TAMPERED, Finding
from ..model.layout import Layout, bundle_id, environment_id, laid_id
from ..model.receipts import BundleReceipt, EnvironmentReceipt, Generation, LaidReceipt, Records
from ..planning.observation import Observation

Receipt = Union[BundleReceipt, EnvironmentReceipt, LaidReceipt]

# Before 3.11, byte code holds the constants of a set in the order of a random hash: equal wheels give other bytes on each host.
_SAME_BYTES_SINCE = (3, 11)

# What decides the content of a tree. Owner and times differ from host to host, and so does how files are shared.
_OF_LAID = ("id", "wheel", "name", "version", "dist_info", "entry_points", "files")
_OF_ENVIRONMENT = ("id", "name", "key", "bundle", "system_site_packages", "site_packages", "headers", "scripts", "own_files", "own_links")

_REMEDY = "Converge to install it again from the verified artifact, and find out who may write below the root."


def digest(receipt: Receipt) -> str:
    """Return the digest of what a receipt says of its tree: equal for equal trees, whenever and on whichever host they were made.

    For a bundle it is the SHA-256 of its bundle.json, which lists all its other files.
    """
    if isinstance(receipt, BundleReceipt):
        return receipt.info_record.sha256
    if isinstance(receipt, LaidReceipt):
        content = {name: getattr(receipt, name) for name in _OF_LAID}
        content.update({"bundle": receipt.bundle} if receipt.byte_code is None else {"byte_code": receipt.byte_code})
    else:
        content = {name: getattr(receipt, name) for name in _OF_ENVIRONMENT}
        # Bundle and wheels say which unpacked wheels these are. They are named as when each bundle had its own, so that what was
        # remembered of an environment then is true of it now.
        laid = sorted(laid_id(wheel, byte_code=receipt.bundle[-12:]) for wheel in receipt.wheels)
        content.update(wheels=sorted(receipt.wheels), laid=laid, directories=sorted(receipt.directories))
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class MadeTree(TypedDict):
    """The digest of a receipt, and which hosts are held to it."""

    digest: str
    here: bool
    """Only this one."""
    by: str
    """Only those whose Python has this version; all where it is empty."""
    was: dict[str, str]
    """The digest of the receipt that this tree had before, by ``kind/id``, where it was taken over from an earlier release."""


def made_since(
    before: Mapping[str, Mapping[str, Receipt]], records: Records, *, taken_over: Mapping[str, LaidReceipt] = MappingProxyType({})
) -> dict[str, MadeTree]:
    """Return the digests of the trees that were made since ``before`` was taken by ``taken``, for the controller to remember.

    ``taken_over`` are the receipts that unpacked wheels had in an earlier release, by the identifiers that they have now.
    """
    found: dict[str, MadeTree] = {}
    for kind, known in before.items():
        for tree_id, receipt in getattr(records, kind).items():
            if known.get(tree_id) is receipt:
                continue
            laid = isinstance(receipt, LaidReceipt)
            earlier = taken_over.get(tree_id) if laid else None
            found[f"{kind}/{tree_id}"] = MadeTree(
                digest=digest(receipt),
                here=laid and _differs_by_host(receipt),
                by=(receipt.python or "") if laid else "",
                was={f"laid/{earlier.id}": digest(earlier)} if earlier is not None else {},
            )
    return found


def taken(records: Records, *, without: Collection[str] = ()) -> dict[str, dict[str, Receipt]]:
    """Return the receipts as they are now, those of some unpacked wheels left out."""
    found = {kind: dict(getattr(records, kind)) for kind in ("bundles", "environments", "laid")}
    return {**found, "laid": {tree_id: receipt for tree_id, receipt in found["laid"].items() if tree_id not in without}}


def _differs_by_host(receipt: LaidReceipt) -> bool:
    return receipt.python is None or tuple(map(int, receipt.python.split(".")[:2])) < _SAME_BYTES_SINCE


@dataclass(frozen=True)
class _Vouching:
    """One check of the receipts of a generation."""

    layout: Layout
    observation: Observation
    known: Mapping[str, Sequence[str]]

    def check(self, kind: str, tree_id: str, receipt: Receipt, subjects: Iterable[str]) -> None:
        problem = self._problem(kind, tree_id, receipt)
        if problem is None:
            return
        self.observation.broken[kind].add(tree_id)
        if kind == "bundles":
            # The links of the generation were judged by what this receipt says of the bundle's commands.
            self.observation.profile_broken = True
        path = str(self.layout.receipt(kind, tree_id).relative_to(self.layout.root))
        expected, actual = problem
        for subject in subjects:
            self.observation.findings.append(
                Finding(
                    subject=subject,
                    kind="receipt",
                    severity="high",
                    cause=TAMPERED,
                    expected=expected,
                    actual=actual,
                    path=path,
                    remedy=_REMEDY,
                )
            )

    def _problem(self, kind: str, tree_id: str, receipt: Receipt) -> tuple[str, str] | None:
        key = f"{kind}/{tree_id}"
        vouched = self.known.get(key)
        (self.observation.unvouched if vouched is None else self.observation.vouched).add(key)
        found = digest(receipt)
        if vouched is not None and found not in vouched:
            digests = " or ".join(each[:12] for each in vouched)
            return f"the record of {key} that the controller knows ({digests})", f"a record that was changed on the host ({found[:12]})"
        contradiction = next(_contradictions(self.layout, receipt, self.observation.records), None)
        if contradiction is not None:
            return f"the record that was written when {key} was installed", f"a record that was changed on the host: {contradiction}"
        return None


def check_receipts(
    layout: Layout,
    observation: Observation,
    current: Generation,
    *,
    known: Mapping[str, Sequence[str]],
    also_laid: frozenset[str] = frozenset(),
) -> None:
    """Add a finding for each receipt of a generation that is not the one that was written; ``known`` has digests by ``kind/id``."""
    records = observation.records
    vouching = _Vouching(layout, observation, known)
    for name, tree_id in sorted(current.bundles.items()):
        if tree_id in records.bundles:
            vouching.check("bundles", tree_id, records.bundles[tree_id], [f"bundle:{name}"])
    users: dict[str, list[str]] = {each: [] for each in sorted(also_laid) if each in records.laid}
    for name, tree_id in sorted(current.virtualenvs.items()):
        receipt = records.environments.get(tree_id)
        if receipt is None:
            continue
        vouching.check("environments", tree_id, receipt, [f"virtualenv:{name}"])
        for each in receipt.laid:
            if each in records.laid:
                users.setdefault(each, []).append(name)
    for each, names in sorted(users.items()):
        laid = records.laid[each]
        vouching.check("laid", each, laid, [f"package:{name}/{laid.name}" for name in names] or ["store"])


def _contradictions(layout: Layout, receipt: Receipt, records: Records) -> Iterator[str]:
    """Yield what a receipt says that no engine would have written."""
    if os.name == "posix" and receipt.owner and receipt.owner[0] != os.stat(layout.root).st_uid:
        yield f"it says that user {receipt.owner[0]} owns the tree, and all below the root is made by one user"
    if isinstance(receipt, BundleReceipt):
        if bundle_id(receipt.name, release=receipt.release, sha256=receipt.sha256) != receipt.id:
            yield f"it names the archive {receipt.sha256[:12]}"
        elif not _is_description(receipt, layout.tree("bundles", receipt.id) / "bundle.json"):
            yield "its list of files is not the one of bundle.json"
        return
    if isinstance(receipt, LaidReceipt):
        if laid_id(receipt.wheel, byte_code=receipt.byte_code or str(receipt.bundle)[-12:]) != receipt.id:
            yield f"it names the wheel {receipt.wheel[:16]}"
        return
    if environment_id(receipt.name, key=receipt.key) != receipt.id:
        yield f"it names the environment {environment_id(receipt.name, key=receipt.key)}"
    elif not _are_of(receipt, records):
        yield "the files that it lists are not those of its wheels"


def _are_of(receipt: EnvironmentReceipt, records: Records) -> bool:
    """Return whether the unpacked wheels of an environment are those of its wheels, of this release or of an earlier one."""
    byte_code, bundle = records.byte_codes.get(receipt.bundle), receipt.bundle[-12:]
    if byte_code is None:
        return True
    either = [{laid_id(wheel, byte_code=byte_code), laid_id(wheel, byte_code=bundle)} for wheel in set(receipt.wheels)]
    return len(receipt.laid) == len(either) and all(len(ids & receipt.laid.keys()) == 1 for ids in either)


def _is_description(receipt: BundleReceipt, path: Path) -> bool:
    """Return whether the content of a receipt is that of the bundle.json whose digest it names."""
    expected = receipt.info_record.sha256
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != expected:
        # That it is gone or changed is found in the tree.
        return True
    try:
        return bool(json.loads(content) == receipt.info)
    except ValueError:
        return False
