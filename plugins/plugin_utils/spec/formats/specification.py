# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A specification as values: what a program says that it needs, in either of the two ways, and where it says so; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Position = tuple[int, int]
FieldPath = tuple[str | int, ...]


class Form(Enum):
    """How a specification is written."""

    SCRIPT = "pep723"
    TOML = "vpython.toml"
    TEXT_PROTO = "text-proto"
    INLINE = "inline"

    @property
    def is_legacy(self) -> bool:
        """Whether it lists wheels of CIPD, and not requirements."""
        return self in (Form.TEXT_PROTO, Form.INLINE)


@dataclass(frozen=True)
class Tag:
    """A pattern for tags of wheels (PEP 425); an empty part fits everything, a tag that is empty as a whole fits nothing."""

    python: str = ""
    abi: str = ""
    platform: str = ""

    def __str__(self) -> str:
        return "-".join(part or "*" for part in (self.python, self.abi, self.platform))

    @property
    def is_empty(self) -> bool:
        """Whether no part is set."""
        return not (self.python or self.abi or self.platform)

    def as_json(self) -> dict[str, str]:
        """Return the parts that are set."""
        return {name: value for name in ("python", "abi", "platform") if (value := getattr(self, name))}


@dataclass(frozen=True)
class ListedWheel:
    """A wheel that a text proto lists, by its name and version in CIPD."""

    name: str = ""
    version: str = ""
    match_tags: tuple[Tag, ...] = ()
    not_match_tags: tuple[Tag, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are set, by their names in the text proto."""
        return _set_fields(
            name=self.name,
            version=self.version,
            match_tag=[tag.as_json() for tag in self.match_tags],
            not_match_tag=[tag.as_json() for tag in self.not_match_tags],
        )


@dataclass(frozen=True)
class WheelList:
    """What a text proto says: wheels one by one, chosen by tags."""

    python_version: str = ""
    wheels: tuple[ListedWheel, ...] = ()
    virtualenv: ListedWheel | None = None
    """The package that makes the VirtualEnv; vpython has ignored it since 2024."""
    verify_tags: tuple[Tag, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it lists no wheel."""
        return not self.wheels

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are set, by their names in the text proto."""
        return _set_fields(
            python_version=self.python_version,
            wheel=[wheel.as_json() for wheel in self.wheels],
            virtualenv=None if self.virtualenv is None else self.virtualenv.as_json(),
            verify_pep425_tag=[tag.as_json() for tag in self.verify_tags],
        )


@dataclass(frozen=True)
class Requirements:
    """What a PEP 723 block or a vpython.toml says: requirements, of which a resolver finds the rest."""

    requires_python: str | None = None
    dependencies: tuple[str, ...] = ()
    tool: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = field(default=(), compare=False)
    """Keys beside these, which no reader knows."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is required."""
        return not self.dependencies

    @property
    def settings(self) -> Mapping[str, Any]:
        """The table ``[tool.hermetic]``."""
        found = self.tool.get("hermetic", {})
        return found if isinstance(found, Mapping) else {}

    def as_json(self) -> dict[str, Any]:
        """Return the keys that are set, by their names in TOML."""
        found: dict[str, Any] = {} if self.requires_python is None else {"requires-python": self.requires_python}
        found["dependencies"] = list(self.dependencies)
        return found | ({"tool": dict(self.tool)} if self.tool else {})


@dataclass(frozen=True)
class Specification:
    """What a program says that it needs, as read from a file."""

    form: Form
    text: str
    """The specification alone: line ends are LF, and of a block in a program, the comment signs are gone."""
    content: WheelList | Requirements
    path: str = ""
    first_line: int = 1
    """The line of the file that the text begins in."""
    prefix: int = 0
    """How many characters stand before each line of the text."""
    positions: Mapping[FieldPath, Position] = field(default_factory=dict, repr=False, compare=False)
    """Where in the text a field is, by names and numbers from the outside."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the text, by which a lock names the specification that it is of."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_empty(self) -> bool:
        """Whether it asks for no package."""
        return self.content.is_empty

    def place(self, *field_path: str | int) -> Position:
        """Return line and column, in the file, of a field or of the nearest one around it; (0, 0) where neither is known."""
        path = tuple(field_path)
        while path:
            if path in self.positions:
                line, column = self.positions[path]
                return line + self.first_line - 1, column + self.prefix
            path = path[:-1]
        return 0, 0


def _set_fields(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", [], None)}
