# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A converged machine is what the documentation says: the system Python, the environments, and nothing else of the machine changed."""

from __future__ import annotations

import json

import pytest
from looking import BASELINE, OWNER, ROOT, Looked

ENVIRONMENTS = ("tools", "web")
IMPORTS = {"web": "import requests, yaml", "tools": "import idna, urllib3"}
HOSTILE = "PYTHONPATH=/nowhere PYTHONHOME=/nowhere PYTHONSTARTUP=/nowhere PYTHONUSERBASE=/srv/poison PYTHONINSPECT="


def test_the_system_python_runs_from_the_bundle_that_the_generation_names(looked: Looked) -> None:
    generation = looked.output(f"readlink {ROOT}/current")
    record = json.loads(looked.output(f"cat {ROOT}/state/{generation}.json"))
    tree = f"{ROOT}/bundles/{record['bundles'][record['default']]}"
    assert looked.python("import sys; print(sys.prefix)") == tree
    assert looked.output(f"readlink -f {ROOT}/bin/python").startswith(f"{tree}/bin/")
    about = json.loads(looked.output(f"cat {tree}/bundle.json"))
    assert looked.python("import platform; print(platform.python_version())") == about["python"]["version"]


def test_the_stable_paths_lead_through_one_switch(looked: Looked) -> None:
    for name in ("bin", "lib", "envs"):
        assert looked.output(f"readlink {ROOT}/{name}") == f"current/{name}"
    number = looked.output(f"readlink {ROOT}/current").removeprefix("generations/")
    assert number.isdigit()
    assert looked.lines(f"ls {ROOT}/envs/") == list(ENVIRONMENTS)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_runs_what_its_lock_names(looked: Looked, name: str) -> None:
    assert looked.python(f"{IMPORTS[name]}; import sys; print(sys.prefix)", of=name).startswith(f"{ROOT}/environments/{name}-")


@pytest.mark.parametrize("name", [None, *ENVIRONMENTS])
def test_nothing_around_it_reaches_a_python(looked: Looked, name: str | None) -> None:
    plain = looked.python("import sys; print(sys.path)", of=name)
    assert looked.python("import sys; print(sys.path)", of=name, surrounding=f"cd /tmp && {HOSTILE}") == plain
    for place in ("/srv", "/nowhere", "/usr/lib/python", ".local"):
        assert place not in plain


def test_everything_belongs_to_one_user_and_nobody_else_can_write(looked: Looked) -> None:
    assert looked.output(f"find {ROOT} ! -user {OWNER} -o ! -group {OWNER}") == ""
    assert looked.output(f"find {ROOT} ! -type l -perm /022") == ""
    assert looked.output(f"find {ROOT} ! -type l ! -type f ! -type d") == ""


def test_modes_do_not_come_from_a_umask(looked: Looked) -> None:
    trees = f"{ROOT}/bundles {ROOT}/environments"
    assert set(looked.lines(f"find {trees} -type d -printf '%m\\n' | sort -u")) == {"755"}
    assert set(looked.lines(f"find {trees} -type f -printf '%m\\n' | sort -u")) <= {"644", "755"}


def test_every_link_leads_somewhere_below_the_root(looked: Looked) -> None:
    assert looked.output(f"find {ROOT} -xtype l") == ""
    assert [path for path in looked.lines(f"find {ROOT} -type l -exec readlink -f {{}} +") if not path.startswith(ROOT)] == []


def test_running_writes_nothing(looked: Looked) -> None:
    looked.output(f"touch {ROOT}/state/before")
    try:
        for name in ENVIRONMENTS:
            looked.python(f"{IMPORTS[name]}, json, decimal, email.message", of=name)
        assert looked.output(f"find {ROOT}/bundles {ROOT}/environments {ROOT}/laid -newer {ROOT}/state/before") == ""
    finally:
        looked.output(f"rm {ROOT}/state/before")


def test_no_run_left_anything_behind(looked: Looked) -> None:
    assert looked.output(f"find {ROOT} -maxdepth 3 -name '.bootstrap-*' -o -maxdepth 3 -name '.new-*' -o -path {ROOT}/state/journal") == ""
    homes = "/root /home" if OWNER == "root" else f"/home/{OWNER}"
    assert looked.output(f"find /tmp /var/tmp {homes} -maxdepth 4 -name 'ansible-tmp-*' -o -maxdepth 4 -name '.bootstrap-*'") == ""


def test_the_machines_own_python_is_what_it_was_to_the_last_byte(looked: Looked) -> None:
    assert looked.output("/usr/local/sbin/describe-system-python") == looked.output(f"cat {BASELINE}")
