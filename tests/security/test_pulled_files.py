# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host that pulls takes from others, and what it gives them: a forged archive, and a server that is not the one it should be."""

from __future__ import annotations

import base64
import gzip
import http.server
import io
import os
import ssl
import stat
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.net import http_upload
from ansible_collections.hermetic.python.plugins.plugin_utils.net.http_upload import UploadRefused, put
from ansible_collections.hermetic.python.plugins.plugin_utils.pull import fleet_archive
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.delivery import read_credentials
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.fleet_archive import checked_out
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.limited_process import run_limited
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.settings import ArchiveSource
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.signature import make_keys, read_private_key, sign

SECRET = "hunter2secret"


@pytest.mark.parametrize("kind", ["a time that no clock has", "a time that is none", "directories without an end"])
def test_an_archive_that_no_file_system_can_hold_is_refused_in_words(place: Place, kind: str) -> None:
    """A run that ends with a traceback leaves no report."""
    entry = tarfile.TarInfo("d/" * 1900 + "f" if kind == "directories without an end" else "f")
    if kind != "directories without an end":
        entry.pax_headers = {"mtime": "1e300" if kind == "a time that no clock has" else "nan"}
    place.publish(packed(entry))
    with pytest.raises(HermeticError, match="cannot be unpacked"):
        checked_out(place.source, place.trees, cache=place.cache)
    assert list(place.trees.iterdir()) == []


