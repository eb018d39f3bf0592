# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of the controller offers to the maker of an environment, and what that answers: two files of a private directory.

A task says where every wheel comes from, so that a host opens no connection that nobody asked for. The maker answers with the wheels
that it lacks; the controller finds them, and offers more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import FetchFailed, HermeticError
from ..fs.atomic import write_json
from ..fs.record_files import read_json
from ..model.artifact import Artifact
from ..text.counting import counted
from .pinned import PinnedWheel

VARIABLE = "HERMETIC_VPYTHON_OFFERS"
_FORMAT = 1
_OFFERS = "offers.json"
_ANSWER = "answer.json"


@dataclass(frozen=True)
class Offers:
    """Artifacts with their sources, and how these may be reached."""

    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    """By digest."""
    prebuilt: Mapping[str, str] = field(default_factory=dict)
    """The artifacts that unpack to a wheel with its byte code, by the tree that they unpack to."""
    uses_lock: bool = False
    """Whether the addresses in the lock are used as well: those of a lock that lies on the host."""
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of a fetch: timeouts, retries, and certificates."""


class LacksWheels(HermeticError):
    """Raised where neither the host has a wheel nor anybody offered it; ``lacks`` are all of them."""

    def __init__(self, lacks: list[PinnedWheel]) -> None:
        self.lacks = lacks
        super().__init__(
            f"{counted(len(lacks), 'wheel')} of the lock are not on this host, and the task offers none of them.",
            [f"{each.name} {each.version}: {each.filename or 'a wheel with one of the locked digests'}" for each in lacks],
        )


def write_offers(directory: Path, offers: Offers) -> None:
    """Write offers where the maker reads them; credentials may be among them."""
    document = {
        "format": _FORMAT,
        "artifacts": {
            sha256: {"filename": each.filename, "size": each.size, "sources": list(each.sources)}
            for sha256, each in offers.artifacts.items()
        },
        "prebuilt": dict(offers.prebuilt),
        "uses_lock": offers.uses_lock,
        "credentials": {host: dict(known) for host, known in offers.credentials.items()},
        "limits": dict(offers.limits),
    }
    write_json(directory / _OFFERS, document, mode=0o600)


def withdraw_offers(directory: Path) -> None:
    """Remove the offers, and with them the credentials, before anything else is run."""
    (directory / _OFFERS).unlink(missing_ok=True)


def offers_of_task(environment: Mapping[str, str]) -> tuple[Offers, Path] | None:
    """Return what a task offers, and where it is answered; None where a user started the program."""
    named = environment.get(VARIABLE)
    if not named:
        return None
    directory = Path(named)
    try:
        document = read_json(directory / _OFFERS)
        artifacts = {
            sha256: Artifact(sha256, entry["filename"], entry["size"], tuple(entry["sources"]))
            for sha256, entry in document["artifacts"].items()
        }
        offers = Offers(artifacts, document["prebuilt"], document["uses_lock"] is True, document["credentials"], document["limits"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HermeticError(
            f"The variable {VARIABLE} names {directory}, whose {_OFFERS} cannot be read: {type(error).__name__}. "
            "The module hermetic.python.script sets it for itself only; unset it."
        ) from error
    return offers, directory


def answer_made(directory: Path, *, made: bool) -> None:
    """Say whether an environment was built, or was there."""
    write_json(directory / _ANSWER, {"format": _FORMAT, "made": made})


def answer_failure(directory: Path, error: HermeticError, *, byte_code: str) -> None:
    """Say why there is no environment, with what would help; ``byte_code`` is the digest of what its Python reads."""
    document: dict[str, Any] = {"format": _FORMAT, "made": False, "message": error.message, "problems": error.problems}
    if isinstance(error, LacksWheels):
        document["byte_code"] = byte_code
        document["lacks"] = [
            {key: value for key, value in asdict(each).items() if key in ("name", "version", "filename", "digests")} for each in error.lacks
        ]
    if isinstance(error, FetchFailed):
        document["needs"] = error.needs
    write_json(directory / _ANSWER, document)


def read_answer(directory: Path) -> dict[str, Any]:
    """Return what the maker answered; nothing where it did not run, since the environment was there."""
    try:
        found = read_json(directory / _ANSWER)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        # Cut off; what it wrote on standard error says why.
        return {}
    return found if isinstance(found, dict) and found.get("format") == _FORMAT else {}
