# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real controller that lacks some libraries names all of them at once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.missing_libraries import REQUIREMENTS
from roots import Root

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


def spec_with_the_python_of_a_bundle(bundle: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run hermetic-spec where the python3 of PATH is that of a bundle."""
    environment = {"PATH": f"{bundle / 'bin'}:{path}:/usr/bin:/bin", "HOME": str(path)}
    return subprocess.run([PROJECT / "tools/hermetic-spec", "--help"], env=environment, capture_output=True, text=True, check=False)


def test_hermetic_spec_runs_with_the_python_of_ansible_where_another_is_first_in_path(root_with_bundle: Root, tmp_path: Path) -> None:
    program = tmp_path / "ansible-playbook"
    program.write_text(f"#!{sys.executable}\n")
    program.chmod(0o755)
    done = spec_with_the_python_of_a_bundle(root_with_bundle.bundle(), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: hermetic-spec")


@pytest.mark.parametrize("first", ["#!/bin/sh", "#!/nowhere/python3", "#!{bundle}/bin/python3", "\x7fELF", None])
def test_a_bundle_is_no_place_to_install_packages(root_with_bundle: Root, tmp_path: Path, first: str | None) -> None:
    bundle = root_with_bundle.bundle()
    if first is not None:
        (tmp_path / "ansible-playbook").write_text(first.format(bundle=bundle) + "\n")
        (tmp_path / "ansible-playbook").chmod(0o755)
    done = spec_with_the_python_of_a_bundle(bundle, tmp_path)
    assert done.returncode == 1
    assert "belongs to a bundle and must not be changed" in done.stderr, done.stderr
    assert re.search(rf"{re.escape(str(bundle))}\S* -m pip", done.stderr) is None
