# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one look at a host finds: the command that looks, and its answer as a value."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.mounts import Mount, parse_listed_mount
from ...module_utils.hermetic.text.grammar import digest_problem, tree_parts
from .host_trust import Distrust, parse_distrust

_MARK = "hermetic-probe-1 "
_INCLUDE = "# include "
_REQUIRED = frozenset({"os", "machine", "uid", "libc", "root_type", "root_writable", "tools", "root"})
_OPTIONAL = frozenset({"bits", "libc_version", "free", "code"})
_REPEATED = frozenset({"engine", "dead", "untrusted", "mount"})

_MACHINES: Mapping[tuple[str, str], str] = {
    ("Linux", "x86_64"): "linux-x86_64",
    ("Linux", "amd64"): "linux-x86_64",
    ("Linux", "aarch64"): "linux-aarch64",
    ("Linux", "arm64"): "linux-aarch64",
    ("Darwin", "x86_64"): "macos-x86_64",
    ("Darwin", "arm64"): "macos-arm64",
    ("Windows", "AMD64"): "windows-x86_64",
    ("Windows", "ARM64"): "windows-arm64",
    ("Windows", "x86"): "windows-x86",
}

# Compiled when this is imported, which is before Ansible forks, and not by the fork of each host.
_FORMS = {
    name: re.compile(form)
    for name, form in {
        "uid": r"\d+",
        "bits": r"\d+",
        "libc": r"glibc|musl|none",
        "root_type": r"missing|empty|directory|other",
        "free": r"[0-9]{1,15}",
        "root_writable": r"yes|no",
        "root": r"/.*",
    }.items()
}
_SLASHES = re.compile(r"/+")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_BUNDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_TWO_NUMBERS = re.compile(r"(\d+)\.(\d+)")

# White space and what means something to a shell: such a root cannot stand in a script's first line, nor in a command of Ansible.
_UNUSABLE = re.compile(r"""[\s'"\\$;&|<>()`*?\[\]{}!#%\x00-\x1f]""")


@dataclass(frozen=True)
class Interpreter:
    """An installed bundle's Python that starts and can run the engine."""

    bundle_id: str
    path: str
    version: tuple[int, ...]
    engine_digest: str | None = None
    """Which engine the bundle says that it carries."""


@dataclass(frozen=True)
class HostFacts:
    """What the probe found."""

    os: str
    machine: str
    bits: int | None
    uid: int
    libc: str | None
    libc_version: tuple[int, int] | None
    root: str
    root_type: str
    """``missing``, ``empty``, ``directory`` or ``other``."""
    root_writable: bool
    """Whether the root can be written, or made where it is missing."""
    interpreter: Interpreter | None
    dead: tuple[str, ...]
    """Identifiers of installed bundles whose interpreter does not start."""
    tools: frozenset[str]
    free: int | None = None
    """Bytes left on the file system of the root, where the probe asked: on a host without an interpreter."""
    changed: str = ""
    """What of the interpreter's bundle is not as it was published, where that was looked at."""
    untrusted: tuple[str, ...] = ()
    """Identifiers of installed bundles whose interpreter was not started, since another user may change it."""
    distrust: tuple[Distrust, ...] = ()
    """What another user may change of the root, and above it."""
    mounts: tuple[Mount, ...] = ()
    """What the root and its bundles are mounted on, where it cannot be written or no interpreter starts."""
    presumed: bool = False
    """Whether all this is only presumed, since the host is not asked before it has something to do."""

    @property
    def damaged(self) -> tuple[str, ...]:
        """Identifiers of installed bundles whose interpreter does not start, or was not started."""
        return (*self.dead, *self.untrusted)

    def interpreter_path(self, bundle_id: str) -> str:
        """Return where the interpreter of an installed bundle is."""
        if self.os == "Windows":
            return f"{self.root}\\bundles\\{bundle_id}\\bin\\python.exe"
        return f"{self.root}/bundles/{bundle_id}/bin/python3"

    @property
    def platform(self) -> str:
        """The name of the platform, or an error for one that no bundle exists for."""
        name = _MACHINES.get((self.os, self.machine))
        if name is None or self.bits == 32:
            found = f"{self.os} on {self.machine}" + (f" with a system of {self.bits} bits" if self.bits else "")
            raise HermeticError(
                f"The host runs {found}, which no bundle exists for; expected {', '.join(sorted(set(_MACHINES.values())))} or musl."
            )
        if self.os == "Linux" and self.libc is None:
            raise HermeticError(
                "The C library of the host was recognized by neither getconf, ldd nor its loader; expected glibc or musl. Install getconf or ldd there."
            )
        return f"{name}-musl" if self.libc == "musl" else name


