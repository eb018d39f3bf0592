#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on this machine: build a bundle, publish it, converge three hosts, find drift, repair, upgrade, roll back, run a script.

Three "hosts" are three roots below one directory ($HERMETIC_DEMO, default .demo). Every claim is checked against what the runs
report; the demo fails loudly where one does not hold.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
DEMO = Path(os.environ.get("HERMETIC_DEMO") or PROJECT / ".demo").absolute()
HOSTS = ("demo-a", "demo-b", "demo-c")
WEB = ("flask", "requests", "pyyaml", "markupsafe", "cryptography")
DATA = ("sqlalchemy", "jinja2", "click", "rich", "msgpack", "pydantic", "tabulate")
VERSION = "{}.{}.{}".format(*sys.version_info)


class Broken(Exception):
    """Raised when the demo's own claim does not hold."""


def claim(holds: object, what: str) -> None:
    """Raise unless a claim holds."""
    if not holds:
        raise Broken(what)


class Story:
    """Numbers the steps, times them and says where to look."""

    def __init__(self) -> None:
        self._number = 0
        self._begun = time.monotonic()

    @contextmanager
    def step(self, title: str, *, look: Path | str) -> Iterator[Callable[[str], None]]:
        """Print a step's title, what it found, how long it took and where to look."""
        self._number += 1
        print(f"\n{self._number:2}. {title}", flush=True)
        begun = time.monotonic()
        yield lambda text: print(f"    {text}", flush=True)
        print(f"    took {time.monotonic() - begun:.1f} s; look at {look}", flush=True)

    def end(self, report: Path) -> None:
        """Say how long everything took, and where the report for people is."""
        print(f"\nAll {self._number} steps held, in {time.monotonic() - self._begun:.0f} s. Everything is below {DEMO}.")
        print(f"The report that an operator opens: {report}")


def run(*command: str, log: str, expected: tuple[int, ...] = (0,)) -> str:
    """Run a command, keep what it prints in a log, and return it; an unexpected exit code ends the demo."""
    environment = {**os.environ, "HERMETIC_DEMO": str(DEMO), "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    environment["ANSIBLE_HOME"] = str(DEMO / "ansible")
    # What the controller remembers of the demo's hosts is nothing that it should know of real ones.
    environment |= {"XDG_CACHE_HOME": str(DEMO / "controller" / "cache"), "XDG_STATE_HOME": str(DEMO / "controller" / "state")}
    done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    path = DEMO / "logs" / f"{log}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(done.stdout, encoding="utf-8")
    if done.returncode not in expected:
        sys.stdout.write(done.stdout[-6000:])
        raise Broken(f"{Path(command[0]).name} ended with {done.returncode}, expected {' or '.join(map(str, expected))}; see {path}")
    return done.stdout


def playbook(name: str, *arguments: str, log: str, expected: tuple[int, ...] = (0,)) -> str:
    """Run one of the project's playbooks on the demo's inventory."""
    tool = str(Path(sys.executable).with_name("ansible-playbook"))
    return run(tool, "-i", "inventories/demo", f"playbooks/{name}.yml", *arguments, log=log, expected=expected)


def module(name: str, arguments: Mapping[str, str], *, log: str) -> str:
    """Run a module of the collection on this machine, without a playbook."""
    tool = str(Path(sys.executable).with_name("ansible"))
    return run(tool, "localhost", "-m", f"hermetic.python.{name}", "-a", json.dumps(arguments), log=log)


def changed(output: str) -> dict[str, int]:
    """Return how many tasks changed something on each host, as the recap says."""
    return {host: int(count) for host, count in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE) if host in HOSTS}


