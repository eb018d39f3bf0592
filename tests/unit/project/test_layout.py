# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit tests mirror the tree: a module's tests are where its path says, and each engine module without a file of its own has a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
ENGINE = PROJECT / "module_utils" / "hermetic"
CONTROLLER = PROJECT / "plugins" / "plugin_utils"
UNIT = PROJECT / "tests" / "unit"

VALUES = "it has fields and no logic"
WINDOWS = "it calls Windows; tests run it there"
ELSEWHERE: dict[str, tuple[str, str]] = {
    "findings/difference.py": (VALUES, "tests/unit/engine/inspect/test_tree.py"),
    "findings/needed_repair.py": (VALUES, "tests/unit/engine/install/test_root_repair.py"),
    "model/artifact.py": (VALUES, "tests/unit/engine/records/test_stored_artifacts.py"),
    "model/unproved.py": (VALUES, "tests/unit/engine/records/test_transaction_marker.py"),
    "planning/step.py": (VALUES, "tests/unit/engine/planning/test_plan.py"),
    "planning/observation.py": (VALUES, "tests/unit/engine/planning/test_plan.py"),
    "planning/desired_state.py": ("it is the first step of a plan", "tests/unit/engine/planning/test_plan.py"),
    "commands/observed_plan.py": ("it is the first half of two commands", "tests/unit/engine/commands/test_converge.py"),
    "commands/result.py": ("it shapes what every command returns", "tests/unit/engine/commands/test_converge.py"),
    "commands/root_access.py": ("it acts for other users as well", "tests/security/test_roots_of_others.py"),
    "commands/script.py": ("it starts programs", "tests/integration/test_script_plays.py"),
    "fetching/sources.py": ("its sources are servers", "tests/integration/test_fetch.py"),
    "fs/file_status.py": ("it is one call of the system", "tests/unit/engine/inspect/test_tree.py"),
    "fs/junction_fallback.py": ("it is what a link falls back to", "tests/unit/engine/fs/test_links.py"),
    "fs/ownership.py": ("it judges other users", "tests/integration/test_root_trust.py"),
    "generations/fallback_remains.py": (WINDOWS, "tests/security/test_damaged_fallbacks.py"),
    "generations/foreign_obstacles.py": ("it looks for what a profile meets", "tests/unit/engine/generations/test_profile.py"),
    "inspect/bundle_start.py": ("it starts interpreters for the look at trees", "tests/unit/engine/inspect/test_tree_checks.py"),
    "inspect/foreign_packages.py": ("what it finds becomes findings of trees", "tests/unit/engine/findings/test_tree_findings.py"),
    "inspect/info.py": ("it is what the command says", "tests/unit/engine/commands/test_info.py"),
    "install/apply.py": ("it is the second half of the command", "tests/unit/engine/commands/test_converge.py"),
    "install/checked_switch.py": ("it runs the checks of a switch", "tests/integration/test_checks.py"),
    "install/checking.py": ("it runs checks", "tests/integration/test_checks.py"),
    "install/failed_switch.py": ("it switches back", "tests/integration/test_unproved_switches.py"),
    "install/health.py": ("it runs checks", "tests/integration/test_checks.py"),
    "install/progress.py": (VALUES, "tests/unit/engine/install/test_installer.py"),
    "install/bundle_verification.py": ("it is a step of an installation", "tests/unit/engine/install/test_installer.py"),
    "fetching/pip_configuration.py": ("it is compared with pip itself", "tests/integration/test_pip_configuration.py"),
    "fetching/simple_page.py": ("it is what an index is asked for", "tests/unit/controller/locks/test_simple_index.py"),
    "fetching/stored_file.py": ("it is a step of fetching", "tests/unit/engine/fetching/test_fetch.py"),
    "inspect/tree_status.py": ("it is what a tree is held against", "tests/unit/engine/inspect/test_tree.py"),
    "install/target_compile.py": ("it starts another Python", "tests/integration/test_byte_code_within_bounds.py"),
    "install/uninstall.py": ("it is what the command does", "tests/unit/engine/commands/test_uninstall.py"),
    "model/receipt_checks.py": ("it is a step of reading a record", "tests/unit/engine/records/test_load.py"),
    "process/account.py": ("it is about other users", "tests/integration/test_checks.py"),
    "process/bounded_run.py": ("it starts programs", "tests/security/test_hostile_checks.py"),
    "process/check_run.py": ("it starts programs", "tests/integration/test_checks.py"),
    "process/forks.py": ("it copies the process", "tests/integration/test_forks.py"),
    "process/program_run.py": ("it starts programs", "tests/integration/test_script_plays.py"),
    "process/seen.py": ("it lists the processes of the host", "tests/security/test_outdated_processes.py"),
    "windows/process_facts.py": (WINDOWS, "tests/windows/test_outdated_processes.py"),
    "unpack/archive_entries.py": ("it judges the entries of an archive", "tests/unit/engine/unpack/test_archive.py"),
    "unpack/archive_source.py": ("it is what an archive is read from", "tests/unit/engine/unpack/test_archive.py"),
    "unpack/engine_library.py": ("it looks into the Python that runs", "tests/integration/test_engine_zip.py"),
    "unpack/scripts.py": ("it makes what environments start with", "tests/unit/engine/install/test_environment.py"),
    "unpack/tar_structure.py": ("it bounds the headers of an archive", "tests/security/test_hostile_archives.py"),
    "unpack/tree_writing.py": ("it judges and writes what an archive holds", "tests/unit/engine/unpack/test_archive.py"),
    "unpack/write_behind.py": ("it hands on what is to be written", "tests/unit/engine/unpack/test_archive.py"),
    "unpack/wheel_contents.py": ("it reads what a wheel holds", "tests/unit/engine/unpack/test_wheel.py"),
    "unpack/wheel_tree.py": ("it writes what a wheel holds", "tests/unit/engine/unpack/test_wheel.py"),
    "vpython/building.py": ("it has workers unpack wheels", "tests/integration/test_vpython.py"),
    "vpython/bundles.py": ("it reads bundles of a host", "tests/integration/test_vpython.py"),
    "vpython/entries.py": ("it writes links", "tests/integration/test_vpython.py"),
    "vpython/host_wheels.py": ("it copies what a host has unpacked", "tests/integration/test_vpython.py"),
    "vpython/launch.py": ("it is what the launcher starts", "tests/security/test_vpython_interrupted.py"),
    "vpython/resolving.py": ("it starts resolvers", "tests/integration/test_vpython.py"),
    "vpython/toml_text.py": ("it is a step of reading specifications", "tests/unit/engine/vpython/test_toml_specification.py"),
    "windows/api.py": (WINDOWS, "tests/windows/test_windows_files.py"),
    "windows/in_use.py": (WINDOWS, "tests/unit/engine/fs/test_replacement.py"),
    "windows/job.py": (WINDOWS, "tests/windows/test_windows_ownership.py"),
    "windows/ownership.py": (WINDOWS, "tests/windows/test_windows_ownership.py"),
    "windows/processes.py": (WINDOWS, "tests/windows/test_removals.py"),
    "windows/status.py": (WINDOWS, "tests/windows/test_windows_files.py"),
    "windows/streams.py": (WINDOWS, "tests/windows/test_engine_tamper.py"),
}
"""Why an engine module has no file of its own, and the file that tests it."""


