# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML file that needs no network, no server and no other file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ....module_utils.hermetic.text.printable import printable as visible
from .page_data import page_data
from .page_headline import details, first_hosts, headline, run_line, tiles
from .plain_text import earlier_hosts

_PAGE = Path(__file__).with_name("page")

_SCRIPTS = (
    "text.js",
    "elements.js",
    "fleet.js",
    "address.js",
    "filtering.js",
    "grouping.js",
    "versions.js",
    "table.js",
    "charts.js",
    "filter_bar.js",
    "breakdown.js",
    "spread.js",
    "hosts.js",
    "commands.js",
    "host_detail.js",
    "history.js",
    "policy.js",
    "foreign.js",
    "start.js",
)
"""The program, in the order in which its files build on each other."""


def html_page(report: Mapping[str, Any]) -> str:
    """Return the page of a report document; every text of the report is data in it, never markup."""
    style, program = _style(), _program()
    hosts, more_hosts = first_hosts(report["hosts"])
    totals = report["totals"]
    return _template().render(
        policy_header=_content_security_policy(style, program),
        style=Markup(style),
        program=Markup(program),
        data=Markup(page_data(report)),
        run=report["run"],
        run_id=visible(report["run"]["id"]),
        run_line=run_line(report["run"]),
        totals=totals,
        headline=headline(totals),
        details=details(totals, has_history=report["history"] is not None),
        tiles=tiles(totals, declared=bool(report["declarations"])),
        exit=report["exit"],
        earlier=" ".join(earlier_hosts(report)),
        threshold=visible(report["policy"]["threshold"]),
        expired=int(report["policy"]["expired"]),
        hosts=hosts,
        more_hosts=more_hosts,
    )


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")


@cache
def _style() -> str:
    return (_PAGE / "report.css").read_text(encoding="utf-8")


@cache
def _program() -> str:
    """Return the scripts as one, in a scope of their own."""
    parts = [(_PAGE / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return "".join(['"use strict";\n{\n', *parts, "}\n"])


def _content_security_policy(style: str, program: str) -> str:
    """Return the policy that lets this style and this program run, and nothing else be run, loaded or sent."""
    return f"default-src 'none'; script-src '{_digest(program)}'; style-src '{_digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
