# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the images of the test hosts are made: from a registry or by debootstrap, with a podman that only writes down what it was told."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from machines import images, podman

REGISTRY = "registry.example/library"
PUBLIC = f"{REGISTRY}/debian:bookworm-slim"
FAKE_PODMAN = """\
import json, os, pathlib, sys
words = sys.argv[1:]
if words[0] == "--runtime":
    del words[:4]
state = pathlib.Path(os.environ["FAKE_STATE"])
known = state / "images"
names = known.read_text().split() if known.exists() else []
given = sys.stdin.buffer.read() if words[0] in ("run", "import") else b""
with (state / "told").open("a") as told:
    told.write(json.dumps([words, len(given)]) + "\\n")
if words[0] == "import":
    (state / "imported.tar").write_bytes(given)
if words[:2] == ["image", "exists"]:
    sys.exit(words[2] not in names)
if words[0] in os.environ.get("FAKE_FAILURE", "").split():
    sys.exit("Error: it was not available")
if words[0] in ("pull", "tag", "commit", "import"):
    known.write_text(" ".join([*names, words[-1]]))
"""
FAKE_DEBOOTSTRAP = """\
import pathlib, sys
tree = pathlib.Path(sys.argv[-1])
for name in ("etc/debian_version", "dev/null", "usr/share/doc/a/copyright", "usr/bin/env"):
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(name)
"""


class Told:
    """What the fake podman was told."""

    def __init__(self, state: Path) -> None:
        self.state = state

    @property
    def commands(self) -> list[list[str]]:
        """The commands so far, without the questions which images there are."""
        lines = [json.loads(line) for line in (self.state / "told").read_text().splitlines()]
        return [words for words, _given in lines if words[:2] != ["image", "exists"]]

    @property
    def verbs(self) -> list[str]:
        """The first word of each."""
        return [words[0] for words in self.commands]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Put the fakes before everything else on the path, and return what they are told."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("podman", FAKE_PODMAN), ("debootstrap", FAKE_DEBOOTSTRAP)):
        (programs / name).write_text(f"#!{sys.executable}\n{text}")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("FAKE_STATE", str(tmp_path))
    monkeypatch.delenv("HERMETIC_TEST_REGISTRY", raising=False)
    return Told(tmp_path)


def test_a_registry_takes_the_place_of_debootstrap(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMETIC_TEST_REGISTRY", REGISTRY)
    made = images.ready("bookworm")
    assert told.commands == [["pull", "--quiet", PUBLIC], ["tag", PUBLIC, made]]


def test_an_image_that_was_pulled_before_is_not_pulled_again(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMETIC_TEST_REGISTRY", REGISTRY)
    (told.state / "images").write_text(PUBLIC)
    made = images.ready("bookworm")
    assert told.commands == [["tag", PUBLIC, made]]


def test_the_layers_are_run_on_the_public_image_and_kept(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMETIC_TEST_REGISTRY", REGISTRY)
    made = images.ready("hostile")
    assert told.verbs == ["pull", "tag", *["rm", "run", "commit", "rm"] * 2]
    base = told.commands[1][2]
    first, second = (words for words in told.commands if words[0] == "run")
    login = next(words[-1] for words in told.commands if words[0] == "commit")
    assert first[-3:] == [base, "/bin/sh", "-eus"]
    assert second[-3:] == [login, "/bin/sh", "-eus"]
    assert told.commands[-2][-1] == made
    # Another clone, or a second run, finds it and does nothing.
    count = len(told.commands)
    assert images.ready("hostile") == made
    assert len(told.commands) == count


def test_images_of_a_registry_are_no_images_of_debootstrap(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    without = {name: images.ready(name) for name in ("bookworm", "debian-12")}
    monkeypatch.setenv("HERMETIC_TEST_REGISTRY", REGISTRY)
    assert all(images.ready(name) != reference for name, reference in without.items())


def test_without_a_registry_debootstrap_makes_the_tree_and_no_device_of_it_is_imported(told: Told) -> None:
    made = images.ready("bookworm")
    assert told.commands == [["import", "--quiet", "-", made]]
    with tarfile.open(told.state / "imported.tar") as tree:
        names = set(tree.getnames())
    assert {"./etc/debian_version", "./usr/bin/env"} <= names
    assert not names & {"./dev/null", "./usr/share/doc/a"}


@pytest.mark.parametrize("verb", ["pull", "run"])
def test_what_fails_is_named_with_what_podman_said(told: Told, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setenv("HERMETIC_TEST_REGISTRY", REGISTRY)
    monkeypatch.setenv("FAKE_FAILURE", verb)
    with pytest.raises(podman.PodmanFailed, match=rf"(?s){verb} .*it was not available"):
        images.ready("debian-12")
    assert "commit" not in told.verbs
    if verb == "run":
        assert told.verbs[-1] == "rm", "what was being made is removed"
