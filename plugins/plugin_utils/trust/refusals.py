# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why metadata was refused, by the name of the attack that it may be, and what to do if it is none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tuf.api import exceptions
from tuf.api.serialization import DeserializationError

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.text.json_text import parse_json
from ...module_utils.hermetic.text.redaction import shown
from ..net.size_limits import TooLarge
from .anchor import signed_of
from .layout import METADATA, TOP_LEVEL
from .metadata_source import endless

_AGAIN = "Nothing of it is used: publish it again with the right keys, or correct the file that it is trusted by"


def refusal(
    error: Exception, *, repository: str, path: str, received: Mapping[str, bytes], snapshot_version: int | None = None
) -> HermeticError:
    """Return the error of a reader.

    ``path`` is the file that was requested last, ``received`` has what came, and ``snapshot_version`` is what the timestamp names.
    """
    content = received.get(path)
    subject = f"{path} of the repository {shown(repository)}"
    role = path.rpartition("/")[2].removesuffix(".json").rpartition(".")[2]
    cause = error.__cause__
    if isinstance(cause, TooLarge) or isinstance(error, exceptions.DownloadLengthMismatchError):
        return endless(path, repository)
    if isinstance(error, exceptions.DownloadHTTPError):
        return BrokenArtifact(f"{subject} is missing, or may not be read; publish again, or upload the whole repository")
    if isinstance(cause, HermeticError):
        return cause
    if isinstance(error, exceptions.DownloadError):
        return HermeticError(f"{subject} cannot be read: {error}")
    if isinstance(error, exceptions.UnsignedMetadataError):
        return BrokenArtifact(f"{subject} {_signatures(str(error))}. {_AGAIN}")
    if isinstance(error, exceptions.ExpiredMetadataError):
        return _expired(str(error), repository, path, received)
    if isinstance(error, exceptions.BadVersionNumberError):
        return _version(role, subject, content, snapshot_version)
    if isinstance(error, exceptions.LengthOrHashMismatchError):
        return BrokenArtifact(
            f"{subject} is not the file that the metadata names: it was changed, or files of different publications were put together (mix-and-match). "
            "Nothing of it is used: publish it again, or upload the whole repository"
        )
    if isinstance(error, DeserializationError):
        return BrokenArtifact(f"{subject} is no TUF metadata. {_AGAIN}")
    if role == "snapshot":
        return BrokenArtifact(f"{subject} no longer lists metadata that it listed before (rollback). {_AGAIN}")
    return BrokenArtifact(f"{subject} is refused: {error}. {_AGAIN}")


def _signatures(text: str) -> str:
    found = re.search(r"signed by (\d+)/(\d+) keys", text)
    if found is None:
        return "is not signed by the keys of its role"
    valid, wanted = map(int, found.groups())
    if valid == 0:
        return f"is signed by wrong keys, or was changed after it was signed: it has no valid signature of its role, which needs {wanted}"
    return f"is signed by too few keys: it has {valid} valid of {wanted} signatures that its role needs (threshold)"


def _expired(said: str, repository: str, path: str, received: Mapping[str, bytes]) -> BrokenArtifact:
    # What was requested last may be what follows: the client asks for a snapshot before it says that the timestamp is too old.
    role = next((name for name in TOP_LEVEL if name in said), None)
    own = [name for name in received if role is not None and name.endswith(f"/{role}.json" if role == "timestamp" else f".{role}.json")]
    place = own[-1] if own else f"{METADATA}/{role}.json" if role is not None else path
    expires = _signed_expiry(received[place]) if place in received else None
    return BrokenArtifact(
        f"{place} of the repository {shown(repository)} expired{f' on {expires}' if expires else ''}: nobody renewed it, or somebody serves an old copy "
        "(freeze). Renew it with state: refreshed and the keys of its role; if it is current, correct the clock of this controller"
    )


def _signed_expiry(content: bytes) -> str | None:
    found = parse_json(content).get("signed", {}).get("expires")
    return found if isinstance(found, str) else None


def _version(role: str, subject: str, content: bytes | None, snapshot_version: int | None) -> BrokenArtifact:
    found = signed_of(content, subject=subject, role=role).get("version") if content is not None and role in ("snapshot", "root") else None
    mixed = (role == "snapshot" and snapshot_version is not None and found != snapshot_version) or role not in (
        "root",
        "timestamp",
        "snapshot",
    )
    if mixed:
        return BrokenArtifact(
            f"{subject} has another version than the metadata names: files of different publications were put together (mix-and-match). "
            "Nothing of it is used: publish it again, or upload the whole repository"
        )
    if role == "root":
        return BrokenArtifact(f"{subject} has version {found}, which is not the one that its name says (rollback). {_AGAIN}")
    return BrokenArtifact(
        f"{subject} went back to an older version than this controller has seen: somebody serves an old copy (rollback). If it was restored on "
        "purpose, publish once more until its versions are newer"
    )
