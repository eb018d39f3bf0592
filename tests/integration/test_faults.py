# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, bad sources and bad hosts: each gets an answer that a person can act on, and the generation in force is not touched.

The engine runs as on a host, from its zip.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bundle_variants import Contents, contents_of, entry, known, slim, write
from hosts import Host
from roots import Archive, Declared, Document, Engine
from wheelhouse import Wheel, make_wheel
from wheelhouse import known as known_wheel

Change = Callable[[Contents], Contents]


@pytest.fixture(scope="module")
def slim_bundle(bundle_archive: Archive) -> Contents:
    """Return a bundle that installs in a tenth of a second."""
    return slim(contents_of(bundle_archive.path))


@pytest.fixture(scope="module")
def good(slim_bundle: Contents, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return the archive that the host was made from."""
    return write(slim_bundle, tmp_path_factory.mktemp("good") / "good.tar")


@pytest.fixture(scope="module")
def declared(good: Archive, wheels: dict[str, Wheel]) -> Declared:
    """Return what the host holds."""
    return Declared({"python": good}, {"web": [wheels["alpha-1.0"], wheels["beta-1.0"]]})


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, engine: Engine, declared: Declared) -> Host:
    """Return a host in use."""
    made = Host(tmp_path_factory.mktemp("host") / "root", engine, declared)
    made.converge()
    made.works()
    return made


@pytest.fixture
def with_bundle(declared: Declared, slim_bundle: Contents, tmp_path: Path) -> Callable[[Change], Declared]:
    """Return a function that declares the next release of the bundle, changed by something."""

    def made(change: Change) -> Declared:
        assert slim_bundle.info is not None
        later = slim_bundle.with_info(release=f"{slim_bundle.info['python']['version']}+2")
        archive = write(change(later), tmp_path / "changed.tar")
        return replace(declared, bundles={"python": replace(archive, release=later.info["release"])})  # type: ignore[index]

    return made


# Bundles


def test_a_bundle_of_another_digest_is_not_installed(host: Host, declared: Declared, good: Archive) -> None:
    wanted = "0" * 64
    bad = replace(declared, bundles={"python": replace(good, sha256=wanted)})
    told = host.refuses(wanted, good.sha256, "publish", str(good.path), declared=bad)
    assert [(need["sha256"], need["filename"], need["tried"]) for need in told["needs"]] == [(wanted, "good.tar", [str(good.path)])]


@pytest.mark.parametrize(
    "damage",
    {
        "a tar cut off within a file": lambda raw: raw[: len(raw) // 2],
        "a tar cut off between files": lambda raw: raw[:-10240],
        "a gzip cut off": lambda raw: gzip.compress(raw, 1)[:-100_000],
        "a gzip without its end": lambda raw: gzip.compress(raw, 1)[:-4],
        "a gzip with other bytes": lambda raw: (packed := gzip.compress(raw, 1)) and packed[:500_000] + b"\0" * 64 + packed[500_064:],
        "a tar with a damaged header": lambda raw: raw[: (at := raw.index(b"ustar", len(raw) // 2) - 257)] + b"?" * 30 + raw[at + 30 :],
        "no archive": lambda _raw: b"<html>Sign in to continue</html>",
        "an empty file": lambda _raw: b"",
    }.items(),
    ids=lambda item: item[0],
)
def test_a_truncated_or_corrupt_archive_is_not_installed_though_its_digest_is_the_declared_one(
    damage: tuple[str, Callable[[bytes], bytes]], host: Host, declared: Declared, good: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.tar.gz"
    path.write_bytes(damage[1](good.path.read_bytes()))
    host.refuses(str(path.name), "truncated or corrupt", "publish it again", declared=replace(declared, bundles={"python": known(path)}))


def _first_module(contents: Contents) -> tuple[str, bytes]:
    return next((info.name, data) for info, data in contents.entries if info.name.endswith("/json/__init__.py"))


def _with_other_content(contents: Contents) -> Contents:
    name, data = _first_module(contents)
    return contents.with_file(name, data.replace(b"JSON", b"json"), listed=False)


def _without_a_file(contents: Contents) -> Contents:
    return replace(contents, entries=[each for each in contents.entries if not each[0].name.endswith("/json/__init__.py")])


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (_with_other_content, ("json/__init__.py", "its content is not the one of the manifest")),
        (_without_a_file, ("json/__init__.py: missing, expected file, found nothing",)),
        (lambda contents: contents.with_file("lib/stray.py", b"import os\n", listed=False), ("lib/stray.py: unexpected",)),
        (lambda contents: contents.with_file("lib/run.py", b"", listed=False, mode=0o755), ("lib/run.py: unexpected",)),
    ],
    ids=["content", "missing", "unlisted", "executable"],
)
def test_an_archive_that_is_not_what_its_manifest_says_is_not_installed(
    change: Change, wanted: tuple[str, ...], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    host.refuses(
        "The bundle 'python'", "not what its own manifest says", "Build and publish it again", *wanted, declared=with_bundle(change)
    )


@pytest.mark.parametrize(
    "bad",
    [
        entry("../outside.txt", data=b"x"),
        entry("lib/../../outside.txt", data=b"x"),
        entry("/tmp/hermetic-outside.txt", data=b"x"),
        entry("lib/escape", kind=tarfile.SYMTYPE, target="../../outside"),
        entry("lib/absolute", kind=tarfile.SYMTYPE, target="/etc/passwd"),
        entry("lib/hard", kind=tarfile.LNKTYPE, target="bundle.json"),
        entry("lib/null", kind=tarfile.CHRTYPE),
        entry("lib/disk", kind=tarfile.BLKTYPE),
        entry("lib/pipe", kind=tarfile.FIFOTYPE),
    ],
    ids=lambda each: each[0].name,
)
def test_an_archive_with_an_entry_that_must_not_be_is_refused(
    bad: tuple[tarfile.TarInfo, bytes], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    host.refuses(bad[0].name, "must not be unpacked", "Do not use this archive", declared=with_bundle(lambda each: each.with_entries(bad)))
    assert not Path("/tmp/hermetic-outside.txt").exists()
    assert not list(host.path.parent.rglob("outside*"))


def test_all_bad_entries_are_named_at_once(host: Host, with_bundle: Callable[[Change], Declared]) -> None:
    bad = [entry("../one", data=b"x"), entry("lib/two", kind=tarfile.CHRTYPE), entry("lib/three", kind=tarfile.SYMTYPE, target="/etc")]
    host.refuses("3 entries", "../one", "lib/two", "lib/three", declared=with_bundle(lambda contents: contents.with_entries(*bad)))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda contents: contents.with_info(name="tools"), ("is the bundle 'tools'", "Declare it by that name")),
        (lambda contents: contents.with_info(release="9.9.9+9"), ("9.9.9+9", "publish the right archive")),
        (lambda contents: contents.with_info(format=2), ("format 2", "reads 1")),
        (lambda contents: replace(contents, info=None), ("holds no bundle.json", "bundle_build")),
        (lambda contents: contents.with_info(files=["bin"]), ("cannot be read", "Build it again")),
        (lambda contents: contents.with_info(python=None), ("cannot be read", "Build it again")),
        (lambda contents: replace(contents, info=None).with_file("bundle.json", b"{", listed=False), ("cannot be read", "Build it again")),
        (
            lambda contents: replace(contents, info=None).with_file("bundle.json", b"[1]", listed=False),
            ("cannot be read", "Build it again"),
        ),
        (
            lambda contents: contents.with_info(files={**contents.info["files"], "lib/odd": {"type": "socket"}}),  # type: ignore[index]
            ("bundle.json", "Build it again"),
        ),
        (
            lambda contents: contents.with_info(files={**contents.info["files"], "../../../escape": {"type": "directory", "mode": "0755"}}),  # type: ignore[index]
            ("../../..", "Build it again"),
        ),
    ],
    ids=["name", "release", "format", "none", "files", "python", "no JSON", "a list", "kind of entry", "path of entry"],
)
def test_an_archive_that_says_something_else_than_declared_or_nothing_is_not_installed(
    change: Change, wanted: tuple[str, ...], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    host.refuses("'python'", *wanted, declared=with_bundle(change))


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (b"#!/bin/sh\necho 'no such library' >&2\nexit 3\n", ("exit code 3", "no such library")),
        (b"#!/no/such/loader\n", ("does not start",)),
        (b"\x7fELF and nothing more\n", ("does not start",)),
        (b"#!/bin/sh\necho hello\n", ("'hello",)),
        (b"#!/bin/sh\nkill -9 $$\n", ("exit code -9",)),
    ],
    ids=["fails", "no loader", "no program", "says something else", "is killed"],
)
def test_a_bundle_whose_interpreter_does_not_start_is_not_installed(
    program: bytes, wanted: tuple[str, ...], host: Host, with_bundle: Callable[[Change], Declared]
) -> None:
    def broken(contents: Contents) -> Contents:
        assert contents.info is not None
        return contents.with_file(contents.info["python"]["executable"], program, listed=True, mode=0o755)

    host.refuses("python3", *wanted, declared=with_bundle(broken))


def test_a_bundle_of_another_python_than_it_says_is_not_installed(host: Host, with_bundle: Callable[[Change], Declared]) -> None:
    host.refuses(
        "says that it is Python 3.99.1", "is Python 3.", declared=with_bundle(lambda contents: contents.with_python(version="3.99.1"))
    )


# Wheels


def _no_zip(directory: Path) -> list[Wheel]:
    path = directory / "odd-1.0-py3-none-any.whl"
    path.write_bytes(b"this is no wheel")
    return [known_wheel(path)]


def _cut_off(directory: Path) -> list[Wheel]:
    whole = make_wheel(directory, "odd", files={"odd.py": "x = 1\n" * 9999})
    whole.path.write_bytes(whole.path.read_bytes()[:-200])
    return [known_wheel(whole.path)]


def _corrupt_entry(directory: Path) -> list[Wheel]:
    whole = make_wheel(directory, "odd", files={"odd.py": os.urandom(9999).hex()})
    raw = whole.path.read_bytes()
    whole.path.write_bytes(raw[:1000] + b"\0" * 100 + raw[1100:])
    return [known_wheel(whole.path)]


def _two_dist_infos(directory: Path) -> list[Wheel]:
    return [make_wheel(directory, "odd", unrecorded={"other-2.0.dist-info/METADATA": "Name: other\n", "other-2.0.dist-info/RECORD": ""})]


def _wheel_outside(name: str) -> Callable[[Path], list[Wheel]]:
    return lambda directory: [make_wheel(directory, "odd", files={name: "x = 1\n", "odd.py": ""})]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (_no_zip, ("cannot be laid", "published broken")),
        (_cut_off, ("cannot be laid", "published broken")),
        (_corrupt_entry, ("cannot be laid", "published broken")),
        (_two_dist_infos, ("cannot be laid",)),
        (_wheel_outside("../../outside.py"), ("../../outside.py", "outside")),
        (_wheel_outside("odd-1.0.data/data/../../outside.py"), ("outside",)),
        (_wheel_outside("odd-1.0.data/elsewhere/outside.py"), ("cannot be laid",)),
        (_wheel_outside("/tmp/hermetic-outside.py"), ("hermetic-outside.py",)),
        (lambda directory: [make_wheel(directory, "odd", metadata={"WHEEL": None})], ("cannot be laid",)),
        (lambda directory: [make_wheel(directory, "odd", metadata={"WHEEL": "Wheel-Version: 9.0\n"})], ("cannot be laid",)),
        (lambda directory: [make_wheel(directory, "odd", record=b"odd/__init__.py,md5\n")], ("cannot be laid",)),
        (lambda directory: [make_wheel(directory, "odd", scripts={"../odd": "odd:main"})], ("'../odd'", "no file name")),
        (lambda directory: [make_wheel(directory, "odd", files={"odd-1.0.data/data/pyvenv.cfg": "home = /tmp\n"})], ("pyvenv.cfg",)),
        (lambda directory: [make_wheel(directory, "odd", files={"odd-1.0.data/data/bin/python": "#!/bin/sh\n"})], ("bin/python",)),
        (
            lambda directory: [make_wheel(directory, "odd", files={"odd": "x"}), make_wheel(directory, "even", files={"odd/inner.py": ""})],
            ("odd", "Leave one of the packages out"),
        ),
        (
            lambda directory: [make_wheel(directory, "odd", "1.0"), make_wheel(directory, "odd", "2.0")],
            ("more than one wheel of a package", "odd-1.0", "odd-2.0"),
        ),
    ],
    ids=[
        "no zip",
        "cut off",
        "corrupt entry",
        "two dist-infos",
        "dots",
        "dots in data",
        "unknown scheme",
        "absolute",
        "no WHEEL",
        "later WHEEL",
        "bad RECORD",
        "script with a path",
        "pyvenv.cfg",
        "interpreter",
        "file and directory",
        "two versions",
    ],
)
def test_a_wheel_that_cannot_be_laid_makes_no_environment(
    made: Callable[[Path], list[Wheel]], wanted: tuple[str, ...], host: Host, declared: Declared, wheels: dict[str, Wheel], tmp_path: Path
) -> None:
    bad = made(tmp_path)
    told = host.refuses(*wanted, declared=declared.but(web=[wheels["beta-2.0"], *bad], more=[wheels["beta-1.0"]]))
    assert any(wheel.path.name in told["msg"] or wheel.name in told["msg"] for wheel in bad)
    assert not Path("/tmp/hermetic-outside.py").exists()


def test_a_file_that_two_wheels_bring_is_told_and_the_later_one_wins(engine: Engine, good: Archive, tmp_path: Path) -> None:
    pair = [make_wheel(tmp_path, name, files={"shared.py": f"BY = '{name}'\n", f"{name}.py": ""}) for name in ("first", "second")]
    host = Host(tmp_path / "root", engine, Declared({"python": good}, {"web": pair}))
    assert any("shared.py" in warning and "another file of that name" in warning for warning in host.converge()["warnings"])
    assert host.python("-c", "import shared; print(shared.BY)", of="web").strip() in ("first", "second")
    assert host.drift("deep") == []


# Sources


class Server:
    """A web server that answers as it is told to: for every path a list of answers, of which the last one stays."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.answers: dict[str, list[Callable[[BaseHTTPRequestHandler], None]]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Range")))
                waiting = outer.answers.get(self.path) or [status(404)]
                answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                self.close_connection = True
                answer(self)

            def log_message(self, format: str, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        """Return an address of this server, with a password in it that nobody may see."""
        return f"http://someone:hush-hush@127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with a status and nothing else."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def content(data: bytes, *, until: int | None = None, pause: float = 0.0) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with a file, from the place that is asked for; the connection ends at ``until``."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        begin = int((handler.headers.get("Range") or "bytes=0-").partition("=")[2].rstrip("-"))
        handler.send_response(206 if begin else 200)
        if begin:
            handler.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Length", str(len(data) - begin))
        handler.end_headers()
        handler.wfile.flush()
        time.sleep(pause)
        handler.wfile.write(data[begin:until])

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a web server."""
    made = Server()
    yield made
    made.close()


def _from(sources: dict[str, list[str]], declared: Declared) -> Document:
    """Return the artifacts of a declaration with other sources for some."""
    found = declared.artifacts()
    return {sha256: {**each, "sources": sources.get(sha256, each["sources"])} for sha256, each in found.items()}


QUICK = {"timeout": 1, "retries": 0}


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("kind", ["unreachable", "slow", "stalls", "not there", "forbidden", "error", "no file", "no scheme"])
def test_a_source_that_gives_nothing_is_named_with_what_it_said(
    kind: str, host: Host, declared: Declared, wheels: dict[str, Wheel], server: Server, tmp_path: Path
) -> None:
    wheel = wheels["delta-1.0"]
    data = wheel.path.read_bytes()
    port = _closed_port()
    source, wanted = {
        "unreachable": (f"http://someone:hush-hush@127.0.0.1:{port}/d.whl", "cannot be reached"),
        "slow": (server.url("/slow"), "no byte came for 1 s"),
        "stalls": (server.url("/stalls"), "the connection ended after"),
        "not there": (server.url("/none"), "HTTP 404"),
        "forbidden": (server.url("/forbidden"), "HTTP 403"),
        "error": (server.url("/error"), "HTTP 503"),
        "no file": (str(tmp_path / "none.whl"), "No such file"),
        "no scheme": ("ftp://example.com/d.whl", "only http, https and file"),
    }[kind]
    server.answers = {
        "/slow": [content(data, pause=3)],
        "/stalls": [content(data, until=100)],
        "/forbidden": [status(403)],
        "/error": [status(503)],
    }
    more = declared.but(more=[wheel])
    told = host.refuses(
        wheel.filename,
        wheel.sha256,
        wanted,
        "Mend the sources",
        declared=more,
        artifacts=_from({wheel.sha256: [source]}, more),
        options=QUICK,
    )
    assert "hush-hush" not in json.dumps(told)
    assert [need["sha256"] for need in told["needs"]] == [wheel.sha256]
    assert told["needs"][0]["tried"] == [source.replace("someone:hush-hush@", "")]
    # What is left of a download waits for the next run that wants it, and goes with the first one that does not.
    host.converge(declared)
    assert not [path for path in (host.path / "wheels").rglob("*") if path.name.endswith(".part")]


def test_a_server_that_stumbles_is_asked_again(
    engine: Engine, good: Archive, wheels: dict[str, Wheel], server: Server, tmp_path: Path
) -> None:
    wheel = wheels["beta-1.0"]
    data = wheel.path.read_bytes()
    server.answers = {"/beta": [status(503), status(429, Retry_After="0"), content(data[:200], until=200), content(data)]}
    declared = Declared({"python": good}, {"web": [wheel]})
    host = Host(tmp_path / "root", engine, declared)
    host.converge(artifacts=_from({wheel.sha256: [server.url("/beta")]}, declared))
    host.works()
    assert len(server.asked) >= 3


def test_a_download_that_is_cut_off_goes_on_where_it_ended(
    host: Host, declared: Declared, wheels: dict[str, Wheel], server: Server, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "large", files={"large.bin": os.urandom(300_000)})
    data = wheel.path.read_bytes()
    server.answers = {"/large": [content(data, until=200_000), content(data, until=250_000), content(data)]}
    more = declared.but(more=[wheel, wheels["beta-1.0"]])
    artifacts = _from({wheel.sha256: [server.url("/large")]}, more)
    host.converge(more, artifacts=artifacts, options={"retries": 4, "timeout": 5})
    begun = [int(asked.partition("=")[2].rstrip("-")) for _path, asked in server.asked if asked]
    assert len(server.asked) == 3
    assert begun == sorted(begun)
    assert begun[-1] >= 200_000
    host.works()
    host.converge(declared)
    host.converge(declared)


def test_the_next_run_goes_on_with_what_the_last_one_had(engine: Engine, good: Archive, server: Server, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "beta", files={"beta.py": "", "large.bin": os.urandom(300_000)})
    data = wheel.path.read_bytes()
    server.answers = {"/large": [content(data, until=200_000)]}
    declared = Declared({"python": good}, {"web": [wheel]})
    artifacts = _from({wheel.sha256: [server.url("/large")]}, declared)
    host = Host(tmp_path / "root", engine, declared)
    first = host.run("converge", artifacts=artifacts, options=QUICK)
    host.explains(first, wheel.filename, "the connection ended after 200000 of")
    server.answers = {"/large": [content(data)]}
    host.converge(artifacts=artifacts)
    assert server.asked[-1] == ("/large", "bytes=200000-")
    host.works()
    assert not list(host.path.rglob("*.part"))


def test_everything_that_is_missing_is_listed_at_once(
    host: Host, declared: Declared, with_bundle: Callable[[Change], Declared], wheels: dict[str, Wheel]
) -> None:
    later = with_bundle(lambda contents: contents)
    more = replace(declared, bundles=later.bundles).but(
        web=[wheels["alpha-1.0"], wheels["beta-2.0"]], more=[wheels["delta-1.0"], wheels["gamma-1.0"]]
    )
    gone = [later.bundles["python"].sha256, *(wheels[name].sha256 for name in ("beta-2.0", "delta-1.0", "gamma-1.0"))]
    artifacts = _from({sha256: ["/no/such/place/file"] for sha256 in gone}, more)
    artifacts[gone[2]]["sources"] = []
    told = host.refuses("4 of 4 artifacts", *gone, declared=more, artifacts=artifacts)
    assert {need["sha256"] for need in told["needs"]} == set(gone)
    assert all(set(need) == {"sha256", "filename", "size", "tried"} for need in told["needs"])
    del artifacts[gone[3]]
    told = host.refuses(*gone, declared=more, artifacts=artifacts)
    assert {need["sha256"] for need in told["needs"]} == set(gone)


# Requests


@pytest.mark.parametrize("name", ["../web", "/etc", "a/b", "a\\b", ".", "..", "", "Web", ".hidden", "x" * 65, "a b", "wéb", 7, None])
def test_a_name_that_is_no_name_is_refused(name: Any, host: Host) -> None:
    document = host.declared.document()
    document["virtualenvs"].append({**document["virtualenvs"][0], "name": name})
    host.refuses(f"The VirtualEnv name {name!r}", "a path is not a name", declaration=document)


def test_a_bundle_that_is_not_declared_is_named_with_those_that_are(host: Host, wheels: dict[str, Wheel]) -> None:
    more = replace(host.declared.but(more=[wheels["beta-1.0"]]), on={"more": "legacy"})
    host.refuses("The VirtualEnv 'more'", "'legacy'", "there are: python", "Declare that bundle as well", declared=more)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"format": 2}, ("format 2", "reads 1")),
        ({"format": None}, ("format None",)),
        ({"command": "destroy"}, ("'destroy'", "converge, drift, generation, info")),
        ({"root": "relative/path"}, ("'relative/path'", "absolute path")),
        ({"root": None}, ("None", "absolute path")),
        ({"options": {"verfy": "deep", "jbos": 1}}, ("'verfy'", "'jbos'", "known are")),
        ({"options": {"verify": "deeply"}}, ("'deeply'", "none, quick, deep")),
        ({"options": {"keep_generations": 0}}, ("keep_generations", "1 or more")),
        ({"options": {"keep_generations": "many"}}, ("keep_generations", "'many'")),
        ({"options": {"lock_timeout": "long"}}, ("lock_timeout", "'long'")),
        ({"options": {"jobs": -1}}, ("jobs", "-1")),
        ({"options": {"jobs": "all"}}, ("jobs", "'all'")),
        ({"options": {"timeout": "5m"}}, ("timeout", "'5m'")),
        ({"options": ["verify"]}, ("options", "mapping")),
        ({"artifacts": {"0" * 64: {}}}, ("0" * 12, "a name without a path")),
        ({"artifacts": {"0" * 64: {"filename": "../x.whl"}}}, ("'../x.whl'", "a name without a path")),
        ({"artifacts": ["x"]}, ("artifacts", "mapping")),
        ({"declaration": None}, ("needs a declaration",)),
        ({"declaration": ["python"]}, ("declaration", "mapping")),
        ({"declaration": {"bundles": "python"}}, ("bundles", "list")),
        ({"declaration": {"bundles": [{"name": "python", "release": "1", "sha256": "abc"}]}}, ("'abc'", "64 lower-case hexadecimal")),
        ({"declaration": {"bundles": [{"name": "python", "release": "../1", "sha256": "0" * 64}]}}, ("'../1'",)),
        ({"declaration": {"virtualenvs": [{"name": "web", "wheels": ["abc"]}]}}, ("'abc'", "SHA-256")),
        ({"declaration": {"virtualenvs": [{"name": "web", "wheels": "abc"}]}}, ("wheels", "list")),
        ({"command": "generation", "generation": {"action": "destroy"}}, ("'destroy'", "activate, keep, release or sweep")),
        ({"command": "generation", "generation": {"action": "activate", "number": 99}}, ("Generation 99", "there are: ")),
        ({"command": "generation", "generation": {"action": "activate", "number": "latest"}}, ("'latest'", "previous")),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_meant_is_refused_with_what_is_wrong_in_it(parts: Document, wanted: tuple[str, ...], host: Host) -> None:
    document = {
        "format": 1,
        "command": "converge",
        "root": str(host.path),
        "declaration": host.declared.document(),
        "artifacts": host.declared.artifacts(),
        **parts,
    }
    before = host.state()
    runner = [str(host.engine.bootstrap), "-I", str(host.engine.archive)]
    done = subprocess.run(runner, input=json.dumps(document), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    host.explains(json.loads(done.stdout), *wanted)
    host.is_as(before)


@pytest.mark.parametrize("text", ["", "garbage", "[]", "7", "null", '{"format": 1', "\x00\x01"])
def test_garbage_on_standard_input_is_answered_with_a_sentence(text: str, engine: Engine) -> None:
    done = subprocess.run([str(engine.bootstrap), "-I", str(engine.archive)], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "request" in done.stderr + done.stdout


# Hosts


def test_a_root_that_is_a_file_is_left_alone(engine: Engine, declared: Declared, tmp_path: Path) -> None:
    (tmp_path / "root").write_text("mine\n")
    host = Host(tmp_path / "root", engine, declared)
    for command in ("converge", "drift", "info"):
        host.explains(host.run(command), str(host.path), "is no directory", "declare another root")
    assert (tmp_path / "root").read_text() == "mine\n"


def test_a_root_below_a_file_is_refused(engine: Engine, declared: Declared, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine\n")
    host = Host(tmp_path / "file" / "root", engine, declared)
    host.explains(host.run("converge"), str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["bin", "lib", "envs", "current", "bundles", "state"])
def test_a_root_where_something_else_lives_is_left_alone(name: str, engine: Engine, declared: Declared, tmp_path: Path) -> None:
    host = Host(tmp_path / "root", engine, declared)
    host.path.mkdir()
    if name in ("bundles", "state"):
        (host.path / name).write_text("mine\n")
    else:
        (host.path / name).mkdir()
        (host.path / name / "mine").write_text("mine\n")
    host.explains(host.run("converge"), str(host.path / name), "Move it away or declare another root")
    assert os.listdir(host.path) == [name]


def test_a_root_that_is_a_link_to_nowhere_is_left_alone(engine: Engine, declared: Declared, tmp_path: Path) -> None:
    (tmp_path / "root").symlink_to(tmp_path / "nowhere")
    host = Host(tmp_path / "root", engine, declared)
    host.explains(host.run("converge"), str(host.path))
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture(scope="module")
def public_engine(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Engine]]:
    """Return a directory that other users may read, and an engine there."""
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="hermetic-"))
    place.chmod(0o755)
    tree = engine.bootstrap.parent.parent
    shutil.copytree(tree, place / "bootstrap", symlinks=True)
    shutil.copy(engine.archive, place / "engine.zip")
    for path in (place / "bootstrap", place / "engine.zip"):
        path.chmod(0o755)
    yield place, Engine(place / "engine.zip", bootstrap=place / "bootstrap" / engine.bootstrap.relative_to(tree))
    shutil.rmtree(place)


NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


@pytest.mark.root
def test_a_user_who_may_not_write_changes_nothing_and_may_look(public_engine: tuple[Path, Engine], declared: Declared) -> None:
    place, engine = public_engine
    host = Host(place / "owned" / "root", engine, declared)
    host.converge()
    before = host.state()
    more = declared.but(web=[])

    def asked(command: str, **parts: Any) -> Document:
        document = {"format": 1, "command": command, "root": str(host.path), "declaration": more.document(), "artifacts": {}, **parts}
        return engine(document, **NOBODY)

    host.explains(asked("converge"), "permission denied", str(host.path), "become")
    host.explains(asked("generation", generation={"action": "sweep"}), "permission denied", "become")
    assert asked("converge", check=True)["changed"] is True
    looked = asked("drift")
    assert {finding["cause"] for finding in looked["findings"]} == {"pending"}
    assert any("cannot be held by this user" in warning for warning in looked["warnings"])
    assert asked("info")["info"]["generation"] == 1
    host.is_as(before)
    nowhere = {"format": 1, "command": "converge", "root": "/opt-hermetic-none/root", "declaration": more.document()}
    host.explains(engine(nowhere, **NOBODY), "permission denied", "/opt-hermetic-none")


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of its own."""
    place = tmp_path / "volume"
    place.mkdir()
    _mount("-t", "tmpfs", "-o", "size=500m,mode=755", "none", str(place))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.mark.root
def test_a_file_system_that_is_mounted_read_only_is_named_and_can_be_looked_at(volume: Path, engine: Engine, declared: Declared) -> None:
    host = Host(volume / "root", engine, declared)
    host.converge()
    _mount("-o", "remount,ro", str(volume))
    host.refuses("mounted read-only", str(host.path), "Mount it writable", declared=declared.but(web=[]))
    host.refuses("mounted read-only", command="generation", generation={"action": "sweep"})
    assert host.drift("deep") == []
    _mount("-o", "remount,rw", str(volume))
    host.converge()


def _used(volume: Path) -> tuple[int, int]:
    found = os.statvfs(volume)
    return (found.f_blocks - found.f_bfree) * found.f_frsize, found.f_files - found.f_ffree


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.parametrize("what", ["size", "inodes"])
def test_a_disk_that_is_full_at_any_point_leaves_the_host_as_it_was(
    what: str, volume: Path, engine: Engine, declared: Declared, with_bundle: Callable[[Change], Declared], wheels: dict[str, Wheel]
) -> None:
    later = replace(declared, bundles=with_bundle(lambda each: each).bundles).but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]])
    host = Host(volume / "root", engine, declared)
    host.converge()
    before = _used(volume)
    host.converge(later)
    needed = [max(after - start, 1) for start, after in zip(before, _used(volume), strict=True)]
    host.converge(declared)
    host.generation("sweep", options={"keep_generations": 1})
    failed = 0
    for eighth in (0, 1, 2, 3, 4, 5, 6, 7, 7.6, 7.9, 7.97):
        used = _used(volume)
        if what == "size":
            limit = f"size={(used[0] + int(needed[0] * eighth / 8)) // 4096 * 4096 + 4096}"
        else:
            limit = f"nr_inodes={used[1] + int(needed[1] * eighth / 8) + 1}"
        _mount("-o", f"remount,{limit}", str(volume))
        state = host.state()
        result = host.run("converge", declared=later)
        if result.get("failed"):
            failed += 1
            host.explains(result, "disk is full", str(host.path), "Free space")
            # A bundle that was installed before there was no room for its environments waits for the next run.
            assert host.state().items() >= state.items()
            assert host.leftovers() == []
            host.works()
        else:
            host.works()
            host.converge(declared)
        # Whatever the disk holds, sweeping must be possible: it is the way out.
        swept = host.generation("sweep", options={"keep_generations": 1})
        assert not swept.get("failed"), swept
        _mount("-o", "remount,size=500m,nr_inodes=1000000", str(volume))
        assert host.drift("deep") == []
    assert failed >= 9
    host.converge(later)
    host.works()
    assert host.drift("deep") == []
