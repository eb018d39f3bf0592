# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller vouches for, from where it knows it, and what is looked at before an interpreter is started."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache, sha256_of
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import Archive, Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import read_metadata
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import archive_artifact, load_index, parse_index
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import DeclaredState
from ansible_collections.hermetic.python.plugins.plugin_utils.target.interpreter_verification import parse_verification, verify_command
from ansible_collections.hermetic.python.plugins.plugin_utils.target.known_manifests import KnownManifests
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import declare
from ansible_collections.hermetic.python.plugins.plugin_utils.target.vouching import vouched
from supply_samples import make_bundle

PLATFORM = "linux-x86_64"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return published(make_bundle(tmp_path / "built"))


def published(path: Path) -> Archive:
    return Archive(path, sha256_of(path), path.stat().st_size, read_metadata(path))


@pytest.fixture
def store(tmp_path: Path, archive: Archive) -> RepositoryStore:
    made = RepositoryStore(tmp_path / "repository")
    made.update(Update(archives=[archive]))
    return made


def entry_of(store: RepositoryStore, archive: Archive) -> dict[str, Any]:
    index = json.loads((store.directory / "index.json").read_text())
    found: dict[str, Any] = index["bundles"]["python"]["releases"][archive.metadata["release"]]["platforms"][PLATFORM]
    return found


def known(state: DeclaredState, tmp_path: Path) -> dict[str, list[str]]:
    cache = ControllerCache.at(tmp_path / "cache")
    return vouched(state, KnownManifests.at(tmp_path / "state"), cache=cache, platform=PLATFORM, host="web1", root="/r")


def test_the_index_holds_the_digest_of_each_manifest(store: RepositoryStore, archive: Archive, tmp_path: Path) -> None:
    assert entry_of(store, archive)["manifest"] == archive.metadata["manifest"]
    assert store.verify() == []
    index = load_index(str(store.directory))
    state = DeclaredState(declaration=declare(), index=index)
    tree = f"bundles/python-{archive.metadata['release']}-{archive.sha256[:12]}"
    assert known(state, tmp_path) == {tree: [archive.metadata["manifest"]]}


def without_manifest(store: RepositoryStore, archive: Archive, **changes: Any) -> None:
    path = store.directory / "index.json"
    index = json.loads(path.read_text())
    entry = index["bundles"]["python"]["releases"][archive.metadata["release"]]["platforms"][PLATFORM]
    del entry["manifest"]
    entry.update(changes)
    path.write_text(json.dumps(index))


def test_an_older_index_is_read_and_completed_by_publishing_again(store: RepositoryStore, archive: Archive, tmp_path: Path) -> None:
    without_manifest(store, archive)
    assert store.verify() == []
    artifact = load_index(str(store.directory)).resolve("python", platform=PLATFORM, release=archive.metadata["release"])
    assert artifact.manifest is None
    state = DeclaredState(declaration=declare(), bundles=(artifact,), index=load_index(str(store.directory)))
    assert list(known(state, tmp_path).values()) == [[archive.metadata["manifest"]]], "read from the archive in the directory"
    outcome = store.update(Update(archives=[archive]))
    assert [change.action for change in outcome.plan] == ["describe"]
    assert entry_of(store, archive)["manifest"] == archive.metadata["manifest"]
    assert store.update(Update(archives=[archive])).changed is False


@pytest.mark.parametrize("digest", ["x", "A" * 64, 7, ["a" * 64]])
def test_an_index_with_no_digest_for_a_manifest_is_refused(store: RepositoryStore, archive: Archive, digest: object) -> None:
    without_manifest(store, archive, manifest=digest)
    with pytest.raises(BrokenArtifact) as raised:
        parse_index((store.directory / "index.json").read_bytes(), subject="The index")
    assert "manifest" in str(raised.value)


def test_verifying_a_repository_finds_another_digest(store: RepositoryStore, archive: Archive) -> None:
    without_manifest(store, archive, manifest="0" * 64)
    assert any("its manifest differs" in problem for problem in store.verify())


def test_what_the_repository_says_goes_before_what_was_remembered(archive: Archive, tmp_path: Path) -> None:
    artifact = archive_artifact(str(archive.path), cache=ControllerCache.at(tmp_path / "cache"))
    tree = f"bundles/python-{archive.metadata['release']}-{archive.sha256[:12]}"
    record = KnownManifests.at(tmp_path / "state")
    record.remember({tree: {"digest": "0" * 64, "here": False}}, host="liar", root="/r", engine="e")
    assert known(DeclaredState(declaration=declare(), bundles=(artifact,)), tmp_path) == {tree: [archive.metadata["manifest"]]}
    remembered = known(
        DeclaredState(declaration=declare(), bundles=(dataclasses.replace(artifact, manifest=None, location="/gone"),)), tmp_path
    )
    assert remembered == {tree: ["0" * 64]}


# --- what is looked at before an interpreter is started


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
        ("a link that leads elsewhere", lambda: ((tree / "bin/python").unlink(), (tree / "bin/python").symlink_to("/bin/sh"))),
        ("a file behind a link", lambda: ((tree / "bin/python3.12").unlink(), (tree / "bin/python3.12").symlink_to("/bin/sh"))),
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
    assert parse_verification("", stderr="sh: not found", rc=127) == ("cannot", "its /bin/sh ended with 127 and said: sh: not found")
    assert parse_verification("hermetic-verify-1 fine\n", stderr="", rc=0)[0] == "cannot"
    assert parse_verification("hermetic-verify-1 same 3\nhermetic-verify-1 same 3\n", stderr="", rc=0)[0] == "cannot"
    assert tree.exists()


# --- byte code


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
