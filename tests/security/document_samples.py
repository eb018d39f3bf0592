# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents as the collection itself writes them, which tests change: what a bundle says of itself, and what a host answers."""

from __future__ import annotations

from host_samples import bundle_info, digest

INFO = bundle_info(
    platform="linux-x86_64",
    hermetic="launcher",
    libc={"family": "glibc", "minimum": "2.36"},
    macos=None,
    packages=[{"name": "pyyaml", "version": "6.0.2", "sha256": digest("p")}],
    source={"kind": "interpreter", "sha256": None},
)
INFO["files"] |= {"bin/python": {"type": "link", "target": "python3.12"}, "lib": {"type": "directory", "mode": "0755"}}


ANSWER = {
    "changed": True,
    "plan": [{"action": "build_environment", "subject": "virtualenv:web", "reason": "r"}],
    "findings": [
        {
            "subject": "bundle:python",
            "kind": "missing",
            "severity": "high",
            "cause": "tampered",
            "expected": "x",
            "actual": None,
            "path": "/p",
            "remedy": "c",
        }
    ],
    "generation": {"before": 1, "after": 2},
    "bundles": {"python": "3.12.1+1"},
    "diff": {"before": "a", "after": "b"},
    "timings": {"fetch": 0.2},
    "warnings": ["w"],
    "needs": [{"sha256": digest("w"), "filename": "w.whl", "size": 1, "tried": ["/x"]}],
    "foreign": [{"interpreter": "/usr/bin/python3", "version": "3.11.2", "packages": {"pip": "1"}}],
    "declared": {"bundles": {"python": "3.12.1+1"}, "virtualenvs": {"web": {"bundle": "python", "packages": {"w": "1.0"}}}},
    "platform": "linux-x86_64",
    "changed_bundles": {
        "python": {"change": "other", "before": "3.12.1+1", "after": "3.12.1+2", "packages": {"pip": {"before": "1", "after": None}}}
    },
    "changed_virtualenvs": {
        "web": {
            "change": "new",
            "before": None,
            "after": "web-x",
            "bundle": {"before": None, "after": "python-x"},
            "packages": {"w": {"before": None, "after": "1.0"}},
        }
    },
    "vouched": {"known": 1, "unknown": ["bundles/x"]},
}
