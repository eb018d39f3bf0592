# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret in every place where an address can stand is found nowhere afterwards: not in output, results, files or process lists."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.spec import HIDDEN
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import shown_options
from plays import Controller, Played
from roots import Archive, Engine
from wheelhouse import Wheel

CANARY = "can4ry-s3cret"
QUERY = f"sig={CANARY}&se=2030"


class _Signed(http.server.SimpleHTTPRequestHandler):
    """Gives files to who signs, and to nobody else."""

    refused: ClassVar[tuple[str, ...]] = ()

    def do_GET(self) -> None:
        if self.path.startswith(self.refused) or parse_qs(urlsplit(self.path).query).get("sig") != [CANARY]:
            self.send_error(403)
        else:
            super().do_GET()

    def log_message(self, format: str, *_arguments: Any) -> None:
        """Stay silent."""


class SignedPlace:
    """A web server whose every address needs a signature, and a controller whose options name such addresses only."""

    def __init__(self, directory: Path, archive: Archive, wheels: dict[str, Wheel]) -> None:
        self.directory = directory
        self.web = directory / "web"
        self.controller = Controller(directory / "controller")
        self.handler: type[_Signed] = type("Handler", (_Signed,), {})
        self.root = directory / "root"
        place = self.web / "wheels"
        place.mkdir(parents=True)
        for name in ("alpha-1.0", "beta-1.0"):
            (place / wheels[name].filename).write_bytes(wheels[name].path.read_bytes())
        published = self.controller.play(
            [
                {
                    "hermetic.python.repository": {
                        "path": str(self.web / "repository"),
                        "archives": [str(archive.path)],
                        "channel": "stable",
                        "release": archive.release,
                    }
                }
            ]
        )
        assert published.code == 0, published.output
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(self.handler, directory=str(self.web)))
        self.server = server
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        alpha, beta = wheels["alpha-1.0"], wheels["beta-1.0"]
        (self.web / "links.html").write_text(f'<a href="/wheels/{beta.filename}?{QUERY}#sha256={beta.sha256}">{beta.filename}</a>')
        simple = self.web / "simple" / "beta"
        simple.mkdir(parents=True)
        (simple / "index.html").write_text("nothing here")
        self.inputs = directory / "inputs"
        self.inputs.mkdir()
        self.signed_lock = self.inputs / "pylock.signed.toml"
        self.signed_lock.write_text(
            'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "alpha"\nversion = "1.0"\n'
            f'wheels = [{{url = "{self.url}/wheels/{alpha.filename}?{QUERY}", hashes = {{sha256 = "{alpha.sha256}"}}}}]\n'
        )
        self.looked_up = self.inputs / "looked-up-requirements.txt"
        self.looked_up.write_text(f"beta==1.0 --hash=sha256:{beta.sha256}\n")
        self.pip = self.inputs / "pip.conf"
        self.pip.write_text(f"[global]\nextra-index-url = http://user:{CANARY}@127.0.0.1:{server.server_address[1]}/simple?{QUERY}\n")

    def options(self, **options: Any) -> dict[str, Any]:
        """Return options with a signature in every address."""
        return {
            "root": str(self.root),
            "repository": f"{self.url}/repository?{QUERY}",
            "index_url": f"http://user:{CANARY}@127.0.0.1:{self.server.server_address[1]}/simple?{QUERY}#{CANARY}",
            "extra_index_urls": [f"{self.url}/simple?{QUERY}"],
            "find_links": [f"{self.url}/links.html?{QUERY}"],
            "retries": 0,
            "bundles": [{"name": "python"}],
            "virtualenvs": [{"name": "signed", "lock": str(self.signed_lock)}, {"name": "found", "lock": str(self.looked_up)}],
            **options,
        }

    def play(self, module: str, *options: dict[str, Any]) -> Played:
        return self.controller.play(
            [{f"hermetic.python.{module}": each, "ignore_errors": True} for each in options],
            "-vvvv",
            "--diff",
            ANSIBLE_LOG_PATH=str(self.directory / "ansible.log"),
            PIP_CONFIG_FILE=str(self.pip),
            HTTPS_PROXY=f"http://user:{CANARY}@127.0.0.1:9",
        )

    def traces(self) -> list[str]:
        """Return the files below the directory that hold the secret, or whose names do, but for those that a user wrote it into."""
        own = {self.inputs, self.web, self.controller.directory / "play.yml"}
        found = []
        for path in self.directory.rglob("*"):
            if any(each in (path, *path.parents) for each in own):
                continue
            if CANARY in path.name or (path.is_file() and not path.is_symlink() and CANARY.encode() in path.read_bytes()):
                found.append(str(path))
        return found


