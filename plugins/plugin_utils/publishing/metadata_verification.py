# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the metadata of a repository directory is what a reader would accept, now and for this index."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ...module_utils.hermetic.errors import HermeticError
from ..repository.index_parts import whole_index
from ..repository.reader import INDEX, SIGNATURE
from ..repository.signature import is_signed_by
from ..trust.anchor import Anchor
from ..trust.client import first_root, verified_index
from ..trust.layout import FLAG, TUF, timestamp_path, versioned
from ..trust.metadata_source import ROOT_LIMIT, DirectorySource
from .listed_files import listed_files
from .metadata_directory import MetadataDirectory
from .target_links import lacking_links


def metadata_problems(
    directory: Path, index: Mapping[str, Any], content: bytes, signed: bytes | None, *, anchor: Anchor | None
) -> list[str]:
    """Return what is wrong; without an anchor, the first root of the directory is believed."""
    source = DirectorySource(directory)
    if (
        (anchor is None or anchor.root is None)
        and index.get(FLAG) != TUF
        and source.read(timestamp_path(), limit=ROOT_LIMIT).content is None
    ):
        return []
    try:
        if anchor is not None:
            root = anchor.root or first_root(source, anchor, repository=str(directory))
        else:
            root = source.read(versioned("root", 1), limit=ROOT_LIMIT).content
        if root is None:
            return [f"{versioned('root', 1)}: is missing"]
        with tempfile.TemporaryDirectory() as place:
            found = verified_index(source, root=root, state=Path(place) / "state", repository=str(directory))
        named = whole_index(found.parts, found.delegated, subject=INDEX)
    except HermeticError as error:
        return [error.message]
    problems = [] if named == content else [f"{INDEX}: is not the index that the metadata names"]
    if signed is not None and not _is_signed_by_a_root_key(directory, content, signed):
        problems.append(f"{SIGNATURE}: is no signature of the index by a key that the root names; publish once more with private_key")
    lacking = lacking_links(directory, [(path, sha256) for path, _size, sha256, _unused in listed_files(index)])
    return problems + [f"{path}: lacks the second name by which clients of TUF request it; publish once more" for path, _unused in lacking]


def _is_signed_by_a_root_key(directory: Path, content: bytes, signed: bytes) -> bool:
    """Return whether readers without metadata, who have one of the keys, accept the index."""
    now = MetadataDirectory(directory).in_force()
    keys = now.root.signed.keys.values() if now is not None else ()
    public = [Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"])) for key in keys if key.keytype == "ed25519"]
    return any(is_signed_by(content, signed, key=key) for key in public)
