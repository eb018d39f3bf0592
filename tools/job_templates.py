# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ready CI jobs as docs/jobs/jobs.j2 has them: each macro of it is one file."""

from __future__ import annotations

from pathlib import Path

import jinja2

JOBS = Path(__file__).resolve().parents[1] / "docs" / "jobs"
SOURCE = "jobs.j2"
FILES = {
    "python.yml": "python_yml",
    "github.yml": "github_yml",
    "gitlab-ci.yml": "gitlab_ci_yml",
    "swarming-task.json": "swarming_task_json",
}


def rendered(**values: str) -> dict[str, str]:
    """Return the text of each file; ``values`` take the place of what a project replaces, such as its repository."""
    loader = jinja2.FileSystemLoader(JOBS)
    # Shell and YAML need their own quotes, and tojson escapes nothing but what a script in a page would.
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=False, keep_trailing_newline=True, autoescape=False
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    module = environment.get_template(SOURCE).make_module(dict(values))
    return {name: str(getattr(module, macro)()).strip() + "\n" for name, macro in FILES.items()}
