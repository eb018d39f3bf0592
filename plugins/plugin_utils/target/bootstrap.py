# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host without any Python gets one for the length of a task: the command that unpacks it, and its answer as a value."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import has_secret, redacted, shown
from ..net.url_credentials import entry_of
from .host_probe import script_text
from .host_trust import parse_distrust, refuse_untrusted

_MARK = "hermetic-bootstrap-1 "

_MEANINGS = {
    "tools": "The host lacks a program that a first bundle takes",
    "parent": "The root cannot be made where it is to be",
    "place": "The host has no directory where a first bundle can be unpacked and run",
    "space": "The host has too little room for the first bundle",
    "fetch": "The host could fetch the first bundle from none of its sources",
    "digest": "What the host fetched as its first bundle is not the archive that was declared",
    "archive": "The archive of the first bundle cannot be used",
    "interpreter": "The interpreter of the first bundle does not run on the host",
}
_REMEDIES = {
    "tools": "Install it.",
    "parent": "Choose another root.",
    "place": "Choose a root on a file system that allows programs, that this user can write, and that no other user can change.",
    "space": "Free space there, or choose a root on another file system.",
    "fetch": "Let the host reach a source, or set transfer to push.",
    "digest": "Publish the archive again, or correct its sha256.",
    "archive": "Build the bundle again.",
    "interpreter": "Build the bundle for this platform and C library.",
}


class BootstrapFailed(HermeticError):
    """Raised when a host could not be given its first interpreter; ``kind`` says at which step."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        super().__init__(f"{_MEANINGS[kind]}: {detail.strip().rstrip(';.')}. {_REMEDIES[kind]}")

    @property
    def pushing_may_help(self) -> bool:
        """Whether the same archive, copied from the controller, could do."""
        return self.kind in ("fetch", "digest")


@dataclass(frozen=True)
class Bootstrapped:
    """An interpreter in a temporary directory, which is removed after the task."""

    place: str
    archive: str
    """Where the verified copy of the archive is on the host, for the engine to install from."""
    root_made: bool = False
    """Whether the root was made for it, and so is removed again when nothing was installed."""

    @property
    def tree(self) -> str:
        """What the archive was unpacked to."""
        return f"{self.place}/tree"

    @property
    def python(self) -> str:
        """The interpreter that runs the engine."""
        return f"{self.tree}/bin/python3"


def bootstrap_command(
    sources: Sequence[str],
    *,
    sha256: str,
    install: bool,
    root: str,
    remote_tmp: str | None,
    secrets_file: str | None = None,
    timeout: int = 60,
    retries: int = 4,
    ca_path: str | None = None,
    download_timeout: int = 3600,
    minimum_rate: int = 0,
    most_bytes: int = 4 << 30,
    unsafe_parent: bool = False,
) -> str:
    """Return the command that unpacks a bundle; ``install`` allows it to make and use the root for that.

    A command can be seen by every user of the host. So no source may hold credentials, and one with a query, which may be a
    signature, stands here by its number in the file with secrets: see ``secrets_text``.
    """
    words = [
        sha256,
        "install" if install else "look",
        root,
        remote_tmp or "",
        secrets_file or "",
        f"{timeout}:{download_timeout}:{minimum_rate}:{most_bytes}",
        str(retries),
        ca_path or "",
        "yes" if unsafe_parent else "",
        *(_as_argument(number, source, secrets_file) for number, source in enumerate(sources)),
    ]
    for word in words:
        if redacted(word) != word:
            raise HermeticError(
                f"The source {redacted(word)} carries credentials, which must not be on a command line; give them as credentials."
            )
    return " ".join(["/bin/sh -c", shlex.quote(script_text("bootstrap.sh")), "bootstrap", *(shlex.quote(_plain(word)) for word in words)])


def secrets_text(credentials: Mapping[str, Mapping[str, Any]], *, sources: Sequence[str]) -> str | None:
    """Return the text of the file with the secrets of these sources, or None when there are none: credentials and signed addresses."""
    lines = [f"@{number} address {_plain(source)}" for number, source in enumerate(sources) if _is_secret(source)]
    if any(character in line for line in lines for character in "\r\n\0"):
        raise HermeticError("The address of a source holds a line break, which no address can; correct it.")
    for host in dict.fromkeys(urlsplit(source).netloc for source in sources if source.startswith(("http://", "https://"))):
        entry = entry_of(credentials, f"//{host}")
        if not entry:
            continue
        user, password = str(entry.get("username") or ""), str(entry.get("password") or "")
        if any(character in user + password for character in "\r\n\0") or ":" in user:
            raise HermeticError(
                f"The credentials of {host} hold a line break, or a colon in the user name; no HTTP server can be sent them."
            )
        quoted = f"{user}:{password}".replace("\\", "\\\\").replace('"', '\\"')
        # Without the last line, wget asks first without and then with the password, and takes the first refusal for the last now and then.
        lines += [f'{host} curl user = "{quoted}"', f"{host} wget user = {user}", f"{host} wget password = {password}"]
        lines.append(f"{host} wget auth_no_challenge = on")
    return "\n".join(lines) + "\n" if lines else None


def _is_secret(source: str) -> bool:
    return source.lower().startswith(("http://", "https://")) and has_secret(source) and "@" not in urlsplit(source).netloc


def _as_argument(number: int, source: str, secrets_file: str | None) -> str:
    if not _is_secret(source):
        return source
    if secrets_file is None:
        raise HermeticError(f"The source {shown(source)} has a query, which must not be on a command line; give its file of secrets.")
    return f"@{number}={shown(source).partition('?')[0]}"


def parse_bootstrap(stdout: str, *, root: str = "", stderr: str = "", rc: int = 0) -> Bootstrapped:
    """Read the script's answer; raises BootstrapFailed with the step that went wrong, or an error that names who else may change the root."""
    refuse_untrusted(parse_distrust(stdout), root=root)
    lines = [line[len(_MARK) :] for line in stdout.splitlines() if line.startswith(_MARK)]
    if len(lines) == 1:
        failed = re.fullmatch(r"error=(\w+) (.*)", lines[0])
        if failed and failed[1] in _MEANINGS:
            raise BootstrapFailed(failed[1], failed[2])
        made = re.fullmatch(r"version=\d+\.\d+\.\d+ root_made=(yes|no) place=(/.+/\.bootstrap-\w+) archive=(/.+)", lines[0])
        if made and rc == 0:
            return Bootstrapped(place=made[2], archive=made[3], root_made=made[1] == "yes")
    shown = (stderr.strip() or stdout.strip() or "nothing")[-400:]
    raise HermeticError(f"The host's /bin/sh could not unpack the first bundle; it ended with {rc}. Its last output: {shown}")


def removal_command(made: Bootstrapped) -> str:
    """Return the command that removes the temporary directory, and the root if it was made for it and is empty."""
    place = PurePosixPath(made.place)
    if not place.name.startswith(".bootstrap-"):
        raise HermeticError(f"{made.place!r} is no temporary directory of a bootstrap, and is not removed.")
    removal = f"rm -rf {shlex.quote(str(place))}"
    if made.root_made:
        parent = shlex.quote(str(place.parent))
        # rmdir removes empty directories only; after a run that installed something it must fail in silence.
        removal += f" && {{ rmdir {parent} 2>/dev/null || :; }}"
    return removal


def _plain(word: str) -> str:
    """Return the word as curl's configuration can hold it between quotes."""
    return word.replace('"', "%22").replace("\\", "%5C") if word.startswith(("http://", "https://")) else word
