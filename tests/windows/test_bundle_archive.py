# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PowerShell unpacks and what it refuses: one start of it looks at all archives."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from windows_host import WindowsHost

PROJECT = Path(__file__).resolve().parents[2]
DEEP = "/".join(["directory-with-a-rather-long-name"] * 9) + "/file.txt"

# Copied from beside the modules; results go to standard output as one JSON object.
SCRIPT = r"""
$ErrorActionPreference = 'Stop'
Import-Module -Name C:\check\_BundleArchive.psm1
$found = @{}
foreach ($archive in [System.IO.Directory]::GetFiles('C:\check\archives')) {
    $name = [System.IO.Path]::GetFileNameWithoutExtension($archive)
    $target = "\\?\C:\check\trees\$name"
    try {
        Expand-BundleArchive -Path $archive -Destination $target
        $found[$name] = 'unpacked'
    }
    catch {
        $found[$name] = $_.Exception.Message
    }
    if ([System.IO.Directory]::Exists("$target.new")) {
        $found[$name] = "$($found[$name]) and left something"
    }
}
Remove-Tree -Path '\\?\C:\check\trees\removed'
ConvertTo-Json -InputObject $found -Compress
"""


def _archive(directory: Path, name: str, *entries: tuple[str, str], mode: int = 0o100644) -> None:
    with zipfile.ZipFile(directory / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, text in entries:
            info = zipfile.ZipInfo("x")
            # zipfile would turn backslashes into slashes.
            info.filename = info.orig_filename = entry
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)


@pytest.fixture(scope="module")
def unpacked(windows_host: WindowsHost) -> dict[str, Any]:
    """Return what became of every archive, by its name."""
    base = windows_host.path("C:\\check")
    archives = base / "archives"
    archives.mkdir(parents=True)
    (base / "trees" / "removed" / "deep").mkdir(parents=True)
    good = ("bin/python.txt", "good\n")
    _archive(archives, "good", good, ("Lib/Ünï.txt", "x"), ("empty/", ""))
    _archive(archives, "deep", (DEEP, "deep\n"))
    _archive(archives, "up-slash", good, ("../outside.txt", "x"))
    _archive(archives, "up-backslash", good, ("..\\outside.txt", "x"))
    _archive(archives, "inside-up", good, ("bin/../../outside.txt", "x"))
    _archive(archives, "drive", good, ("C:/check/outside.txt", "x"))
    _archive(archives, "drive-relative", good, ("C:outside.txt", "x"))
    _archive(archives, "absolute", good, ("/check/outside.txt", "x"))
    _archive(archives, "share", good, ("\\\\host\\share\\x", "x"))
    _archive(archives, "stream", good, ("bin/python.txt:hidden", "x"))
    _archive(archives, "device", good, ("bin/NUL.txt", "x"))
    _archive(archives, "dot", good, ("bin./x", "x"))
    _archive(archives, "twice", good, ("BIN/Python.TXT", "x"))
    _archive(archives, "link", ("bin/link", "../../outside.txt"), mode=0o120777)
    _archive(archives, "empty")
    whole = (archives / "good.zip").read_bytes()
    (archives / "truncated.zip").write_bytes(whole[: len(whole) // 2])
    (archives / "nothing.zip").write_bytes(b"")
    damaged = bytearray(whole)
    where = whole.index(b"bin/python.txt") + len("bin/python.txt")
    damaged[where : where + 4] = b"\xff\xff\xff\xff"
    (archives / "damaged.zip").write_bytes(bytes(damaged))
    for module in (PROJECT / "module_utils").glob("_*.psm1"):
        (base / module.name).write_bytes(module.read_bytes())
    (base / "check.ps1").write_text(SCRIPT)
    done = windows_host.run(["powershell.exe", "-NoProfile", "-NonInteractive", "-File", "C:\\check\\check.ps1"])
    assert done.code == 0, done
    found: dict[str, Any] = json.loads(done.text)
    return found


def test_a_good_archive_is_there_as_a_whole(windows_host: WindowsHost, unpacked: dict[str, Any]) -> None:
    assert unpacked["good"] == "unpacked"
    tree = windows_host.path("C:\\check\\trees\\good")
    assert (tree / "bin/python.txt").read_text() == "good\n"
    assert (tree / "Lib/Ünï.txt").is_file() and (tree / "empty").is_dir()


def test_paths_over_260_characters_are_unpacked(windows_host: WindowsHost, unpacked: dict[str, Any]) -> None:
    assert len(f"C:\\check\\trees\\deep\\{DEEP}") > 300
    assert unpacked["deep"] == "unpacked"
    assert (windows_host.path("C:\\check\\trees\\deep") / DEEP).read_text() == "deep\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("up-slash", "'../outside.txt' leads through '..'"),
        ("up-backslash", "backslash"),
        ("inside-up", "leads through '..'"),
        ("drive", "drive letter"),
        ("drive-relative", "drive letter"),
        ("absolute", "absolute name"),
        ("share", "backslash"),
        ("stream", "a stream"),
        ("device", "'bin/NUL.txt' has the name of a device"),
        ("dot", "ends with a dot"),
        ("twice", "is a duplicate entry"),
        ("link", "'bin/link' is a link"),
        ("empty", "it is empty"),
        ("truncated", "it cannot be read"),
        ("nothing", "it cannot be read"),
        ("damaged", "'bin/python.txt' cannot be read"),
    ],
)
def test_a_bad_archive_is_refused_with_the_reason_and_nothing_of_it_stays(
    windows_host: WindowsHost, unpacked: dict[str, Any], name: str, told: str
) -> None:
    assert unpacked[name].startswith("archive|"), unpacked[name]
    assert told in unpacked[name]
    assert "left something" not in unpacked[name]
    assert sorted(path.name for path in windows_host.path("C:\\check\\trees").iterdir()) == ["deep", "good"]
    assert not list(windows_host.path("C:\\").rglob("outside.txt"))
