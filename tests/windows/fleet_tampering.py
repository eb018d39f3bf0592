# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of changing a host that the report tells apart, done to Linux and Windows roots alike."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tampering import append

TAMPERED, INTERRUPTED = "tampered", "interrupted"
NOBODY = 12345
Found = tuple[str, str, str]


@dataclass(frozen=True)
class Host:
    """A root with the environments ``one`` (alpha, beta, gamma) and ``two`` (beta, gamma), and where the two systems have things in it."""

    root: Path
    windows: bool

    def environment(self, name: str) -> Path:
        """Return the tree of an environment."""
        return next((self.root / "environments").glob(f"{name}-*"))

    @property
    def bundle(self) -> Path:
        """The tree of the bundle."""
        return next((self.root / "bundles").iterdir())

    def named(self, text: str) -> str:
        """Fill in what is called otherwise on the other system."""
        if self.windows:
            return text.format(site="Lib/site-packages", bin="Scripts", exe=".exe", stdlib="bin/Lib")
        stdlib = next(self.bundle.glob("lib/python3.*")).relative_to(self.bundle)
        return text.format(site=f"{stdlib}/site-packages", bin="bin", exe="", stdlib=stdlib)

    def at(self, place: str) -> Path:
        """Return the path of a place: below ``one``, ``two`` or ``python``, or else below the root."""
        tree, _slash, inside = self.named(place).partition("/")
        if tree == "python":
            return self.bundle / inside
        return self.environment(tree) / inside if tree in ("one", "two") else self.root / tree / inside


Doing = Callable[[Host], object]


@dataclass(frozen=True)
class Way:
    """One way: what is done, and subject, kind and cause of each finding that it must lead to."""

    do: Doing
    found: tuple[Found, ...]


def _file(place: str, kind: str, do: Callable[[Path], object]) -> Way:
    return Way(lambda host: do(host.at(place)), ((f"file:{place}", kind, TAMPERED),))


def _written(text: str) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        # A new file, with the mode of the old one: others are linked to that, and would be changed with it.
        mode = path.stat().st_mode if path.exists() else None
        path.unlink(missing_ok=True)
        path.write_text(text)
        if mode is not None:
            path.chmod(mode)

    return do


def _remove_package(host: Host) -> None:
    for path in host.at("two/{site}").glob("gamma*"):
        shutil.rmtree(path)


