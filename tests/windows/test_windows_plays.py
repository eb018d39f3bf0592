# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real plays against a Windows host: what goes wrong there reaches the user in words, and what is there stays."""

from __future__ import annotations

import base64
import functools
import http.server
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import PASSWORD, ROOT, USER, Desk, Server, refused
from wheelhouse import Wheel
from windows_host import WindowsHost

pytestmark = pytest.mark.slow


def test_a_host_that_gets_other_bytes_than_declared_has_nothing_afterwards(desk: Desk) -> None:
    Server.for_hosts = "other bytes"
    played = desk.module("system", **desk.declared(root="C:\\other", transfer="pull"))
    refused(played, "is not the archive that was declared", desk.archive.sha256, desk.address)
    assert not desk.host.path("C:\\other").exists()
    assert desk.leftovers() == []


def test_a_download_that_ends_early_is_reported_as_one(desk: Desk) -> None:
    Server.for_hosts = "half of it"
    played = desk.module("system", **desk.declared(root="C:\\half", transfer="pull"))
    refused(played, "could fetch the first bundle from none of its sources", desk.archive.path.name)
    assert not desk.host.path("C:\\half").exists()


def test_a_root_that_is_a_file_isrefused(desk: Desk) -> None:
    desk.host.path("C:\\occupied").write_text("mine\n")
    refused(
        desk.module("system", **desk.pushed(root="C:\\occupied")), "The root C:\\occupied is there and is a file", "choose another root"
    )
    assert desk.host.path("C:\\occupied").read_text() == "mine\n"


def test_a_root_of_somebody_elses_software_is_left_alone(desk: Desk) -> None:
    program = desk.host.path("C:\\vendor\\bin\\vendor.exe")
    program.parent.mkdir(parents=True)
    program.write_bytes(b"MZ")
    before = sorted(path.relative_to(desk.host.path("C:\\vendor")) for path in desk.host.path("C:\\vendor").rglob("*"))
    refused(desk.module("system", **desk.pushed(root="C:\\vendor")), "The root C:\\vendor cannot be used", "bin")
    assert sorted(path.relative_to(desk.host.path("C:\\vendor")) for path in desk.host.path("C:\\vendor").rglob("*")) == before


@pytest.mark.parametrize(
    ("variables", "root", "texts"),
    [
        ({}, "/opt/infra-system", ("'/opt/infra-system'", "drive letter")),
        ({"hermetic_platform": "windows-arm64"}, ROOT, ("hermetic_platform is windows-arm64", "the host is windows-x86_64")),
        ({"hermetic_platform": "linux-x86_64"}, ROOT, ("hermetic_platform is linux-x86_64", "Windows")),
    ],
)
def test_what_contradicts_the_host_is_reported(desk: Desk, variables: dict[str, str], root: str, texts: tuple[str, ...]) -> None:
    refused(desk.module("system_info", root=root, task={"vars": variables}), *texts)


def test_nothing_is_to_be_done_for_what_is_absent_from_an_empty_host(desk: Desk) -> None:
    played = desk.module("bundle", name="python", state="absent", root="C:\\empty")
    assert played.code == 0, played.output
    assert (played.last["changed"], played.last["plan"]) == (False, [])
    refused(desk.module("generation", root="C:\\empty"), "Nothing is installed below C:\\empty")


def test_a_root_is_planned_installed_and_removed(desk: Desk) -> None:
    root = desk.host.path("C:\\whole")
    planned = desk.module("system", "--check", **desk.pushed(root="C:\\whole", transfer="push"))
    assert planned.code == 0, planned.output
    assert [step["action"] for step in planned.last["plan"]] == ["install_bundle", "switch"]
    # Nothing was copied to a host that has nothing, only to say what would be done.
    assert {"push", "bootstrap"}.isdisjoint(planned.last["timings"])
    assert not root.exists()
    nothing = desk.module("system", state="absent", root="C:\\whole")
    assert (nothing.code, nothing.last["changed"]) == (0, False), nothing.output
    installed = desk.module("system", **desk.pushed(root="C:\\whole", transfer="push"))
    assert installed.last["plan"] == planned.last["plan"]
    (root / "notes.txt").write_text("mine\n")
    assert desk.module("system", "--check", state="absent", root="C:\\whole").last["changed"] is True
    assert (root / "bin/python.exe").exists()
    removed = desk.module("system", state="absent", root="C:\\whole")
    assert removed.code == 0, removed.output
    assert [path.name for path in root.iterdir()] == ["notes.txt"]
    assert any("notes.txt" in warning for warning in removed.last["warnings"])
    (root / "notes.txt").unlink()
    root.rmdir()
    assert desk.module("system", **desk.pushed(root="C:\\whole")).code == 0
    assert desk.module("system", state="absent", root="C:\\whole").code == 0
    assert not root.exists()


