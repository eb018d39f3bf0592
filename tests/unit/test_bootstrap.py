# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bootstrap script, run by real shells with small archives, from files and from a web server."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import io
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.bootstrap import (
    BootstrapFailed,
    Bootstrapped,
    bootstrap_command,
    parse_bootstrap,
    removal_command,
    secrets_text,
)

SHELLS = [shell for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"], ["zsh"]) if shutil.which(shell[0])]
PYTHON = b"#!/bin/sh\nprintf 3.12.1\n"


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    return request.param


def _archive(path: Path, *members: tuple[str, bytes | str | None], python: bytes = PYTHON) -> Path:
    """Write an archive with an interpreter and these members: bytes are a file, a text is a link, None is a device."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (("bin/python3", python), *members):
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(content, bytes):
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            else:
                entry.type = tarfile.CHRTYPE if content is None else tarfile.SYMTYPE
                entry.linkname = content or ""
                archive.addfile(entry)
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(shell: list[str], command: str, **environment: str) -> Bootstrapped:
    done = subprocess.run(
        [*shell, *shlex.split(command)[1:]], capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", **environment}
    )
    return parse_bootstrap(done.stdout, stderr=done.stderr, rc=done.returncode)


def _command(archive: Path, tmp_path: Path, *sources: str, **options: Any) -> str:
    options = {
        "sha256": _digest(archive),
        "install": True,
        "root": f"{tmp_path}/root",
        "remote_tmp": str(tmp_path),
        "timeout": 30,
        "retries": 1,
        **options,
    }
    return bootstrap_command(sources or [str(archive)], **options)


def test_the_interpreter_is_unpacked_below_the_root_that_it_will_be_installed_in(shell: list[str], tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz", ("bin/python", "python3"), ("lib/x.py", b""))
    made = _run(shell, _command(archive, tmp_path))
    assert Path(made.place).parent == tmp_path / "root"
    assert made.root_made
    assert subprocess.run([made.python], capture_output=True, check=True).stdout == b"3.12.1"
    assert Path(made.place, "tree/lib/x.py").exists()
    assert (Path(made.archive).parent, Path(made.archive).read_bytes()) == (Path(made.place), archive.read_bytes())


def test_nothing_is_left_after_a_run_that_came_to_nothing(shell: list[str], tmp_path: Path) -> None:
    made = _run(shell, _command(_archive(tmp_path / "a.tar.gz"), tmp_path))
    subprocess.run(removal_command(made), shell=True, check=True)
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("damage", [None, "changed", "missing", "too large", "a pipe"])
def test_an_archive_that_the_root_kept_is_taken_where_it_is_whole(damage: str | None, shell: list[str], tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    kept = tmp_path / "kept.tar.gz"
    if damage == "a pipe":
        os.mkfifo(kept)
    elif damage != "missing":
        kept.write_bytes(archive.read_bytes() + (b"x" if damage else b"") * (1 << 20 if damage == "too large" else 1))
    other = tmp_path / "nowhere.tar.gz"
    options = {"sha256": _digest(archive), "most_bytes": 1 << 19}
    if damage is None:
        made = _run(shell, _command(archive, tmp_path, f"stored:{kept}", str(other), **options))
        assert Path(made.archive).read_bytes() == archive.read_bytes()
        return
    made = _run(shell, _command(archive, tmp_path, f"stored:{kept}", str(archive), **options))
    assert Path(made.archive).read_bytes() == archive.read_bytes()
    with pytest.raises(BootstrapFailed) as caught:
        _run(shell, _command(archive, tmp_path, f"stored:{kept}", str(other), **options))
    assert caught.value.kind == "fetch" and "kept" not in caught.value.message


def test_a_root_that_was_there_stays_though_it_is_empty(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    made = _run(shell, _command(_archive(tmp_path / "a.tar.gz"), tmp_path))
    subprocess.run(removal_command(made), shell=True, check=True)
    assert list((tmp_path / "root").iterdir()) == []


def test_a_look_makes_no_root(shell: list[str], tmp_path: Path) -> None:
    made = _run(shell, _command(_archive(tmp_path / "a.tar.gz"), tmp_path, install=False))
    assert Path(made.place).parent == tmp_path
    assert not (tmp_path / "root").exists()


def test_the_next_directory_is_taken_where_the_first_cannot_be_used(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "root").write_text("a file in the way")
    (tmp_path / "other").mkdir()
    made = _run(shell, _command(_archive(tmp_path / "a.tar.gz"), tmp_path, remote_tmp="/nowhere"), TMPDIR=f"{tmp_path}/other")
    assert Path(made.place).parent == tmp_path / "other"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
def test_directories_that_a_mount_forbids_are_told_with_the_mount(shell: list[str], tmp_path: Path) -> None:
    for name, flag in (("a", "ro"), ("b", "noexec")):
        (tmp_path / name).mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,{flag}", "tmpfs", str(tmp_path / name)], check=False).returncode:
            pytest.skip("this machine does not allow mounting a tmpfs")
    archive = _archive(tmp_path / "a.tar.gz")
    command = _command(archive, tmp_path, install=False, remote_tmp=f"{tmp_path}/a")
    try:
        with pytest.raises(BootstrapFailed) as caught:
            # The last resort is /var/tmp, which is fine here.
            _run(shell, command.replace("/var/tmp", "/nowhere"), TMPDIR=f"{tmp_path}/b")
        assert caught.value.kind == "place"
        assert f"{tmp_path}/a (it is mounted read-only: the mount at {tmp_path}/a)" in caught.value.message
        assert f"{tmp_path}/b (no program starts there, since it is mounted noexec: the mount at {tmp_path}/b)" in caught.value.message
        assert "/nowhere (is no directory)" in caught.value.message
    finally:
        for name in "ab":
            subprocess.run(["umount", "-l", str(tmp_path / name)], check=True)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (("../evil", b"x"), "lead out"),
        (("/evil", b"x"), "lead out"),
        (("lib/../../evil", b"x"), "lead out"),
        (("lib/link", "/etc"), "lead out"),
        (("dev", None), "neither file"),
    ],
    ids=["parent", "absolute", "through parent", "absolute link", "device"],
)
def test_an_archive_that_leaves_its_tree_is_refused(shell: list[str], tmp_path: Path, member: tuple[str, Any], told: str) -> None:
    with pytest.raises(BootstrapFailed, match=told) as failed:
        _run(shell, _command(_archive(tmp_path / "a.tar.gz", member), tmp_path))
    assert failed.value.kind == "archive"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz"]


def test_a_link_within_the_tree_is_no_reason_to_refuse(shell: list[str], tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz", ("lib/a/link", "../../bin/python3"), ("lib/..data", b""))
    assert Path(_run(shell, _command(archive, tmp_path)).place, "tree/lib/a/link").exists()


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: _archive(path, python=b"#!/bin/sh\nexit 1\n"), "interpreter"),
        (lambda path: _archive(path, python=b"#!/bin/sh\nprintf 2.7.18\n"), "interpreter"),
        (lambda path: (path.write_bytes(b"no archive"), path)[1], "archive"),
    ],
    ids=["does not start", "too old", "no archive"],
)
def test_what_cannot_run_is_refused_and_leaves_nothing(shell: list[str], tmp_path: Path, make: Any, kind: str) -> None:
    archive = make(tmp_path / "a.tar.gz")
    with pytest.raises(BootstrapFailed) as failed:
        _run(shell, _command(archive, tmp_path))
    assert (failed.value.kind, failed.value.pushing_may_help) == (kind, False)
    assert not (tmp_path / "root").exists()


def test_other_bytes_than_declared_are_refused(shell: list[str], tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    with pytest.raises(BootstrapFailed, match=_digest(archive)) as failed:
        _run(shell, _command(archive, tmp_path, sha256="0" * 64))
    assert (failed.value.kind, failed.value.pushing_may_help) == ("digest", True)


def test_the_second_source_is_taken_where_the_first_is_wrong(shell: list[str], tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"wrong")
    made = _run(shell, _command(archive, tmp_path, "/nowhere", str(wrong), f"file://{archive}"))
    assert _digest(Path(made.archive)) == _digest(archive)


@pytest.fixture
def tools_of_macos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory for PATH with this machine's tools, but BSD's tar and shasum where macOS has those."""
    bsdtar, shasum = shutil.which("bsdtar"), shutil.which("shasum")
    if bsdtar is None or shasum is None:
        pytest.skip("this machine has no bsdtar (libarchive-tools) or no shasum (perl)")
    place = tmp_path_factory.mktemp("macos")
    for directory in (Path("/usr/bin"), Path("/bin")):
        for tool in directory.iterdir():
            if tool.name not in ("sha256sum", "openssl", "tar", "busybox") and not (place / tool.name).is_symlink():
                (place / tool.name).symlink_to(tool)
    (place / "tar").symlink_to(bsdtar)
    return place


def test_the_tools_of_macos_will_do(tools_of_macos: Path, tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz", ("bin/python", "python3"), ("lib/a/link", "../../bin/python3"), ("lib/x y.py", b""))
    shell = [shutil.which("bash") or "bash", "--posix"]
    made = _run(shell, _command(archive, tmp_path), PATH=str(tools_of_macos))
    assert Path(made.place, "tree/lib/x y.py").exists()
    assert subprocess.run([made.python], capture_output=True, check=True).stdout == b"3.12.1"
    with pytest.raises(BootstrapFailed, match=_digest(archive)):
        _run(shell, _command(archive, tmp_path, sha256="0" * 64), PATH=str(tools_of_macos))


@pytest.mark.parametrize("member", [("../evil", b"x"), ("/evil", b"x"), ("lib/link", "/etc"), ("dev", None)])
def test_the_tar_of_macos_lists_what_is_refused(tools_of_macos: Path, tmp_path: Path, member: tuple[str, Any]) -> None:
    shell = [shutil.which("bash") or "bash", "--posix"]
    with pytest.raises(BootstrapFailed) as failed:
        _run(shell, _command(_archive(tmp_path / "a.tar.gz", member), tmp_path), PATH=str(tools_of_macos))
    assert failed.value.kind == "archive"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz"]


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
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    programs = tmp_path / f"only-{request.param}"
    programs.mkdir()
    for directory in ("/usr/bin", "/bin"):
        for program in Path(directory).iterdir():
            if program.name in {"curl", "wget"} - {request.param} or (programs / program.name).is_symlink():
                continue
            (programs / program.name).symlink_to(program)
    return str(programs)


def test_an_archive_is_fetched(shell: list[str], fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    url, _ = server
    if (
        shell[0] == "busybox"
        and fetcher.endswith("wget")
        and subprocess.run([*shell, "-c", f"wget -q -O /dev/null {url}"], check=False).returncode
    ):
        pytest.skip("the wget of this busybox cannot fetch at all")
    made = _run(shell, _command(archive, tmp_path, f"{url}/a.tar.gz"), PATH=fetcher)
    assert hashlib.sha256(Path(made.archive).read_bytes()).hexdigest() == _digest(archive)


def test_a_server_that_stumbles_is_asked_again(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    url, handler = server
    handler.failures = 1
    assert _run(["dash"], _command(archive, tmp_path, f"{url}/a.tar.gz"), PATH=fetcher).place
    assert len(handler.seen) == 2


def test_what_is_not_there_is_not_asked_for_again(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    url, handler = server
    with pytest.raises(BootstrapFailed, match="404") as failed:
        _run(["dash"], _command(archive, tmp_path, f"{url}/gone.tar.gz"), PATH=fetcher)
    assert failed.value.pushing_may_help
    assert handler.seen == ["/gone.tar.gz"]


def test_a_server_that_is_away_is_a_reason_to_push(fetcher: str, tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    with pytest.raises(BootstrapFailed) as failed:
        _run(["dash"], _command(archive, tmp_path, "http://127.0.0.1:9/a.tar.gz", retries=0), PATH=fetcher)
    assert (failed.value.kind, failed.value.pushing_may_help) == ("fetch", True)


def test_what_a_program_said_ends_without_a_blank(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    url, _ = server
    with pytest.raises(BootstrapFailed) as failed:
        _run(["dash"], _command(_archive(tmp_path / "a.tar.gz"), tmp_path, f"{url}/gone.tar.gz"), PATH=fetcher)
    assert "404" in str(failed.value) and re.search(r"\s[.;]", str(failed.value)) is None


def test_a_host_that_can_fetch_nothing_says_so_without_a_blank(shell: list[str], fetcher: str, tmp_path: Path) -> None:
    for program in ("curl", "wget"):
        Path(fetcher, program).unlink(missing_ok=True)
    source = "http://127.0.0.1:9/a.tar.gz"
    if shell[0] == "busybox":
        pytest.skip("this shell has a wget of its own")
    with pytest.raises(BootstrapFailed, match=r"neither curl nor wget[.;]"):
        _run(shell, _command(_archive(tmp_path / "a.tar.gz"), tmp_path, source, retries=0), PATH=fetcher)


def test_credentials_travel_in_a_file(fetcher: str, tmp_path: Path, server: tuple[str, type[_Server]]) -> None:
    archive = _archive(tmp_path / "a.tar.gz")
    url, handler = server
    source = f"{url}/a.tar.gz"
    handler.wanted = 'rob:s3c"r\\et x'
    host = url.removeprefix("http://")
    text = secrets_text(
        {host: {"username": "rob", "password": 's3c"r\\et x'}, "other.example": {"username": "a", "password": "b"}}, sources=[source]
    )
    assert text is not None and "other.example" not in text
    (tmp_path / "secrets").write_text(text)
    command = _command(archive, tmp_path, source, secrets_file=str(tmp_path / "secrets"))
    assert "s3c" not in command
    assert _run(["dash"], command, PATH=fetcher).place


def test_a_url_with_credentials_never_gets_on_a_command_line(tmp_path: Path) -> None:
    with pytest.raises(HermeticError, match="command line") as failed:
        _command(_archive(tmp_path / "a.tar.gz"), tmp_path, "https://rob:secret@example.com/a")
    assert "secret" not in str(failed.value)


def test_sources_without_credentials_need_no_file() -> None:
    assert secrets_text({"example.com": {"username": "a", "password": "b"}}, sources=["https://other.example/a", "/path"]) is None


@pytest.mark.parametrize(
    "answer",
    ["", "sudo: a password is required", "hermetic-bootstrap-1 version=3 place=/ archive=/x", "hermetic-bootstrap-1 error=odd x"],
)
def test_an_answer_of_another_form_is_an_error(answer: str) -> None:
    with pytest.raises(HermeticError):
        parse_bootstrap(answer, rc=1)


def test_only_a_temporary_directory_of_a_bootstrap_is_ever_removed() -> None:
    with pytest.raises(HermeticError):
        removal_command(Bootstrapped(place="/opt", archive="/a"))
