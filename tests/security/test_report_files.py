# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another user in the directory of the reports: nothing that this user may write elsewhere can be written through it."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import answer
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.own_files import LOCK, alone_in
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Recording
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import Settings, parse_settings
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.shared_directory import make_directory

OTHER = 65534
SECRET = "only root knows this"


def settings(directory: Path, **more: object) -> Settings:
    formats = ["json", "jsonl", "junit", "prometheus", "text", "html"]
    options = {"name": "drift", "formats": formats, "history": True, "history_days": 9, "fail": True, "show": False}
    return parse_settings({**options, "directory": str(directory), **more})


def reported(to: Settings) -> dict[str, Path]:
    """Make a report of one host and return its files."""
    made = Recording(to)
    made.inventory(["a"])
    made.expect([("a", [], True)])
    event = answer("a", "drift", "|", {"findings": [], "generation": {"before": 1}}, check=False, at="2026-11-24T18:01:00Z")
    assert event is not None
    made.heard(event, verify="deep")
    return made.finish(complete=True).files


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """Return a file that only its owner may read or write."""
    path = tmp_path / "secret"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


@pytest.fixture
def sticky(tmp_path: Path) -> Path:
    """Return a directory where everybody may add files, as in /tmp."""
    path = tmp_path / "shared"
    path.mkdir()
    path.chmod(0o1777)
    return path


PLANTED = ["drift.json", "drift.jsonl", "drift.junit.xml", "drift.prom", "drift.txt", "drift.html", "history.sqlite", LOCK]
PLANTED += [".drift.html.PID.new", "history.sqlite-journal", "history.sqlite-wal"]


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("how", [os.symlink, os.link], ids=["symbolic link", "hard link"])
def test_a_link_that_was_planted_is_never_written_through(
    sticky: Path, victim: Path, name: str, how: Callable[[str | Path, str | Path], None]
) -> None:
    how(victim, sticky / name.replace("PID", str(os.getpid())))
    if name in ("history.sqlite", LOCK):
        # What must be there from one run to the next is refused by its name; the rest is simply replaced.
        with pytest.raises(HermeticError, match=name):
            reported(settings(sticky))
    else:
        assert all(stat.S_ISREG(path.lstat().st_mode) for path in reported(settings(sticky)).values())
    assert victim.read_text() == SECRET
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600


@pytest.mark.root
@pytest.mark.parametrize("name", ["history.sqlite", LOCK])
def test_a_file_of_another_user_is_not_taken_for_ours(sticky: Path, name: str) -> None:
    (sticky / name).write_bytes(b"")
    os.chown(sticky / name, OTHER, OTHER)
    with pytest.raises(HermeticError, match=f"{name}.*it is owned by uid {OTHER}"):
        reported(settings(sticky))


@pytest.mark.root
@pytest.mark.parametrize("name", ["history.sqlite", LOCK])
def test_a_file_that_a_group_of_others_may_write_is_not_taken_for_ours(sticky: Path, name: str) -> None:
    reported(settings(sticky))
    os.chown(sticky / name, 0, OTHER)
    (sticky / name).chmod(0o664)
    with pytest.raises(HermeticError, match=f"{name}.*the group {OTHER}"):
        reported(settings(sticky))


@pytest.mark.root
def test_a_report_of_another_user_is_replaced_when_all_were_asked_and_never_believed(sticky: Path) -> None:
    (sticky / "drift.json").write_text(json.dumps({"forged": True}))
    os.chown(sticky / "drift.json", OTHER, OTHER)
    files = reported(settings(sticky))
    assert files["json"].stat().st_uid == 0
    os.chown(files["json"], OTHER, OTHER)
    made = Recording(settings(sticky))
    made.inventory(["a", "b"])
    made.expect([("b", [], True)])
    written = made.finish(complete=True)
    assert written.problem is not None and "it is owned by uid" in written.problem
    assert "a" not in written.whole["hosts"]


@pytest.mark.root
def test_what_another_user_left_for_a_killed_run_is_not_reported(sticky: Path) -> None:
    planted = sticky / ".drift.20261124T180000Z-000000.gathering"
    planted.write_text('{"event": "run", "format": 1, "id": "x", "started": "2026-11-24T18:00:00Z", "controllers": []}\n')
    os.chown(planted, OTHER, OTHER)
    fifo = sticky / ".drift.20261124T180000Z-000001.gathering"
    os.mkfifo(fifo)
    assert Recording(settings(sticky)).recovered == []
    assert planted.exists()


def test_a_device_or_a_fifo_in_the_place_of_a_file_is_no_reason_to_wait(sticky: Path) -> None:
    for name in ("history.sqlite", LOCK):
        (sticky / name).unlink(missing_ok=True)
        os.mkfifo(sticky / name)
        with pytest.raises(HermeticError, match=r"not a regular file|No such device"):
            reported(settings(sticky))
        (sticky / name).unlink()