def modules(top: Path) -> list[str]:
    """Return the modules below a directory, by their paths relative to it."""
    return sorted(str(path.relative_to(top)) for path in top.rglob("*.py") if path.name != "__init__.py")


def own_test(module: str) -> Path:
    """Return where the tests of an engine module are."""
    path = Path(module)
    return UNIT / "engine" / path.parent / f"test_{path.stem.strip('_')}.py"


def test_each_engine_module_has_its_tests_or_a_reason() -> None:
    without = {module for module in modules(ENGINE) if not own_test(module).is_file()}
    assert without - set(ELSEWHERE) == set(), "write tests/unit/engine/<room>/test_<module>.py, or say here why not"
    assert set(ELSEWHERE) - without == set(), "these have a file of their own now, or are gone: take them off the list"


@pytest.mark.parametrize("module", ELSEWHERE)
def test_a_reason_names_a_file_that_is_there(module: str) -> None:
    reason, file = ELSEWHERE[module]
    assert (PROJECT / file).is_file()
    assert reason


@pytest.mark.parametrize(("half", "top"), [("engine", ENGINE), ("controller", CONTROLLER)])
def test_tests_lie_in_rooms_that_there_are(half: str, top: Path) -> None:
    rooms = {path.parent.relative_to(UNIT / half) for path in (UNIT / half).rglob("test_*.py")}
    # Actions are plugins themselves, beside the rooms of what they use.
    plugins = {Path(path.name) for path in (PROJECT / "plugins").iterdir() if path.is_dir() and half == "controller"}
    assert not [str(room) for room in rooms if not (top / room).is_dir() and room not in plugins]


def test_tests_of_the_engine_are_named_after_a_module_or_a_part_of_one() -> None:
    strays = []
    for path in (UNIT / "engine").rglob("test_*.py"):
        room = ENGINE / path.parent.relative_to(UNIT / "engine")
        name = path.stem.removeprefix("test_")
        if not any(name == module or name.startswith(f"{module}_") for module in (each.stem.strip("_") for each in room.glob("*.py"))):
            strays.append(str(path.relative_to(UNIT)))
    assert strays == ["engine/text/test_windows_names.py"], "name a file after the module that it tests"
