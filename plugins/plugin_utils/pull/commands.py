# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program of Ansible a run starts, and with which variables; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from .settings import GitSource, Settings

REPORT_NAME = "pull"
"""The name under which the callback writes the report of a run, on the host."""
OWN_INVENTORY = "inventory.json"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSH_AUTH_SOCK")


def command(settings: Settings, *, environment: Path, checkout: Path) -> list[str]:
    """Return the arguments of ansible-pull, or of ansible-playbook where the files are there already.

    ``environment`` is the tree itself and no link to it: what a run has not imported yet must not come from the environment that replaces it.
    """
    python, source = environment / "bin" / "python", settings.source
    # The host is where the run is, whatever the inventory says for those who come from elsewhere.
    common = ["--limit", settings.host, "--extra-vars", "ansible_connection=local"]
    if not isinstance(source, GitSource):
        return [str(python), "-I", str(environment / "bin" / "ansible-playbook"), *common, str(checkout / settings.playbook)]
    given = [
        str(python),
        "-I",
        str(environment / "bin" / "ansible-pull"),
        "--url",
        source.url,
        "--directory",
        str(checkout),
        "--clean",
        *common,
    ]
    if source.version:
        given += ["--checkout", source.version]
    if source.verify_commit:
        # The signature of a commit is in the commit, but a tag's commit is reached by its history only.
        given += ["--verify-commit", "--full"]
    if source.key_file:
        given += ["--private-key", source.key_file]
    return [*given, settings.playbook]


def variables(
    settings: Settings, *, environment: Path, checkout: Path, home: Path, reports: Path, base: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment variables of a run: few of those that it was started with, so that it is the same by timer and by hand."""
    path = base.get("PATH") or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    given = {
        **{name: base[name] for name in _PASSED_ON if name in base},
        "PATH": f"{environment / 'bin'}:{path}",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(home / "tmp"),
        "ANSIBLE_REMOTE_TMP": str(home / "remote_tmp"),
        "ANSIBLE_COLLECTIONS_PATH": settings.collections,
        "ANSIBLE_NOCOLOR": "1",
        # ansible-pull checks out without an inventory, and its second half takes this one; an option would be used for both, and the
        # checkout would run once for each name of the host.
        "ANSIBLE_INVENTORY": str(checkout / settings.inventory if settings.inventory else home / OWN_INVENTORY),
        # What the host has in any case; an inventory can name another one.
        "ANSIBLE_PYTHON_INTERPRETER": str(environment / "bin" / "python"),
        "ANSIBLE_CALLBACKS_ENABLED": "hermetic.python.drift_report",
        "HERMETIC_DRIFT_REPORT_DIRECTORY": str(reports),
        "HERMETIC_DRIFT_REPORT_NAME": REPORT_NAME,
        "HERMETIC_DRIFT_REPORT_FORMATS": "json",
        "HERMETIC_DRIFT_REPORT_HISTORY": "false",
        "HERMETIC_DRIFT_REPORT_UPDATE": "false",
        "HERMETIC_DRIFT_REPORT_SHOW": "false",
        "HERMETIC_DRIFT_REPORT_FAIL": "false",
    }
    if settings.vault_password_file:
        given["ANSIBLE_VAULT_PASSWORD_FILE"] = settings.vault_password_file
    # Ansible does not run without a locale of UTF-8, and a timer gives none.
    if "utf" not in (given.get("LC_ALL") or given.get("LANG") or "").lower():
        given["LC_ALL"] = "C.UTF-8"
    return given


def own_inventory(settings: Settings) -> str:
    """Return an inventory of the host alone."""
    return json.dumps({"all": {"hosts": {settings.host: {}}}}) + "\n"


def own_delay(settings: Settings) -> int:
    """Return how many seconds of the longest delay are this host's: always the same, so that its runs keep their distance."""
    if not settings.delay:
        return 0
    return int.from_bytes(hashlib.sha256(b"hermetic-pull\0" + settings.host.encode()).digest()[:8], "big") % settings.delay
