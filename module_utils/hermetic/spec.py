# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules, one table for each group: the same name means the same thing everywhere."""

from __future__ import annotations

from typing import Any

Spec = dict[str, dict[str, Any]]

DEFAULT_ROOT = "/opt/infra-system"
DEFAULT_ROOT_WINDOWS = "C:\\infra-system"
DEFAULT_BUNDLE = "python"
DEFAULT_CHANNEL = "stable"

ROOT: Spec = {
    "root": {"type": "path"},
    "unsafe_parent": {"type": "bool", "default": False},
}

# How files are downloaded, by a host or by the controller.
DOWNLOADS: Spec = {
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 60},
    "retries": {"type": "int", "default": 4},
    "download_timeout": {"type": "int", "default": 3600},
    "minimum_rate": {"type": "int", "default": 1000},
    "maximum_size": {"type": "int", "default": 4294967296},
    "credentials": {"type": "dict", "no_log": True},
}

# Where bundles and wheels come from.
SOURCES: Spec = {
    "repository": {"type": "str"},
    "public_key": {"type": "path"},
    "allow_unsigned": {"type": "bool", "default": False},
    "transfer": {"type": "str", "choices": ["auto", "pull", "push"], "default": "auto"},
    **DOWNLOADS,
}

# How the controller selects the wheels that a lock means.
WHEEL_SELECTION: Spec = {
    "index_url": {"type": "str"},
    "extra_index_urls": {"type": "list", "elements": "str", "default": []},
    "find_links": {"type": "list", "elements": "str", "default": []},
    "marker_values": {"type": "dict", "default": {}},
}

LOCKS: Spec = {
    **WHEEL_SELECTION,
    "platforms": {"type": "list", "elements": "str", "default": []},
}

# How the engine goes about its work on the host.
ENGINE: Spec = {
    "verify": {"type": "str", "choices": ["none", "quick", "deep"], "default": "quick"},
    "keep_generations": {"type": "int", "default": 3},
    "lock_timeout": {"type": "int", "default": 300},
    "link_mode": {"type": "str", "choices": ["auto", "reflink", "hardlink", "copy"], "default": "auto"},
    "jobs": {"type": "int", "default": 0},
    "check_free_space": {"type": "bool", "default": True},
    "unpack_limit": {"type": "int", "default": 0},
}

# Whether the processes of the host are compared with the generation in force.
PROCESSES: Spec = {
    "processes": {"type": "bool", "default": False},
}

_ONE_CHECK: Spec = {
    "name": {"type": "str"},
    "argv": {"type": "list", "elements": "str", "required": True},
    "user": {"type": "str"},
    "environment": {"type": "dict", "no_log": True},
    "chdir": {"type": "str"},
    "timeout": {"type": "float", "default": 60},
    "rc": {"type": "int", "default": 0},
}

# What guards a switch: run in the new tree before it, and through the stable path after it.
_CHECKS: Spec = {name: {"type": "list", "elements": "dict", "options": _ONE_CHECK, "default": []} for name in ("checks", "checks_after")}

# What becomes of environments whose packages do not fit each other.
_CONSISTENCY: Spec = {"consistency": {"type": "str", "choices": ["ignore", "warning", "error"], "default": "warning"}}

ONE_BUNDLE: Spec = {
    "name": {"type": "str", "default": DEFAULT_BUNDLE},
    "release": {"type": "str"},
    "channel": {"type": "str", "default": DEFAULT_CHANNEL},
    "archive": {"type": "str"},
    "sha256": {"type": "str"},
    "default": {"type": "bool", "default": False},
    **_CHECKS,
}

ONE_VIRTUALENV: Spec = {
    "name": {"type": "str", "required": True},
    "lock": {"type": "path"},
    "spec": {"type": "path"},
    "bundle": {"type": "str"},
    "extras": {"type": "list", "elements": "str", "default": []},
    "groups": {"type": "list", "elements": "str"},
    "system_site_packages": {"type": "bool", "default": False},
    "pythonpath": {"type": "bool", "default": False},
    **_CHECKS,
}

STATE: Spec = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

