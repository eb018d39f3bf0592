# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that are unpacked while they come, from servers and indexes that lie: nothing but the declared bundle is ever in force or left."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from archive_samples import in_members
from bundle_variants import Contents, entry, write
from hostile_server import OK, HostileServer, answer, hostile
from roots import Archive, Declared, Root, snapshot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="following a download takes a system of POSIX")

MakeRoot = Callable[[Path, Declared], Root]
EVIL = "evil.pth"


def archive_of(contents: Contents, path: Path) -> tuple[Archive, list[int]]:
    """Write a bundle in small members."""
    write(contents, path)
    offsets = in_members(path, size=1 << 19)
    assert contents.info is not None
    return Archive(path, hashlib.sha256(path.read_bytes()).hexdigest(), contents.info["release"], contents.info["python"]), offsets


@pytest.fixture(scope="module")
def bundle(slim_bundle: Contents, tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, list[int]]:
    """Return a bundle in members, and where they begin."""
    archive, offsets = archive_of(slim_bundle, tmp_path_factory.mktemp("members") / "python-1-linux-x86_64.tar.gz")
    assert len(offsets) > 10
    return archive, offsets


@pytest.fixture(scope="module")
def expected(
    bundle: tuple[Archive, list[int]], make_root: MakeRoot, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, ...]]:
    """Return the tree as the ordinary way unpacks it: one stream, one thread, an archive that is there."""
    archive, _offsets = bundle
    root = make_root(tmp_path_factory.mktemp("ordinary") / "root", Declared({"python": archive}))
    stored = root.path / "wheels" / archive.sha256 / archive.path.name
    stored.parent.mkdir(parents=True)
    stored.write_bytes(archive.path.read_bytes())
    root.converge(options={"jobs": 1}, artifacts=asked(archive, []))
    return snapshot(root.path, ["bundles"])


def asked(archive: Archive, members: Any, *sources: str, size: int | None = None) -> dict[str, Any]:
    """Return the artifacts of a request."""
    length = archive.path.stat().st_size if size is None else size
    return {archive.sha256: {"filename": archive.path.name, "size": length, "sources": list(sources), "members": members}}


def left_in(root: Root) -> list[str]:
    """Return what lies in the store beside what is in force."""
    return sorted(path.name for path in (root.path / "bundles").iterdir()) if (root.path / "bundles").is_dir() else []


def nothing_evil(root: Root) -> None:
    assert not list(root.path.rglob(EVIL))
    assert not list(root.path.parent.rglob(EVIL))


@pytest.fixture
def root(bundle: tuple[Archive, list[int]], make_root: MakeRoot, tmp_path: Path) -> Root:
    return make_root(tmp_path / "root", Declared({"python": bundle[0]}))


def as_declared(root: Root, expected: dict[str, tuple[Any, ...]]) -> None:
    assert snapshot(root.path, ["bundles"]) == expected
    assert root.drift("deep") == []
    assert left_in(root) == [root.declared.bundles["python"].id]
    assert not list(root.path.glob("wheels/*/*.part"))


def lies(offsets: Sequence[int], size: int) -> dict[str, list[int]]:
    return {
        "true": list(offsets),
        "none": [],
        "one": [0],
        "half of them": list(offsets[::2]),
        "one byte late": [0, *(offset + 1 for offset in offsets[1:])],
        "within members": [0, *(offset - 100 for offset in offsets[1:])],
        "each tenth byte": list(range(0, size, 10))[: 1 << 16],
        "the last byte": [*offsets, size - 1],
    }


@pytest.mark.parametrize(("lie", "jobs"), [("true", 1), *((lie, 3) for lie in lies([0, 1], 2))])
def test_a_lie_about_members_gives_the_declared_tree(
    root: Root, bundle: tuple[Archive, list[int]], expected: dict[str, tuple[Any, ...]], lie: str, jobs: int
) -> None:
    archive, offsets = bundle
    members = lies(offsets, archive.path.stat().st_size)[lie]
    with hostile(answer(200, body=archive.path.read_bytes())) as server:
        root.converge(artifacts=asked(archive, members, f"{server.url}/a"), options={"jobs": jobs})
    as_declared(root, expected)


