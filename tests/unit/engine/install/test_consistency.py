# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments whose packages do not fit each other are named, all at once, and put into force or not as the request says."""

from __future__ import annotations

import os
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import consistency
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_wheel
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows converges those of Windows")


def wheel(
    root: SampleRoot, name: str, *requires: str, version: str = "1.0", scripts: dict[str, str] | None = None, **settings: Any
) -> Wheel:
    fields = "".join(f"{each}\n" if each.startswith("Requires-Python") else f"Requires-Dist: {each}\n" for each in requires)
    metadata = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{fields}\nRequires-Dist: in-the-text\n"}
    if scripts:
        metadata["entry_points.txt"] = "[console_scripts]\n" + "".join(f"{command} = {target}\n" for command, target in scripts.items())
    return make_wheel(root.layout.root.parent / "made", name, version, metadata=metadata, **settings)


def warned(root: SampleRoot, *wheels: Wheel) -> list[str]:
    """Return what is said of an environment of these wheels; each part of the one warning by itself."""
    root.virtualenvs = {"web": wheels}
    warnings = [text for text in root.converge()["warnings"] if "not consistent" in text]
    assert len(warnings) < 2
    return [each.rstrip(".").partition("virtualenv:web: ")[2] for text in warnings for each in text.split("; ")]


def test_what_is_missing_or_conflicts_is_named_with_requirement_and_version(declared_root: SampleRoot) -> None:
    needs = wheel(declared_root, "needs", "Some.Dep>=2", "gone", "old<1", 'other; python_version < "3"', 'more; extra == "x"', "fits~=1.0")
    others = [wheel(declared_root, name) for name in ("some_dep", "old", "fits")]
    assert warned(declared_root, needs, *others) == [
        "needs 1.0 requires Some.Dep>=2, found 1.0",
        "needs 1.0 requires gone, which is missing",
        "needs 1.0 requires old<1, found 1.0",
    ]


def test_the_python_of_the_bundle_counts_and_not_the_one_that_runs(declared_root: SampleRoot) -> None:
    found = warned(declared_root, wheel(declared_root, "needs", "Requires-Python: >=3.99", 'x; python_full_version == "3.12.1"'))
    assert found == [
        "needs 1.0 requires Python >=3.99, found 3.12.1",
        "needs 1.0 requires x, which is missing",
    ]


@pytest.mark.parametrize(
    "text", ["not a requirement @@", f"x; {'(' * 5000}python_version > '3'{')' * 5000}", "x; python_version ~= 'a'", "y" * 100_000 + "!"]
)
def test_what_cannot_be_read_is_named_and_no_more_of_it_than_a_person_reads(declared_root: SampleRoot, text: str) -> None:
    found = "; ".join(warned(declared_root, wheel(declared_root, "needs", text)))
    assert "which cannot be compared" in found
    assert len(found) < 600


def test_metadata_that_is_gone_keeps_nothing_from_being_put_into_force(root: SampleRoot) -> None:
    needs = wheel(root, "needs", "gone")
    assert warned(root, needs) == ["needs 1.0 requires gone, which is missing"]
    root.virtualenvs = {}
    root.converge()
    next(root.layout.laid.glob("*/site/needs-1.0.dist-info/METADATA")).unlink()
    root.virtualenvs = {"web": (needs,)}
    assert not root.run("converge", options={"verify": "none"}).get("failed")


def test_a_command_without_a_module_is_named_and_every_kind_of_module_is_one(declared_root: SampleRoot) -> None:
    files = {f"needs/{name}": "" for name in ("__init__.py", "a.py", "b/__init__.py", "c.cpython-312-x86_64-linux-gnu.so", "d/e/f.py")}
    targets = (
        "needs",
        "needs.a",
        "needs.b",
        "needs.c",
        "needs.d",
        "needs.d.e.f",
        "os",
        "sys",
        "encodings",
        "nowhere",
        "needs.g",
        "needs.a.b",
    )
    scripts = {f"command{place}": f"{module}:main" for place, module in enumerate(targets)}
    found = warned(declared_root, wheel(declared_root, "needs", scripts=scripts, files=files))
    assert sorted(each.rpartition(" ")[2] for each in found) == ["needs.a.b", "needs.g", "nowhere"]
    assert "the command command9 of needs starts nowhere:main, and there is no module nowhere" in found


def test_as_an_error_nothing_is_switched_and_otherwise_nothing_is_said(root: SampleRoot) -> None:
    before = os.readlink(root.layout.current)
    root.virtualenvs["two"] = (wheel(root, "needs", "gone", "lost"),)
    result = root.run("converge", options={"consistency": "error"})
    assert result["failed"] and "Environments are not consistent; nothing was switched." in result["msg"]
    assert len(result["errors"]) == 2
    assert os.readlink(root.layout.current) == before
    assert not [text for text in root.converge(options={"consistency": "ignore"})["warnings"] if "consistent" in text]
    # What stays as it is has been named when it was put into force.
    assert root.converge()["warnings"] == []


def test_without_what_reads_requirements_that_is_said(declared_root: SampleRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consistency, "_has_packaging", lambda: False)
    declared_root.virtualenvs = {"web": (wheel(declared_root, "needs", "gone"),), "ops": (wheel(declared_root, "plain"),)}
    assert [text for text in declared_root.converge()["warnings"] if "not compared" in text] == [
        "The requirements of web were not compared: that takes a bundle with Python 3.11 or newer."
    ]
