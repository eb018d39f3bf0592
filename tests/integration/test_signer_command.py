# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that only a command can use: real processes, which sign, fail, lie or do not end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.signer_command import CommandSigner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from metadata_samples import FIRST, Published, make_key, reader
from repository_samples import task
from securesystemslib.signer import CryptoSigner, SSlibKey

SIGN = """
import base64, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
key = serialization.load_pem_private_key(open(sys.argv[1], "rb").read(), None)
content = sys.stdin.buffer.read()
kind = type(key).__name__.lower()
if "rsa" in kind:
    signed = key.sign(content, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
elif "ec" in kind:
    signed = key.sign(content, ec.ECDSA(hashes.SHA256()))
else:
    signed = key.sign(content)
sys.stdout.buffer.write(base64.encodebytes(signed) if sys.argv[2] == "text" else signed)
"""
MAKERS: dict[str, Any] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))


def held(directory: Path, kind: str, way: str) -> dict[str, Any]:
    """Make a key that only a command can use, and return it as an option."""
    key = MAKERS[kind]()
    private, public = directory / f"{kind}.held", directory / f"{kind}.pub"
    none = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none))
    public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return {"public_key": str(public), "command": [sys.executable, "-c", SIGN, str(private), way]}


@pytest.mark.parametrize(("kind", "way"), [("ed25519", "bytes"), ("ecdsa", "text"), ("rsa", "text")])
def test_a_command_signs_what_a_file_would(tmp_path: Path, kind: str, way: str) -> None:
    key = held(tmp_path, kind, way)
    online = {"roles": ["snapshot", "timestamp"], "keys": [{"private_key": make_key(tmp_path, "online")}], "threshold": 1}
    published = Published(tmp_path, keys=[{"roles": ["root", "targets"], "keys": [key], "threshold": 1}, online])
    assert reader(tmp_path).index(str(published.path), public_key=published.root).release("python") == FIRST
    assert task(tmp_path, state="verified", public_key=str(published.root))["problems"] == []
    assert not (published.path / "index.json.sig").exists()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; sys.exit('the module is locked')", r"failed with status 1: the module is locked"),
        ("import sys; sys.stdin.read(); print('no signature')", r"13 bytes, which are no signature by the public key"),
        ("import sys; sys.stdin.read()", r"0 bytes, which are no signature"),
        ("import sys; sys.stdin.read(); sys.stdout.write('x' * 100000)", r"wrote 100000 bytes; expected a signature"),
        ("import sys; sys.stderr.write('\\x1b[31m' + 'y' * 10000); sys.exit(3)", r"failed with status 3: y{500}$"),
    ],
)
def test_a_command_that_does_not_sign_is_an_error_and_changes_nothing(tmp_path: Path, code: str, message: str) -> None:
    published = Published(tmp_path, private_key=make_key(tmp_path, "key"))
    before = {path: path.read_bytes() for path in published.path.rglob("*.json")}
    signer = {"public_key": held(tmp_path, "ed25519", "bytes")["public_key"], "command": [sys.executable, "-c", code]}
    with pytest.raises(HermeticError, match=message):
        published.task(keys=[{"roles": ["targets"], "keys": [signer], "threshold": 1}])
    assert {path: path.read_bytes() for path in published.path.rglob("*.json")} == before


def test_a_command_that_is_not_there_or_does_not_end_is_named(tmp_path: Path) -> None:
    key = CryptoSigner.generate_ed25519().public_key
    assert isinstance(key, SSlibKey)
    with pytest.raises(HermeticError, match="cannot be started: No such file"):
        CommandSigner([str(tmp_path / "gone")], key).sign(b"x")
    with pytest.raises(HermeticError, match="did not end within"):
        CommandSigner([sys.executable, "-c", "import time; time.sleep(60)"], key, patience=0.5).sign(b"x")


def test_who_reads_nothing_of_what_it_should_sign_is_still_answered(tmp_path: Path) -> None:
    key = CryptoSigner.generate_ed25519().public_key
    with pytest.raises(HermeticError, match="no signature"):
        CommandSigner([sys.executable, "-c", "print('early')"], key).sign(b"x" * (4 << 20))
