# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real shells and Pythons make of a bundle before its interpreter is started."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.net.local_file import sha256_of
from ansible_collections.hermetic.python.plugins.plugin_utils.target.interpreter_verification import parse_verification, verify_command


def tree_of(place: Path) -> tuple[Path, str]:
    tree = place / "tree"
    files: dict[str, Any] = {}
    for path, text in {"bin/python3.12": "launcher", "lib/python3.12/os.py": "import sys", "lib/launcher manifest.xml": "x"}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
        files[path] = {"type": "file", "mode": "0644", "size": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    (tree / "bin/python").symlink_to("python3.12")
    files["bin/python"] = {"type": "link", "target": "python3.12"}
    files["bin"] = {"type": "directory", "mode": "0755"}
    info = {"format": 1, "files": files, "packages": [{"name": "x", "sha256": "0" * 64}], "source": {"sha256": "1" * 64}}
    (tree / "bundle.json").write_text(json.dumps(info, indent=1, sort_keys=True) + "\n")
    return tree, sha256_of(tree / "bundle.json")


def lead_elsewhere(link: Path) -> None:
    link.unlink()
    link.symlink_to("/bin/sh")


def looked_at(tree: Path, digest: str, shell: str = "/bin/sh") -> tuple[str, str]:
    command = verify_command(str(tree), sha256=digest).replace("/bin/sh", shell, 1)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=60)
    return parse_verification(done.stdout, stderr=done.stderr, rc=done.returncode)


@pytest.mark.parametrize("shell", ["/bin/sh", "bash", "dash", "busybox sh", "zsh"])
def test_a_bundle_is_read_by_the_hosts_own_shell(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell.split()[0]) is None:
        pytest.skip(f"no {shell} here")
    tree, digest = tree_of(tmp_path)
    assert looked_at(tree, digest, shell) == ("same", "4")
    changes: list[tuple[str, Any]] = [
        ("an edit", lambda: (tree / "lib/python3.12/os.py").write_text("import evil")),
        ("one more file", lambda: (tree / "lib/evil.pth").write_text("import evil")),
        ("one less", lambda: (tree / "lib/launcher manifest.xml").unlink()),
        ("a link that leads elsewhere", lambda: lead_elsewhere(tree / "bin/python")),
        ("a file behind a link", lambda: lead_elsewhere(tree / "bin/python3.12")),
        ("another list", lambda: (tree / "bundle.json").write_text("{}")),
        ("a name of two lines", lambda: (tree / f"x\nfile {'0' * 64} lib").write_text("")),
    ]
    for _what, change in changes:
        change()
        assert looked_at(tree, digest, shell)[0] == "changed", _what
        shutil.rmtree(tree)
        tree_of(tmp_path)


def test_a_host_that_cannot_look_says_so_and_is_not_believed(tmp_path: Path) -> None:
    tree, digest = tree_of(tmp_path)
    assert looked_at(tmp_path / "nowhere", digest)[0] == "changed"
    assert parse_verification("", stderr="sh: not found", rc=127) == (
        "cannot",
        "its /bin/sh ended with 127; its last output: sh: not found",
    )
    assert parse_verification("hermetic-verify-1 fine\n", stderr="", rc=0)[0] == "cannot"
    assert parse_verification("hermetic-verify-1 same 3\nhermetic-verify-1 same 3\n", stderr="", rc=0)[0] == "cannot"
    assert tree.exists()


def _digest_of_byte_code(before: str, source: str, *words: str, **environment: str) -> str:
    """Return the digest of a source's byte code, made by a process of its own that has run some lines and interned some words before."""
    program = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.byte_code import byte_code\n"
        f"{before}\n"
        f"source = {source}\n"
        "print(hashlib.sha256(byte_code(source, shown_as='x.py')).hexdigest())\n"
    )
    collections = str(Path(__file__).resolve().parents[2] / ".collections")
    environment.setdefault("PATH", "/usr/bin:/bin")
    return subprocess.run(
        [sys.executable, "-c", program, collections, *words], env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sets are written in the order of a random hash")
def test_byte_code_is_the_same_whatever_a_process_did_before() -> None:
    """Python 3.12 merges equal sets of constants or not, as their random hashes have it: a module of its own library shows it."""
    before, source = "import ftplib; kept = [sys.intern(name) for name in sys.argv[2:]]", "open(ftplib.__file__, 'rb').read()"
    told = {
        _digest_of_byte_code(before, source, *("put urgent"[: seed + 2], "abort", "_hidden"), PYTHONHASHSEED=str(seed)) for seed in range(6)
    }
    assert len(told) == 1


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sets are written in the order of a random hash")
def test_byte_code_is_the_same_whether_a_character_was_interned_before() -> None:
    """A text of one character is one object in a process, and ``marshal`` writes whether somebody interned it."""
    before, source = "kept = [sys.intern(character) for character in sys.argv[2]]", '\'found = ["]", "\\xf7", "\\u2190"]\'.encode()'
    told = {_digest_of_byte_code(before, source, interned, PYTHONUTF8="1") for interned in ("", "]", "\xf7", "]\xf7\u2190")}
    assert len(told) == 1
