# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which artifacts a plan works from: an archive stands for a wheel where the request names one for the very tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.needed import Needed, needed_artifacts
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.prebuilt import archive_filename
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import parse_request
from host_samples import PYTHON, SYSTEM, Host, digest, host_as_declared, laid, wheel

ARCHIVE = digest("archive")


def needed(host: Host, root: Path, *, prebuilt: dict[str, str], sources: bool = True, **observed: Any) -> Needed:
    names = {wheel(name): f"{name}-py3-none-any.whl" for name in ("alpha-1.0", "beta-1.0")}
    artifacts = {
        sha256: {"filename": name, "size": 1, "sources": ["/srv/x"] if sources else []}
        for sha256, name in {**names, ARCHIVE: "whatever.tar.gz", PYTHON.sha256: "python.tar.gz"}.items()
    }
    request = parse_request({"format": 1, "command": "drift", "root": str(root), "artifacts": artifacts, "prebuilt": prebuilt})
    return needed_artifacts(host.plan(SYSTEM, **observed), host.observation(**observed), request, Layout(root))


def new_host() -> Host:
    host = Host("alpha-1.0", "beta-1.0")
    host.install(PYTHON)
    return host


def test_an_archive_stands_for_its_wheel_and_is_known_by_the_name_of_its_tree(tmp_path: Path) -> None:
    found = needed(new_host(), tmp_path, prebuilt={laid("alpha-1.0"): ARCHIVE})
    assert found.first().keys() == {ARCHIVE, wheel("beta-1.0")}
    assert found.wheels.keys() == {wheel("alpha-1.0"), wheel("beta-1.0")}
    assert found.prebuilt[laid("alpha-1.0")].archive.filename == archive_filename(laid("alpha-1.0"))
    assert found.prebuilt[laid("alpha-1.0")].wheel == wheel("alpha-1.0")


def test_an_archive_for_another_byte_code_is_none(tmp_path: Path) -> None:
    found = needed(new_host(), tmp_path, prebuilt={f"{wheel('alpha-1.0')[:16]}-{'0' * 12}": ARCHIVE})
    assert found.first().keys() == {wheel("alpha-1.0"), wheel("beta-1.0")}


def test_what_is_there_needs_nothing(tmp_path: Path) -> None:
    assert needed(host_as_declared(), tmp_path, prebuilt={laid("alpha-1.0"): ARCHIVE}).first() == {}


def test_for_a_repair_the_root_may_know_the_archive_and_then_the_receipt_says_what_it_gives(tmp_path: Path) -> None:
    host, broken = host_as_declared(), {"laid": {laid("alpha-1.0")}}
    place = tmp_path / "wheels" / ARCHIVE
    place.mkdir(parents=True)
    (place / archive_filename(laid("alpha-1.0"))).touch()
    found = needed(host, tmp_path, prebuilt={}, sources=False, broken=broken)
    source = found.prebuilt[laid("alpha-1.0")]
    assert (source.archive.sha256, source.as_recorded) == (ARCHIVE, host.records.laid[laid("alpha-1.0")])
    # A wheel that can be had is as good, and nobody could have put it there.
    assert needed(host, tmp_path, prebuilt={}, broken=broken).prebuilt == {}
    # Where the receipt is lost, nothing says what the archive should give.
    del host.records.laid[laid("alpha-1.0")]
    assert needed(host, tmp_path, prebuilt={}, sources=False, broken={"environments": set(host.records.environments)}).prebuilt == {}