def report(name: str) -> dict[str, Any]:
    """Return a drift report that a playbook wrote."""
    found: dict[str, Any] = json.loads((DEMO / "reports" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def drift(*, log: str, expected: tuple[int, ...]) -> dict[str, Any]:
    """Run the drift playbook and return its report."""
    playbook("drift", "-e", f"drift_report_directory={DEMO / 'reports'}", log=log, expected=expected)
    return report("drift")


def current(host: str, program: str = "bin/python", *code: str) -> str:
    """Run a program of a host's root and return what it prints."""
    done = subprocess.run([DEMO / "hosts" / host / program, *code], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout.strip()


def make_locks() -> int:
    """Lock two package sets for the Python at hand, from the index that pip is configured with; returns how many packages they have."""
    locks = DEMO / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    resolved = DEMO / "locks" / "data.json"
    commands = {
        "lock-web": ("lock", "--only-binary", ":all:", "--output", str(locks / "pylock.web.toml"), *WEB),
        "lock-data": ("install", "--dry-run", "--ignore-installed", "--only-binary", ":all:", "--report", str(resolved), *DATA),
    }
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: run(*pip, *commands[name], log=name), commands))
    lines = []
    for package in json.loads(resolved.read_text(encoding="utf-8"))["install"]:
        name, version = package["metadata"]["name"], package["metadata"]["version"]
        lines.append(f"{name}=={version} --hash=sha256:{package['download_info']['archive_info']['hashes']['sha256']}\n")
    (locks / "data-requirements.txt").write_text("".join(sorted(lines)), encoding="utf-8")
    web = len(re.findall(r"^\[\[packages\]\]", (locks / "pylock.web.toml").read_text(encoding="utf-8"), re.MULTILINE))
    return web + len(lines)


def declared_bundle(revision: int) -> dict[str, str]:
    """Return a release of the bundle as its build is asked for: from the interpreter at hand, the second one with packages of its own."""
    bundle = {"release": f"{VERSION}+{revision}", "interpreter": os.path.realpath(sys.executable)}
    return bundle if revision == 1 else {**bundle, "lock": str(DEMO / "locks" / "data-requirements.txt")}


def publish(revision: int, *, channels: tuple[str, ...]) -> str:
    """Build a release of the bundle unless it was built already, publish it and move channels to it; returns the release."""
    bundle = declared_bundle(revision)
    variables = {
        "build_directory": str(DEMO / "build"),
        "bundle_repository_path": str(DEMO / "repository"),
        "build_bundles_declared": [bundle],
        "bundle_repository_channels": [{"channel": channel, "release": bundle["release"]} for channel in channels],
        # Their wheels are compiled here, once, and not on each of the hosts.
        "bundle_repository_locks": [str(DEMO / "locks" / name) for name in ("pylock.web.toml", "data-requirements.txt")],
    }
    playbook("build_bundles", "-e", json.dumps(variables), log=f"publish-{revision}")
    return bundle["release"]


def tamper() -> dict[str, tuple[str, str]]:
    """Change one host in five ways; returns the finding that each must lead to, as subject and kind."""
    root = DEMO / "hosts" / "demo-b"
    site = next((root / "envs" / "web").resolve().glob("lib/python3*/site-packages"))
    with open(site / "flask" / "app.py", "a", encoding="utf-8") as stream:
        stream.write("# edited by hand\n")
    (site / "stray.pth").write_text("import this\n", encoding="utf-8")
    (site / "requests" / "hooks.py").unlink()
    metadata = next(site.glob("[mM]arkup[sS]afe-*.dist-info"))
    shutil.rmtree(metadata)
    shutil.rmtree(site / "markupsafe")
    data = next((root / "envs" / "data").resolve().glob("lib/python3*/site-packages"))
    (data / "sqlalchemy" / "engine").chmod(0o777)
    inside = str(site.relative_to(site.parents[2]))
    return {
        "edited file": (f"file:web/{inside}/flask/app.py", "modified"),
        "stray .pth": (f"file:web/{inside}/stray.pth", "unexpected"),
        "deleted file": (f"file:web/{inside}/requests/hooks.py", "missing"),
        "removed package": ("package:web/markupsafe", "missing"),
        "changed mode": (f"file:data/{inside}/sqlalchemy/engine", "mode"),
    }


SCRIPT = """\
#!/usr/bin/env vpython3
# /// script
# dependencies = ["tabulate"]
# ///
import sys

import tabulate

print(tabulate.tabulate([["packages of", sys.prefix], ["tabulate", tabulate.__version__]]))
"""


def lock_script() -> Path:
    """Write a program that declares its packages, and lock them beside it."""
    program = DEMO / "programs" / "table.py"
    program.parent.mkdir(exist_ok=True)
    program.write_text(SCRIPT, encoding="utf-8")
    run(sys.executable, str(PROJECT / "tools" / "hermetic-spec"), "lock", str(program), log="lock-script")
    return program


def run_script(host: str, program: Path) -> tuple[str, float]:
    """Run a program by a host's bin/vpython3; returns what it prints and the seconds that it took. Packages come from the repository."""
    variables = {
        "VPYTHON_VIRTUALENV_ROOT": str(DEMO / "programs" / "environments"),
        "HERMETIC_VPYTHON_REPOSITORY": str(DEMO / "repository"),
    }
    command = [DEMO / "hosts" / host / "bin" / "vpython3", program]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env={**os.environ, **variables})
    claim(done.returncode == 0, f"bin/vpython3 of {host} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip(), time.monotonic() - begun


def tell() -> None:
    """Run the whole story; what does not wait for a step before it is done beside the steps."""
    story = Story()
    beside = ThreadPoolExecutor(1)
    with story.step("Lock two package sets, for this Python and this machine's package index", look=DEMO / "locks") as say:
        count = make_locks()
        say(f"{count} packages with their hashes")
        claim(count >= 20, f"the locks hold {count} packages, expected at least 20")
    with story.step(f"Build a bundle from Python {VERSION} and publish it as canary and stable", look=DEMO / "repository") as say:
        first = publish(1, channels=("canary", "stable"))
        archive = next((DEMO / "build").glob(f"python-{first}-*.tar.gz"))
        say(f"{archive.name}, {archive.stat().st_size / 1e6:.0f} MB; it passed its self-test")
        wheels, prebuilt = (len(list((DEMO / "repository").glob(files))) for files in ("wheels/*/*.whl", "prebuilt/*/*.tar.gz"))
        claim(wheels == prebuilt > 0, f"{prebuilt} of {wheels} wheels were prebuilt")
        say(f"{prebuilt} wheels, unpacked and compiled once for all hosts")
    with story.step("Converge three hosts: the bundle and two VirtualEnvs each, without any Python on them", look=DEMO / "hosts") as say:
        counts = changed(playbook("site", log="converge"))
        claim(set(counts) == set(HOSTS) and all(counts.values()), f"a host was not changed by its first run: {counts}")
        for host in HOSTS:
            claim(current(host, "envs/web/bin/flask", "--version"), "flask does not run")
        said = current("demo-a", "bin/python", "-c", "import sys; print(sys.version.split()[0], sys.prefix)")
        say(f"demo-a/bin/python is {said}")
    with story.step("Converge again: nothing changes", look=DEMO / "logs" / "converge-again.log") as say:
        counts = changed(playbook("site", log="converge-again"))
        claim(set(counts) == set(HOSTS) and not any(counts.values()), f"the second run changed something: {counts}")
        say("changed=0 on all three")
    second_build = beside.submit(module, "bundle_build", {**declared_bundle(2), "dest": str(DEMO / "build")}, log="build-2")
    with story.step("Tamper with demo-b in five ways, and report what is wrong where", look=DEMO / "reports" / "drift.html") as say:
        wanted = tamper()
        found = drift(log="tampered", expected=(2,))
        findings = found["hosts"]["demo-b"]["findings"]
        for way, (subject, kind) in wanted.items():
            match = [each for each in findings if (each["subject"], each["kind"]) == (subject, kind)]
            claim(match and match[0]["cause"] == "tampered", f"{way}: {subject} {kind} was not reported as tampered")
            say(f"{way}: {subject} {kind} ({match[0]['cause']})")
        claim(len(findings) == len(wanted), f"{len(findings)} findings for {len(wanted)} changes: {[each['subject'] for each in findings]}")
        claim(all(found["hosts"][host]["state"] == "clean" for host in ("demo-a", "demo-c")), "an untouched host is not clean")
    with story.step("Repair demo-b and prove that all three are clean", look=DEMO / "reports" / "repair-after.txt") as say:
        playbook("repair", "-e", f"drift_report_directory={DEMO / 'reports'}", log="repair")
        states = {host: each["state"] for host, each in report("repair-after")["hosts"].items()}
        claim(states == dict.fromkeys(HOSTS, "clean"), f"after the repair: {states}")
        say("clean, read to the last byte")
    with story.step(
        "Build a second release with a package set of its own, for the canary first", look=DEMO / "repository" / "index.json"
    ) as say:
        # Begun when the first release was in force: a build and a repair have nothing to do with each other.
        second_build.result()
        second = publish(2, channels=("canary",))
        playbook("site", log="canary")
        releases = {host: release_of(host) for host in HOSTS}
        claim(releases == {"demo-a": second, "demo-b": first, "demo-c": first}, f"the hosts have {releases}")
        say(f"demo-a has {second}, the others still {first}")
    with story.step("Move the channel stable to it and converge", look=DEMO / "logs" / "upgrade.log") as say:
        module("repository", {"path": str(DEMO / "repository"), "channel": "stable", "release": second}, log="stable")
        playbook("site", log="upgrade")
        claim(all(release_of(host) == second for host in HOSTS), "a host did not get the second release")
        claim(current("demo-b", "bin/python", "-c", "import rich") == "", "the bundle's own package set is missing")
        say(f"all three have {second}; their environments moved with it")
    with story.step("Roll demo-c back: one rename", look=DEMO / "hosts" / "demo-c" / "current") as say:
        playbook("rollback", "-e", "rollback_hosts=demo-c", log="rollback")
        claim(release_of("demo-c") == first, f"demo-c has {release_of('demo-c')}, expected {first}")
        claim(current("demo-c", "envs/web/bin/python", "-c", "import flask") == "", "the environment does not work after the rollback")
        say(f"demo-c has {first} again, the others {second}")
    page = DEMO / "reports" / "drift.html"
    with story.step("Report again: demo-c waits for what is declared, and what was tampered with is gone", look=page) as say:
        found = drift(log="drift", expected=(2,))
        states = {host: each["state"] for host, each in found["hosts"].items()}
        claim(states == {"demo-a": "clean", "demo-b": "clean", "demo-c": "pending"}, f"the report says {states}")
        claim(found["totals"]["resolved"] == len(wanted), f"{found['totals']['resolved']} findings are resolved, expected {len(wanted)}")
        claim(page.stat().st_size > 10_000, f"{page} is no page")
        say(f"{found['totals']['new']} findings are new, {found['totals']['resolved']} are resolved since the last report")
    with story.step("Run a script that declares its packages, with bin/vpython3 of demo-a", look=DEMO / "programs") as say:
        if (DEMO / "hosts" / "demo-a" / "bin" / "vpython3").exists():
            program = lock_script()
            (printed, first_start), (again, second_start) = (run_script("demo-a", program) for _time in range(2))
            claim("tabulate" in printed and printed == again, f"the script printed {printed!r}, then {again!r}")
            say(printed.replace("\n", "\n    "))
            say(f"the environment is made once: {first_start:.2f} s, then {second_start:.2f} s")
        else:
            say("left out: there is no C compiler here (cc, or ziglang of PyPI), which the launcher of a bundle takes")
    story.end(page)


def release_of(host: str) -> str:
    """Return the release behind a host's bin/python."""
    tree = (DEMO / "hosts" / host / "bin" / "python").resolve().parents[1]
    release: str = json.loads((tree / "bundle.json").read_text(encoding="utf-8"))["release"]
    return release


def main() -> int:
    """Run the demo in a fresh directory."""
    if DEMO.exists():
        if not (DEMO / ".hermetic-demo").exists():
            print(f"{DEMO} is there and was not made by this demo; move it away, or name another directory in HERMETIC_DEMO.")
            return 1
        shutil.rmtree(DEMO)
    DEMO.mkdir(parents=True)
    (DEMO / ".hermetic-demo").touch()
    try:
        tell()
    except Broken as broken:
        print(f"\nThe demo failed: {broken}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
