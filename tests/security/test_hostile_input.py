# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No document from outside gives a traceback: its outcome is a result, or one of our errors with a message.

``HOSTILE_EXAMPLES=5000`` looks at so many changed documents for each kind instead of the same few.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import generation as generations
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.bundle_json import bundle_problems
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.command import run
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.durable import write_json
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.envelope import unpack
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.info import describe
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.json_text import parse_json
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.observe import observe
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.plan import make_plan
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.receipts import BundleReceipt, Generation, dump
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.request import option_problems, parse_request
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.sweep import find_garbage
from ansible_collections.hermetic.python.plugins.plugin_utils.declared_state import installed_bundle
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.document import FORMAT, assemble
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.files import json_text, read_report
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.gathered import gather
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.merging import merge
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.policy import Policy, parse_policy
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.recording import today
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.spill import events_of
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.task_result import answer as answer_event
from ansible_collections.hermetic.python.plugins.plugin_utils.host_answer import checked_answer, checked_host
from ansible_collections.hermetic.python.plugins.plugin_utils.locks import read_lock
from ansible_collections.hermetic.python.plugins.plugin_utils.pylock import parse_pylock, select_from_pylock
from ansible_collections.hermetic.python.plugins.plugin_utils.release_order import newest_first
from ansible_collections.hermetic.python.plugins.plugin_utils.repository_index import Index, parse_index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository_plan import described
from ansible_collections.hermetic.python.plugins.plugin_utils.result_format import readable_diff, sentence
from ansible_collections.hermetic.python.plugins.plugin_utils.simple_index import parse_html
from ansible_collections.hermetic.python.plugins.plugin_utils.simple_index import parse_json as parse_page
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from ansible_collections.hermetic.python.plugins.plugin_utils.windows_host import presumed_facts, told_facts
from host_samples import NOW, PYTHON, SYSTEM, Host, bundle_info, digest, host_as_declared
from hostile_values import HOSTILE, NASTY, VALUES, as_json, documents, mutated
from hypothesis import given, settings
from hypothesis import strategies as st
from supply_samples import LINUX


@contextmanager
def ours(*, subject: str = "") -> Iterator[None]:
    """Let through what ends well, or with one of our errors that says something about the subject."""
    said = "x" + subject
    try:
        yield
    except HermeticError as error:
        said = str(error)
    assert said
    assert subject in said
    assert len(said) < 100_000
    for inside in ("Traceback", "object at 0x"):
        assert inside not in said


REQUEST = {
    "format": 1,
    "command": "drift",
    "check": True,
    "scope": "system",
    "declaration": {
        "bundles": [{"name": "python", "release": "3.12.1+1", "sha256": digest("bundle"), "default": True}],
        "virtualenvs": [{"name": "web", "bundle": "python", "wheels": [digest("w")], "system_site_packages": False}],
        "absent": {"bundles": ["old"], "virtualenvs": ["gone"]},
    },
    "artifacts": {digest("w"): {"filename": "w-1.0-py3-none-any.whl", "size": 3, "sources": ["/nowhere/w"]}},
    "generation": {"action": "activate", "number": "previous"},
    "options": {"verify": "quick", "keep_generations": 3, "lock_timeout": 1, "link_mode": "auto", "jobs": 1, "timeout": 1, "retries": 0},
    "credentials": {"h.example": {"username": "u", "password": "p"}},
}


@HOSTILE
@given(documents(REQUEST | {"root": "/nowhere/root"}))
def test_a_request(text: bytes) -> None:
    with ours():
        try:
            document = parse_json(text)
        except ValueError:
            return
        parse_request(document)


