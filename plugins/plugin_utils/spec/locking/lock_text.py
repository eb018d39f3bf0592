# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resolver's lock as the lock of a specification: wheels only, without secrets, with the record of what it is of; pure."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.redaction import has_secret, shown
from .kept_wheels import KeptWheels
from .lock_record import LockRecord

CREATOR = "hermetic.python"
_KEPT = ("name", "version", "marker", "requires-python", "dependencies", "index")


def lock_document(resolved: str, *, resolved_in: Path, directory: Path, requires_python: str | None, kept: KeptWheels) -> dict[str, Any]:
    """Return what a resolver answered, for a lock in another directory; raises HermeticError with everything that cannot be kept."""
    try:
        answer = tomllib.loads(resolved)
    except ValueError as error:
        raise HermeticError(f"The resolver's answer is not TOML: {error}") from error
    problems: list[str] = []
    packages = [_package(package, resolved_in, directory, kept, problems) for package in answer.get("packages", [])]
    if problems:
        raise HermeticError("The resolver's answer cannot be a lock", problems)
    head: dict[str, Any] = {"lock-version": "1.0", "created-by": CREATOR}
    if requires_python:
        head["requires-python"] = requires_python
    return head | {
        "packages": sorted(packages, key=lambda package: (package["name"], package.get("version", ""), package.get("marker", "")))
    }


def empty_document(requires_python: str | None) -> dict[str, Any]:
    """Return the lock of a specification that asks for no package."""
    return {
        "lock-version": "1.0",
        "created-by": CREATOR,
        **({"requires-python": requires_python} if requires_python else {}),
        "packages": [],
    }


def lock_text(document: Mapping[str, Any], record: LockRecord) -> str:
    """Return the text of a lock file."""
    import tomli_w

    # Tables of packages are last in a file, so what is of the lock as a whole comes first.
    head = {key: value for key, value in document.items() if key != "packages"}
    text = tomli_w.dumps({**head, "tool": {"hermetic": record.as_toml()}, "packages": document["packages"]})
    return f"# Written by hermetic-spec lock; not to be edited.\n{text}"


def _package(
    package: Mapping[str, Any], resolved_in: Path, directory: Path, wheels_kept: KeptWheels, problems: list[str]
) -> dict[str, Any]:
    name = f"{package.get('name')} {package.get('version', '')}".strip()
    kept = {key: package[key] for key in _KEPT if key in package}
    if "index" in kept and (has_secret(str(kept["index"])) or urlsplit(str(kept["index"])).scheme == "file"):
        del kept["index"]
    wheels = [_wheel(wheel, resolved_in, directory, name, problems) for wheel in package.get("wheels", [])]
    if not wheels:
        kind = next((key for key in ("vcs", "directory", "archive", "sdist") if key in package), None)
        what = f"it comes as {kind}" if kind else "it has no file"
        problems.append(f"{name}: no wheel, {what}; build a wheel, publish it and require its version")
    # Where none fits, all stay: the message about what is missing says what there is.
    needed = [wheel for wheel in wheels if wheels_kept.keeps(wheel["name"])]
    return kept | {"wheels": needed or wheels}


def _wheel(wheel: Mapping[str, Any], resolved_in: Path, directory: Path, name: str, problems: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    path = _local(wheel, resolved_in)
    if path is not None:
        # Whoever has the lock's directory has what lies in it; other paths are of this machine.
        below = path.is_relative_to(directory)
        filename = wheel.get("name") or path.name
        kept = {"name": filename, "path": path.relative_to(directory).as_posix()} if below else {"name": filename, "url": path.as_uri()}
    else:
        url = str(wheel.get("url", ""))
        clean = _without_secrets(url)
        if clean is None:
            problems.append(f"{name}: the address {shown(url)} may hold a password; configure the index without one in its path")
            clean = ""
        filename = wheel.get("name") or unquote(urlsplit(clean).path.rpartition("/")[2])
        kept = {"name": filename, "url": clean}
    if wheel.get("size") is not None:
        kept["size"] = wheel["size"]
    sha256 = wheel.get("hashes", {}).get("sha256")
    if not sha256:
        problems.append(f"{name}: {kept['name']} has no SHA-256 in its index")
    return kept | {"hashes": {"sha256": sha256 or ""}}


def _local(wheel: Mapping[str, Any], resolved_in: Path) -> Path | None:
    if wheel.get("path"):
        return Path(os.path.normpath(resolved_in / str(wheel["path"])))
    parts = urlsplit(str(wheel.get("url", "")))
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _without_secrets(url: str) -> str | None:
    """Return an address without login, query and fragment, or None where it cannot be told what is one."""
    if not has_secret(url):
        return url
    parts = urlsplit(url)
    if "@" in parts.path:
        return None
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{quote(unquote(parts.path))}"
