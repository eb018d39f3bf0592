# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a job has its Python, and which places are refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.hermetic.python.plugins.filter.build_root import FilterModule
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.build_root import VARIABLES, build_root

PROJECT = Path(__file__).resolve().parents[4]
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "RUNNER_TEMP": "/ci/temp",
    "GITHUB_WORKSPACE": "/ci/a/a",
    "PWD": "/elsewhere",
}


@pytest.mark.parametrize(
    ("environment", "root"),
    [
        (GITHUB, "/ci/temp/.hermetic-python"),
        ({**GITHUB, "RUNNER_TEMP": ""}, "/ci/a/a/.hermetic-python"),
        ({"GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/group/project", "PWD": "/"}, "/builds/group/project/.hermetic-python"),
        ({"SWARMING_TASK_ID": "66f0", "PWD": "/b/s/w/ir"}, "/b/s/w/ir/.hermetic-python"),
    ],
)
def test_a_job_has_its_root_below_its_own_directory(environment: Mapping[str, str], root: str) -> None:
    assert build_root("", environment, local=True) == root


@pytest.mark.parametrize(
    "environment", [{}, {"PWD": "/somewhere"}, {"RUNNER_TEMP": "/t"}, {"GITLAB_CI": "true"}, {"GITLAB_CI": "", "CI_PROJECT_DIR": "/b"}]
)
def test_without_a_job_a_root_must_be_given(environment: Mapping[str, str]) -> None:
    with pytest.raises(HermeticError, match=r"GITHUB_ACTIONS.*GITLAB_CI.*SWARMING_TASK_ID.*Set build_python_root"):
        build_root(None, environment, local=True)
    assert build_root("/r", environment, local=True) == "/r"


def test_the_directory_of_this_job_means_nothing_on_another_host() -> None:
    with pytest.raises(HermeticError, match=r"another machine than the controller.*Set build_python_root"):
        build_root("", GITHUB, local=False)
    assert build_root("/srv/job/7/python", GITHUB, local=False) == "/srv/job/7/python"


@pytest.mark.parametrize(("given", "root"), [("/a/b/", "/a/b"), ("/a//b", "/a/b"), ("C:\\j\\1\\", "C:\\j\\1"), ("C:/j/1/", "C:\\j\\1")])
def test_a_root_has_no_separator_at_its_end(given: str, root: str) -> None:
    assert build_root(given, {}, local=False) == root


@pytest.mark.parametrize(
    ("root", "problem"),
    [
        ("python", "not an absolute path"),
        ("~/python", "below the home"),
        ("/", "a directory of the system"),
        ("/tmp", "a directory of the system"),
        ("/a\nBAD=1", "white space"),
        ("/a b", "white space"),
        ("/a\x00", "special to a shell"),
        ("/a:b", "':', which separates"),
        ("/a/../b", "'..'"),
        ("C:\\a\\..\\b", "'..'"),
        ("C:\\a;b", "';'"),
        ("/" + "ä" * 1800, "more than 3500 bytes"),
    ],
)
def test_a_root_that_a_job_could_not_use_is_refused(root: str, problem: str) -> None:
    with pytest.raises(HermeticError, match="build_python_root") as refused:
        build_root(root, {}, local=True)
    assert problem in str(refused.value) and "\n" not in refused.value.message


@pytest.mark.parametrize("root", ["/jobs/Jörg@2/+a,b=c~d", "/" + "d/" * 1500, "C:\\Users\\build\\1234"])
def test_a_root_may_have_other_names(root: str) -> None:
    assert build_root(root, {}, local=False, files={"build_python_json": root.rstrip("/") + " 1.json"}) == root.rstrip("/")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("x.env", "no absolute path"),
        ("/r", "lies in the root"),
        ("/r/x", "lies in the root"),
        ("/a/../r/x", "'..'"),
        ("/a\nPATH=/evil", "control character"),
        ("C:\\x", "no absolute path"),
    ],
)
def test_a_file_that_a_job_could_not_use_is_refused(path: str, problem: str) -> None:
    with pytest.raises(HermeticError, match="build_python_dotenv: ") as refused:
        build_root("/r", {}, local=True, files={"build_python_dotenv": path})
    assert problem in str(refused.value) and "\n" not in refused.value.message


def test_everything_that_is_wrong_is_named_at_once() -> None:
    files = {"build_python_json": "/r/description.json", "build_python_dotenv": "x.env", "build_python_github_env": ""}
    with pytest.raises(HermeticError) as refused:
        build_root("/r", {}, local=False, files=files)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["build_python_json", "build_python_dotenv"]
    with pytest.raises(AnsibleFilterError, match=r"build_python_dotenv: x\.env is no absolute path"):
        FilterModule().filters()["build_root"]("/r", {}, local=False, files=files)


def test_the_role_reads_the_variables_that_are_looked_at() -> None:
    written: dict[str, Any] = yaml.safe_load((PROJECT / "roles" / "build_python" / "vars" / "main.yml").read_text(encoding="utf-8"))
    assert tuple(written["__build_python_variables"]) == VARIABLES