def test_a_password_is_used_by_the_host_and_shows_nowhere(desk: Desk) -> None:
    before = desk.host.ssh.powershell_starts
    played = desk.module("system", "-vvv", **desk.declared(transfer="pull"))
    assert played.code == 0, played.output
    assert Server.asked_by_hosts == [f"/{desk.archive.path.name}"]
    assert desk.host.ssh.powershell_starts == before + 1
    texts = [played.output, str(played.results)]
    texts += [path.read_text(errors="replace") for path in desk.host.path(f"{ROOT}\\state").rglob("*") if path.is_file()]
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert not [text for text in texts if PASSWORD in text or encoded in text]
    assert desk.leftovers() == []


def test_a_host_that_cannot_reach_the_index_fetches_its_first_bundle_once(desk: Desk, tmp_path: Path, wheels: dict[str, Wheel]) -> None:
    Server.for_hosts = "no wheels"
    wheel = wheels["beta-1.0"]
    for path in (desk.archive.path, wheel.path):
        shutil.copy(path, tmp_path)
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"beta==1.0 --hash=sha256:{wheel.sha256}\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    there = Desk(tmp_path, desk.host, desk.archive, address, name=desk.name)
    common = {"find_links": [f"{address}/"], "index_url": "http://127.0.0.1:9/", "virtualenvs": [{"name": "web", "lock": str(lock)}]}
    try:
        played = there.module("system", **there.declared(root="C:\\once", **common))
        assert played.code == 0, played.output
    finally:
        server.shutdown()
        server.server_close()
    assert [path for path in Server.asked_by_hosts if not path.endswith(".whl")] == [f"/{desk.archive.path.name}"]
    assert [path for path in Server.asked_by_hosts if path.endswith(".whl")] == [f"/{wheel.path.name}"]
    assert (desk.host.path("C:\\once") / "envs/web/Scripts/python.exe").exists()
    removed = desk.module("system", state="absent", root="C:\\once")
    assert removed.code == 0, removed.output


def test_names_with_letters_of_other_languages_and_blanks_do(
    tmp_path: Path, desk: Desk, new_windows_host: Callable[..., WindowsHost]
) -> None:
    # The profile, and with it the directory for temporary files, has the user's name.
    host = new_windows_host("name", user="J\u00f6rg M\u00fcller")
    other = Desk(tmp_path, host, desk.archive, desk.address, name="b\u00fcro-\u6771\u4eac")
    root = "C:\\Program Files\\K\u00f6ln \u6771\u4eac"
    played = other.module("system", **other.pushed(root=root))
    assert (played.code, played.status(other.name)) == (0, "ok"), played.output
    assert "install_bundle bundle:python" in played.of(other.name)["msg"]
    prefix = host.python("-X", "utf8", "-c", "import sys; print(sys.prefix)", executable=f"{root}\\bin\\python.exe").strip()
    assert prefix.startswith(root)
    assert other.module("drift", root=root, verify="deep").last["findings"] == []
    stray = "Lib\\site-packages\\gr\u00f6\u00dfe \u6771.py"
    other.host.path(f"{root}\\bundles\\{other.archive.id}\\bin\\{stray}").write_text("")
    reported = other.module("drift", root=root)
    (finding,) = reported.of(other.name)["findings"]
    assert (finding["kind"], finding["path"]) == ("unexpected", f"{root}\\bundles\\{other.archive.id}\\bin\\{stray}")
    assert finding["subject"] in reported.of(other.name)["msg"]
    refused(other.module("generation", root=root, number="9"), f"Generation 9 is not below {root}")
    assert other.leftovers() == []
