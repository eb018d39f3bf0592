# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources that give nothing, too little or too late: each gets an answer that a person can act on, and the generation in force is not touched.

The engine runs as on a host, from its zip.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_variants import Change
from hosts import Host
from roots import Archive, Declared, Document, Engine
from stumbling_server import Server, content, status
from wheelhouse import Wheel, make_wheel


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
        "Correct the sources",
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
