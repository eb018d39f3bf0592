# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small real wheels, bundles, indexes and servers for the tests of the supply side."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import Target

LINUX = Target.of("linux-x86_64", python={"version": "3.12.1", "abi": "cp312"}, libc={"family": "glibc", "minimum": "2.28"})
MUSL = Target.of("linux-x86_64-musl", python={"version": "3.12.1", "abi": "cp312"}, libc={"family": "musl", "minimum": "1.2"})
LINUX_39 = Target.of("linux-x86_64", python={"version": "3.9.18", "abi": "cp39"}, libc={"family": "glibc", "minimum": "2.17"})
LINUX_27 = Target.of("linux-x86_64", python={"version": "2.7.18", "abi": "cp27mu"}, libc={"family": "glibc", "minimum": "2.17"})
MACOS = Target.of("macos-arm64", python={"version": "3.12.1", "abi": "cp312"}, macos={"minimum": "11.0"})
WINDOWS = Target.of("windows-x86_64", python={"version": "3.12.1", "abi": "cp312"})
WINDOWS_X86 = Target.of("windows-x86", python={"version": "3.12.1", "abi": "cp312"})
WINDOWS_ARM = Target.of("windows-arm64", python={"version": "3.12.1", "abi": "cp312"})


def make_wheel(directory: Path, filename: str) -> Path:
    """Write a valid wheel with one module of one line."""
    name, version = filename.split("-")[:2]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / filename
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", f"FILE = {filename!r}\n")
        wheel.writestr(f"{name}-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{name}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        wheel.writestr(f"{name}-{version}.dist-info/RECORD", "")
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pylock_entry(*wheels: Path, directory: Path, extra: str = "") -> str:
    """Write the entry of one package whose wheels lie below the lock's directory."""
    name, version = wheels[0].name.split("-")[:2]
    lines = "".join(f'  {{path = "{wheel.relative_to(directory)}", hashes = {{sha256 = "{sha256(wheel)}"}}}},\n' for wheel in wheels)
    return f'[[packages]]\nname = "{name.replace("_", "-").lower()}"\nversion = "{version}"\n{extra}\nwheels = [\n{lines}]\n\n'


def write_pylock(path: Path, *entries: str, head: str = "") -> Path:
    path.write_text(
        f'lock-version = "1.0"\ncreated-by = "test"\n{head}\npackages = []\n'
        if not entries
        else f'lock-version = "1.0"\ncreated-by = "test"\n{head}\n' + "".join(entries)
    )
    return path


def make_bundle(
    directory: Path, *, release: str = "3.12.1+1", platform: str = "linux-x86_64", name: str = "python", salt: str = ""
) -> Path:
    """Write a bundle archive that holds its metadata and nothing that runs."""
    directory.mkdir(parents=True, exist_ok=True)
    system = platform.split("-")[0]
    libc = {"family": "musl" if platform.endswith("musl") else "glibc", "minimum": "1.2" if platform.endswith("musl") else "2.28"}
    metadata = {
        "format": 1,
        "name": name,
        "release": release,
        "platform": platform,
        "python": {
            "version": release.partition("+")[0],
            "implementation": "cpython",
            "tag": "cp312",
            "abi": "cp312",
            "executable": "bin/python3",
            "commands": {"python": "bin/python3", "python3": "bin/python3"},
        },
        "libc": libc if system == "linux" else None,
        "macos": {"minimum": "11.0"} if system == "macos" else None,
        "hermetic": "pth" if system == "windows" else "launcher",
        "engine": True,
        "packages": [{"name": "pyyaml", "version": "6.0.2", "sha256": "0" * 64}],
    }
    files = {"bin/python3": b"#!/bin/sh\n", "lib/salt": salt.encode()}
    metadata["files"] = {
        entry: {"type": "file", "mode": "0644", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for entry, content in files.items()
    }
    files = {"bin/python3": files["bin/python3"], "bundle.json": json.dumps(metadata).encode(), "lib/salt": files["lib/salt"]}
    if system == "windows":
        path = directory / f"{name}-{release}-{platform}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for entry, content in files.items():
                archive.writestr(entry, content)
        return path
    path = directory / f"{name}-{release}-{platform}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for entry, content in files.items():
            info = tarfile.TarInfo(entry)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def make_html_index(root: Path, wheels: list[Path], *, hashes: bool = True, yanked: str | None = None) -> Path:
    """Write a simple index of HTML pages that link to files elsewhere on the same server."""
    pages: dict[str, list[str]] = {}
    for wheel in wheels:
        project = wheel.name.split("-")[0].replace("_", "-").lower()
        fragment = f"#sha256={sha256(wheel)}" if hashes else ""
        mark = f' data-yanked="{yanked}"' if yanked is not None else ""
        pages.setdefault(project, []).append(f'<a href="../../files/{wheel.name}{fragment}"{mark}>{wheel.name}</a><br/>')
    for project, links in pages.items():
        (root / "simple" / project).mkdir(parents=True, exist_ok=True)
        (root / "simple" / project / "index.html").write_text("<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>")
    return root / "simple"


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, counts requests, and fails as often as a test asks it to."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Served)
        server.asked.append((self.path, self.headers.get("Authorization")))
        if server.failures > 0:
            server.failures -= 1
            self.send_error(503)
            return
        path = Path(self.directory) / self.path.strip("/") / "page.json"
        if path.is_file():
            content = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Served(http.server.ThreadingHTTPServer):
    """A directory that is served at a URL."""

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(directory)))
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[tuple[str, str | None]] = []
        """Path and Authorization of each request."""
        self.failures = 0
        """How many requests are still to be answered with 503."""


@contextmanager
def served(directory: Path) -> Iterator[Served]:
    """Serve a directory at ``server.url``."""
    server = Served(directory)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