_DECLARED_BUNDLE = {
    "type": "list",
    "elements": "dict",
    "options": ONE_BUNDLE,
    "mutually_exclusive": [("release", "archive")],
    "required_together": [("archive", "sha256")],
}
_DECLARED_VIRTUALENV = {
    "type": "list",
    "elements": "dict",
    "options": ONE_VIRTUALENV,
    "mutually_exclusive": [("lock", "spec")],
    "required_one_of": [("lock", "spec")],
    "default": [],
}

_DECLARATION: Spec = {
    **ROOT,
    "bundles": _DECLARED_BUNDLE,
    "virtualenvs": _DECLARED_VIRTUALENV,
    **SOURCES,
    **LOCKS,
    "prove": {"type": "str", "choices": ["play", "host"], "default": "play"},
    **ENGINE,
}

SYSTEM: Spec = {
    **_DECLARATION,
    "state": {"type": "str", "choices": ["present", "repaired", "absent"], "default": "present"},
    **_CONSISTENCY,
    "force": {"type": "bool", "default": False},
    "forget": {"type": "bool", "default": False},
    "rollout": {"type": "str"},
}

# A play passes the same declaration to both; without one, the host is held against its own current generation.
DRIFT: Spec = {
    **_DECLARATION,
    "against": {"type": "str", "choices": ["declared", "installed"], "default": "declared"},
    "foreign_pythons": {"type": "bool", "default": False},
    **PROCESSES,
    "run_checks": {"type": "bool", "default": False},
}

BUNDLE: Spec = {**ROOT, **ONE_BUNDLE, **STATE, **SOURCES, **ENGINE, **_CONSISTENCY}

VIRTUALENV: Spec = {**ROOT, **ONE_VIRTUALENV, **STATE, **SOURCES, **LOCKS, **ENGINE, **_CONSISTENCY}

GENERATION: Spec = {
    **ROOT,
    "state": {"type": "str", "choices": ["active", "pinned", "unpinned", "pruned"], "default": "active"},
    "number": {"type": "str"},
    "rollout": {"type": "str"},
    "keep_generations": ENGINE["keep_generations"],
    "lock_timeout": ENGINE["lock_timeout"],
}

SYSTEM_INFO: Spec = {**ROOT, **PROCESSES}

# Paths of the host are texts: the controller must not put its own home into them.
SCRIPT: Spec = {
    **ROOT,
    "path": {"type": "str", "required": True},
    "remote_src": {"type": "bool", "default": False},
    "arguments": {"type": "list", "elements": "str", "default": []},
    "stdin": {"type": "str", "no_log": True},
    "stdin_add_newline": {"type": "bool", "default": True},
    "chdir": {"type": "str"},
    "environment": {"type": "dict", "no_log": True},
    "creates": {"type": "str"},
    "removes": {"type": "str"},
    **SOURCES,
    **{name: option for name, option in WHEEL_SELECTION.items() if name != "marker_values"},
}

# What binds the options of one module to each other, as AnsibleModule and ArgumentSpecValidator take it.
RULES: dict[str, dict[str, Any]] = {
    "system": {},
    "drift": {},
    "bundle": {
        "mutually_exclusive": [("release", "archive")],
        "required_together": [("archive", "sha256")],
    },
    "virtualenv": {
        "mutually_exclusive": [("lock", "spec")],
        "required_if": [("state", "present", ("lock", "spec"), True)],
    },
    "generation": {"mutually_exclusive": [("number", "rollout")]},
    "system_info": {},
    "script": {},
}

SPECS: dict[str, Spec] = {
    "system": SYSTEM,
    "drift": DRIFT,
    "bundle": BUNDLE,
    "virtualenv": VIRTUALENV,
    "generation": GENERATION,
    "system_info": SYSTEM_INFO,
    "script": SCRIPT,
}

# What the action plugin adds: request, credentials and what to take away, packed as one opaque text. Every single text of a
# no_log dictionary would be blotted out wherever the result shows it, and the target's syslog would hold it all without no_log.
# The engine comes as its zip, the same that is run by hand and on Windows: Ansible's own packing of forty imports takes longer than
# a run that finds nothing to do.
HIDDEN: Spec = {
    "_request": {"type": "str", "no_log": True},
    "_engine": {"type": "str", "no_log": True},
}