@HOSTILE
@given(st.sampled_from(["drift", "info", "generation", "converge"]), mutated(REQUEST))
def test_a_request_carried_out(command: str, document: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        if isinstance(document, dict):
            document |= {"root": f"{place}/root", "command": command, "check": True}
        result = run(document)
        assert result.get("failed") or "findings" in result or "info" in result
        assert not result.get("failed") or (result["msg"] and result["errors"])
        json.dumps(result)
        assert not (Path(place) / "root").exists()


@HOSTILE
@given(mutated(REQUEST["options"]))
def test_the_options_of_a_request(options: Any) -> None:
    if isinstance(options, dict):
        assert all(isinstance(problem, str) for problem in option_problems(options))


@HOSTILE
@given(mutated(REQUEST["credentials"]))
def test_credentials(credentials: Any) -> None:
    with ours(subject="credentials"):
        Supply.from_options({"credentials": credentials})


@HOSTILE
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_the_parameter_of_a_module(text: bytes) -> None:
    with ours():
        unpack(text.decode("latin-1"))


# What a root keeps


def _records() -> dict[str, Any]:
    made: Host = host_as_declared()
    found: dict[str, Any] = {}
    for kind in ("bundles", "environments", "laid"):
        found |= {f"receipts/{kind}/{tree_id}.json": dump(receipt) for tree_id, receipt in getattr(made.records, kind).items()}
    return found | {f"generations/{number}.json": dump(each) for number, each in made.records.generations.items()}


RECORDS = _records()


def _root(place: Path, changed: dict[str, bytes]) -> Layout:
    """Make a root that holds records, a link to its generation, and no tree."""
    for name, document in RECORDS.items():
        path = place / "state" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in changed:
            path.write_bytes(changed[name])
        else:
            write_json(path, document)
    (place / "generations" / "1" / "envs").mkdir(parents=True)
    (place / "current").symlink_to("generations/1")
    return Layout(place)


@settings(HOSTILE, max_examples=HOSTILE.max_examples // 2)
@given(st.sampled_from(sorted(RECORDS)).flatmap(lambda name: st.tuples(st.just(name), documents(RECORDS[name]))))
def test_a_record(changed: tuple[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as place, ours():
        layout = _root(Path(place), dict([changed]))
        observation = observe(layout, verify="quick")
        unreadable = set(observation.records.unreadable)
        assert unreadable <= {str(layout.state / changed[0])}
        read = sum(len(getattr(observation.records, kind)) for kind in ("bundles", "environments", "laid", "generations"))
        assert read + len(unreadable) == len(RECORDS)
        for path in unreadable:
            assert path in {finding.path for finding in observation.findings}
        for declaration in (SYSTEM, None):
            with ours():
                make_plan(declaration, observation, file_name=lambda sha256: f"x-1.0-{sha256[:4]}.whl", now=NOW)
        find_garbage(layout, observation.records, observation.current, keep=1)
        json.dumps(describe(layout, observation.records, 1))


@HOSTILE
@given(st.sampled_from(["state/journal", "state/current.json"]), documents({"format": 1, "number": 1, "generation": 1, "steps": []}))
def test_what_is_written_down_of_a_switch(name: str, text: bytes) -> None:
    with tempfile.TemporaryDirectory() as place, ours():
        layout = _root(Path(place), {})
        (Path(place) / name).write_bytes(text)
        observe(layout, verify="none")


INFO = bundle_info(
    platform="linux-x86_64",
    hermetic="launcher",
    libc={"family": "glibc", "minimum": "2.36"},
    macos=None,
    packages=[{"name": "pyyaml", "version": "6.0.2", "sha256": digest("p")}],
    source={"kind": "interpreter", "sha256": None},
)
INFO["files"] |= {"bin/python": {"type": "link", "target": "python3.12"}, "lib": {"type": "directory", "mode": "0755"}}


@HOSTILE
@given(mutated(INFO))
def test_a_bundle_json(info: Any) -> None:
    """What is accepted leads to no path outside the tree, whatever else it says."""
    problems = bundle_problems(info)
    assert all(isinstance(problem, str) and len(problem) < 2000 for problem in problems)
    if problems:
        return
    receipt = BundleReceipt("python-3.12.1+1-" + "0" * 12, "0" * 64, "x.tar", 1, [0, 0], info, [0o644, 1, "0" * 64], {"": [0, 0]})
    layout = Layout(Path("/srv/root"))
    made = Generation(1, NOW, False, info["name"], {info["name"]: receipt.id}, {}, None)
    tree = layout.tree("bundles", receipt.id)
    for link, target in generations.facade(layout, made, {receipt.id: receipt}).items():
        assert PurePosixPath(link).parent in (PurePosixPath("bin"), PurePosixPath("."))
        assert ".." not in PurePosixPath(link).parts
        if link != "lib":
            assert str(tree) == str(Path(target))[: len(str(tree))]
            assert ".." not in Path(target).parts
    for path in receipt.manifest().files:
        assert not path.startswith("/")
        assert ".." not in path.split("/")
    generations.newest_engine(made, {receipt.id: receipt})


# What the controller reads


def _index() -> dict[str, Any]:
    entry = {key: INFO[key] for key in ("python", "libc", "macos", "hermetic", "engine", "packages")}
    entry["python"] = {**entry["python"], "abi": "cp312", "tag": "cp312"}
    path = "bundles/python/3.12.1+1/python-3.12.1+1-linux-x86_64.tar.gz"
    return {
        "format": 1,
        "serial": 7,
        "generated": NOW,
        "bundles": {
            "python": {
                "channels": {"stable": "3.12.1+1"},
                "releases": {"3.12.1+1": {"platforms": {"linux-x86_64": {"path": path, "sha256": digest("b"), "size": 1, **entry}}}},
            }
        },
        "wheels": {digest("w"): {"path": f"wheels/{digest('w')}/w-1.0-py3-none-any.whl", "size": 1}},
    }


@HOSTILE
@given(documents(_index()))
def test_an_index(content: bytes) -> None:
    with ours(subject="The index of somewhere"):
        found = parse_index(content, subject="The index of somewhere")
        index = Index("https://repository.example.com", found)
        described(found)
        for name, entry in found["bundles"].items():
            newest_first(entry["releases"])
            for release, each in entry["releases"].items():
                for platform in each["platforms"]:
                    resolved = index.resolve(name, platform=platform, release=release)
                    assert "/" not in resolved.filename
                    assert ".." not in resolved.location.split("/")
                    assert resolved.target
        for sha256 in found["wheels"]:
            index.wheel(sha256)


LOCK = {
    "lock-version": "1.0",
    "created-by": "test",
    "requires-python": ">=3.9",
    "extras": ["x"],
    "packages": [
        {
            "name": "w",
            "version": "1.0",
            "marker": "python_version >= '3.9'",
            "requires-python": ">=3.9",
            "wheels": [
                {"name": "w-1.0-py3-none-any.whl", "url": "https://example.com/w-1.0-py3-none-any.whl", "hashes": {"sha256": digest("w")}}
            ],
        },
        {"name": "a", "version": "2", "archive": {"url": "https://example.com/a-2-py3-none-any.whl", "hashes": {"sha256": digest("a")}}},
    ],
}


def _toml(value: Any) -> str:
    """Write a value as inline TOML; what TOML has no word for becomes something that is none."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    try:
        return json.dumps(value)
    except ValueError:
        return "9" * 6000


def _as_lock(value: Any) -> str:
    if not isinstance(value, dict):
        return _toml(value)
    try:
        return "".join(f"{json.dumps(key)} = {_toml(each)}\n" for key, each in value.items())
    except RecursionError:
        return "x = " + "[" * 100_000


@HOSTILE
@given(mutated(LOCK).map(_as_lock))
def test_a_pylock(text: str) -> None:
    with ours(subject="/srv/pylock.toml"):
        lock = parse_pylock(text, path=Path("/srv/pylock.toml"))
        for groups in (None, ["dev"]):
            wheels, problems = select_from_pylock(lock, LINUX, directory=Path("/srv"), extras=["x"], groups=groups)
            assert all(isinstance(problem, str) for problem in problems)
            assert all("/" not in each.filename for each in wheels)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                f"w==1.0 --hash=sha256:{digest('w')}",
                "w==1.0 --hash='",
                "-r '",
                "-r \0",
                "-r .",
                "-c other.txt",
                "-r lock.txt",
                f"w=={'9' * 5000} --hash=sha256:{digest('w')}",
                f"w==1.0; {'(' * 3000}python_version>'3'{')' * 3000} --hash=sha256:{digest('w')}",
                f"w==1.0; python_version>'{'9' * 5000}' --hash=sha256:{digest('w')}",
                "http://[::x/w.whl",
                "w @ http://[",
                "--hash",
                "\\",
                "w===" + "x" * 100,
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=6,
)


@HOSTILE
@given(LINES)
def test_a_requirements_lock(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "lock.txt"
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        with ours(subject=str(path)):
            lock = read_lock(path)
            for pin in lock.requirements:
                # Whoever selects reports it with the line of the lock.
                try:
                    pin.judge(LINUX.environment, unknown=LINUX.unknown_markers)
                except ValueError:
                    pass


PAGE = {
    "meta": {"api-version": "1.0"},
    "name": "w",
    "files": [
        {
            "filename": "w-1.0-py3-none-any.whl",
            "url": "w.whl",
            "hashes": {"sha256": digest("w")},
            "size": 1,
            "requires-python": ">=3",
            "yanked": False,
        }
    ],
}


@HOSTILE
@given(documents(PAGE))
def test_a_page_of_a_simple_index(content: bytes) -> None:
    with ours(subject="https://index.example.com/w/"):
        for file in parse_page(content, base="https://index.example.com/w/"):
            assert "/" not in file.filename
            assert (file.url is None) != (file.path is None)


@HOSTILE
@given(
    st.lists(
        st.sampled_from(
            [
                "<a href='",
                "https://[",
                "w-1.0-py3-none-any.whl",
                "#sha256=" + "0" * 64,
                "'>",
                "<base href='http://['>",
                "<![if",
                "<!x",
                "<?",
                "&#xd800;",
            ]
        )
        | st.text(max_size=12),
        max_size=12,
    ).map("".join)
)
def test_a_page_of_links(text: str) -> None:
    with ours(subject="https://index.example.com/w/"):
        parse_html(text, base="https://index.example.com/w/")


# What a host answers

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
}


@HOSTILE
@given(mutated(ANSWER))
def test_the_answer_of_a_host(answer: Any) -> None:
    with ours(subject="The host answered"):
        result = checked_answer(answer)
        for module in ("system", "drift"):
            assert sentence(result, module=module, check=True)
        readable_diff(result, root="/opt/x")


INFORMED = {
    "changed": False,
    "warnings": [],
    "info": {
        "root": "/opt/x",
        "generation": 1,
        "generations": [
            {"number": 1, "created": NOW, "kept": False, "default": "python", "bundles": {"python": PYTHON.id}, "virtualenvs": {"web": "w"}}
        ],
        "bundles": [
            {**{key: INFO[key] for key in INFO if key != "files"}, "id": PYTHON.id, "sha256": PYTHON.sha256, "path": "/x", "active": True}
        ],
        "virtualenvs": [
            {
                "name": "web",
                "id": "web-x",
                "bundle": PYTHON.id,
                "path": "/x",
                "packages": [],
                "wheels": [{"sha256": digest("w"), "filename": "w-1.0-py3-none-any.whl"}],
            }
        ],
    },
}


@HOSTILE
@given(mutated(INFORMED))
def test_what_a_host_says_that_it_has(answer: Any) -> None:
    with ours():
        info = checked_answer(answer).get("info")
        if info is not None:
            installed_bundle(info, None)


def test_what_is_not_changed_is_taken() -> None:
    """A check that refused everything would let all of these tests pass."""
    assert parse_request(REQUEST | {"root": "/opt/x"}).options.jobs == 1
    assert bundle_problems(INFO) == []
    assert parse_index(as_json(_index()), subject="x")["serial"] == 7
    assert len(parse_page(as_json(PAGE), base="https://index.example.com/w/")) == 1
    assert checked_answer(ANSWER) == ANSWER
    assert installed_bundle(checked_answer(INFORMED)["info"], None)["id"] == PYTHON.id
    assert parse_pylock(_as_lock(LOCK), path=Path("/srv/pylock.toml")).packages
    with tempfile.TemporaryDirectory() as place:
        assert observe(_root(Path(place), {}), verify="none").records.unreadable == {}
        (Path(place) / "drift.json").write_bytes(as_json(REPORT))
        assert read_report(Path(place) / "drift.json")["hosts"]
        (Path(place) / "gathering").write_bytes(b"\n".join(map(as_json, EVENTS)))
        assert len(list(events_of(Path(place) / "gathering"))) == len(EVENTS)


@HOSTILE
@given(mutated(ANSWER))
def test_the_answer_of_a_job_in_the_background_in_a_report(answer: Any) -> None:
    if isinstance(answer, dict):
        answer_event("host", "drift", "|", answer, check=False, at="2026-11-25T10:00:00Z")


@HOSTILE
@given(
    mutated(
        {
            "platform": "windows-x86_64",
            "interpreter": {"id": "python-3.12.1+1-0123456789ab", "version": "3.12.1"},
            "dead": ["python-3.12.1+2-0123456789ab"],
            "problem": {"kind": "bootstrap", "step": "fetch", "detail": "x"},
            "seconds": {"engine": 0.5},
        }
    )
)
def test_what_a_windows_host_says_of_itself(host: Any) -> None:
    if isinstance(host, dict):
        with ours(subject="host"):
            told_facts(presumed_facts("C:\\x", "windows-x86_64"), checked_host(host))


# Reports

FINDING = {**ANSWER["findings"][0], "first_seen": None, "new": False, "ignored": None, "counts": True}  # type: ignore[index]
HOST_ENTRY = {
    "state": "tampered",
    "reason": None,
    "message": "",
    "checked": "2026-11-25T10:00:00Z",
    "groups": ["web"],
    "platform": "linux-x86_64",
    "generation": 2,
    "bundles": {"python": "3.12.1+1"},
    "declared": "d",
    "findings": [FINDING],
    "foreign": ANSWER["foreign"],
}
RUN = {
    "id": "20261125T100000Z-abcdef",
    "started": "2026-11-25T10:00:00Z",
    "ended": "2026-11-25T10:00:01Z",
    "complete": True,
    "verify": "quick",
    "controllers": ["c"],
}
REPORT = {**assemble(RUN, {"h": HOST_ENTRY}, {"d": ANSWER["declared"]}, Policy()), "format": FORMAT}  # type: ignore[dict-item]


@HOSTILE
@given(documents(REPORT))
def test_a_report_to_merge(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "drift.json"
        path.write_bytes(content)
        with ours():
            merged = merge({"a": read_report(path), "b": json.loads(json.dumps(REPORT))}, None)
            assert "".join(json_text(merged))


EVENTS = [
    {"event": "run", "format": 1, "name": "drift", "id": RUN["id"], "started": RUN["started"], "controllers": ["c"]},
    {"event": "groups", "groups": ["web"]},
    {"event": "host", "host": "h", "groups": 0, "inside": True},
    {"event": "verify", "verify": "quick"},
    {"event": "declared", "key": "k", "declared": ANSWER["declared"]},
    {
        "event": "answer",
        "host": "h",
        "part": "/opt/x|",
        "at": RUN["ended"],
        "platform": "linux-x86_64",
        "generation": 2,
        "bundles": {"python": "1"},
        "declared": "k",
        "findings": ANSWER["findings"],
        "foreign": [],
    },
    {"event": "silence", "host": "i", "part": "|", "at": RUN["ended"], "reason": "failed", "message": "m"},
    {"event": "elsewhere", "host": "j", "at": RUN["ended"], "reason": "unreachable", "message": "m"},
]


@HOSTILE
@given(mutated(EVENTS))
def test_the_events_of_a_run_that_was_killed(events: Any) -> None:
    lines = events if isinstance(events, list) else [events]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "gathering"
        path.write_bytes(b"\n".join(map(as_json, lines)))
        with ours():
            gathered = gather(events_of(path), complete=False)
            run_of = {**RUN, **gathered.run}
            assemble({key: run_of[key] for key in RUN}, gathered.hosts, gathered.declarations, Policy())


@HOSTILE
@given(mutated({"threshold": "low", "ignores": [{"reason": "r", "expires": "2027-01-01", "subject": "package:*"}]}))
def test_a_policy(document: Any) -> None:
    with ours(subject="The policy"):
        parse_policy(document, today=today())


# Numbers and texts that need no drawing


@pytest.mark.parametrize("value", NASTY, ids=lambda value: str(type(value).__name__))
@pytest.mark.parametrize("judge", ["size", "absent", "check", "format", "sources", "wheels", "declaration", "root", "number", "filename"])
def test_no_value_anywhere_in_a_request_gives_a_traceback(judge: str, value: Any) -> None:
    document = json.loads(json.dumps(REQUEST)) | {"root": "/nowhere/root", "command": "generation"}
    artifact = document["artifacts"][digest("w")]
    places: dict[str, Callable[[], Any]] = {
        "size": lambda: artifact.update(size=value),
        "filename": lambda: artifact.update(filename=value),
        "sources": lambda: artifact.update(sources=value),
        "absent": lambda: document["declaration"].update(absent=value),
        "wheels": lambda: document["declaration"]["virtualenvs"][0].update(wheels=value),
        "declaration": lambda: document.update(declaration=value),
        "number": lambda: document["generation"].update(number=value),
    }
    places.get(judge, lambda: document.update({judge: value}))()
    with ours():
        parse_request(document)


@HOSTILE
@given(VALUES)
def test_no_value_in_the_place_of_a_document_gives_a_traceback(value: Any) -> None:
    with ours():
        parse_request(value)
    assert bundle_problems(value)
    with pytest.raises(HermeticError):
        parse_index(as_json(value), subject="x")
