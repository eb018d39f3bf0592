# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a host that keeps itself as declared: take the files of the fleet, play them, and leave a report whatever happens."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.printable import printable_lines
from ..drift_report.model.document import Report
from ..drift_report.model.policy import Policy
from ..drift_report.run.files import read_report
from ..drift_report.run.own_files import replace_file
from ..drift_report.run.recording import now
from ..drift_report.run.shared_directory import make_directory
from .commands import OWN_INVENTORY, REPORT_NAME, command, own_delay, own_inventory, variables
from .delivery import deliver
from .fleet_archive import checked_out
from .limited_process import Ended, run_limited
from .run_lock import AnotherRun, alone
from .run_report import failed_report, host_report, last_words, says_failure
from .settings import GitSource, Settings, parse_settings

SETTINGS = "settings.json"
OK, FAILED, BUSY, TOO_LONG = 0, 1, 75, 124
_PLAIN = re.compile(r"[A-Za-z0-9_./@%+=-]+")
_BITS_OF_OTHERS = 0o022
_DAY = 86400
_COLLECTION = re.compile(r"(?:new-)?[0-9a-f]{64}")


def run(directory: Path, *, environment: Path, delayed: bool, sleep: Callable[[float], None] = time.sleep) -> int:
    """Carry out one run with the settings in a directory, and return its exit status, which is that of Ansible where that failed."""
    settings = _settings(directory, environment)
    if delayed:
        sleep(own_delay(settings))
    try:
        with alone(directory / "lock"):
            return _alone(settings, directory, environment)
    except AnotherRun as error:
        sys.stderr.write(f"hermetic-pull: {error}\n")
        return BUSY


def _settings(directory: Path, environment: Path) -> Settings:
    status = directory.stat()
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & _BITS_OF_OTHERS:
        raise HermeticError(
            f"{directory} belongs to another user, or others can write there, and what is in it decides what this host runs. "
            "Make it safe: chown it to this user, chmod go-w."
        )
    # ansible-pull puts both into a line for a shell.
    unfit = [str(path) for path in (directory, environment) if not _PLAIN.fullmatch(str(path))]
    if unfit:
        raise HermeticError(
            f"{' and '.join(unfit)}: ansible-pull takes paths of letters, digits and '_ . / @ % + = -' only. Install it elsewhere."
        )
    try:
        text = (directory / SETTINGS).read_bytes()
    except OSError as error:
        raise HermeticError(f"{directory / SETTINGS} cannot be read: {error.strerror}. Run the role hermetic.python.pull.") from error
    return parse_settings(text)


def _alone(settings: Settings, directory: Path, environment: Path) -> int:
    started = now()
    home, reports = directory / "home", directory / "report"
    shutil.rmtree(reports, ignore_errors=True)
    for place in (home, reports):
        make_directory(place)
        place.chmod(0o700)
    # The name of a list of hosts is one on the command line only, where ansible-pull would take it for the checkout as well.
    replace_file(home / OWN_INVENTORY, lambda stream: stream.write(own_inventory(settings)))
    _remove_old_collections(directory / "collections", Path(settings.collections))
    try:
        ended = _played(settings, directory, environment, home, reports)
        status, message = _outcome(ended, settings)
    except (HermeticError, OSError) as error:
        status, message = FAILED, str(error)
    if message:
        sys.stderr.write(f"hermetic-pull: {printable_lines(message)}\n")
    report = _report(settings.host, reports / f"{REPORT_NAME}.json", started=started, message=message)
    try:
        deliver(report, settings.host, settings.report)
    except HermeticError as error:
        sys.stderr.write(f"hermetic-pull: {printable_lines(error)}\n")
        return status or FAILED
    return status


def _played(settings: Settings, directory: Path, environment: Path, home: Path, reports: Path) -> Ended:
    if not isinstance(settings.source, GitSource):
        archives = make_directory(directory / "archives")
        archives.chmod(0o700)
        # The cache of the play, which reads the same repository for its bundles.
        checkout = checked_out(settings.source, archives, cache=home / "cache" / "hermetic.python")
        missing = [name for name in (settings.playbook, settings.inventory) if name and not (checkout / name).exists()]
        if missing:
            raise HermeticError(f"The archive of the fleet has no {' and no '.join(missing)}.")
    else:
        checkout = directory / "checkout"
    return run_limited(
        command(settings, environment=environment, checkout=checkout),
        variables=variables(settings, environment=environment, checkout=checkout, home=home, reports=reports, base=os.environ),
        # ansible-pull goes to the checkout for the play by itself.
        directory=home if isinstance(settings.source, GitSource) else checkout,
        seconds=settings.time_limit,
    )


def _outcome(ended: Ended, settings: Settings) -> tuple[int, str]:
    if not ended.in_time:
        return TOO_LONG, f"The run was ended after its {settings.time_limit} seconds.\n{last_words(ended.output)}"
    if ended.status == 0:
        return OK, ""
    # What a signal ended has a negative one.
    status = ended.status if ended.status > 0 else 128 - ended.status
    return status, f"The run ended with the status {status}.\n{last_words(ended.output)}"


def _report(host: str, path: Path, *, started: str, message: str) -> Report:
    """Return the report of the callback for this host, or one that says why there is none, or why that one is not the whole truth."""
    run_of = {
        "id": f"{started.replace('-', '').replace(':', '')}-{secrets.token_hex(3)}",
        "started": started,
        "ended": now(),
        "complete": not message,
        "verify": "none",
        "controllers": [socket.gethostname()],
        "commands": None,
        "base": None,
    }
    try:
        report = host_report(read_report(path, own=True), host) if path.exists() else None
    except HermeticError as error:
        report, message = None, f"{message}\n{error}".strip()
    if report is not None and host in report["hosts"] and (not message or says_failure(report, host)):
        return report
    if not message:
        message = f"No task of this collection ran for {host}: the playbook or the inventory does not name it."
    return failed_report(host, printable_lines(message), run=run_of, policy=Policy())


def _remove_old_collections(place: Path, kept: Path) -> None:
    """Remove releases of the collection that the settings do not name any more: the run that replaced them was the last to use them.

    A new one is named by the settings after it was installed.
    """
    for other in place.iterdir() if place.is_dir() else ():
        status = other.lstat()
        if other != kept and _COLLECTION.fullmatch(other.name) and stat.S_ISDIR(status.st_mode) and time.time() - status.st_ctime > _DAY:
            # They are read-only.
            for folder, _folders, _files in os.walk(other):
                os.chmod(folder, 0o700)
            shutil.rmtree(other)