def usable_root(root: str) -> str:
    """Return a POSIX root without trailing slashes, or raise an error that says why it cannot be one."""
    if _UNUSABLE.search(root):
        raise HermeticError(
            f"The root {root!r} has white space, a quote or another character that is special to a shell; "
            "the scripts of an environment could not start from it. Choose a plain path."
        )
    if not root.startswith(("/", "~/")) and root != "~":
        raise HermeticError(f"The root {root!r} is not an absolute path; expected one like /opt/infra-system or ~/infra-system.")
    if ".." in root.split("/"):
        raise HermeticError(f"The root {root!r} goes through '..'; write the path that it leads to.")
    clean = _SLASHES.sub("/", root).rstrip("/")
    if not clean or clean in ("~", "/opt", "/usr", "/usr/local", "/etc", "/var", "/home", "/root", "/tmp", "/bin", "/lib"):
        raise HermeticError(
            f"The root {root!r} is a directory of the system or a whole home; expected a directory of its own, like /opt/infra-system."
        )
    return clean


@cache
def script_text(name: str) -> str:
    """Return a shell script of this directory without comments and indentation, which would only make every command longer."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    parts = [script_text(line[len(_INCLUDE) :]) if line.startswith(_INCLUDE) else line for line in lines]
    return "\n".join(part.strip() for part in parts if part.strip() and not part.lstrip().startswith("#"))


def probe_command(root: str, *, starts: bool = True, unsafe_parent: bool = False) -> str:
    """Return the command that looks at a host.

    Without ``starts`` it believes bundle.json, and starts no interpreter. ``unsafe_parent`` accepts directories above the root that
    others may change.
    """
    words = [root, *([] if starts and not unsafe_parent else ["start" if starts else "still"]), *(["yes"] if unsafe_parent else [])]
    return f"/bin/sh -c {shlex.quote(script_text('probe.sh'))} probe {' '.join(map(shlex.quote, words))}"


def parse_probe(stdout: str, *, stderr: str = "", rc: int = 0) -> HostFacts:
    """Read the probe's answer; anything that does not look exactly as expected is an error."""
    lines = [line for line in stdout.splitlines() if line.startswith(_MARK)]
    if len(lines) != 1:
        shown = (stderr.strip() or stdout.strip() or "nothing")[-400:]
        raise HermeticError(f"The host could not be probed: its /bin/sh ended with {rc}. Its last output: {shown}")
    # The root stands last, since it alone could hold a space (from a home directory's name).
    head, separator, root = lines[0][len(_MARK) :].partition(" root=")
    facts: dict[str, str] = {"root": root} if separator else {}
    repeated: dict[str, list[str]] = {key: [] for key in _REPEATED}
    problems: list[str] = []
    for word in head.split(" "):
        key, equals, value = word.partition("=")
        if key in _REPEATED and equals:
            repeated[key].append(value)
        elif equals and key not in facts and key in _REQUIRED | _OPTIONAL:
            facts[key] = value
        else:
            problems.append(f"unexpected: {word!r}")
    problems.extend(f"missing: {key}" for key in sorted(_REQUIRED - set(facts)))
    if not problems:
        problems.extend(_ill_formed(facts))
    if problems:
        raise HermeticError(f"The probe's answer cannot be read: {lines[0]!r}", problems)
    clean = usable_root(facts["root"])
    return HostFacts(
        os=facts["os"],
        machine=facts["machine"],
        bits=int(facts["bits"]) if "bits" in facts else None,
        uid=int(facts["uid"]),
        libc=None if facts["libc"] == "none" else facts["libc"],
        libc_version=_two_numbers(facts.get("libc_version", "")),
        root=clean,
        root_type=facts["root_type"],
        root_writable=facts["root_writable"] == "yes",
        interpreter=_interpreter(repeated["engine"], root=clean, code=facts.get("code")),
        # A directory of another name is none of ours; the engine reports it.
        dead=tuple(each for each in repeated["dead"] if tree_parts("bundles", each) is not None),
        tools=frozenset(filter(None, facts["tools"].split(","))),
        free=int(facts["free"]) * 1024 if "free" in facts else None,
        untrusted=tuple(repeated["untrusted"]),
        distrust=parse_distrust(stdout),
        mounts=tuple(parse_listed_mount(each) for each in repeated["mount"]),
    )


def _ill_formed(facts: Mapping[str, str]) -> list[str]:
    return [f"{key} is {facts[key]!r}" for key, form in _FORMS.items() if key in facts and not form.fullmatch(facts[key])]


def _interpreter(found: list[str], *, root: str, code: str | None) -> Interpreter | None:
    if not found:
        return None
    version, _separator, bundle_id = found[0].partition(":")
    if not _VERSION.fullmatch(version) or not _BUNDLE.fullmatch(bundle_id):
        raise HermeticError(f"The probe's answer cannot be read: engine={found[0]!r} is not <version>:<bundle>.")
    return Interpreter(
        bundle_id=bundle_id,
        path=f"{root}/bundles/{bundle_id}/bin/python3",
        version=tuple(int(part) for part in version.split(".")),
        engine_digest=code if digest_problem(code) is None else None,
    )


def _two_numbers(text: str) -> tuple[int, int] | None:
    match = _TWO_NUMBERS.match(text)
    return (int(match[1]), int(match[2])) if match else None
