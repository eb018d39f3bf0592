# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ready CI jobs are what their one source says, fit the schemas of their systems, and use the role as it is."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.hermetic.python.plugins.plugin_utils.target.build_root import NAME

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

from job_templates import FILES, JOBS, rendered

PROJECT = Path(__file__).resolve().parents[3]
JOB = rendered()
VARIABLES = set(
    yaml.safe_load((PROJECT / "roles/build_python/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"][
        "options"
    ]
)
# The fields of swarming.v2.NewTaskRequest and of the messages in it that a request may have; int64 is a text in the JSON of protobuf.
TEXT, NUMBER, FLAG = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}, {"type": "boolean"}


def _message(required: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


def _many(each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": each}


_PAIR = _message(("key", "value"), key=TEXT, value={"type": "string"})
_PROPERTIES = _message(
    ("command", "dimensions", "execution_timeout_secs"),
    caches=_many(_message(("name", "path"), name={"type": "string", "pattern": "^[a-z0-9_]{1,4096}$"}, path=TEXT)),
    cas_input_root=_message(
        ("cas_instance", "digest"),
        cas_instance={"type": "string", "pattern": "^projects/[a-z0-9-]+/instances/[a-z_-]+$"},
        digest=_message(
            ("hash", "size_bytes"),
            hash={"type": "string", "pattern": "^[0-9a-f]{64}$"},
            size_bytes={"type": "string", "pattern": "^[1-9][0-9]*$"},
        ),
    ),
    cipd_input={"type": "object"},
    command={**_many(TEXT), "minItems": 1},
    containment={"type": "object"},
    dimensions=_many(_PAIR),
    env=_many(_PAIR),
    env_prefixes=_many(_message(("key", "value"), key=TEXT, value={**_many(TEXT), "minItems": 1})),
    execution_timeout_secs=NUMBER,
    grace_period_secs=NUMBER,
    idempotent=FLAG,
    io_timeout_secs=NUMBER,
    outputs=_many(TEXT),
    relative_cwd=TEXT,
    secret_bytes=TEXT,
)
_TASK = _message(
    ("name", "priority", "task_slices", "realm"),
    name=TEXT,
    parent_task_id=TEXT,
    priority={"type": "integer", "minimum": 1, "maximum": 255},
    task_slices={
        **_many(_message(("properties", "expiration_secs"), properties=_PROPERTIES, expiration_secs=NUMBER, wait_for_capacity=FLAG)),
        "minItems": 1,
    },
    tags=_many({"type": "string", "pattern": "^[^:]+:.+$"}),
    user=TEXT,
    service_account=TEXT,
    pubsub_topic=TEXT,
    pubsub_auth_token=TEXT,
    pubsub_userdata=TEXT,
    evaluate_only=FLAG,
    pool_task_template={"enum": ["AUTO", "CANARY_PREFER", "CANARY_NEVER", "SKIP"]},
    bot_ping_tolerance_secs=NUMBER,
    request_uuid=TEXT,
    resultdb=_message(enable=FLAG),
    realm={"type": "string", "pattern": "^[a-z0-9-]+:[a-z0-9./_-]+$"},
)
SPAWN_TASKS = _message(("requests",), requests={**_many(_TASK), "minItems": 1})
"""What ``swarming spawn-tasks -json-input`` reads."""


@pytest.mark.parametrize("name", FILES)
def test_a_job_is_as_its_source_says(name: str) -> None:
    assert (JOBS / name).read_text(encoding="utf-8") == JOB[name], "run tools/render-jobs"


def test_every_file_there_comes_from_the_source() -> None:
    assert {path.name for path in JOBS.iterdir()} == {*FILES, "jobs.j2"}


def test_values_of_a_project_take_the_place_of_the_examples() -> None:
    text = "".join(rendered(repository="/srv/mirror", program="make test").values())
    assert "/srv/mirror" in text and "make test" in text
    assert "packages.example.com/hermetic\n" not in text and "pytest" not in text


@pytest.mark.parametrize(("name", "schema"), [("github.yml", "github-workflows.json"), ("gitlab-ci.yml", "gitlab-ci.json")])
def test_a_job_fits_the_schema_of_its_system(name: str, schema: str) -> None:
    # By its place: the package itself imports a client of HTTP.
    checker = importlib.util.find_spec("check_jsonschema")
    assert checker is not None and checker.origin is not None
    rules = json.loads((Path(checker.origin).parent / "builtin_schemas" / "vendor" / schema).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(rules)(rules)
    # "on" is a key here, which YAML 1.1 takes for a truth.
    document = yaml.load(JOB[name], Loader=yaml.BaseLoader)
    wrong = [error.message for error in validator.iter_errors(_typed(document))]
    assert wrong == []
    assert list(validator.iter_errors({"on": "push", "jobs": {"a": {"steps": 1}}, "tests": {"script": {}}})) != []


def _typed(value: Any) -> Any:
    """Return the document with numbers and truths, which BaseLoader leaves as texts."""
    if isinstance(value, dict):
        return {key: _typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(each) for each in value]
    return int(value) if re.fullmatch(r"[0-9]+", value) else {"true": True, "false": False}.get(value, value)


def test_the_job_of_github_asks_for_few_permissions_and_known_actions() -> None:
    document = yaml.safe_load(JOB["github.yml"])
    assert document["permissions"] == {"contents": "read"}
    (job,) = document["jobs"].values()
    assert job["timeout-minutes"] <= 90
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[a-z-]+@v\d+", each) for each in used)


def task() -> dict[str, Any]:
    (request,) = json.loads(JOB["swarming-task.json"])["requests"]
    properties: dict[str, Any] = request["task_slices"][0]["properties"]
    return properties


def test_the_task_of_swarming_has_the_fields_of_a_new_task_request() -> None:
    document = json.loads(JOB["swarming-task.json"])
    jsonschema.validate(document, SPAWN_TASKS)
    document["requests"][0]["task_slices"][0]["properties"]["env_prefix"] = []
    with pytest.raises(jsonschema.ValidationError, match="env_prefix"):
        jsonschema.validate(document, SPAWN_TASKS)


def test_the_task_of_swarming_needs_no_cipd_and_stays_in_its_directory() -> None:
    properties = task()
    assert "cipd_input" not in properties
    assert [pair["key"] for pair in properties["dimensions"]].count("pool") == 1
    paths = [cache["path"] for cache in properties["caches"]] + [path for each in properties["env_prefixes"] for path in each["value"]]
    assert all(not path.startswith("/") and ".." not in PurePosixPath(path).parts for path in paths)
    # Keys of such lists must be sorted and unique; the paths of one key count in their order.
    for name in ("env_prefixes", "dimensions"):
        keys = [pair["key"] for pair in properties[name]]
        assert keys == sorted(set(keys))
    assert len({cache["path"] for cache in properties["caches"]}) == len(properties["caches"])


def test_the_jobs_name_the_root_and_the_environment_of_the_role() -> None:
    (play,) = yaml.safe_load(JOB["python.yml"])
    (role,) = play["roles"]
    assert set(role["vars"]) <= VARIABLES
    (environment,) = role["vars"]["build_python_virtualenvs"]
    path = next(each["value"] for each in task()["env_prefixes"] if each["key"] == "PATH")
    assert path == [f"{NAME}/envs/{environment['name']}/bin", f"{NAME}/bin"]
    assert set(re.findall(r"-e (\w+)=", "".join(JOB.values()))) <= VARIABLES


@pytest.mark.parametrize("name", FILES)
def test_no_job_names_a_secret_or_a_place_of_ours(name: str) -> None:
    text = JOB[name]
    assert re.search(r"(?i)password|token|secret", text) is None
    assert set(re.findall(r"https?://([^/\s]+)", text)) <= {"packages.example.com"}
