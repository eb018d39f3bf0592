# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a task that say who signs, turned into keys and signers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import CryptoSigner, Key, Signer, SSlibKey

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import shown
from ..repository import signature as signatures
from ..trust.layout import TOP_LEVEL, delegated_name_problem
from .signer_command import CommandSigner
from .signing import DAYS, Delegation, RoleKeys, Signing

ONE_KEY: dict[str, Any] = {
    "private_key": {"type": "path"},
    "passphrase": {"type": "str", "no_log": True},
    "public_key": {"type": "path"},
    "command": {"type": "list", "elements": "str"},
}
KEYS: dict[str, Any] = {
    "roles": {"type": "list", "elements": "str", "choices": list(TOP_LEVEL), "required": True},
    "threshold": {"type": "int", "default": 1},
    "keys": {"type": "list", "elements": "dict", "required": True, "options": ONE_KEY, "no_log": False},
}
DELEGATION: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "paths": {"type": "list", "elements": "str", "required": True},
    "threshold": KEYS["threshold"],
    "keys": KEYS["keys"],
}
SIGNING: dict[str, Any] = {
    "signing": {"type": "str", "choices": ["tuf", "index"]},
    "keys": {"type": "list", "elements": "dict", "options": KEYS, "default": [], "no_log": False},
    "delegations": {"type": "list", "elements": "dict", "options": DELEGATION},
    "previous_keys": {"type": "list", "elements": "dict", "options": ONE_KEY, "default": [], "no_log": False},
    "expiry_days": {"type": "dict", "options": {role: {"type": "int", "default": days} for role, days in DAYS.items()}},
}


def signing_of(options: Mapping[str, Any], key: Ed25519PrivateKey | None) -> Signing | None:
    """Return what the options of a task have to sign with, or None; all problems of all keys are one error."""
    signers: dict[str, Signer] = {}
    problems: list[str] = []
    default = None
    if key is not None:
        signer = CryptoSigner(key)
        signers[signer.public_key.keyid] = signer
        default = RoleKeys((signer.public_key,))
    roles: dict[str, RoleKeys] = {}
    for number, entry in enumerate(options.get("keys") or []):
        where = f"keys[{number}]"
        wanted = _role_keys(where, entry, signers, problems)
        problems += [
            f"{where} names the role {role}, which an entry before it has; name each once" for role in entry["roles"] if role in roles
        ]
        roles.update(dict.fromkeys(entry["roles"], wanted))
    delegations = _delegations(options.get("delegations"), signers, problems)
    previous = _keys("previous_keys", options.get("previous_keys") or [], signers, problems)
    days = {**DAYS, **{role: number for role, number in (options.get("expiry_days") or {}).items() if number is not None}}
    problems += [f"expiry_days.{role} is {number}; expected 1 to 3650 days" for role, number in days.items() if not 1 <= number <= 3650]
    if problems:
        raise HermeticError("The keys of this task cannot be used; nothing was changed", problems)
    if not signers and not roles:
        return None
    return Signing(roles, signers, days, default, delegations, frozenset(each.keyid for each in previous))


def _delegations(
    entries: Sequence[Mapping[str, Any]] | None, signers: dict[str, Signer], problems: list[str]
) -> tuple[Delegation, ...] | None:
    if entries is None:
        return None
    found: list[Delegation] = []
    for number, entry in enumerate(entries):
        where = f"delegations[{number}]"
        if problem := delegated_name_problem(entry["name"]):
            problems.append(f"{where}.name is {shown(entry['name'])}; {problem}")
        if entry["name"] in {each.name for each in found}:
            problems.append(f"{where} has the name of one before it; names must differ")
        problems += [
            f"{where}.paths has {shown(path)}; expected a path below bundles/, wheels/, prebuilt/ or files/, such as wheels/*/*"
            for path in entry["paths"]
            if path.split("/")[0] not in ("bundles", "wheels", "prebuilt", "files")
        ]
        keys = _role_keys(where, entry, signers, problems)
        found.append(Delegation(entry["name"], tuple(entry["paths"]), keys))
    return tuple(found)


def _role_keys(where: str, entry: Mapping[str, Any], signers: dict[str, Signer], problems: list[str]) -> RoleKeys:
    found = _keys(f"{where}.keys", entry["keys"], signers, problems)
    if len({each.keyid for each in found}) != len(found):
        problems.append(f"{where} names the same key twice; each counts once")
    if not 1 <= entry["threshold"] <= max(1, len(entry["keys"])):
        problems.append(f"{where}.threshold is {entry['threshold']}; expected a number from 1 to that of its keys, {len(entry['keys'])}")
    return RoleKeys(tuple(found), entry["threshold"])


def _keys(where: str, entries: Sequence[Mapping[str, Any]], signers: dict[str, Signer], problems: list[str]) -> list[Key]:
    found: list[Key] = []
    for number, entry in enumerate(entries):
        try:
            key, signer = _one_key(f"{where}[{number}]", entry)
        except HermeticError as error:
            problems.append(error.message)
            continue
        found.append(key)
        if signer is not None:
            signers[key.keyid] = signer
    return found


def _one_key(where: str, entry: Mapping[str, Any]) -> tuple[Key, Signer | None]:
    if entry.get("private_key"):
        if entry.get("command") or entry.get("public_key"):
            raise HermeticError(
                f"{where} has private_key and command or public_key; give either a file, or a public key with a command or alone"
            )
        signer = CryptoSigner(signatures.read_private_key(entry["private_key"], passphrase=entry.get("passphrase")))
        return signer.public_key, signer
    if not entry.get("public_key"):
        raise HermeticError(f"{where} has no key; give private_key, public_key, or command with public_key")
    key = _public_key(entry["public_key"])
    return key, CommandSigner(entry["command"], key) if entry.get("command") else None


def _public_key(path: str) -> Key:
    try:
        return SSlibKey.from_crypto(load_pem_public_key(Path(path).expanduser().read_bytes()))
    except OSError as error:
        raise HermeticError(f"The public key {path} cannot be read: {error.strerror or error}") from error
    except (ValueError, UnsupportedAlgorithm, UnsupportedLibraryError) as error:
        raise HermeticError(f"The public key {path} cannot be used: expected a public key in PEM form (Ed25519, ECDSA or RSA)") from error
