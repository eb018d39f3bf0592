# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access lists of Windows, read in words and judged by who may write."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.windows import acl as windows_acl


@pytest.mark.parametrize(
    ("words", "owner", "entries"),
    [
        ("O:BAD:(A;;FA;;;SY)(A;;0x1200a9;;;BU)", "BA", [("SY", 0x1F01FF), ("BU", 0x1200A9)]),
        ("O:S-1-5-21-1D:(A;OICIIO;FA;;;CO)(A;;FRFX;;;WD)(D;;FA;;;WD)", "S-1-5-21-1", [("WD", 0x120089 | 0x1200A0)]),
        ("O:BAD:(A;;XX;;;WD)", "BA", [("WD", 0x1F01FF)]),
    ],
)
def test_an_access_list_is_read(words: str, owner: str, entries: list[tuple[str, int]]) -> None:
    assert windows_acl.parsed(words) == (owner, entries)


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("O:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)", []),
        ("O:BAD:(A;OICI;FA;;;SY)(A;OICIID;0x1301bf;;;AU)(A;;0x1200a9;;;BU)", ["AU"]),
        ("O:S-1-5-21-7D:(A;;FA;;;S-1-5-21-7)(A;;FW;;;WD)(A;;WD;;;S-1-5-21-8)", ["S-1-5-21-8", "WD"]),
        ("O:BAD:(A;OICIIO;FA;;;CO)(A;;FA;;;OW)(A;;FA;;;S-1-5-18)", []),
    ],
)
def test_who_may_write_and_must_not_is_named(words: str, who: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Told:
        def of(self, _path: str) -> str:
            return words

    monkeypatch.setattr(windows_acl, "Descriptors", Told)
    assert windows_acl.others_who_may_write(Path("x")) == who


def test_where_an_entry_came_from_makes_no_difference() -> None:
    inherited, own = "O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)", "O:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)"
    assert windows_acl._without_origin(inherited) == windows_acl._without_origin(own)
    assert windows_acl._without_origin("O:BAD:(A;OICIID;FA;;;SY)") == "O:BAD:(A;OICI;FA;;;SY)"
