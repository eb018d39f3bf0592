# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shell of a host fetches: bounded like everything else, and no secret where other users of the host can read it."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import shlex
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hostile_server
import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import (
    BootstrapFailed,
    Bootstrapped,
    bootstrap_command,
    parse_bootstrap,
    secrets_text,
)
from bootstrap_samples import programs_without_downloaders
from hostile_server import OK, hostile

CANARY = "can4ry-s3cret"
MOST = 200_000


@pytest.fixture(params=["curl", "wget"])
def programs(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a directory for PATH with one of the two programs, which notes how it was called."""
    real = shutil.which(request.param)
    if real is None:
        pytest.skip(f"{request.param} is not installed")
    place = programs_without_downloaders(tmp_path / "programs")
    # As every user of a host may: what stands in /proc is read, not what the script believes to have written.
    (place / request.param).write_text(f'#!/bin/sh\ncat "/proc/$$/cmdline" "/proc/$PPID/cmdline" >>{tmp_path}/seen\nexec {real} "$@"\n')
    (place / request.param).chmod(0o755)
    return place


def _run(command: str, programs: Path) -> tuple[Bootstrapped | BootstrapFailed, str]:
    done = subprocess.run(
        shlex.split(command), capture_output=True, text=True, check=False, env={"PATH": str(programs), "HOME": "/nonexistent"}
    )
    try:
        return parse_bootstrap(done.stdout, stderr=done.stderr, rc=done.returncode), done.stdout + done.stderr
    except BootstrapFailed as failed:
        return failed, done.stdout + done.stderr


def _command(tmp_path: Path, source: str, *, sha256: str = "0" * 64, **options: Any) -> str:
    secrets = secrets_text({}, sources=[source])
    file = None
    if secrets is not None:
        file = str(tmp_path / "secrets")
        Path(file).write_text(secrets)
    limits = {"timeout": 5, "retries": 0, "most_bytes": MOST, **options}
    return bootstrap_command(
        [source], sha256=sha256, install=False, root=str(tmp_path / "root"), remote_tmp=str(tmp_path), secrets_file=file, **limits
    )


def _archive() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        content = b"#!/bin/sh\nprintf 3.12.1\n"
        entry = tarfile.TarInfo("bin/python3")
        entry.mode, entry.size = 0o755, len(content)
        archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize("attack", [hostile_server.endless_body, hostile_server.endless_chunks])
def test_a_file_without_end_fills_no_disk(attack: hostile_server.Answer, programs: Path, tmp_path: Path) -> None:
    with hostile(attack) as server:
        failed, _said = _run(_command(tmp_path, f"{server.url}/x.tar.gz"), programs)
    assert isinstance(failed, BootstrapFailed) and failed.kind == "fetch"
    assert server.sent < 32 << 20
    assert not list(tmp_path.glob(".bootstrap-*"))


def test_a_file_that_is_announced_short_and_is_long_is_cut(programs: Path, tmp_path: Path) -> None:
    def longer(_path: str) -> Iterator[bytes]:
        yield OK + b"\r\n"
        yield from itertools.repeat(b"x" * 1000, MOST // 1000 + 1)

    with hostile(longer) as server:
        failed, _said = _run(_command(tmp_path, f"{server.url}/x.tar.gz"), programs)
    assert isinstance(failed, BootstrapFailed) and failed.kind == "fetch"


def test_a_server_that_never_pauses_and_never_ends_is_given_up(programs: Path, tmp_path: Path) -> None:
    with hostile(hostile_server.drop_by_drop_body) as server:
        begin = time.monotonic()
        failed, _said = _run(_command(tmp_path, f"{server.url}/x", timeout=3, download_timeout=4, minimum_rate=1000), programs)
        assert time.monotonic() - begin < 300
    assert isinstance(failed, BootstrapFailed) and failed.kind == "fetch"


def test_a_signed_address_is_fetched_and_seen_by_nobody(programs: Path, tmp_path: Path) -> None:
    content = _archive()

    def signed(path: str) -> Iterator[bytes]:
        if path != f"/x.tar.gz?sig={CANARY}&b=%22'":
            yield b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
            return
        yield OK + f"Content-Length: {len(content)}\r\n\r\n".encode() + content

    with hostile(signed) as server:
        command = _command(tmp_path, f"{server.url}/x.tar.gz?sig={CANARY}&b=\"'", sha256=hashlib.sha256(content).hexdigest())
        assert CANARY not in command
        made, shown = _run(command, programs)
    assert isinstance(made, Bootstrapped), made
    assert CANARY not in shown
    assert CANARY not in (tmp_path / "seen").read_text()
    left = [path for path in Path(made.place).rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert left == []


@pytest.mark.parametrize("status", [404, 503])
def test_a_signed_address_that_fails_is_not_repeated(status: int, programs: Path, tmp_path: Path) -> None:
    with hostile(hostile_server.answer(status)) as server:
        failed, shown = _run(_command(tmp_path, f"{server.url}/x.tar.gz?sig={CANARY}"), programs)
    assert isinstance(failed, BootstrapFailed)
    assert f"{server.url}/x.tar.gz" in str(failed)
    assert CANARY not in shown + str(failed) + (tmp_path / "seen").read_text()


def test_the_wget_of_busybox_is_given_no_secret(tmp_path: Path) -> None:
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is not installed")
    place = programs_without_downloaders(tmp_path / "programs")
    (place / "wget").symlink_to(busybox)
    with hostile(hostile_server.answer(200, body=b"x")) as server:
        failed, shown = _run(_command(tmp_path, f"{server.url}/x.tar.gz?sig={CANARY}"), place)
        assert server.paths == []
    assert isinstance(failed, BootstrapFailed) and failed.pushing_may_help and "in private" in str(failed)
    assert CANARY not in shown


def test_a_redirect_takes_no_password_along(programs: Path, tmp_path: Path) -> None:
    content = _archive()
    heads: list[bytes] = []

    with hostile(hostile_server.answer(200, body=content)) as other:
        other_talk = other._talk

        def listening(connection: Any) -> None:
            heads.append(connection.recv(65536, 2))  # MSG_PEEK
            other_talk(connection)

        other._talk = listening  # type: ignore[method-assign]
        with hostile(hostile_server.answer(302, f"Location: http://localhost:{other.url.rpartition(':')[2]}/x")) as server:
            source = f"{server.url}/x.tar.gz"
            (tmp_path / "secrets").write_text(
                secrets_text({server.url[7:]: {"username": "me", "password": CANARY}}, sources=[source]) or ""
            )
            command = bootstrap_command(
                [source],
                sha256=hashlib.sha256(content).hexdigest(),
                install=False,
                root=str(tmp_path / "root"),
                remote_tmp=str(tmp_path),
                secrets_file=str(tmp_path / "secrets"),
                timeout=5,
                retries=0,
            )
            _run(command, programs)
    assert all(b"authorization" not in head.lower() for head in heads)


def test_a_query_without_a_file_for_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HermeticError, match="command line") as caught:
        bootstrap_command([f"https://h/x?{CANARY}"], sha256="0" * 64, install=False, root=str(tmp_path), remote_tmp=None)
    assert CANARY not in str(caught.value)
    assert os.path.isdir(tmp_path)
