# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that a report proposes, as the run that made it was started: its playbooks, its inventory, and no secret of its command line."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ansible import constants as C  # noqa: N812
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv

from ....module_utils.hermetic.text.printable import printable
from ....module_utils.hermetic.text.redaction import redacted

PLAYBOOKS = Path(__file__).resolve().parents[4] / "playbooks"
COLLECTION = "hermetic.python"
_ACTIONS = {"repair": "repair", "deploy": "site", "check": "drift"}
# The hosts are named by whoever takes the command, which decides by itself what is compared and whether anything is deployed.
_LEFT_TO_THE_COMMAND = {
    *("site_hosts", "drift_hosts", "repair_hosts", "rollback_hosts"),
    *("repair_declared", "system_bundle_state", "system_bundle_drift_against"),
}
# Variables of ours hold no secret, but for these; of the others nobody can know.
_OURS = re.compile(r"(system_bundle|drift_report|drift|repair|site|hermetic)_\w+")
_SECRET = {"system_bundle_credentials"}
_SIMPLE = re.compile(r"[\w./:@%+,-]+", re.ASCII)
_FLAGS = {"become": "--become", "become_ask_pass": "--ask-become-pass", "ask_pass": "--ask-pass", "ask_vault_pass": "--ask-vault-pass"}
_VALUES = {
    "become_method": ("--become-method", "DEFAULT_BECOME_METHOD"),
    "become_user": ("--become-user", "DEFAULT_BECOME_USER"),
    "remote_user": ("--user", "DEFAULT_REMOTE_USER"),
    "private_key_file": ("--private-key", "DEFAULT_PRIVATE_KEY_FILE"),
    "connection": ("--connection", "DEFAULT_TRANSPORT"),
    "become_password_file": ("--become-password-file", "BECOME_PASSWORD_FILE"),
    "connection_password_file": ("--connection-password-file", "CONNECTION_PASSWORD_FILE"),
}


def commands_of_run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the commands for repairing, deploying and checking again, without the hosts, from the command line that Ansible has parsed.

    ``directory`` is where they are to be run, ``left_out`` names the variables of the command line that they lack.
    """
    words, left_out = _variables(arguments.get("extra_vars") or ())
    words = [*_inventories(arguments.get("inventory") or ()), *_options(arguments), *words]
    # What cannot be shown can neither be copied; a terminal would act on it.
    unclear = [word for word in words if printable(word) != word]
    if unclear:
        words, left_out = [], sorted({*left_out, "everything, since a part of it holds control characters"})
    playbooks = {action: _playbook(name, arguments.get("args") or ()) for action, name in _ACTIONS.items()}
    commands = {action: shlex.join(["ansible-playbook", *words, playbook]) for action, playbook in playbooks.items()}
    return {**commands, "directory": printable(os.getcwd()), "left_out": left_out}


def _playbook(name: str, given: Sequence[Any]) -> str:
    """Return one of our playbooks, by a path where the run was started with a path to one of them."""
    for each in map(str, given):
        directory = os.path.dirname(each)
        if each.endswith((".yml", ".yaml")) and os.path.realpath(directory or ".") == str(PLAYBOOKS):
            path = os.path.normpath(os.path.join(_shortened(directory or "."), f"{name}.yml"))
            return path if printable(path) == path else f"{COLLECTION}.{name}"
    return f"{COLLECTION}.{name}"


def _inventories(given: Sequence[Any]) -> list[str]:
    return [word for each in map(str, given) for word in ("-i", each if "," in each else _shortened(each))]


def _shortened(path: str) -> str:
    """Return a path as one types it: relative where it lies below the directory of the run."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else os.path.normpath(relative)


def _options(arguments: Mapping[str, Any]) -> Iterator[str]:
    for name, flag in _FLAGS.items():
        if arguments.get(name):
            yield flag
    for name, (flag, default) in _VALUES.items():
        value = arguments.get(name)
        if value and value != getattr(C, default, None):
            yield from (flag, str(value))
    for name, flag in (("vault_ids", "--vault-id"), ("vault_password_files", "--vault-password-file")):
        for value in arguments.get(name) or ():
            yield from (flag, str(value))


def _variables(given: Sequence[Any]) -> tuple[list[str], list[str]]:
    """Return the words for variables that can be shown, and the names of the others."""
    words: list[str] = []
    left_out: set[str] = set()
    for text in map(str, given):
        if text.startswith("@"):
            words += ["-e", f"@{_shortened(text[1:])}"]
            continue
        for name, value in _parsed(text).items():
            if name in _LEFT_TO_THE_COMMAND:
                continue
            if _OURS.fullmatch(name) and name not in _SECRET and not _has_secret(value):
                words += ["-e", _assignment(name, value)]
            else:
                left_out.add(printable(name[:100]))
    return words, sorted(left_out)


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text) if text.lstrip().startswith(("{", "[")) else parse_kv(text)
    except (yaml.YAMLError, AnsibleError):
        # Ansible refused it as well.
        return {}
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}


def _has_secret(value: Any) -> bool:
    """Return whether there is an address with a user name, a password or a query in a value."""
    if isinstance(value, Mapping):
        return any(_has_secret(each) for each in (*value.keys(), *value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_secret, value))
    text = str(value)
    return redacted(text) != text or ("://" in text and ("?" in text or "@" in text))


def _assignment(name: str, value: Any) -> str:
    if isinstance(value, str) and _SIMPLE.fullmatch(value):
        return f"{name}={value}"
    return yaml.safe_dump({name: value}, default_flow_style=True, width=1 << 20, allow_unicode=True).strip()
