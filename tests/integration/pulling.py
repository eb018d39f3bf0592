# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of this machine that pulls: its directory with settings, the files of its fleet, and its runs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import format_readers as read
import yaml
from plays import PROJECT

ENVIRONMENT = Path(sys.prefix).resolve()
"""An environment with ansible-core and the requirements of the collection: that of the tests."""
HOST = "web01.example.com"
GIT = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com"}


def git(directory: Path, *arguments: str) -> str:
    """Run git in a directory and return what it prints."""
    environment = {**os.environ, **GIT, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    done = subprocess.run(["git", *arguments], cwd=directory, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    code: int
    output: str


@dataclass
class PullingHost:
    """A host below a directory, with the collection of this clone."""

    directory: Path
    environment: Path = ENVIRONMENT
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = self.directory / "pull"
        self.reports = self.directory / "reports"
        self.fleet = self.directory / "fleet"
        for each in (self.place, self.fleet):
            each.mkdir(parents=True)
        git(self.fleet, "init", "--quiet", "--initial-branch", "main")
        # Less work than a git repository: one process of Ansible instead of three.
        source = {"kind": "archive", "url": str(self.directory / "fleet.tar.gz"), "public_key": "", "sha256": "", "ca_path": ""}
        report = {"directory": str(self.reports), "url": "", "credentials_file": "", "ca_path": ""}
        self.settings = {
            "format": 1,
            "host": HOST,
            "source": source,
            "playbook": "local.yml",
            "inventory": "",
            "report": report,
            "collections": str(PROJECT / ".collections"),
            "time_limit": 300,
            "delay": 0,
            "vault_password_file": "",
        }

    def use_git(self) -> None:
        """Take the files of the fleet from its git repository."""
        self.settings["source"] = {"kind": "git", "url": f"file://{self.fleet}", "version": "", "verify_commit": False, "key_file": ""}

    def publish(self, *tasks: Mapping[str, Any], **files: str) -> None:
        """Commit and pack a playbook of these tasks, and files by their name without ``.yml``."""
        play = [{"hosts": "all", "gather_facts": False, "tasks": [dict(task) for task in tasks]}]
        for name, text in {"local": yaml.safe_dump(play, sort_keys=False), **files}.items():
            (self.fleet / f"{name}.yml").write_text(text)
        git(self.fleet, "add", ".")
        git(self.fleet, "commit", "--quiet", "--message", "a change")
        if self.settings["source"]["kind"] == "archive":
            self.settings["source"]["sha256"] = hashlib.sha256(self.archive().read_bytes()).hexdigest()

    def archive(self) -> Path:
        """Pack the files of the fleet and return the archive."""
        path = self.directory / "fleet.tar.gz"
        with tarfile.open(path, "w:gz") as packed:
            for each in sorted(self.fleet.iterdir()):
                if each.name != ".git":
                    packed.add(each, each.name)
        return path

    def command(self, *arguments: str) -> list[str]:
        """Return the arguments that start a run, after its settings are written."""
        (self.place / "settings.json").write_text(json.dumps(self.settings))
        return [str(self.environment / "bin" / "python"), "-I", str(PROJECT / "tools" / "hermetic-pull"), str(self.place), *arguments]

    def run(self, *arguments: str, **environment: str) -> Run:
        """Carry out a run."""
        given = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        done = subprocess.run(
            self.command(*arguments), env={**given, **environment}, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=600, check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout)

    def report(self) -> dict[str, Any]:
        """Return the report of the last run, as it was delivered, after it was held against the schema."""
        text = (self.reports / f"{HOST}.json").read_text()
        read.of_json(text)
        made: dict[str, Any] = json.loads(text)
        return made

    def entry(self) -> dict[str, Any]:
        """Return what the last report says of the host, which is the only one in it."""
        report = self.report()
        assert list(report["hosts"]) == [HOST]
        found: dict[str, Any] = report["hosts"][HOST]
        return found
