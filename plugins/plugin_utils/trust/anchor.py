# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader trusts a repository by: a root that it was given, or a key that the first root of the repository must be signed by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.text.json_text import parse_json
from .layout import IDENTITY
from .metadata_source import ROOT_LIMIT

_NAME = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True)
class Anchor:
    """A root, as bytes, or an Ed25519 key; ``named`` is what messages call it."""

    named: str
    root: bytes | None = None
    key: Ed25519PublicKey | None = None

    @property
    def digest(self) -> str:
        """What answers that were verified by it are remembered under."""
        if self.root is not None:
            return hashlib.sha256(self.root).hexdigest()
        if self.key is None:
            raise AssertionError("an anchor is a root or a key")
        return hashlib.sha256(self.raw_key).hexdigest()

    @property
    def raw_key(self) -> bytes:
        """The bytes of the key."""
        if self.key is None:
            raise AssertionError("this anchor is a root")
        return self.key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def root_anchor(path: str | Path) -> Anchor | None:
    """Return the root in a file, or None where the file holds something else, such as a key."""
    try:
        with open(Path(path).expanduser(), "rb") as stream:
            content = stream.read(ROOT_LIMIT + 1)
    except OSError as error:
        raise HermeticError(f"The file {path}, by which the repository is trusted, cannot be read: {error.strerror or error}") from error
    if not content.lstrip().startswith(b"{"):
        return None
    if len(content) > ROOT_LIMIT:
        raise HermeticError(f"{path} has more than {ROOT_LIMIT} bytes; expected a root.json of a repository")
    signed_of(content, subject=str(path), role="root")
    return Anchor(str(path), root=content)


def signed_of(content: bytes, *, subject: str, role: str) -> Mapping[str, Any]:
    """Return the signed part of metadata, which nobody verified yet."""
    try:
        signed = parse_json(content)["signed"]
        if signed["_type"] == role:
            return dict(signed)
    except (ValueError, TypeError, KeyError) as error:
        raise BrokenArtifact(f"{subject} is not the metadata of the role {role}: {error}") from error
    raise BrokenArtifact(f"{subject} is not the metadata of the role {role}")


def identity_of(root: bytes) -> str:
    """Return what the state of a reader of this repository is kept under."""
    signed = signed_of(root, subject="The root", role="root")
    own = signed.get(IDENTITY)
    if isinstance(own, str) and _NAME.fullmatch(own):
        return own
    try:
        return hashlib.sha256("".join(sorted(signed["roles"]["root"]["keyids"])).encode()).hexdigest()
    except (TypeError, KeyError) as error:
        raise BrokenArtifact("The root does not name its keys; expected a root.json of a repository") from error
