# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key that only a program can use, such as one of a hardware module or of a key service."""

from __future__ import annotations

import base64
import binascii
import subprocess
from collections.abc import Iterator, Sequence

from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.printable import printable

_PATIENCE = 120.0
_LARGEST = 64 << 10
_SHOWN = 500


class CommandSigner(Signer):
    """Signs by a command, which reads the bytes on its standard input and writes the signature, as it is or in Base64.

    What it writes must be a valid signature of the public key; nothing else is ever published.
    """

    def __init__(self, command: Sequence[str], public_key: Key, *, patience: float = _PATIENCE) -> None:
        self._command = list(command)
        self._public_key = public_key
        self._patience = patience

    @property
    def public_key(self) -> Key:
        """The key that signatures are verified with."""
        return self._public_key

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None) -> Signer:
        """Refuse: a command is a list of arguments, and has no address."""
        raise NotImplementedError

    def sign(self, payload: bytes) -> Signature:
        """Return the signature of the bytes, verified."""
        written = self._written(payload)
        for found in _readings(written):
            signature = Signature(self._public_key.keyid, found.hex())
            try:
                self._public_key.verify_signature(signature, payload)
            except (UnverifiedSignatureError, VerificationError):
                continue
            return signature
        raise HermeticError(
            f"The signer {self._command[0]} wrote {len(written)} bytes, which are no signature by the public key {self._public_key.keyid[:16]} "
            f"({self._public_key.scheme}); it must sign exactly what it reads on its standard input"
        )

    def _written(self, payload: bytes) -> bytes:
        try:
            done = subprocess.run(self._command, input=payload, capture_output=True, timeout=self._patience, check=False)
        except subprocess.TimeoutExpired as error:
            raise HermeticError(f"The signer {self._command[0]} did not end within {self._patience:g} s") from error
        except OSError as error:
            raise HermeticError(f"The signer {self._command[0]} cannot be started: {error.strerror or error}") from error
        if done.returncode != 0:
            said = printable(done.stderr.decode("utf-8", "replace").strip()[-_SHOWN:])
            raise HermeticError(f"The signer {self._command[0]} failed with status {done.returncode}: {said or 'it wrote no error'}")
        if len(done.stdout) > _LARGEST:
            raise HermeticError(f"The signer {self._command[0]} wrote {len(done.stdout)} bytes; expected a signature")
        return done.stdout


def _readings(written: bytes) -> Iterator[bytes]:
    yield written
    try:
        yield base64.b64decode(b"".join(written.split()), validate=True)
    except binascii.Error:
        return
