# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read every format of a report with a reader that is not ours, and return its summary: counts, hosts, exit status."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
from junitparser import Error, Failure, JUnitXml, Skipped
from page_reader import Page
from prometheus_client.parser import text_string_to_metric_families

PROJECT = Path(__file__).resolve().parents[2]
STATES = ("clean", "pending", "tampered", "interrupted", "not_checked")
_VALIDATOR = jsonschema.Draft202012Validator(json.loads((PROJECT / "docs" / "drift-report.schema.json").read_text(encoding="utf-8")))

Summary = dict[str, Any]


def of_json(text: str) -> Summary:
    """Return the summary of the JSON report, counted from its hosts; raises where it is not as published."""
    report = json.loads(text)
    problems = [f"{list(error.absolute_path)}: {error.message[:200]}" for error in _VALIDATOR.iter_errors(report)]
    assert not problems, problems[:5]
    return _of_hosts(report["hosts"].values(), report["run"]["complete"])


def of_json_lines(text: str) -> tuple[Summary, Summary]:
    """Return the summary of the lines, and the document that they stand for."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["record"] for line in lines].count("run") == 1
    document: dict[str, Any] = {key: lines[0][key] for key in ("format", "run", "exit", "policy", "totals")}
    document.update(hosts={}, declarations={}, history={"trend": [], "resolved": [], "oldest": []})
    parts = {"past_run": "trend", "resolved": "resolved", "oldest": "oldest"}
    for line in lines[1:]:
        kind = line.pop("record")
        if kind == "declaration":
            key = line.pop("key")
            document["declarations"][key] = line
        elif kind == "host":
            host = line.pop("host")
            document["hosts"][host] = {**line, "findings": []}
        elif kind == "finding":
            document["hosts"][line.pop("host")]["findings"].append(line)
        else:
            document["history"][parts[kind]].append(line)
    return _of_hosts(document["hosts"].values(), document["run"]["complete"]), document


def _of_hosts(hosts: Any, complete: bool) -> Summary:
    hosts = list(hosts)
    found = Counter(finding["cause"] for host in hosts for finding in host["findings"] if finding["counts"])
    states = Counter(host["state"] for host in hosts)
    return {"states": {state: states[state] for state in STATES}, "findings": sum(found.values()), "exit": _exit(states, complete)}


def _exit(states: Mapping[str, int], complete: bool) -> int:
    return 1 if states["not_checked"] or not complete else 2 if states["pending"] + states["tampered"] + states["interrupted"] else 0


def of_junit(text: str) -> Summary:
    """Return the summary of the XML: checked hosts that differ or not, hosts with errors, subjects that failed."""
    suites = list(JUnitXml.fromstring(text.encode()))
    per_suite = [[type(result) for case in suite for result in case.result] for suite in suites]
    cut_off = sum(1 for suite in suites if suite.name == "run" and [case.name for case in suite] == ["complete"])
    errors = sum(Error in each for each in per_suite) - cut_off
    differing = sum(Failure in each for each in per_suite)
    for suite, each in zip(suites, per_suite, strict=True):
        counts = (len(list(suite)), each.count(Failure), each.count(Error), each.count(Skipped))
        assert counts == (suite.tests, suite.failures, suite.errors, suite.skipped)
    return {
        "hosts": len(suites) - cut_off,
        "not_checked": errors,
        "differing": differing,
        "clean": len(suites) - cut_off - errors - differing,
        "subjects": sum(each.count(Failure) for each in per_suite),
        "exit": 1 if errors or cut_off else 2 if differing else 0,
    }


def of_prometheus(text: str) -> Summary:
    """Return the summary of the exposition; raises where a series is there twice."""
    seen: set[tuple[str, tuple]] = set()
    samples: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in seen, key
            seen.add(key)
            samples.setdefault(sample.name.removeprefix("hermetic_drift_"), []).append((sample.labels, sample.value))
    states = {labels["state"]: int(value) for labels, value in samples["hosts"]}
    return {
        "states": {state: states[state] for state in STATES},
        "findings": int(sum(value for _labels, value in samples["findings"])),
        "exit": int(samples["exit"][0][1]),
        "samples": samples,
    }


def of_text(text: str) -> Summary:
    """Return the summary in the head of the text."""
    states = {name.replace(" ", "_"): int(count) for count, name in re.findall(r"(\d+) ([a-z ]+?)(?:,|$)", text.splitlines()[1])}
    found = re.match(r"(\d+) findings?:", text.splitlines()[2])
    assert found is not None
    complete = "INCOMPLETE" not in text.splitlines()[3] if len(text.splitlines()) > 3 else True
    return {"states": {state: states[state] for state in STATES}, "findings": int(found.group(1)), "exit": _exit(states, complete)}


def of_html(text: str) -> Summary:
    """Return the summary in the tiles of the page, which is there without its program."""
    page = Page(text)
    assert not page.badly_nested
    tiles = re.findall(r'data-state="(\w+)".*?class="tile-count">([\d,.\s]+)<', text, re.DOTALL)
    states = {state: int(re.sub(r"\D", "", count)) for state, count in tiles if state in STATES}
    return {"states": {state: states[state] for state in STATES}, "exit": _exit(states, "This run did not complete." not in page.words)}