def _package(name: str, version: str, *, instead_of: str = "") -> Doing:
    """Install a package as pip does; ``instead_of`` another one, whose metadata it takes away."""

    def do(host: Host) -> None:
        site = host.at("two/{site}")
        if instead_of:
            shutil.rmtree(site / instead_of)
        place = site / f"{name}-{version}.dist-info"
        place.mkdir()
        (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (place / "RECORD").write_text("")

    return do


def _lead_elsewhere(host: Host) -> None:
    link = host.at("generations/1/envs/two")
    if host.windows:
        # Wine has no junctions: what stands in for one says in its mark where it leads.
        elsewhere = "C:\\infra-system\\environments"
        (link / ".hermetic-stand-in").write_text(f"{elsewhere}\n{elsewhere}\n")
        return
    link.unlink()
    link.symlink_to("/etc")


ON_ALL = (
    _file("one/{site}/alpha/__init__.py", "modified", _written("changed\n")),
    _file("one/{site}/beta.py", "missing", os.unlink),
    _file("one/{site}/evil.py", "unexpected", _written("import os\n")),
    _file("one/{site}/stray.pth", "unexpected", _written("import os\n")),
    _file("python/{stdlib}/sitecustomize.py", "unexpected", _written("import os\n")),
    _file("two/{bin}/stray{exe}", "unexpected", _written("MZ\n")),
    _file("one/{bin}/alpha{exe}", "modified", _written("MZ, which is no launcher\n")),
    # Of an access list Wine keeps what a POSIX mode can say; test_engine_tamper.py sets one from the Windows side.
    _file("one/{site}/beta_data", "mode", lambda path: path.chmod(0o777)),
    Way(_remove_package, (("package:two/gamma", "missing", TAMPERED),)),
    Way(_package("added", "1.0"), (("package:two/added", "unexpected", TAMPERED),)),
    Way(_package("beta", "9.0", instead_of="beta-1.0.dist-info"), (("package:two/beta", "version", TAMPERED),)),
    Way(_lead_elsewhere, (("generation", "link", TAMPERED),)),
    Way(lambda host: host.at("environments/.new-one").mkdir(), (("store", "interrupted", INTERRUPTED),)),
    Way(lambda host: host.at("state/receipts/bundles/other.json").write_text("{"), (("store", "modified", TAMPERED),)),
)


def _other_owner(*more: Found) -> Way:
    way = _file("one/{site}/gamma", "owner", lambda path: os.chown(path, NOBODY, -1))
    return Way(way.do, (*way.found, *more))


def _other_interpreter(host: Host) -> None:
    link = host.at("one/bin/python")
    link.unlink()
    link.symlink_to("/bin/sh")


def _stream(path: Path) -> None:
    # Wine keeps a stream of a file under such a name, and shows it as a file of its own.
    path.with_name(f"{path.name}:evil").write_text("import os\n")


def _forge(host: Host) -> None:
    (path,) = host.at("state/receipts/environments").glob("two-*.json")
    receipt = json.loads(path.read_text())
    receipt["system_site_packages"] = not receipt["system_site_packages"]
    path.write_text(json.dumps(receipt))


FORGED = Way(_forge, (("virtualenv:two", "receipt", TAMPERED),))


def _dead(host: Host) -> Way:
    """Take from the bundle what it cannot start without, the engine's own interpreter among what runs from it."""
    program = host.bundle / "bin" if host.windows else host.bundle / "libexec"
    name = next(program.glob("python3[0-9]*.dll" if host.windows else "python3*")).relative_to(host.bundle).as_posix()
    way = _file(f"python/{name}", "missing", os.unlink)
    return Way(way.do, (*way.found, ("bundle:python", "not_runnable", TAMPERED)))


def _linux(host: Host) -> tuple[Way, ...]:
    return (
        _other_owner(),
        Way(_other_interpreter, (("virtualenv:one", "interpreter", TAMPERED),)),
        _file("two/{site}/linked", "unexpected", lambda path: path.symlink_to("/etc")),
        _file("python/{stdlib}/ssl.py", "modified", _written("changed\n")),
    )


def _windows(host: Host) -> tuple[Way, ...]:
    library = next(host.bundle.glob("bin/python3[0-9]*.dll")).name
    stream = _file("python/{stdlib}/ssl.py", "unexpected", _stream)
    return (
        # Wine makes the access list from owner and mode.
        _other_owner(("file:one/{site}/gamma", "mode", TAMPERED)),
        Way(append("one/pyvenv.cfg"), (("virtualenv:one", "interpreter", TAMPERED),)),
        _file("python/bin/DLLs/_lzma.pyd", "missing", os.unlink),
        _file(f"two/Scripts/{library}", "missing", os.unlink),
        Way(stream.do, (("file:python/{stdlib}/ssl.py:evil", "unexpected", TAMPERED),)),
        Way(lambda host: host.root.chmod(0o777), (("store", "mode", TAMPERED),)),
    )


def tamper(host: Host) -> set[Found]:
    """Change a root in all ways that leave its bundle able to start, and return what must be found then."""
    return set(_done(host, (*ON_ALL, *(_windows(host) if host.windows else _linux(host)))))


def forge_and_kill(host: Host) -> set[Found]:
    """Change a receipt, and take from the bundle what it cannot start without.

    Apart from the other ways: a deep look does not start a bundle that has foreign code in it, and so cannot say whether it would start.
    """
    return set(_done(host, (FORGED, _dead(host))))


def _done(host: Host, ways: Iterable[Way]) -> Iterator[Found]:
    for way in ways:
        # Named before: what is done may take away what tells the names.
        expected = [(host.named(subject), kind, cause) for subject, kind, cause in way.found]
        way.do(host)
        yield from expected
