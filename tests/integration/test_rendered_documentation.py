# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-doc shows every module, role and plugin of the collection, and warns of none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def _names(folder: str, *endings: str) -> list[str]:
    found = sorted(path.stem for path in (PROJECT / folder).iterdir() if path.suffix in endings and not path.name.startswith("_"))
    return [f"hermetic.python.{name}" for name in found]


NAMES = {
    "module": _names("library", ".py", ".yml"),
    "callback": _names("plugins/callback", ".py"),
    "filter": _names("plugins/filter", ".yml"),
    "lookup": _names("plugins/lookup", ".py"),
    "role": [f"hermetic.python.{path.name}" for path in sorted((PROJECT / "roles").iterdir())],
}


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_ansible_doc_shows_everything_without_a_warning(kind: str, tmp_path: Path) -> None:
    settings = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".collections"),
        "ANSIBLE_HOME": str(tmp_path),
        "ANSIBLE_NOCOLOR": "1",
    }
    settings["ANSIBLE_CONFIG"] = str(tmp_path / "ansible.cfg")
    (tmp_path / "ansible.cfg").touch()
    tool = Path(sys.executable).with_name("ansible-doc")
    done = subprocess.run(
        [str(tool), "-t", kind, *NAMES[kind]], env=settings, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(NAMES[kind]) > 1
    shown = done.stdout.casefold()
    assert [name for name in NAMES[kind] if name not in shown] == []
