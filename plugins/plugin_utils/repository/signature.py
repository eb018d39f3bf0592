# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ed25519 signatures over the exact bytes of an index, as base64 text beside it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ...module_utils.hermetic.errors import HermeticError


def sign(content: bytes, *, key: Ed25519PrivateKey) -> bytes:
    """Return the text of the signature file."""
    return base64.b64encode(key.sign(content)) + b"\n"


def is_signed_by(content: bytes, signature: bytes | None, *, key: Ed25519PublicKey) -> bool:
    """Say whether the signature file's text is this key's signature of the content."""
    if signature is None:
        return False
    try:
        key.verify(base64.b64decode(signature.strip(), validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return a short name of a public key, for messages."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def read_private_key(path: str | Path, *, passphrase: str | None = None) -> Ed25519PrivateKey:
    """Read a private key from a PEM file; the passphrase never enters a message."""
    content = _read(path, "private")
    try:
        key = serialization.load_pem_private_key(content, password=passphrase.encode() if passphrase else None)
    except TypeError as error:
        remedy = "is encrypted: give its passphrase" if passphrase is None else "is not encrypted: leave the passphrase out"
        raise HermeticError(f"Private key {path} {remedy}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise HermeticError(
            f"Private key {path} cannot be read: it is not an Ed25519 key in PEM form, or the passphrase is wrong"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise HermeticError(
            f"Private key {path} is a {type(key).__name__}; expected an Ed25519 key (make one with: openssl genpkey -algorithm ed25519)"
        )
    return key


def read_public_key(path: str | Path) -> Ed25519PublicKey:
    """Read a public key from a PEM file."""
    content = _read(path, "public")
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise HermeticError(f"Public key {path} cannot be read: it is not a public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise HermeticError(f"Public key {path} is a {type(key).__name__}; expected an Ed25519 key")
    return key


def make_keys(private: str | Path, public: str | Path, *, passphrase: str | None = None) -> str:
    """Write a new key pair, the private key readable by its owner only, and return the fingerprint; no file is replaced."""
    existing = [str(path) for path in (private, public) if os.path.lexists(path)]
    if existing:
        raise HermeticError(f"Keys are not replaced; there is already: {', '.join(existing)}")
    key = Ed25519PrivateKey.generate()
    encryption = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    shown = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for path, content, mode in ((private, secret, 0o600), (public, shown, 0o644)):
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
                os.fchmod(stream.fileno(), mode)
                stream.write(content)
        except OSError as error:
            raise HermeticError(f"Key {path} cannot be written: {error.strerror or error}") from error
    return fingerprint(key.public_key())


def _read(path: str | Path, kind: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise HermeticError(f"The {kind} key {path} cannot be read: {error.strerror or error}") from error
