# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real plays against a Windows host: what goes wrong there reaches the user in words, and what is there stays."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.locking import _LOCKED_BYTE
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip
from fleet_bundles import FleetBundles
from plays import Controller, Played
from roots import Archive
from wheelhouse import Wheel
from windows_host import WindowsHost

RELEASE = "5.0+1"
ROOT = "C:\\infra-system"
USER, PASSWORD = "ops", "3cret pass\u00f6"

pytestmark = pytest.mark.slow


class _Server(http.server.SimpleHTTPRequestHandler):
    """Serves files to those who know the password; a host gets what the test wants it to get."""

    for_hosts: ClassVar[str] = "the same"
    asked_by_hosts: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.headers.get("User-Agent") != "hermetic.python":
            super().do_GET()
            return
        self.asked_by_hosts.append(self.path)
        if self.for_hosts == "no wheels" and self.path.endswith(".whl"):
            self.send_error(404)
            return
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.for_hosts == "other bytes":
            content = content[:-1] + bytes([content[-1] ^ 1])
        elif self.for_hosts == "half of it":
            content = content[: len(content) // 2]
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Desk:
    """A controller, one Windows host, and a bundle behind a password."""

    def __init__(self, directory: Path, host: WindowsHost, archive: Archive, address: str, *, name: str = "windows") -> None:
        self.host = host
        self.name = name
        self.archive = archive
        self.address = address
        self.controller = Controller(directory / "controller")

    def module(self, module: str, /, *arguments: str, task: dict[str, Any] | None = None, **options: Any) -> Played:
        """Run one module on the host."""
        hosts = {self.name: {**self.host.inventory_vars, "ansible_remote_tmp": "%TEMP%"}}
        return self.controller.play([{f"hermetic.python.{module}": options, **(task or {})}], *arguments, hosts=hosts)

    def declared(self, **options: Any) -> dict[str, Any]:
        """Return the options that declare the bundle, which the host fetches itself."""
        bundle = {"archive": f"{self.address}/{self.archive.path.name}", "sha256": self.archive.sha256}
        login = {self.address.partition("://")[2]: {"username": USER, "password": PASSWORD}}
        return {"bundles": [bundle], "credentials": login, "retries": 0, "timeout": 120, **options}

    def pushed(self, **options: Any) -> dict[str, Any]:
        """Return the options that declare the bundle from a file of the controller."""
        return {"bundles": [{"archive": str(self.archive.path), "sha256": self.archive.sha256}], **options}

    @property
    def bundle(self) -> Path:
        """The tree of the installed bundle."""
        return self.host.path(f"{ROOT}\\bundles\\{self.archive.id}")

    def leftovers(self) -> list[str]:
        """Return what tasks have left in the directory for temporary files."""
        return [path.name for path in self.host.path(f"C:\\users\\{self.host.user}\\AppData\\Local\\Temp").glob("ansible*")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, windows_host: WindowsHost, bundles: FleetBundles) -> Iterator[Desk]:
    """Return the desk; nothing is on the host."""
    archive = bundles.windows(RELEASE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Server, directory=str(archive.path.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Desk(tmp_path_factory.mktemp("desk"), windows_host, archive, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def honest_server() -> Iterator[None]:
    """Let every test begin with a server that serves what it has."""
    yield
    _Server.for_hosts = "the same"
    _Server.asked_by_hosts.clear()


@pytest.fixture
def converged(desk: Desk) -> Desk:
    """Return the desk with the bundle on the host."""
    if not (desk.host.path(ROOT) / "bin/python.exe").exists() or not (desk.bundle / "bin/python312.dll").exists():
        played = desk.module("system", **desk.declared())
        assert played.code == 0, played.output
    return desk


def _refused(played: Played, *texts: str) -> str:
    assert played.code == 2, played.output
    message = str(played.last["msg"])
    for text in texts:
        assert text in message, message
    for text in ("Traceback", "Exception calling", "At line:", "win_engine.ps1"):
        assert text not in message, message
    return message


def test_a_host_that_gets_other_bytes_than_declared_has_nothing_afterwards(desk: Desk) -> None:
    _Server.for_hosts = "other bytes"
    played = desk.module("system", **desk.declared(root="C:\\other", transfer="pull"))
    _refused(played, "is not the archive that was declared", desk.archive.sha256, desk.address)
    assert not desk.host.path("C:\\other").exists()
    assert desk.leftovers() == []


def test_a_download_that_ends_early_is_told_as_one(desk: Desk) -> None:
    _Server.for_hosts = "half of it"
    played = desk.module("system", **desk.declared(root="C:\\half", transfer="pull"))
    _refused(played, "could fetch the first bundle from none of its sources", desk.archive.path.name)
    assert not desk.host.path("C:\\half").exists()


def test_a_root_that_is_a_file_is_refused(desk: Desk) -> None:
    desk.host.path("C:\\occupied").write_text("mine\n")
    _refused(
        desk.module("system", **desk.pushed(root="C:\\occupied")), "The root C:\\occupied is there and is a file", "choose another root"
    )
    assert desk.host.path("C:\\occupied").read_text() == "mine\n"


def test_a_root_of_somebody_elses_software_is_left_alone(desk: Desk) -> None:
    program = desk.host.path("C:\\vendor\\bin\\vendor.exe")
    program.parent.mkdir(parents=True)
    program.write_bytes(b"MZ")
    before = sorted(path.relative_to(desk.host.path("C:\\vendor")) for path in desk.host.path("C:\\vendor").rglob("*"))
    _refused(desk.module("system", **desk.pushed(root="C:\\vendor")), "The root C:\\vendor cannot be used", "bin")
    assert sorted(path.relative_to(desk.host.path("C:\\vendor")) for path in desk.host.path("C:\\vendor").rglob("*")) == before


@pytest.mark.parametrize(
    ("variables", "root", "texts"),
    [
        ({}, "/opt/infra-system", ("'/opt/infra-system'", "drive letter")),
        ({"hermetic_platform": "windows-arm64"}, ROOT, ("says windows-arm64", "the host is windows-x86_64")),
        ({"hermetic_platform": "linux-x86_64"}, ROOT, ("says linux-x86_64", "Windows")),
    ],
)
def test_what_contradicts_the_host_is_told(desk: Desk, variables: dict[str, str], root: str, texts: tuple[str, ...]) -> None:
    _refused(desk.module("system_info", root=root, task={"vars": variables}), *texts)


def test_nothing_is_to_be_done_for_what_is_absent_from_an_empty_host(desk: Desk) -> None:
    played = desk.module("bundle", name="python", state="absent", root="C:\\empty")
    assert played.code == 0, played.output
    assert (played.last["changed"], played.last["plan"]) == (False, [])
    _refused(desk.module("generation", root="C:\\empty"), "Nothing is installed below C:\\empty")


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
    assert _Server.asked_by_hosts == [f"/{desk.archive.path.name}"]
    assert desk.host.ssh.powershell_starts == before + 1
    texts = [played.output, str(played.results)]
    texts += [path.read_text(errors="replace") for path in desk.host.path(f"{ROOT}\\state").rglob("*") if path.is_file()]
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert not [text for text in texts if PASSWORD in text or encoded in text]
    assert desk.leftovers() == []


def test_a_host_that_cannot_reach_the_index_fetches_its_first_bundle_once(desk: Desk, tmp_path: Path, wheels: dict[str, Wheel]) -> None:
    _Server.for_hosts = "no wheels"
    wheel = wheels["beta-1.0"]
    for path in (desk.archive.path, wheel.path):
        shutil.copy(path, tmp_path)
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"beta==1.0 --hash=sha256:{wheel.sha256}\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Server, directory=str(tmp_path)))
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
    assert [path for path in _Server.asked_by_hosts if not path.endswith(".whl")] == [f"/{desk.archive.path.name}"]
    assert [path for path in _Server.asked_by_hosts if path.endswith(".whl")] == [f"/{wheel.path.name}"]
    assert (desk.host.path("C:\\once") / "envs/web/Scripts/python.exe").exists()
    removed = desk.module("system", state="absent", root="C:\\once")
    assert removed.code == 0, removed.output


def _lacks_a_dll(bundle: Path) -> None:
    (bundle / "bin/python312.dll").unlink()


def _is_no_program(bundle: Path) -> None:
    # A new file, as an installer that goes wrong leaves it: the old one has other names, by which it still starts.
    (bundle / "bin/python.exe").unlink()
    (bundle / "bin/python.exe").write_bytes(b"MZ, and no program behind it\n")


@pytest.mark.parametrize("damage", [_lacks_a_dll, _is_no_program])
@pytest.mark.parametrize("transfer", ["fetched", "pushed"])
def test_a_bundle_whose_interpreter_does_not_start_is_told_and_repaired_in_one_task(
    damage: Callable[[Path], None], transfer: str, converged: Desk
) -> None:
    damage(converged.bundle)
    if transfer == "fetched":
        told = converged.module("drift")
        assert told.code == 0, told.output
        (finding,) = told.last["findings"]
        assert (finding["subject"], finding["kind"], finding["cause"]) == ("bundle:python", "not_runnable", "tampered")
        assert finding["path"] == f"{ROOT}\\bundles\\{converged.archive.id}\\bin\\python.exe"
        assert converged.module("system_info").last["info"]["damaged"] == [converged.archive.id]
    _repaired(
        converged,
        converged.declared() if transfer == "fetched" else converged.pushed(),
        f"The interpreter of {converged.archive.id} does not start; a temporary one was unpacked instead",
    )


@pytest.mark.parametrize("transfer", ["fetched", "pushed"])
def test_an_interpreter_that_starts_and_cannot_run_the_engine_is_repaired_in_one_task(transfer: str, converged: Desk) -> None:
    shutil.rmtree(converged.bundle / "bin/Lib/json")
    _repaired(
        converged,
        converged.declared() if transfer == "fetched" else converged.pushed(),
        f"{converged.archive.id}\\bin\\python.exe starts but cannot run the engine, so it was damaged",
        "No module named 'json'",
    )


def _repaired(desk: Desk, options: dict[str, Any], *warnings: str) -> None:
    """Converge a host whose own Python is of no use; it must be whole then, and the user must know."""
    repaired = desk.module("system", **options)
    assert repaired.code == 0, repaired.output
    assert repaired.last["changed"] is True
    assert "repair_bundle bundle:python" in repaired.last["msg"]
    told = "\n".join(repaired.last["warnings"])
    assert not [text for text in warnings if text not in told], told
    assert desk.host.python("-c", "print(1)").strip() == "1"
    assert desk.leftovers() == []
    again = desk.module("drift", **desk.declared(verify="deep"))
    assert again.last["findings"] == [], again.output


def test_an_engine_that_takes_too_long_is_ended_with_its_last_words(converged: Desk) -> None:
    code = (
        "import msvcrt, time; file = open(r'C:\\infra-system\\state\\lock', 'r+b'); "
        f"file.seek({_LOCKED_BYTE}); "
        "msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1); print(1, flush=True); time.sleep(600)"
    )
    holder = converged.host.popen([f"{ROOT}\\bin\\python.exe", "-c", code])
    assert holder.stdout is not None and holder.stdout.readline().strip() == b"1"
    try:
        waiting = {"format": 1, "command": "drift", "root": ROOT, "options": {"lock_timeout": 600}}
        # As the other modules call it, but with a limit that no time is lost with.
        given = {"root": ROOT, "platform": "windows-x86_64", "time_limit": 5, "request": json.dumps(waiting)}
        played = converged.module("win_engine", **given, engine=base64.b64encode(engine_zip()).decode())
        problem = played.last["host"]["problem"]
        assert (problem["kind"], problem["timed_out"]) == ("engine", True), problem
        assert "engine_result" not in played.last
        assert not converged.host.processes("engine.zip")
    finally:
        converged.host.kill()
        holder.wait(timeout=120)
    again = converged.module("system", **converged.declared())
    assert (again.code, again.last["changed"]) == (0, False), again.output


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
    told = other.module("drift", root=root)
    (finding,) = told.of(other.name)["findings"]
    assert (finding["kind"], finding["path"]) == ("unexpected", f"{root}\\bundles\\{other.archive.id}\\bin\\{stray}")
    assert finding["subject"] in told.of(other.name)["msg"]
    _refused(other.module("generation", root=root, number="9"), f"Generation 9 is not below {root}")
    assert other.leftovers() == []
