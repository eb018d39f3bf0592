# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory with playbooks, and the commands of a report on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.cli.playbook import PlaybookCLI
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.run_commands import commands_of_run


def commands(*words: str) -> dict[str, Any]:
    """Return the commands of a report of a run of ansible-playbook with these words, parsed as Ansible does."""
    cli = PlaybookCLI(["ansible-playbook", *words])
    cli.init_parser()
    options = cli.post_process_args(cli.parser.parse_args(list(words)))
    found = commands_of_run(vars(options))
    assert set(found) == {"repair", "deploy", "check", "directory", "left_out"}
    return found


def inventory_in(directory: Path) -> Path:
    """Make an inventory in a directory, and return the directory."""
    (directory / "inventories").mkdir()
    (directory / "inventories" / "prod.yml").write_text("all: {hosts: {a: }}\n")
    return directory
