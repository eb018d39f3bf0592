# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ps and lsof of macOS list, as processes of a root."""

from __future__ import annotations

import re

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.ps_output import parsed

LISTED = """\
    1     0 root             Thu Nov  5 17:00:19 2026     /sbin/launchd
  812   501 web              Fri Nov 20 08:15:30 2026     /opt/my root/bundles/python-1-0/libexec/python3.12
  813   501 web              Fri Nov 20 08:15:31 2026     /usr/sbin/httpd
  814   502 other            Fri Nov 20 08:15:31 2026     /usr/bin/vim
no process at all
"""
ARGUMENTS = """\
    1 /sbin/launchd
  812 /opt/my root/bundles/python-1-0/libexec/python3.12 -m web --password secret
  813 /usr/sbin/httpd -D secret
  814 /usr/bin/vim /opt/my root/bundles/python-1-0/notes
"""
LIBRARIES = "p812\nn/opt/my root/environments/web-0/lib/a.so\nn/usr/lib/dyld\np813\nn/opt/my root/bundles/python-1-0/lib/libpython.dylib\n"
ROOTS = ["/opt/my root"]


def test_programs_and_libraries_of_a_root_are_found() -> None:
    seen = parsed(LISTED, ARGUMENTS, LIBRARIES, ROOTS, user=0)
    assert (seen.unknown, [each.pid for each in seen.found]) == (0, [812, 813])
    python, server = seen.found
    assert python.user == "web" and python.since is not None and re.fullmatch(r"2026-11-\d\dT\d\d:15:30Z", python.since)
    assert python.command == "/opt/my root/bundles/python-1-0/libexec/python3.12 -m web"
    assert python.paths == ("/opt/my root/bundles/python-1-0/libexec/python3.12", "/opt/my root/environments/web-0/lib/a.so")
    assert (server.command, server.paths) == ("/usr/sbin/httpd", ("/opt/my root/bundles/python-1-0/lib/libpython.dylib",))


def test_what_others_run_is_unknown_without_rights_and_everything_without_lsof() -> None:
    seen = parsed(LISTED, ARGUMENTS, LIBRARIES, ROOTS, user=501)
    assert (seen.unknown, [each.pid for each in seen.found]) == (2, [812, 813])
    seen = parsed(LISTED, ARGUMENTS, "", ROOTS, user=0)
    assert (seen.unknown, [each.pid for each in seen.found]) == (3, [812])


def test_a_date_that_cannot_be_read_is_none() -> None:
    (process,) = parsed(LISTED.replace("Fri Nov 20 08:15:30 2026", "ven. 20 nov. 08:15 2026"), ARGUMENTS, LIBRARIES, ROOTS, user=0).found[
        :1
    ]
    assert process.since is None