@pytest.mark.parametrize(("mode", "words"), [(0o777, "every user"), (0o775, "the group")])
def test_a_directory_that_others_may_change_is_refused_before_anything_is_written(tmp_path: Path, mode: int, words: str) -> None:
    directory = tmp_path / "open"
    directory.mkdir()
    if mode == 0o775:
        try:
            os.chown(directory, -1, 65534)
        except PermissionError:
            pytest.skip("this user cannot give a directory to another group")
    directory.chmod(mode)
    for place in (directory, directory / "reports"):
        with pytest.raises(HermeticError, match=words):
            Recording(settings(place))
    assert list(directory.iterdir()) == []
    directory.chmod(mode | stat.S_ISVTX)
    assert reported(settings(directory))["json"].exists()


@pytest.mark.root
def test_a_directory_of_another_user_is_refused_also_above_and_behind_a_link(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "below").mkdir(parents=True)
    os.chown(theirs, OTHER, OTHER)
    (tmp_path / "link").symlink_to(theirs)
    for place in (theirs, theirs / "below", theirs / "new" / "one", tmp_path / "link"):
        with pytest.raises(HermeticError, match="it is owned by"):
            Recording(settings(place))
    assert [path.name for path in theirs.iterdir()] == ["below"]


@pytest.mark.root
def test_a_link_on_the_way_is_followed_only_where_it_is_ours(tmp_path: Path, sticky: Path) -> None:
    safe = tmp_path / "safe"
    safe.mkdir()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (sticky / "planted").symlink_to(safe)
    os.chown(sticky / "planted", OTHER, OTHER, follow_symlinks=False)
    (theirs / "link").symlink_to(safe)
    os.chown(theirs, OTHER, OTHER)
    (sticky / "ours").symlink_to("../safe/./x/..")
    (safe / "x").mkdir()
    (sticky / "circle").symlink_to("circle")
    for place in (sticky / "planted", sticky / "planted" / "new", theirs / "link", theirs / ".." / "theirs" / "link", sticky / "circle"):
        with pytest.raises(HermeticError, match="not safe to write into"):
            Recording(settings(place))
        with pytest.raises(HermeticError, match="not safe to write into"):
            Recording(settings(tmp_path / "reports", prometheus_file=str(place / "sub" / "x.prom")))
    assert [path.name for path in safe.iterdir()] == ["x"]
    assert make_directory(sticky / "ours") == safe
    reported(settings(sticky / "ours"))
    assert (safe / "drift.json").exists()


@pytest.mark.root
def test_the_text_for_a_collector_goes_into_the_collectors_own_directory_without_following_anything(tmp_path: Path, victim: Path) -> None:
    collector = tmp_path / "textfile"
    collector.mkdir()
    os.chown(collector, OTHER, OTHER)
    (collector / "hermetic.prom").symlink_to(victim)
    reported(settings(tmp_path / "reports", prometheus_file=str(collector / "hermetic.prom")))
    assert victim.read_text() == SECRET
    assert (collector / "hermetic.prom").read_text().startswith("# HELP")
    assert not (collector / "hermetic.prom").is_symlink()
    assert [path.name for path in collector.iterdir()] == ["hermetic.prom"]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_directories_and_files_have_their_modes_under_any_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        reported(settings(tmp_path / "one" / "two"))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "one", *(tmp_path / "one").rglob("*"))}
    assert {modes.pop("one"), modes.pop("two")} == {0o755}
    assert modes.pop(LOCK) == 0o600
    assert set(modes.values()) == {0o644}


def test_names_of_what_is_being_written_cannot_be_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noting(*arguments: Any, **options: Any) -> None:
        seen.append(str(arguments[0]))
        rename(*arguments, **options)

    rename = os.rename
    monkeypatch.setattr(os, "rename", noting)
    for _ in range(2):
        reported(settings(tmp_path / "reports"))
    assert len(set(seen)) == len(seen) >= 14


def test_a_history_is_replaced_whole_and_what_a_killed_run_left_goes(tmp_path: Path) -> None:
    directory = make_directory(tmp_path / "reports")
    for name in (f".drift.html.{'0' * 32}.new", f".history.sqlite.{'1' * 32}.new/history.sqlite"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text("half")
    mine = directory / ".mine.new"
    mine.touch()
    reported(settings(directory))
    assert sorted(path.name for path in directory.glob(".*")) == [".mine.new", LOCK]
    with sqlite3.connect(directory / "history.sqlite") as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_a_lock_that_is_held_ends_in_words(tmp_path: Path) -> None:
    directory = make_directory(tmp_path / "reports")
    with alone_in(directory), pytest.raises(HermeticError, match="Another run"), alone_in(directory, wait=0):
        pass
