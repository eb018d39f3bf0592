# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of tampering with what is in force: the switch, the links of a generation and its record."""

from __future__ import annotations

import sys

from tampering import (
    Case,
    delete,
    link,
    write,
)

CASES = [
    Case("switch gone", delete("current"), (("generation", "missing", "current"),)),
    Case("switch leads elsewhere", link("current", "generations/../generations/1"), (("generation", "link", "current"),)),
    Case("bin gone", delete("bin"), (("generation", "missing", "bin"),)),
    Case("bin leads elsewhere", link("bin", "/usr/bin"), (("generation", "link", "bin"),)),
    Case("envs leads elsewhere", link("envs", "environments"), (("generation", "link", "envs"),)),
    Case(
        "system Python leads elsewhere",
        link("generations/{number}/bin/python", sys.executable),
        (("generation", "link", "generations/{number}/bin/python"),),
    ),
    Case(
        "name of an environment leads to another",
        link("generations/{number}/envs/one", "../../../{two}"),
        (("generation", "link", "generations/{number}/envs/one"),),
    ),
    Case(
        "name of an environment gone",
        delete("generations/{number}/envs/two"),
        (("generation", "missing", "generations/{number}/envs/two"),),
    ),
    Case(
        "stray command beside the system Python",
        write("generations/{number}/bin/evil"),
        (("generation", "unexpected", "generations/{number}/bin/evil"),),
    ),
    Case("stray in the profile", write("generations/{number}/notes"), (("generation", "unexpected", "generations/{number}/notes"),)),
    Case("profile gone", delete("generations/{number}"), (("generation", "missing", "generations/{number}"),)),
    Case("part of the profile gone", delete("generations/{number}/bin"), (("generation", "missing", "generations/{number}/bin"),)),
    Case(
        "part of the profile is a link", link("generations/{number}/bin", "/usr/bin"), (("generation", "link", "generations/{number}/bin"),)
    ),
    Case("engine gone", delete("state/engine"), (("generation", "missing", "state/engine"),)),
    Case("engine leads elsewhere", link("state/engine", sys.base_prefix), (("generation", "link", "state/engine"),)),
    Case(
        "record of the generation gone",
        delete("state/generations/{number}.json"),
        (("generation", "missing", "state/generations/{number}.json"),),
    ),
    Case(
        "record of the generation damaged",
        write("state/generations/{number}.json", "{"),
        (("store", "modified", "state/generations/{number}.json"),),
    ),
]
