# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others never acts on a terminal: one table of characters for results, messages, reports and the page."""

from __future__ import annotations

import json
import re
import socketserver
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting_characters import ACTING, ESCAPES, HARMLESS
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.printable import printable, printable_lines, printable_result
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats import page_headline
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats.html_page import html_page
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model import printable as for_reports
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import assemble, not_checked, unknown_host
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import Policy
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files import WRITERS
from ansible_collections.hermetic.python.plugins.plugin_utils.target.result_format import comparison_message, readable_diff
from plays import PROJECT, Controller

PAGE_TEXT = PROJECT / "plugins/plugin_utils/drift_report/formats/page/text.js"
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202edrowssap\u2066\u200b\udc9b\r"


class _Hostile(socketserver.StreamRequestHandler):
    """Answers every request with a reason and a body that would act on a terminal."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        evil = EVIL.replace("\r", "").encode("utf-8", "surrogateescape")
        self.wfile.write(
            b"HTTP/1.1 403 " + evil + b"\r\nContent-Length: " + str(len(evil)).encode() + b"\r\nConnection: close\r\n\r\n" + evil
        )


@pytest.fixture
def hostile_server() -> Iterator[str]:
    """Serve it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Hostile) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def report_of_evil() -> dict[str, Any]:
    """Return a report in which everything that others say is hostile."""
    finding = {
        "subject": EVIL,
        "kind": EVIL,
        "severity": "high",
        "cause": "tampered",
        "expected": EVIL,
        "actual": EVIL,
        "path": EVIL,
        "remedy": EVIL,
    }
    hosts = {EVIL: {**unknown_host(), "findings": [finding]}, f"{EVIL}2": not_checked("unreachable", EVIL, groups=[EVIL])}
    moment = "2026-11-24T18:05:00Z"
    commands = {"repair": "x", "check": "x", "directory": EVIL, "left_out": [EVIL]}
    run = {"id": EVIL, "started": moment, "ended": moment, "complete": True, "verify": "deep", "controllers": [EVIL], "commands": commands}
    return assemble({**run, "base": {"id": EVIL, "ended": EVIL}}, hosts, {}, Policy())


@pytest.mark.parametrize("kind", ["prometheus", "text", "junit", "json", "jsonl"])
def test_a_report_of_hostile_hosts_can_be_shown_by_any_program(report_of_evil: dict[str, Any], kind: str) -> None:
    report = report_of_evil if kind != "prometheus" else {**report_of_evil, "run": {**report_of_evil["run"], "base": None}}
    assert acting("".join(WRITERS[kind][1](report))) == []


def acting(text: str) -> list[str]:
    """Return what in a text could act, but for ends of lines and tabs."""
    return [character for character in text if (ord(character) in ACTING) and character not in "\n\t"]


def test_every_character_of_the_table_is_escaped_and_no_other() -> None:
    escaped = {code for code in range(sys.maxunicode + 1) if printable(chr(code)) != chr(code)}
    assert escaped == ACTING
    assert not ACTING & set(map(ord, HARMLESS))
    # Whatever Unicode calls a control, a format character that hides or reorders, or a separator of lines is in it.
    assert {code for code in range(0x3000) if unicodedata.category(chr(code)) in ("Cc", "Zl", "Zp")} <= ACTING
    assert {code for code in range(0x110000) if unicodedata.bidirectional(chr(code)) in TURNING} <= ACTING


@pytest.mark.parametrize(("character", "escape"), ESCAPES)
def test_an_escape_is_the_same_in_results_and_reports(character: str, escape: str) -> None:
    assert printable(character) == for_reports.printable(character) == vars(page_headline)["visible"](character) == escape


def test_the_page_has_the_same_table() -> None:
    found = re.search(r"const INVISIBLE = /\[(.*)\]/gu;", PAGE_TEXT.read_text(encoding="utf-8"))
    assert found is not None
    as_python = re.sub(r"\\u\{([0-9a-f]+)\}", lambda each: f"\\U{int(each[1], 16):08x}", found[1])
    table = re.compile(f"[{as_python}]")
    assert {code for code in range(sys.maxunicode + 1) if table.match(chr(code))} == ACTING


def test_lines_stay_where_a_text_has_lines() -> None:
    assert printable_lines("one\r\n\ttwo\rthree\x1b") == "one\n\ttwo\\rthree\\x1b"
    assert printable_result({"a\x1b": ["\x9b", 1, None, {"b": "\u202e"}]}) == {"a\\x1b": ["\\x9b", 1, None, {"b": "\\u202e"}]}


def test_sentences_and_differences_hold_names_of_files_on_one_line() -> None:
    finding = {"subject": f"file:web/{EVIL}\nok: all clean", "kind": "unexpected", "cause": "tampered", "actual": EVIL, "expected": None}
    result = {"findings": [finding], "generation": {"before": 1, "after": 1}}
    diff = readable_diff(result, root="/r")
    assert diff is not None
    assert acting(comparison_message(result, target="x") + diff["before"]) == []
    assert diff["before"].count("\n") == 1


def test_the_engine_answers_without_anything_that_acts(tmp_path: Path) -> None:
    request = {"format": 1, "command": "drift", "root": f"/nowhere/{EVIL}", "scope": EVIL, "options": {EVIL: EVIL}}
    package = "ansible_collections.hermetic.python.plugins.module_utils.hermetic"
    path = str(PROJECT / ".collections")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r}); from {package}.__main__ import main; sys.exit(main())"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert acting(done.stdout + done.stderr) == []
    assert acting(json.loads(done.stdout)["msg"]) == []


def test_nothing_of_a_hostile_server_acts_on_the_terminal_of_a_play(tmp_path: Path, hostile_server: str) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"alpha==1.0 --hash=sha256:{'0' * 64}\n")
    system = {
        "root": str(tmp_path / "root"),
        "repository": f"{hostile_server}/repository",
        "index_url": f"{hostile_server}/simple",
        "bundles": [{"channel": "stable"}],
        "virtualenvs": [{"name": "web", "lock": str(lock)}],
        "retries": 0,
    }
    mirror = {
        "path": str(tmp_path / "mirror"),
        "locks": [str(lock)],
        "index_url": f"{hostile_server}/simple",
        "platforms": ["linux-x86_64"],
    }
    played = Controller(tmp_path / "controller").play(
        [{"hermetic.python.system": system, "ignore_errors": True}, {"hermetic.python.repository": mirror}], "-vv"
    )
    assert played.code == 2
    # What a server says beside its number is not repeated; where one day it is, nothing in it may act.
    assert acting(played.output) == []
    for each in played.results:
        assert acting(json.dumps(each["result"], ensure_ascii=False)) == []


def test_the_page_and_its_headline_hold_nothing_that_acts(report_of_evil: dict[str, Any]) -> None:
    before_data = html_page(report_of_evil).partition('<script type="application/json"')[0]
    program = [path.read_text(encoding="utf-8") for path in PAGE_TEXT.parent.glob("*.js")]
    assert acting("".join([before_data, *program])) == []
