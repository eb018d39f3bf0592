# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a page of the drift report as a stranger would: its elements, and the document that its data stands for."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

FINDING_FIELDS = ("subject", "kind", "severity", "cause", "expected", "actual", "path", "remedy")
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Every element with its attributes, and the text inside script, style and noscript."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text: list[str] = []
        self.open: list[str] = []
        self.badly_nested: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.badly_nested.append(tag)
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]][-1] += data
        else:
            self.text.append(data)

    @property
    def data(self) -> dict[str, Any]:
        """The data that the page carries."""
        return json.loads(self.raw["script"][0])

    @property
    def words(self) -> str:
        """What can be read, with single spaces."""
        return " ".join("".join(self.text).split())


def hosts_of(data: dict[str, Any]) -> dict[str, Any]:
    """Return the hosts as they are in the report document, with each host's findings in any order."""

    def text(number: int) -> str | None:
        return None if number < 0 else data["texts"][number]

    def pairs(numbers: list[int]) -> dict[str | None, str | None]:
        return {text(name): text(value) for name, value in zip(numbers[::2], numbers[1::2], strict=True)}

    def findings(numbers: list[int]) -> list[dict[str, Any]]:
        found = []
        for finding, sighting in zip(numbers[::2], numbers[1::2], strict=True):
            first_seen, new, ignored, counts = data["sightings"][sighting]
            fields = dict(zip(FINDING_FIELDS, map(text, data["findings"][finding]), strict=True))
            found.append(
                {
                    **fields,
                    "first_seen": text(first_seen),
                    "new": bool(new),
                    "ignored": None if ignored < 0 else ignored,
                    "counts": bool(counts),
                }
            )
        return found

    def foreign(numbers: list[int]) -> list[dict[str, Any]]:
        triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        return [
            {"interpreter": text(path), "version": text(version), "packages": pairs(data["packages"][packages])}
            for path, version, packages in triples
        ]

    columns, hosts = data["hosts"], {}
    for number, name in enumerate(data["names"]):
        row = {key: column[number] for key, column in columns.items()}
        hosts[name] = {
            "state": text(row["state"]),
            "reason": text(row["reason"]),
            "message": text(row["message"]) or "",
            "checked": text(row["checked"]),
            "groups": [text(group) for group in data["groups"][row["groups"]]],
            "platform": text(row["platform"]),
            "generation": None if row["generation"] < 0 else row["generation"],
            "bundles": pairs(data["bundles"][row["bundles"]]),
            "declared": None if row["declared"] < 0 else row["declared"],
            "findings": findings(data["lists"][row["findings"]]),
            "foreign": foreign(data["foreign"][row["foreign"]]),
        }
    return hosts
