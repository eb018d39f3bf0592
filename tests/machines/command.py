# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the test hosts, which the molecule scenarios use."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from windows_host import why_impossible

from . import containers, images, podman, serving


def main() -> int:
    """Do what the command line asks for; everything that can be expected to go wrong is one line on standard error."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.do(arguments) or 0)
    except podman.PodmanFailed as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check", help="say in one line why no test host can be made here; 0 when they can")
    check.add_argument("--install", action="store_true", help="first install what is missing, as root on Debian")
    check.add_argument("--windows", action="store_true", help="ask for a Windows host instead, see tests/windows/windows-host")
    check.set_defaults(do=_check)
    made = commands.add_parser("images", help="make the images that are not there yet")
    made.add_argument("names", nargs="*", metavar="NAME", default=list(images.IMAGES), help="which (all)")
    made.set_defaults(do=_images)
    up = commands.add_parser("up", help="start hosts afresh: {name: {image, user, become, network, options}}")
    up.add_argument("machines", type=json.loads, metavar="JSON")
    up.add_argument("--inventory", type=Path, metavar="FILE", help="where to write how they are reached (standard output)")
    up.set_defaults(do=_up)
    down = commands.add_parser("down", help="remove hosts, all of this clone without a name")
    down.add_argument("names", nargs="*", metavar="NAME")
    down.set_defaults(do=_down)
    serve = commands.add_parser("serve", help="serve a directory over HTTP on 127.0.0.1 until the file is removed")
    serve.add_argument("directory", type=Path)
    serve.add_argument("file", type=Path, help="where its address is written")
    serve.set_defaults(do=lambda given: serving.start(given.directory, given.file))
    return parser


def _check(arguments: argparse.Namespace) -> int:
    reason = why_impossible() if arguments.windows else podman.why_not(install=arguments.install)
    if reason:
        print(reason)
    return 1 if reason else 0


def _images(arguments: argparse.Namespace) -> None:
    for name in arguments.names:
        print(images.ready(name), flush=True)


def _up(arguments: argparse.Namespace) -> None:
    described = {name: dict(about or {}) for name, about in arguments.machines.items()}
    logins = {name: (about.pop("user", "root"), about.pop("become", None)) for name, about in described.items()}
    machines = [
        containers.Machine(name, number=number, **{**about, "options": tuple(about.get("options", ()))})
        for number, (name, about) in enumerate(described.items(), 1)
    ]
    containers.all_up(machines)
    hosts = {machine.name: machine.variables(*logins[machine.name]) for machine in machines}
    text = json.dumps({"molecule": {"hosts": hosts}}, indent=1) + "\n"
    if arguments.inventory:
        arguments.inventory.write_text(text)
    else:
        print(text, end="")


def _down(arguments: argparse.Namespace) -> None:
    containers.all_down([containers.Machine(name) for name in arguments.names] or None)
