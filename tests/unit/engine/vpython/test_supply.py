# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.package_sources import PackageSources
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pinned import PinnedWheel
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.supply import Chosen, Supply
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.this_python import tags

A, B, C = "a" * 64, "b" * 64, "c" * 64


def index(tmp_path: Path, *files: tuple[str, str]) -> PackageSources:
    (tmp_path / "index" / "x").mkdir(parents=True)
    links = "".join(f'<a href="{name}#sha256={digest}">x</a>' for name, digest in files)
    (tmp_path / "index" / "x" / "index.html").write_text(links)
    return PackageSources(indexes=(str(tmp_path / "index"),))


def test_of_several_wheels_the_best_is_chosen(tmp_path: Path) -> None:
    best = tags()[0]
    own = f"x-1.0-{best}.whl"
    sources = index(tmp_path, ("x-1.0-py3-none-any.whl", A), (own, B), ("x-1.0-cp27-none-win32.whl", C), ("y-1.0-py3-none-any.whl", A))
    chosen = Supply(None, lambda: sources).choose([PinnedWheel("X", "1.0.0", (A, B, C))])
    assert [(each.filename, each.sha256) for each in chosen] == [(own, B)]
    only = Supply(None, lambda: sources).choose([PinnedWheel("X", "1.0.0", (A,))])
    assert only[0].filename == "x-1.0-py3-none-any.whl"


def test_what_the_host_has_asks_nobody(tmp_path: Path) -> None:
    place = tmp_path / "wheels" / A
    place.mkdir(parents=True)
    (place / "x-1.0-py3-none-any.whl").touch()

    def asked() -> PackageSources:
        raise AssertionError("an index is asked")

    supply = Supply(Layout(tmp_path), asked)
    (chosen,) = supply.choose([PinnedWheel("x", "1.0", (B, A))])
    assert chosen.sha256 == A
    assert supply.artifact_of(chosen).sources == (str(place / "x-1.0-py3-none-any.whl"),)


def test_all_that_cannot_be_found_is_said_at_once(tmp_path: Path) -> None:
    sources = index(tmp_path, ("x-1.0-cp27-none-win32.whl", A))
    with pytest.raises(HermeticError) as caught:
        Supply(None, lambda: sources).choose([PinnedWheel("x", "1.0", (A,)), PinnedWheel("gone", "1.0", (B,))])
    assert len(caught.value.problems) == 2
    with pytest.raises(HermeticError, match="HERMETIC_VPYTHON_INDEX"):
        Supply(None, PackageSources).choose([PinnedWheel("x", "1.0", (A,))])


def test_what_would_never_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    named = (
        str(tmp_path / "pipe"),
        (tmp_path / "pipe").as_uri(),
        "/dev/zero",
        str(tmp_path),
        str(tmp_path / "file"),
        "/missing",
        "https://x.invalid/x",
    )
    artifact = Supply(None, PackageSources).artifact_of(Chosen("x", A, "x-1.0-py3-none-any.whl", named))
    assert artifact.sources == named[4:]
