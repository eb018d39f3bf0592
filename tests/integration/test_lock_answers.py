# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lock's user reads of a package source that cannot be asked, or does not know a project."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import DeclaredLock, Supply
from supply_samples import LINUX, MACOS, WINDOWS, served


def _supply(tmp_path: Path, **options: object) -> Supply:
    links = [str(tmp_path / "wheels")]
    return Supply.from_options(
        {"cache": tmp_path / "cache", "index_url": str(tmp_path), "find_links": links, "ca_path": "/none", **options}
    )


def _missing(tmp_path: Path, supply: Supply, *names: str) -> HermeticError:
    locks = []
    for number in (1, 2):
        path = tmp_path / f"requirements-{number}.txt"
        path.write_text("".join(f"{name}==1.0 --hash=sha256:{'a' * 64}\n" for name in names))
        locks.append(DeclaredLock(f"env{number}", supply.lock(path)))
    with pytest.raises(HermeticError) as caught:
        supply.prove(locks, [LINUX, MACOS, WINDOWS])
    return caught.value


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:9/simple", "refused the connection"),
        ("https://127.0.0.1:{port}/simple", "TLS failed"),
        ("https://127.0.0.1:{port}/none", "the file of certificates /none cannot be read"),
        ("http://no-such-host.invalid/simple", "cannot be resolved"),
        ("http://127.0.0.1:{port}/locked", "HTTP 401 Unauthorized; give credentials"),
    ],
)
def test_a_source_that_cannot_be_asked_is_said_once_and_first(tmp_path: Path, address: str, reason: str) -> None:
    names = [f"private-{number}" for number in range(12)]
    with served(tmp_path) as server:
        answer = server.RequestHandlerClass.func.do_GET  # type: ignore[attr-defined]

        def locked(handler: object) -> None:
            if handler.path.startswith("/locked"):  # type: ignore[attr-defined]
                handler.send_error(401)  # type: ignore[attr-defined]
            else:
                answer(handler)

        server.RequestHandlerClass.func.do_GET = locked  # type: ignore[attr-defined]
        try:
            ca_path = "/none" if address.endswith("/none") else certifi.where()
            options = {"index_url": address.format(port=server.server_port), "ca_path": ca_path}
            error = _missing(tmp_path, _supply(tmp_path, retries=0, timeout=60, **options), *names)
        finally:
            server.RequestHandlerClass.func.do_GET = answer  # type: ignore[attr-defined]
    assert reason in error.message and error.message.startswith("A package source cannot be asked")
    assert reason in error.problems[0]
    assert sum(reason in problem for problem in error.problems) == 1
    assert "not known there" not in str(error)
    for name in names:
        assert name in str(error)


def test_a_source_that_answers_404_does_not_know_the_project(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        error = _missing(tmp_path, _supply(tmp_path, index_url=f"{server.url}/simple", retries=0), "pkg")
    assert "not known there" in str(error) and "cannot be asked" not in str(error)