@contextmanager
def watched_processes() -> Iterator[list[str]]:
    """Note the command line of every process of this machine that holds the secret, as every user could."""
    seen: list[str] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.002):
            for entry in os.scandir("/proc"):
                if entry.name.isdigit() and int(entry.name) != os.getpid():
                    try:
                        line = Path(entry.path, "cmdline").read_bytes()
                    except OSError:
                        continue
                    if CANARY.encode() in line:
                        seen.append(line.replace(b"\0", b" ").decode("utf-8", "replace")[-2000:])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, bundle_archive: Archive, wheels: dict[str, Wheel]) -> Iterator[SignedPlace]:
    place = SignedPlace(tmp_path_factory.mktemp("signed"), bundle_archive, wheels)
    yield place
    place.server.shutdown()
    place.server.server_close()


def _clean(signed: SignedPlace, played: Played, processes: list[str]) -> None:
    lines = [line for line in played.output.splitlines() if CANARY in line]
    assert lines == []
    assert CANARY not in json.dumps(played.results)
    assert processes == []
    assert signed.traces() == []


def test_a_run_with_signed_addresses_leaves_no_trace_of_them(signed: SignedPlace) -> None:
    with watched_processes() as processes:
        played = signed.play("system", signed.options())
    assert played.code == 0, played.output[-5000:]
    assert played.last["changed"] is True
    _clean(signed, played, processes)
    with watched_processes() as processes:
        again = signed.play("drift", signed.options())
    assert (again.code, again.last["findings"]) == (0, [])
    _clean(signed, again, processes)


def test_a_run_that_fails_shows_none_either(signed: SignedPlace, tmp_path: Path) -> None:
    attempts: list[dict[str, Any]] = [
        {"root": str(tmp_path / "other")},  # gets as far as the host, which is then refused every file
        {"repository": f"http://127.0.0.1:9/repository?{QUERY}"},
        {"repository": f"http://user:{CANARY}/x@127.0.0.1:9/repository"},
        {"repository": f"HTTP://user:{CANARY}@127.0.0.1:9/repository#{CANARY}"},
        {"repository": f"//user:{CANARY}@127.0.0.1:9/repository"},
        {"repository": f"https://127.0.0.1:9/repository?{QUERY}"},
        {"repository": f"http://h.example/repository?{QUERY}"},
        {"index_url": f"http://user:{CANARY}?x@127.0.0.1:9/simple"},
        {"find_links": [f"ftp://user:{CANARY}@127.0.0.1/links?{QUERY}"], "index_url": "", "extra_index_urls": []},
        {"bundles": [{"name": "python", "archive": f"{signed.url}/gone.tar.gz?{QUERY}", "sha256": "0" * 64}]},
        {"virtualenvs": [{"name": "x", "lock": f"{signed.url}/pylock.toml?{QUERY}"}]},
    ]
    signed.handler.refused = ("/wheels/", "/repository/bundles/")
    try:
        with watched_processes() as processes:
            played = signed.play("system", *[signed.options(**options) for options in attempts])
    finally:
        signed.handler.refused = ()
    assert f"ignored={len(attempts)}" in played.output, played.output[-5000:]
    _clean(signed, played, processes)


def test_the_engine_shows_no_address_of_a_request(engine: Engine, tmp_path: Path) -> None:
    sources = [
        f"http://127.0.0.1:9/x.tar.gz?{QUERY}",
        f"http://user:{CANARY}@127.0.0.1:9/x.tar.gz#{CANARY}",
        f"http://user:{CANARY}/w@127.0.0.1:9/x.tar.gz",
        f"FILE:///x?{QUERY}",
        f"ftp://user:{CANARY}@h/x?{QUERY}",
    ]
    digest = hashlib.sha256(b"x").hexdigest()
    result = engine(
        {
            "format": 1,
            "command": "converge",
            "root": str(tmp_path / "root"),
            "scope": "system",
            "declaration": {
                "bundles": [{"name": "python", "release": "1", "sha256": digest, "default": True, "hermetic": "launcher"}],
                "virtualenvs": [],
                "absent": {"bundles": [], "virtualenvs": []},
            },
            "artifacts": {digest: {"filename": "x.tar.gz", "size": 1, "sources": sources}},
            "options": {"retries": 0, "timeout": 2},
        }
    )
    assert result["failed"]
    assert len(result["needs"][0]["tried"]) == len(sources)
    assert CANARY not in json.dumps(result)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_what_a_module_is_given_to_log_holds_no_secret() -> None:
    """The module writes its parameters into the log of the host's system."""
    options = {
        "repository": f"https://user:{CANARY}@h/r?{QUERY}",
        "bundles": [{"archive": f"https://h/x?{QUERY}", "name": "python"}],
        "find_links": [f"https://h/l?{QUERY}"],
        "credentials": {"h": {"password": CANARY}},
    }
    assert CANARY not in json.dumps(shown_options(options))
    assert all(entry["no_log"] for entry in HIDDEN.values())