@pytest.mark.parametrize("members", [[0, 0], [5], [0, 9, 3], [0, -1], [0, 1 << 62], "all", {"0": 0}, [0, None], [0, 1.5]], ids=str)
def test_members_that_cannot_be_are_refused_and_named(root: Root, bundle: tuple[Archive, list[int]], members: Any) -> None:
    result = root.run("converge", artifacts=asked(bundle[0], members, str(bundle[0].path)))
    assert result["failed"]
    assert any("members that cannot be" in problem for problem in result["errors"]), result
    assert not root.path.exists()


def test_other_bytes_than_the_digest_leave_nothing(
    root: Root, bundle: tuple[Archive, list[int]], slim_bundle: Contents, tmp_path: Path
) -> None:
    other, offsets = archive_of(slim_bundle.with_entries(entry(EVIL, data=b"import os")), tmp_path / "other.tar.gz")
    body = other.path.read_bytes()
    with hostile(answer(200, body=body)) as server:
        result = root.run("converge", artifacts=asked(bundle[0], offsets, f"{server.url}/a", size=len(body)), options={"retries": 0})
    assert result["failed"]
    assert other.sha256 in str(result)
    nothing_evil(root)
    assert left_in(root) == []
    assert list(root.path.glob("wheels/*/*")) == []


def test_the_right_archive_from_a_second_source_is_unpacked_again(
    root: Root, bundle: tuple[Archive, list[int]], slim_bundle: Contents, expected: dict[str, tuple[Any, ...]], tmp_path: Path
) -> None:
    archive, offsets = bundle
    other, _unused = archive_of(slim_bundle.with_entries(entry(EVIL, data=b"import os")), tmp_path / "other.tar.gz")
    body = other.path.read_bytes()[: archive.path.stat().st_size]
    with hostile(answer(200, body=body)) as server:
        root.converge(artifacts=asked(archive, offsets, f"{server.url}/a", str(archive.path)))
    nothing_evil(root)
    as_declared(root, expected)


