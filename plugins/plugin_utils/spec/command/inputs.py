# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the arguments name: specifications, package sources, and the platforms and wheels of a repository."""

from __future__ import annotations

import argparse
import os
from functools import cached_property

from ....module_utils.hermetic.errors import HermeticError
from ...locks.package_sources import PackageSources
from ...net.url_credentials import split_credentials
from ...platforms import Target
from ...repository.index import Index
from ...supply import Supply
from ..formats.problem import Problem, Unreadable
from ..formats.specification import Specification
from ..locking.locking import without_local_places
from ..locking.targets import Asked
from ..reading.files import read_specification
from ..reading.lookup import find_specification
from ..reading.program import Program


def specification_of(path: str, *, program: bool) -> Specification:
    """Return the specification of a file; of a program that has none in it, or where ``program`` says so, the one that vpython3 finds for it."""
    if not program and not os.path.isdir(path):
        try:
            return read_specification(path)
        except Unreadable as error:
            if any(problem.rule != "no-specification" for problem in error.found):
                raise
    return specification_of_program(Program("input") if path == "-" else Program("script", path), subject=path)


def specification_of_program(program: Program, *, subject: str) -> Specification:
    """Return the specification that vpython3 finds for what it is told to run."""
    found = find_specification(program).specification
    if found is None:
        message = (
            "nothing says what the program needs: add a block '# /// script' (PEP 723), or a file that vpython3 finds (docs/VPYTHON.md)"
        )
        raise Unreadable([Problem("no-specification", message, path=subject)])
    return found


class Inputs:
    """The package sources and the repository that the options name, each asked at first use."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments

    @cached_property
    def supply(self) -> Supply:
        """The supply with the indexes of the options, else those of pip."""
        first, *others = self._arguments.index or [None]
        return Supply.from_options(
            {
                "index_url": first,
                "extra_index_urls": others,
                "find_links": self._arguments.find_links,
                "cache": self._arguments.cache,
                "allow_unsigned": getattr(self._arguments, "allow_unsigned", False),
            }
        )

    @property
    def sources(self) -> PackageSources:
        """The sources that a resolver is given."""
        given = [split_credentials(place)[0] for place in (*self._arguments.index, *self._arguments.find_links)]
        return without_local_places(self.supply.sources, given=given)

    @cached_property
    def repository(self) -> Index | None:
        """The index of the repository, if one is named."""
        place = getattr(self._arguments, "repository", None)
        return self.supply.index(place, public_key=self._arguments.public_key) if place else None

    @cached_property
    def asked(self) -> Asked:
        """The platforms and Pythons that the options name, and those of the repository's bundles."""
        return Asked(tuple(self._arguments.platform), tuple(self._arguments.python), self._fleet)

    @property
    def _fleet(self) -> tuple[Target, ...]:
        if self.repository is None:
            return ()
        bundles = self.repository.content["bundles"]
        unknown = sorted(set(self._arguments.bundle) - set(bundles))
        if unknown:
            raise HermeticError(f"The repository has no bundle {', '.join(unknown)}; it has {', '.join(sorted(bundles)) or 'none'}")
        found: dict[str, Target] = {}
        for name in self._arguments.bundle or sorted(bundles):
            for release in sorted(set(bundles[name]["channels"].values())):
                for platform in self.repository.platforms(name, release=release):
                    target = self.repository.resolve(name, platform=platform, release=release).target
                    # vpython3 starts programs for Python 3.
                    if not target.version.startswith("2."):
                        found[target.identity] = target
        return tuple(found.values())
