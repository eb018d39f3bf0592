# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves the report of a run where ``merge_reports`` finds it: in a directory, on a web server, or both."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import quote

from ...module_utils.hermetic.errors import HermeticError
from ..drift_report.model.document import Report
from ..drift_report.model.pulled import file_name
from ..drift_report.run.files import json_text
from ..drift_report.run.own_files import replace_file
from ..drift_report.run.shared_directory import make_directory
from ..net.http_upload import put
from .settings import ReportTarget


def deliver(report: Report, host: str, target: ReportTarget) -> None:
    """Leave a report at each of its places; raises HermeticError with every place where it could not be left."""
    parts = list(json_text(report))
    problems = []
    if target.directory:
        try:
            # Also where the hosts of a share have one directory: nothing that is there is followed.
            place = make_directory(Path(target.directory), of_others=True)
            replace_file(place / file_name(host), lambda stream: stream.writelines(parts))
        except HermeticError as error:
            problems.append(error.message)
        except OSError as error:
            problems.append(f"{target.directory}: {error.strerror}")
    if target.url:
        try:
            credentials = read_credentials(Path(target.credentials_file)) if target.credentials_file else None
            url = target.url + quote(file_name(host), safe="")
            put(
                url,
                "".join(parts).encode("ascii"),
                content_type="application/json",
                credentials=credentials,
                ca_path=target.ca_path or None,
            )
        except HermeticError as error:
            problems.append(error.message)
    if problems:
        raise HermeticError("The report of this run could not be delivered, so that nobody else knows of it.", problems)


def read_credentials(path: Path) -> tuple[str, str]:
    """Return user and password of a file with one line, USER:PASSWORD; raises HermeticError where it is none, or others may read it."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            status = os.fstat(stream.fileno())
            content = stream.read(4097)
    except OSError as error:
        raise HermeticError(f"The credentials {path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()) or stat.S_IMODE(status.st_mode) & 0o077:
        raise HermeticError(
            f"The credentials {path} are not of a file that only this user can read. Make it so: chown it to this user, chmod 600."
        )
    try:
        user, colon, password = content.decode("utf-8").removesuffix("\n").partition(":")
    except UnicodeDecodeError:
        user = colon = password = ""
    if not user or not colon or "\n" in password or len(content) > 4096:
        raise HermeticError(f"The credentials {path} are not one line USER:PASSWORD.")
    return user, password