def test_a_beginning_of_another_archive_that_is_resumed_leaves_nothing_of_it(
    root: Root, bundle: tuple[Archive, list[int]], slim_bundle: Contents, expected: dict[str, tuple[Any, ...]], tmp_path: Path
) -> None:
    archive, offsets = bundle
    whole = archive.path.read_bytes()
    other, _unused = archive_of(slim_bundle.with_entries(entry("bin/" + EVIL, data=b"import os")), tmp_path / "other.tar.gz")
    bodies = [other.path.read_bytes()[: len(whole) // 2], whole]

    def changing(path: str) -> Iterable[bytes]:
        body = bodies.pop(0) if len(bodies) > 1 else bodies[0]
        yield OK + f"Content-Length: {len(whole)}\r\nConnection: close\r\n\r\n".encode() + body

    with hostile(changing) as server:
        root.converge(artifacts=asked(archive, offsets, f"{server.url}/a"), options={"retries": 2})
        assert len(server.paths) > 1
    nothing_evil(root)
    as_declared(root, expected)


def test_a_member_without_end_is_stopped_before_the_digest_is_known(root: Root, bundle: tuple[Archive, list[int]], tmp_path: Path) -> None:
    begun = bundle[0].path.read_bytes()[: bundle[1][3]]
    bomb = begun + gzip.compress(bytes(400 << 20), 9)
    most: list[int] = []
    watching = threading.Event()

    def watch() -> None:
        while not watching.is_set():
            used = 0
            for path in root.path.rglob("*"):
                try:
                    used += os.lstat(path).st_size
                except FileNotFoundError:
                    continue
            most.append(used)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with hostile(answer(200, body=bomb)) as server:
            artifacts = asked(bundle[0], [*bundle[1][:3], len(begun)], f"{server.url}/a", size=len(bomb))
            artifacts[bundle[0].sha256]["unpacked"] = 20 << 20
            result = root.run("converge", artifacts=artifacts, options={"retries": 0})
    finally:
        watching.set()
        watcher.join()
    assert result["failed"]
    assert left_in(root) == []
    assert max(most) < 200 << 20


@pytest.mark.parametrize("cut", [1, 5000])
def test_an_archive_that_was_published_cut_off_is_refused_as_ever(
    root: Root, bundle: tuple[Archive, list[int]], tmp_path: Path, cut: int
) -> None:
    archive, offsets = bundle
    body = archive.path.read_bytes()[:-cut]
    short = Archive(tmp_path / "short.tar.gz", hashlib.sha256(body).hexdigest(), archive.release, archive.python)
    short.path.write_bytes(body)
    root.declared = Declared({"python": short})
    members = [offset for offset in offsets if offset < len(body)]
    messages = set()
    for stated, source in (([], str(short.path)), (members, str(short.path)), (members, "served")):
        with hostile(answer(200, body=body)) as server:
            at = f"{server.url}/a" if source == "served" else source
            result = root.run("converge", artifacts=asked(short, stated, at))
        assert result["failed"]
        messages.add(result["msg"])
        assert left_in(root) == []
    [message] = messages
    assert "truncated or corrupt" in message


def test_an_entry_outside_is_refused_in_the_same_words(root: Root, slim_bundle: Contents, tmp_path: Path) -> None:
    bad, offsets = archive_of(slim_bundle.with_entries(entry("../" + EVIL, data=b"x"), entry("zz/../../" + EVIL)), tmp_path / "bad.tar.gz")
    root.declared = Declared({"python": bad})
    answers = set()
    for stated in ([], offsets):
        with hostile(answer(200, body=bad.path.read_bytes())) as server:
            result = root.run("converge", artifacts=asked(bad, stated, f"{server.url}/a"))
        assert result["failed"]
        answers.add((result["msg"], *result["errors"]))
    assert len(answers) == 1
    assert "2 entries must not be unpacked" in str(answers)
    nothing_evil(root)
    assert left_in(root) == []


def in_pieces(body: bytes, go_on: threading.Event) -> Callable[[str], Iterator[bytes]]:
    """Answer with half of a body, and with the rest when a test lets it go on."""

    def answered(path: str) -> Iterator[bytes]:
        yield OK + f"Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2]
        go_on.wait(60)
        yield body[len(body) // 2 :]

    return answered


def test_a_kill_in_the_middle_leaves_a_host_that_the_next_run_completes(
    root: Root, bundle: tuple[Archive, list[int]], expected: dict[str, tuple[Any, ...]]
) -> None:
    archive, offsets = bundle
    go_on = threading.Event()
    server = HostileServer(in_pieces(archive.path.read_bytes(), go_on))
    document = {
        "format": 1,
        "command": "converge",
        "root": str(root.path),
        "scope": "system",
        "declaration": root.declared.document(),
        "artifacts": asked(archive, offsets, f"{server.url}/a"),
    }
    with subprocess.Popen(
        [str(root.engine.bootstrap), "-I", str(root.engine.archive)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as running:
        assert running.stdin is not None
        running.stdin.write(json.dumps(document).encode())
        running.stdin.close()
        # Files are there although half of the archive is still to come.
        until = time.monotonic() + 120
        while not list(root.path.glob("bundles/.new-*/lib/**/*.py")):
            assert time.monotonic() < until
            assert running.poll() is None
            time.sleep(0.02)
        assert not list(root.path.glob(f"wheels/{archive.sha256}/{archive.path.name}"))
        running.send_signal(signal.SIGKILL)
        running.wait()
    go_on.set()
    server.close()
    assert not (root.path / "current").exists()
    with hostile(answer(200, body=archive.path.read_bytes())) as again:
        root.converge(artifacts=asked(archive, offsets, f"{again.url}/a"))
    as_declared(root, expected)
