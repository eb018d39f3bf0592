# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the archive of a host's first interpreter may come from, and within which limits it is downloaded. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.spec import DOWNLOADS
from .host_probe import HostFacts

if TYPE_CHECKING:
    from ..supply import BundleArtifact

STORED = "stored:"
"""Marks the source of a first bundle that may be in the root, and need not be."""


def stored_source(facts: HostFacts, bundle: BundleArtifact) -> str:
    """Return the name of the root's own copy of an archive, as the scripts take it: one that is not there is no failure."""
    separator = "\\" if facts.os == "Windows" else "/"
    return STORED + separator.join((facts.root, "wheels", bundle.sha256, bundle.filename))


def download_limits(options: Mapping[str, Any], bundle: BundleArtifact) -> dict[str, Any]:
    """Return how an archive is downloaded, as both scripts take it: an archive of a known size may be no larger than that."""
    return {
        "timeout": int(options.get("timeout") or 60),
        "retries": int(options.get("retries") or 0),
        "ca_path": options.get("ca_path"),
        "download_timeout": _given_limit(options, "download_timeout"),
        "minimum_rate": _given_limit(options, "minimum_rate"),
        "most_bytes": bundle.size if bundle.size is not None else _given_limit(options, "maximum_size"),
    }


def _given_limit(options: Mapping[str, Any], name: str) -> int:
    """Return a limit of downloads as the task has it, or as it is by default."""
    given = options.get(name)
    return int(DOWNLOADS[name]["default"] if given is None else given)
