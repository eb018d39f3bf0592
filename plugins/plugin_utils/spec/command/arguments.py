# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of hermetic-spec: one parser, with the options that several subcommands share in one place."""

from __future__ import annotations

import argparse

from ....module_utils.hermetic.text.grammar import PLATFORMS

FORMS = ("requirements", "pep723", "vpython.toml", "pylock.toml")
_EXITS = "Exit status: 0 nothing to report, 1 findings or not current, 2 wrong usage or a file that cannot be read."


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    top = argparse.ArgumentParser(
        prog="hermetic-spec",
        description="Read, lint, convert, lock and verify the specifications of programs (docs/VPYTHON.md).",
        epilog=_EXITS,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    show = _command(commands, "show", "print what a reader sees in a specification")
    show.add_argument("-c", dest="code", metavar="CODE", help="the specification of code that is given to python -c")
    show.add_argument("--platform", choices=PLATFORMS, metavar="NAME", help="only what a host of this platform gets")
    show.add_argument("--python", metavar="X.Y", help="the Python of that host (default: the oldest one that the specification is for)")
    show.add_argument("-m", dest="module", metavar="MODULE", help="the specification of a module that is run with python -m from here")
    lint = _command(commands, "lint", "report what is wrong with a specification and its lock")
    lint.add_argument("--offline", action="store_true", help="do not ask the index for names and versions")
    _sources(lint)
    convert = _command(commands, "convert", "print a specification in another form, and report what means something else")
    convert.add_argument("--to", choices=FORMS, default="vpython.toml", help="the form (default: %(default)s)")
    convert.add_argument("--output", "-o", metavar="FILE", help="write it there; a file that exists is left alone without --force")
    convert.add_argument("--force", action="store_true", help="replace a file that exists")
    convert.add_argument("--local-versions", action="store_true", help="keep builds of CIPD as local versions (5.8.0+chromium.3)")
    _targets(convert)
    _sources(convert)
    lock = _command(commands, "lock", "resolve a specification for every platform, and write the lock beside it")
    lock.add_argument("--check", action="store_true", help="only say whether the lock is current; needs no network")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions, not those of the lock")
    lock.add_argument("--force", action="store_true", help="replace a lock that this command did not write")
    _targets(lock)
    _sources(lock)
    verify = _command(commands, "verify", "check for every platform that each wheel exists and has the locked hash")
    verify.add_argument("--no-index", action="store_true", help="look into the repository only")
    _targets(verify)
    _sources(verify)
    return top


def _command(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str) -> argparse.ArgumentParser:
    found = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_EXITS)
    found.add_argument(
        "files",
        nargs="*" if name == "show" else "+",
        metavar="FILE",
        help="a specification, or a program: if it has none in it, the one that vpython3 finds",
    )
    found.add_argument("--program", action="store_true", help="FILE is a program: take the specification that vpython3 finds for it")
    found.add_argument("--json", action="store_true", help="print JSON")
    return found


def _targets(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("platforms (default: those of the specification, else of the repository, else all)")
    group.add_argument(
        "--platform", action="append", default=[], choices=PLATFORMS, metavar="NAME", help="such as linux-x86_64; may be given again"
    )
    group.add_argument("--python", action="append", default=[], metavar="X.Y", help="a release of Python; may be given again")
    group.add_argument("--repository", metavar="PLACE", help="a repository of bundles and wheels: directory or URL")
    group.add_argument(
        "--bundle", action="append", default=[], metavar="NAME", help="the bundles of the repository that count (default: all)"
    )
    group.add_argument("--public-key", metavar="FILE", help="the key, or the root of TUF, by which the repository is trusted")
    group.add_argument("--allow-unsigned", action="store_true", help="read an unsigned repository without https")


def _sources(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("package sources (default: what pip is configured with)")
    group.add_argument("--index", action="append", default=[], metavar="URL", help="a simple index; give no password here, but in netrc")
    group.add_argument("--find-links", action="append", default=[], metavar="PLACE", help="a directory or page of wheels")
    group.add_argument("--cache", metavar="DIRECTORY", help="where answers and downloads are kept")