def test_an_archive_of_deep_directories_is_replaced_like_any_other(place: Place) -> None:
    # No deeper than a path can be.
    levels = min((os.pathconf(place.trees, "PC_PATH_MAX") - 500) // 2, 1200)
    place.publish(packed(*(directory("d/" * level) for level in range(1, levels)), ("local.yml", b"one")))
    checked_out(place.source, place.trees, cache=place.cache)
    place.publish(packed(("local.yml", b"two")))
    assert (checked_out(place.source, place.trees, cache=place.cache) / "local.yml").read_bytes() == b"two"
    assert len(list(place.trees.iterdir())) == 1


def directory(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return entry


@pytest.mark.parametrize("umask", [0, 0o077])
def test_what_a_run_makes_has_the_same_modes_by_hand_and_by_timer(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        ended = run_limited(["/bin/sh", "-c", "mkdir made; umask"], variables={"PATH": os.environ["PATH"]}, directory=tmp_path, seconds=600)
    finally:
        os.umask(before)
    assert (ended.status, int(ended.output, 8)) == (0, 0o022)
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o755


class Place:
    """A signed archive and the directory of a host."""

    def __init__(self, directory: Path) -> None:
        self.path, self.trees = directory / "fleet.tar.gz", directory / "archives"
        self.cache = directory / "cache"
        self.trees.mkdir()
        make_keys(directory / "key.pem", directory / "key.pub")
        self.key = read_private_key(directory / "key.pem")
        self.source = ArchiveSource(url=str(self.path), public_key=str(directory / "key.pub"), sha256="", ca_path="")

    def publish(self, content: bytes) -> None:
        self.path.write_bytes(content)
        Path(f"{self.path}.sig").write_bytes(sign(content, key=self.key))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def packed(*entries: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for each in entries:
            if isinstance(each, tarfile.TarInfo):
                archive.addfile(each)
            else:
                entry = tarfile.TarInfo(each[0])
                entry.size = len(each[1])
                archive.addfile(entry, io.BytesIO(each[1]))
    return stream.getvalue()


def test_what_was_signed_is_unpacked_once_and_a_later_one_takes_its_place(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(packed(("local.yml", b"one")))
    tree = checked_out(place.source, place.trees, cache=place.cache)
    assert (tree / "local.yml").read_bytes() == b"one"
    with monkeypatch.context() as patched:
        # The signature says that it is the same, so that the archive is not read again.
        patched.setattr(fleet_archive, "_unpacked", None)
        assert checked_out(place.source, place.trees, cache=place.cache) == tree
    place.publish(packed(("local.yml", b"two")))
    assert (checked_out(place.source, place.trees, cache=place.cache) / "local.yml").read_bytes() == b"two"
    assert len(list(place.trees.iterdir())) == 1


@pytest.mark.parametrize("attack", ["another content", "another key", "no signature", "half a signature", "another digest"])
def test_nothing_is_read_of_an_archive_that_is_not_trusted(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    place.publish(packed(("local.yml", b"one")))
    signature, source = Path(f"{place.path}.sig"), place.source
    if attack == "another content":
        place.path.write_bytes(packed(("local.yml", b"forged")))
    elif attack == "another key":
        (tmp_path / "other").mkdir()
        signature.write_bytes(Place(tmp_path / "other").key.sign(place.path.read_bytes()))
        signature.write_bytes(base64.b64encode(signature.read_bytes()))
    elif attack == "no signature":
        signature.write_bytes(b"")
    elif attack == "half a signature":
        signature.write_bytes(signature.read_bytes()[:40])
    else:
        source = ArchiveSource(url=source.url, public_key="", sha256="0" * 64, ca_path="")
    monkeypatch.setattr(fleet_archive, "_unpack", None)
    with pytest.raises(HermeticError, match="and nothing of it was read"):
        checked_out(source, place.trees, cache=place.cache)
    assert list(place.trees.iterdir()) == []


def _entry(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    return entry


@pytest.mark.parametrize(
    "content",
    [
        packed(("../outside", b"x")),
        packed(("/outside", b"x"), ("../../outside", b"x")),
        packed(_entry("link", tarfile.SYMTYPE, "../../.."), ("link/outside", b"x")),
        packed(_entry("link", tarfile.SYMTYPE, "/etc"), ("link/outside", b"x")),
        packed(_entry("pipe", tarfile.FIFOTYPE)),
        packed(_entry("hard", tarfile.LNKTYPE, "/etc/passwd")),
        gzip.compress(b"no archive at all" * 1000),
        b"no gzip",
        packed(("local.yml", os.urandom(5000)))[:-30],
    ],
    ids=["above", "absolute", "link above", "link away", "pipe", "hard link", "no tar", "no gzip", "cut off"],
)
def test_an_archive_that_would_leave_its_directory_or_is_damaged_leaves_nothing(place: Place, tmp_path: Path, content: bytes) -> None:
    place.publish(content)
    with pytest.raises(HermeticError):
        checked_out(place.source, place.trees, cache=place.cache)
    assert list(place.trees.iterdir()) == []
    assert not list(tmp_path.rglob("outside"))


def test_an_archive_unpacks_to_no_more_than_its_bound(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_archive, "LARGEST_UNPACKED", 1 << 20)
    place.publish(packed(("zeros", bytes(2 << 20))))
    with pytest.raises(HermeticError, match="unpacks to more than"):
        checked_out(place.source, place.trees, cache=place.cache)


class Receiver(http.server.ThreadingHTTPServer):
    """A web server that takes what it is given by PUT, after it has answered as a test wants."""

    answers: list[tuple[int, dict[str, str]]]
    stored: dict[str, bytes]
    seen: list[str | None]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(self.headers.get("Authorization"))
        status, headers = self.server.answers.pop(0) if self.server.answers else (201, {})
        if status == 201:
            self.server.stored[self.path] = content
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def receiver(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(http_upload, "_FIRST_PAUSE", 0.01)
    monkeypatch.setenv("no_proxy", "localhost")
    server = Receiver(("localhost", 0), _Handler)
    server.answers, server.stored, server.seen = [], {}, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def address(receiver: Receiver) -> str:
    return f"https://localhost:{receiver.server_port}/pulled/web01.json"


def test_a_report_is_stored_after_a_server_that_was_away_comes_back(receiver: Receiver, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    receiver.answers = [(503, {"Retry-After": "0"}), (429, {})]
    put(address(receiver), b"{}", content_type="application/json", credentials=("me", SECRET), ca_path=str(tmp_path / "ca.pem"))
    assert receiver.stored == {"/pulled/web01.json": b"{}"}
    assert set(receiver.seen) == {"Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()}


@pytest.mark.parametrize(
    ("answer", "words"), [((403, {}), "403"), ((507, {}), "507"), ((301, {"Location": "https://localhost/else"}), "redirects")]
)
def test_a_server_that_refuses_a_report_is_named_without_the_password(
    receiver: Receiver, authority: trustme.CA, tmp_path: Path, answer: tuple[int, dict[str, str]], words: str
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    receiver.answers = [answer] * 9
    with pytest.raises(UploadRefused, match=words) as raised:
        put(address(receiver), b"{}", content_type="text/plain", credentials=("me", SECRET), ca_path=str(tmp_path / "ca.pem"))
    assert SECRET not in str(raised.value)


def test_a_server_without_a_certificate_that_is_trusted_gets_neither_report_nor_password(receiver: Receiver, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    for ca_path in (str(tmp_path / "other.pem"), None, str(tmp_path / "missing.pem")):
        with pytest.raises(UploadRefused):
            put(address(receiver), b"{}", content_type="text/plain", credentials=("me", SECRET), ca_path=ca_path)
    assert (receiver.seen, receiver.stored) == ([], {})


def test_credentials_that_others_can_read_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(f"me:{SECRET}:with a colon\n")
    path.chmod(0o600)
    assert read_credentials(path) == ("me", f"{SECRET}:with a colon")
    os.symlink(path, tmp_path / "link")
    path.chmod(0o640)
    for each in (path, tmp_path / "link", tmp_path / "missing"):
        with pytest.raises(HermeticError) as raised:
            read_credentials(each)
        assert SECRET not in str(raised.value)
    path.chmod(0o600)
    for wrong in ("", "me", ":x", "me:a\nb:c\n"):
        path.write_text(wrong)
        with pytest.raises(HermeticError, match="USER:PASSWORD"):
            read_credentials(path)
