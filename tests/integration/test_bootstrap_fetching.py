# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bootstrap script fetches from a web server, with curl and with wget."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import BootstrapFailed, secrets_text
from bootstrap_samples import SHELLS, command_for, digest_of, make_archive, programs_without_downloaders, run_script


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    return request.param


class _Server(http.server.SimpleHTTPRequestHandler):
    wanted: str | None = None
    failures = 0
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        type(self).seen.append(self.path)
        if type(self).failures > 0:
            type(self).failures -= 1
            self.send_error(503)
        elif self.wanted and self.headers.get("Authorization") != "Basic " + base64.b64encode(self.wanted.encode()).decode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, type[_Server]]]:
    handler = type("Handler", (_Server,), {"seen": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(tmp_path))) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}", handler
        running.shutdown()


@pytest.fixture(params=["curl", "wget"])
def fetcher(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a PATH with one of the two programs only."""
    found = shutil.which(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    programs = programs_without_downloaders(tmp_path / f"only-{request.param}")
    (programs / request.param).symlink_to(found)
    return str(programs)


def test_an_archive_is_fetched(shell: list[str], fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    url, _ = server
    if (
        shell[0] == "busybox"
        and fetcher.endswith("wget")
        and subprocess.run([*shell, "-c", f"wget -q -O /dev/null {url}"], check=False).returncode
    ):
        pytest.skip("the wget of this busybox cannot fetch at all")
    made = run_script(shell, command_for(archive, tmp_path, f"{url}/a.tar.gz"), PATH=fetcher)
    assert hashlib.sha256(Path(made.archive).read_bytes()).hexdigest() == digest_of(archive)


def test_a_server_that_stumbles_is_asked_again(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    url, handler = server
    handler.failures = 1
    assert run_script(["dash"], command_for(archive, tmp_path, f"{url}/a.tar.gz"), PATH=fetcher).place
    assert len(handler.seen) == 2


def test_what_is_not_there_is_not_asked_for_again(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    url, handler = server
    with pytest.raises(BootstrapFailed, match="404") as failed:
        run_script(["dash"], command_for(archive, tmp_path, f"{url}/gone.tar.gz"), PATH=fetcher)
    assert failed.value.pushing_may_help
    assert handler.seen == ["/gone.tar.gz"]


def test_a_server_that_is_away_is_a_reason_to_push(fetcher: str, tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    with pytest.raises(BootstrapFailed) as failed:
        run_script(["dash"], command_for(archive, tmp_path, "http://127.0.0.1:9/a.tar.gz", retries=0), PATH=fetcher)
    assert (failed.value.kind, failed.value.pushing_may_help) == ("fetch", True)


def test_what_a_program_said_ends_without_a_blank(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    url, _ = server
    with pytest.raises(BootstrapFailed) as failed:
        run_script(["dash"], command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path, f"{url}/gone.tar.gz"), PATH=fetcher)
    assert "404" in str(failed.value) and re.search(r"\s[.;]", str(failed.value)) is None


def test_a_host_that_can_fetch_nothing_says_so_without_a_blank(shell: list[str], fetcher: str, tmp_path: Path) -> None:
    for program in ("curl", "wget"):
        Path(fetcher, program).unlink(missing_ok=True)
    source = "http://127.0.0.1:9/a.tar.gz"
    if shell[0] == "busybox":
        pytest.skip("this shell has a wget of its own")
    with pytest.raises(BootstrapFailed, match=r"neither curl nor wget[.;]"):
        run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path, source, retries=0), PATH=fetcher)


def test_credentials_travel_in_a_file(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    url, handler = server
    source = f"{url}/a.tar.gz"
    handler.wanted = 'rob:s3c"r\\et x'
    host = url.removeprefix("http://")
    text = secrets_text(
        {host: {"username": "rob", "password": 's3c"r\\et x'}, "other.example": {"username": "a", "password": "b"}}, sources=[source]
    )
    assert text is not None and "other.example" not in text
    (tmp_path / "secrets").write_text(text)
    command = command_for(archive, tmp_path, source, secrets_file=str(tmp_path / "secrets"))
    assert "s3c" not in command
    assert run_script(["dash"], command, PATH=fetcher).place
