# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All test hosts of this machine: what they share, and which there are."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .debian import Debian
from .host import WindowsHost
from .powershell import unpacked
from .prefix import copy_prefix, make_template
from .settings import Impossible, Settings, why_impossible


class Station:
    """The state directory with its Debian, its template and its hosts."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.of_environment()
        self.state = self.settings.state
        self.debian = Debian(self.state)

    @property
    def template(self) -> Path:
        """The prefix that hosts are copied from."""
        return self.state / "template" / "prefix"

    def prepare(self) -> None:
        """Install and make what is missing; others that do so at the same time wait for each other."""
        reason = why_impossible(self.settings)
        if reason is not None or self.settings.powershell is None:
            raise Impossible(reason or "there is no PowerShell")
        self.state.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self.debian.install()
            make_template(self.template, debian=self.debian, powershell=unpacked(self.settings.powershell, self.state))

    def host(self, name: str, *, user: str | None = None) -> WindowsHost:
        """Return a host by its name, made where it is missing and not started; ``user`` is who runs its programs."""
        place = self.state / "hosts" / name
        record = place / "host.json"
        if not record.exists():
            self.prepare()
            with self._locked():
                shutil.rmtree(place, ignore_errors=True)
                copy_prefix(self.template, place / "prefix")
                if user is not None:
                    WindowsHost(name, place=place, debian=self.debian, user=user).make_profile()
                record.write_text(json.dumps({"user": user or "root"}), encoding="utf-8")
        known = json.loads(record.read_text(encoding="utf-8"))["user"]
        if user is not None and user != known:
            raise ValueError(f"the host {name} has the user {known}, not {user}; remove it first")
        return WindowsHost(name, place=place, debian=self.debian, user=known)

    def hosts(self) -> list[WindowsHost]:
        """Return all hosts that there are."""
        return [self.host(record.parent.name) for record in sorted(self.state.glob("hosts/*/host.json"))]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
