# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundles that an environment can be made on: the one that was started, and the others of the generation in force."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import BrokenArtifact, HermeticError
from ..fs.record_files import read_bytes, read_json
from ..inspect.tree_status import tree_owner
from ..model.layout import Layout, is_tree_name
from ..model.manifest import FileRecord
from ..model.receipts import BundleReceipt
from ..records.installed_byte_code import byte_code_of
from ..text.grammar import generation_number
from ..text.json_text import parse_json
from .question import Question

_CAN_MAKE = "lib/engine/packaging"


@dataclass(frozen=True)
class HostBundle:
    """A bundle of the host, as its own description says."""

    tree: Path
    digest: str
    """The SHA-256 of bundle.json, which names every file of the bundle."""
    receipt: BundleReceipt

    @property
    def version(self) -> str:
        """The version of its Python."""
        return str(self.receipt.python["version"])

    @property
    def python(self) -> Path:
        """What starts its Python."""
        return self.tree / self.receipt.python["executable"]

    @property
    def byte_code(self) -> str:
        """The digest of the byte code that it reads."""
        return byte_code_of(self.receipt.info, sha256=self.digest, tree=self.tree)

    @property
    def can_make(self) -> bool:
        """Whether it has what reads locks."""
        return (self.tree / _CAN_MAKE).is_dir()


def read_bundle(tree: Path) -> HostBundle:
    """Return the bundle in a directory; raises BrokenArtifact where its description cannot be read."""
    try:
        content = read_bytes(tree / "bundle.json")
        info = parse_json(content)
        if not isinstance(info, dict) or not isinstance(info.get("python"), dict):
            raise ValueError("it describes no bundle")
        digest = hashlib.sha256(content).hexdigest()
        receipt = BundleReceipt(
            id=tree.name,
            sha256=digest,
            filename="bundle.json",
            size=0,
            owner=tree_owner(tree, ["bundle.json"]),
            info=info,
            info_record=FileRecord(0o644, len(content), digest),
            directories={},
        )
    except (OSError, ValueError) as error:
        raise BrokenArtifact(f"The bundle {tree} cannot be used: bundle.json: {error}. Install it again.") from error
    return HostBundle(tree, digest, receipt)


def other_bundle(question: Question, wants: str) -> HostBundle:
    """Return the newest other bundle of the generation in force that a specifier takes; raises HermeticError where there is none."""
    from packaging.specifiers import SpecifierSet

    accepted = SpecifierSet(wants)
    others = [bundle for bundle in _of_generation(question) if bundle.tree != Path(question.bundle)]
    usable = [bundle for bundle in others if bundle.can_make and accepted.contains(bundle.version, prereleases=True)]
    if usable:
        return max(usable, key=lambda bundle: [int(part) if part.isdigit() else 0 for part in bundle.version.split(".")])
    own = read_bundle(Path(question.bundle))
    there = ", ".join(f"{bundle.receipt.name} {bundle.version}" for bundle in [own, *others])
    raise HermeticError(
        f"{question.subject} needs Python {wants}, and no bundle of this host is of that version; there is {there}. "
        "Install such a bundle, or lock for a Python that is here."
    )


def _of_generation(question: Question) -> Iterator[HostBundle]:
    number = generation_number(os.path.basename(question.generation))
    if not question.host or number is None:
        return
    layout = Layout(Path(question.host))
    try:
        record = read_json(layout.generation_records / f"{number}.json")
    except (OSError, ValueError):
        return
    named = record.get("bundles") if isinstance(record, dict) else None
    for tree_id in sorted(named.values()) if isinstance(named, dict) else ():
        tree = layout.tree("bundles", str(tree_id))
        if is_tree_name("bundles", str(tree_id)) and os.path.isdir(tree):
            yield read_bundle(tree)
