# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real controller that lacks some libraries names all of them at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.missing_libraries import REQUIREMENTS

PROJECT = Path(__file__).resolve().parents[2]
PLUGINS = "ansible_collections.hermetic.python.plugins"
# Whatever imports it, it is not there: as on a controller where nobody has installed it.
WITHOUT = """
import sys
sys.path.insert(0, {collections!r})
gone = {gone!r}
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in gone.values():
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Gone())
from importlib import metadata
known = metadata.version
def version(name):
    if name in gone:
        raise metadata.PackageNotFoundError(name)
    return known(name)
metadata.version = version
import {plugin} as plugin
base = sys.modules.get("{plugins}.plugin_utils.target.action", plugin)
from {plugins}.plugin_utils.missing_libraries import explain_import
assert base.MISSING is not None
print(explain_import("it", base.MISSING))
"""
FAILING = """
from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase
ActionBase.run = CallbackBase.set_options = lambda *_unused, **_options: {{}}
kind = next(getattr(plugin, name) for name in ("ActionModule", "CallbackModule") if hasattr(plugin, name))
failing = kind.__new__(kind)
try:
    failing.set_options() if kind.__name__ == "CallbackModule" else failing.run()
except Exception as error:
    assert error.__cause__ is None and error.__context__ is None, "Ansible appends the text of what a failure comes from"
    print(error)
else:
    raise AssertionError("nothing was reported")
"""
GONE = {"pyelftools": "elftools", "pefile": "pefile", "cryptography": "cryptography", "requests": "requests", "jsonschema": "jsonschema"}


@pytest.mark.parametrize(
    "plugin",
    [
        *(f"action.{name}" for name in ("repository", "bundle_build", "drift_report")),
        *(f"action.{name}" for name in ("bundle", "drift", "generation", "system", "system_info", "virtualenv")),
        "callback.drift_report",
    ],
)
def test_a_controller_that_lacks_several_is_reported_of_all_and_of_no_import(plugin: str) -> None:
    code = (WITHOUT + FAILING).format(collections=str(PROJECT / ".collections"), gone=GONE, plugin=f"{PLUGINS}.{plugin}", plugins=PLUGINS)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    for name in GONE:
        assert f" {name}>=" in shown, shown
    assert "elftools" not in shown.replace("pyelftools", "")
    assert "No module named" not in shown
    assert f"{sys.executable} -m pip install -r {REQUIREMENTS}" in shown
