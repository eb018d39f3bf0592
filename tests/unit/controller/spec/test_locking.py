# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of specifications: where they lie, what is in them, for what, and whether they fit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.lock_file import Lock, read_lock
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.package_sources import PackageSources
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import PLATFORMS, Target
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import Requirements, Specification
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.currency import currency_problems, record_of, served
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.kept_wheels import KeptWheels
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.lock_place import lock_path, uv_lock_path
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.lock_record import LockRecord, lock_record
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.lock_text import lock_document, lock_text
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.locking import (
    make_lock,
    requirements_of,
    without_local_places,
    write_lock,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.reading import read_lock_of
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.resolver import Answer, Question, _uv_environment
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.targets import Asked, targets_of
from spec_samples import read

A, B = "a" * 64, "b" * 64
TOML = 'requires-python = ">=3.11,<3.12"\ndependencies = ["alpha>=1", "beta==2.0; sys_platform == \'win32\'"]\n'
NAMED = f'{TOML}[tool.hermetic]\nplatforms = ["linux-x86_64", "windows-x86_64"]\n'


def package(name: str, *wheels: str, version: str = "2.0", **more: Any) -> dict[str, Any]:
    files = wheels or (f"{name}-{version}-py3-none-any.whl",)
    return {
        "name": name,
        "version": version,
        **more,
        "wheels": [{"url": f"https://index.example.com/{file}", "size": 1, "hashes": {"sha256": A}} for file in files],
    }


def resolved(*packages: Mapping[str, Any], **head: Any) -> str:
    import tomli_w

    return tomli_w.dumps({"lock-version": "1.0", "created-by": "uv", **head, "packages": list(packages)})


class Resolver:
    """Answers with a text, and remembers what it was asked."""

    name = "resolver"
    universal = True

    def __init__(self, text: str) -> None:
        self.text = text
        self.questions: list[Question] = []

    def resolve(self, question: Question, sources: PackageSources) -> Answer:
        self.questions.append(question)
        return Answer(self.text, Path("/elsewhere"))


ALPHA, BETA = package("alpha"), package("beta", marker="sys_platform == 'win32'")


def made(place: Path, text: str = NAMED, answer: str | None = None, **options: Any) -> tuple[Specification, Path, Resolver]:
    file = place / "vpython.toml"
    file.write_text(text)
    specification = read(text, str(file))
    tool = Resolver(resolved(ALPHA, BETA) if answer is None else answer)
    path = lock_path(file)
    write_lock(make_lock(specification, path=path, asked=Asked(), sources=PackageSources(), tool=tool, **options))
    return specification, path, tool


def unfit(specification: Specification, lock: Lock) -> list[str]:
    content = requirements_of(specification)
    found = currency_problems(specification, content, lock, served(lock, targets_of(content, Asked(), recorded=record_of(lock))))
    return [f"{problem.rule} {problem.message.split('; lock it again')[0]}" for problem in found]


@pytest.mark.parametrize(
    ("file", "lock"),
    [
        ("tool.py", "pylock.tool-py.toml"),
        ("vpython.toml", "pylock.vpython-toml.toml"),
        (".vpython3", "pylock.vpython3.toml"),
        ("tool.py.vpython3", "pylock.tool-py-vpython3.toml"),
        ("tool", "pylock.tool.toml"),
    ],
)
def test_a_lock_lies_beside_its_specification(file: str, lock: str) -> None:
    from packaging.pylock import is_valid_pylock_path

    assert lock_path(f"/a/{file}") == Path("/a", lock)
    assert is_valid_pylock_path(lock_path(file))
    assert uv_lock_path(f"/a/{file}") == Path("/a", f"{file}.uv.lock")


def test_a_lock_can_be_read_and_says_what_it_is_of(tmp_path: Path) -> None:
    specification, path, tool = made(tmp_path)
    lock = read_lock(path)
    lock.check()
    assert tomllib.loads(path.read_text())["tool"]["hermetic"] == {
        "format": 1,
        "specification": f"sha256:{specification.digest}",
        "platforms": ["linux-x86_64", "windows-x86_64"],
        "pythons": ["3.11"],
    }
    assert str(lock.pylock.requires_python) in (">=3.11,<3.12", "<3.12,>=3.11")
    assert [each.name for each in lock.pylock.packages] == ["alpha", "beta"]
    assert tool.questions == [Question(("alpha>=1", "beta==2.0; sys_platform == 'win32'"), "3.11", False)]
    assert unfit(specification, lock) == []


def test_the_same_answer_is_written_once_and_keeps_versions(tmp_path: Path) -> None:
    specification, path, _tool = made(tmp_path)
    before = path.read_text()
    tool = Resolver(resolved(ALPHA, BETA))
    again = make_lock(specification, path=path, asked=Asked(), sources=PackageSources(), tool=tool)
    assert not write_lock(again)
    assert tool.questions[0].known == before
    make_lock(specification, path=path, asked=Asked(), sources=PackageSources(), tool=tool, upgrade=True)
    assert tool.questions[1].known == ""


def test_a_list_of_wheels_is_locked_as_it_is(tmp_path: Path) -> None:
    text = 'python_version: "3.11"\nwheel: < name: "infra/python/wheels/alpha-py3" version: "version:2.0" >\n'
    file = tmp_path / ".vpython3"
    tool = Resolver(resolved(ALPHA))
    path = lock_path(file)
    asked = Asked(platforms=("linux-x86_64",))
    specification = read(text, str(file))
    write_lock(make_lock(specification, path=path, asked=asked, sources=PackageSources(), tool=tool))
    assert tool.questions == [Question(("alpha==2.0",), "3.11", True)]
    assert unfit(specification, read_lock(path)) == []


def test_an_empty_specification_needs_no_resolver(tmp_path: Path) -> None:
    specification, path, tool = made(tmp_path, 'requires-python = ">=3.11"\n')
    assert tool.questions == []
    assert unfit(specification, read_lock(path)) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ((TOML, f"# a remark\n{TOML}"), "lock-outdated it is of another text"),
        (("alpha>=1", "alpha>=3"), "lock-outdated it is of another text"),
    ],
)
def test_another_text_makes_a_lock_outdated(tmp_path: Path, change: tuple[str, str], found: str) -> None:
    _specification, path, _tool = made(tmp_path)
    other = read(NAMED.replace(*change), str(tmp_path / "vpython.toml"))
    assert unfit(other, read_lock(path))[0].startswith(found)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("2.0", "0.5"), ["lock-outdated alpha is locked to 0.5, and >=1 is required"]),
        (("alpha", "gamma"), ["lock-outdated alpha is required on linux-x86_64 and not in the lock"]),
        (('    "linux-x86_64",\n', ""), ["lock-outdated it was made for windows-x86_64, and lacks linux-x86_64"]),
    ],
)
def test_a_lock_that_was_edited_does_not_fit(tmp_path: Path, change: tuple[str, str], found: list[str]) -> None:
    specification, path, _tool = made(tmp_path)
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    assert set(found) <= set(unfit(specification, read_lock(path)))


def test_a_lock_of_another_tool_is_no_lock_of_a_specification(tmp_path: Path) -> None:
    path = tmp_path / "pylock.vpython-toml.toml"
    path.write_text(resolved(ALPHA, BETA))
    assert unfit(read(NAMED, str(tmp_path / "vpython.toml")), read_lock(path))[0].startswith("lock-foreign it does not say")


def test_a_lock_is_found_beside_the_link_or_beside_what_it_leads_to(tmp_path: Path) -> None:
    _specification, path, _tool = made(tmp_path)
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "vpython.toml"
    link.symlink_to("../vpython.toml")
    found = read_lock_of(read(NAMED, str(link)))
    assert found is not None
    assert found.path == path
    write_lock(
        make_lock(
            read(NAMED, str(link)), path=lock_path(link), asked=Asked(), sources=PackageSources(), tool=Resolver(resolved(ALPHA, BETA))
        )
    )
    found = read_lock_of(read(NAMED, str(link)))
    assert found is not None
    assert found.path == lock_path(link)


def test_requirements_of_vpython_are_read_for_toml_only(tmp_path: Path) -> None:
    for name, text, there in (("vpython.toml", NAMED, True), (".vpython3", "", False)):
        (tmp_path / f"{name}.uv.lock").write_text(UV)
        assert (read_lock_of(read(text, str(tmp_path / name))) is not None) is there


UV = f"alpha==2.0 \\\n    --hash=sha256:{A}\nbeta==2.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{B}\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (UV, []),
        (UV.replace("alpha==2.0", "alpha==0.5"), ["lock-outdated alpha is locked to 0.5, and >=1 is required"]),
        (UV.replace("beta==2.0", "beta==2.1"), ["lock-outdated beta is locked to 2.1, and ==2.0 is required"]),
        (UV.partition("beta")[0], ["lock-outdated beta is required on windows-x86_64 and not in the lock"]),
    ],
)
def test_requirements_of_vpython_are_judged_by_names_and_versions(tmp_path: Path, text: str, found: list[str]) -> None:
    path = tmp_path / "vpython.toml.uv.lock"
    path.write_text(text)
    assert unfit(read(NAMED, str(tmp_path / "vpython.toml")), read_lock(path)) == found


def test_a_requirement_with_a_url_is_not_fulfilled_by_a_version(tmp_path: Path) -> None:
    path = tmp_path / "vpython.toml.uv.lock"
    path.write_text(UV)
    text = NAMED.replace("alpha>=1", "alpha @ https://x.invalid/alpha-2.0-py3-none-any.whl")
    assert text != NAMED
    (problem,) = unfit(read(text, str(tmp_path / "vpython.toml")), read_lock(path))
    assert problem.startswith("lock-outdated alpha is required from a URL")


def test_requirements_without_hashes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "vpython.toml.uv.lock"
    path.write_text("alpha==2.0\n")
    with pytest.raises(HermeticError, match="does not pin everything"):
        read_lock(path).check()


def test_a_platform_that_is_named_and_lacks_a_wheel_stops_everything(tmp_path: Path) -> None:
    answer = resolved(package("alpha", "alpha-2.0-cp311-cp311-win_amd64.whl"), BETA)
    with pytest.raises(HermeticError, match="for every platform that the specification names; nothing was written") as error:
        made(tmp_path, answer=answer)
    assert error.value.problems[0].startswith("no wheel of alpha 2.0 for linux-x86_64-cp311; there is: cp311-cp311-win_amd64")
    assert not (tmp_path / "pylock.vpython-toml.toml").exists()


def test_platforms_that_nobody_named_are_those_that_have_all_wheels(tmp_path: Path) -> None:
    specification, path, _tool = made(tmp_path, TOML, resolved(package("alpha", "alpha-2.0-cp311-cp311-win_amd64.whl"), BETA))
    assert tomllib.loads(path.read_text())["tool"]["hermetic"]["platforms"] == ["windows-x86_64"]
    assert unfit(specification, read_lock(path)) == []


@pytest.mark.parametrize("content", ["", "not toml [", 'lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n'])
def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pylock.vpython-toml.toml"
    path.write_text(content)
    with pytest.raises(HermeticError, match="is left as it is"):
        made(tmp_path)
    assert path.read_text() == content


def test_a_link_in_the_place_of_a_lock_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    (tmp_path / "pylock.vpython-toml.toml").symlink_to("other")
    with pytest.raises(HermeticError, match="it is a link"):
        made(tmp_path)
    assert (tmp_path / "other").read_text() == "x"


def document(*packages: Mapping[str, Any], directory: Path = Path("/here"), resolved_in: Path = Path("/there")) -> list[dict[str, Any]]:
    kept = KeptWheels(">=3.11,<3.12", PLATFORMS)
    found = lock_document(resolved(*packages), resolved_in=resolved_in, directory=directory, requires_python=None, kept=kept)
    packages_of_lock: list[dict[str, Any]] = found["packages"]
    return packages_of_lock


def test_logins_and_signatures_are_not_written_down() -> None:
    wheel = {"url": "https://me:s3cret@index.example.com/a/alpha-2.0-py3-none-any.whl?sig=s3cret#x", "hashes": {"sha256": A}}
    found = document({"name": "alpha", "version": "2.0", "index": "https://me:s3cret@index.example.com/simple", "wheels": [wheel]})
    assert found == [
        {
            "name": "alpha",
            "version": "2.0",
            "wheels": [
                {
                    "name": "alpha-2.0-py3-none-any.whl",
                    "url": "https://index.example.com/a/alpha-2.0-py3-none-any.whl",
                    "hashes": {"sha256": A},
                }
            ],
        }
    ]


def test_wheels_below_the_lock_have_a_path_and_others_of_this_machine_an_address() -> None:
    wheels = [
        {"path": "../here/wheels/alpha-2.0-cp311-cp311-win_amd64.whl", "hashes": {"sha256": A}},
        {"url": "file:///mnt/a%20b/alpha-2.0-py3-none-any.whl", "hashes": {"sha256": A}},
    ]
    found = document({"name": "alpha", "version": "2.0", "wheels": wheels})[0]["wheels"]
    assert found[0] == {
        "name": "alpha-2.0-cp311-cp311-win_amd64.whl",
        "path": "wheels/alpha-2.0-cp311-cp311-win_amd64.whl",
        "hashes": {"sha256": A},
    }
    assert found[1]["url"] == "file:///mnt/a%20b/alpha-2.0-py3-none-any.whl"


def test_what_cannot_be_locked_is_said_all_at_once() -> None:
    with pytest.raises(HermeticError) as error:
        document(
            {"name": "alpha", "version": "1", "vcs": {"type": "git", "url": "https://x.example.com/a", "commit-id": "0"}},
            {"name": "beta", "version": "1", "wheels": [{"url": "https://x.example.com/beta-1-py3-none-any.whl", "hashes": {"md5": "0"}}]},
        )
    assert [problem.partition(":")[0] for problem in error.value.problems] == ["alpha 1", "beta 1"]


@pytest.mark.parametrize(
    ("wheel", "kept"),
    [
        ("a-1-py3-none-any.whl", True),
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", True),
        ("a-1-cp38-abi3-macosx_11_0_universal2.whl", True),
        ("a-1-cp312-cp312-win_amd64.whl", False),
        ("a-1-cp310-cp310-win_amd64.whl", False),
        ("a-1-pp310-pypy310_pp73-win_amd64.whl", False),
        ("a-1-cp311-cp311-linux_riscv64.whl", False),
        ("a-1-cp39-none-android_24_x86_64.whl", False),
        ("nonsense", False),
    ],
)
def test_a_lock_keeps_the_wheels_that_the_specification_can_use(wheel: str, kept: bool) -> None:
    assert KeptWheels(">=3.11,<3.12", PLATFORMS).keeps(wheel) is kept


def test_wheels_for_a_python_that_is_not_out_yet_stay_where_it_is_admitted() -> None:
    assert KeptWheels(">=3.11", PLATFORMS).keeps("a-1-cp319-cp319-win_amd64.whl")
    assert not KeptWheels(">=3.11,<3.16", PLATFORMS).keeps("a-1-cp319-cp319-win_amd64.whl")


@pytest.mark.parametrize(
    "table",
    [
        {"hermetic": 1},
        {"hermetic": {}},
        {"hermetic": {"format": 2, "specification": f"sha256:{A}"}},
        {"hermetic": {"format": 1, "specification": A}},
        {"hermetic": {"format": 1, "specification": f"sha256:{A}", "platforms": "linux"}},
    ],
)
def test_a_record_that_says_nonsense_is_an_error(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\[tool\.hermetic\]"):
        lock_record(table)
    assert lock_record({"other": {}}) is None
    record = LockRecord(A, ("linux-x86_64",), ("3.11",))
    assert lock_record({"hermetic": record.as_toml()}) == record


def labels(text: str, asked: Asked | None = None) -> list[str]:
    content = requirements_of(read(text, "vpython.toml"))
    return [target.label for target in targets_of(content, asked or Asked()).targets]


def fleet(*places: Sequence[str]) -> tuple[Target, ...]:
    return tuple(
        Target.of_any_system(PLATFORMS[platform], version=version, abi=f"cp3{version.split('.')[1]}") for platform, version in places
    )


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (NAMED, Asked(), ["linux-x86_64-cp311", "windows-x86_64-cp311"]),
        (NAMED, Asked(platforms=("macos-arm64",)), ["macos-arm64-cp311"]),
        ('requires-python = ">=3.11"', Asked(("macos-arm64",), ("3.12", "3.13")), ["macos-arm64-cp312", "macos-arm64-cp313"]),
        ('requires-python = ">=3.9"\n[tool.hermetic]\npythons = ["3.13"]\nplatforms = ["windows-x86"]', Asked(), ["windows-x86-cp313"]),
        (TOML, Asked(fleet=fleet(("linux-x86_64", "3.11.4"), ("linux-aarch64", "3.12.1"))), ["linux-x86_64-cp311", "linux-aarch64-cp311"]),
        (
            'requires-python = ">=3.9"',
            Asked(fleet=fleet(("linux-x86_64", "3.11.4"), ("linux-x86_64", "3.12.1"))),
            ["linux-x86_64-cp311", "linux-x86_64-cp312"],
        ),
        (f"{TOML}[tool.hermetic]\nenvironments = [\"sys_platform == 'darwin'\"]", Asked(), ["macos-x86_64-cp311", "macos-arm64-cp311"]),
        (TOML, Asked(), [f"{name}-cp311" for name in PLATFORMS]),
    ],
)
def test_what_a_lock_has_to_serve(text: str, asked: Asked, expected: list[str]) -> None:
    assert labels(text, asked) == expected


@pytest.mark.parametrize(
    ("requires", "asked", "python", "narrowed"),
    [
        ("", Asked(here=(3, 12)), "3.12", ">=3.12"),
        ('requires-python = ">=3.9"', Asked(here=(3, 12)), "3.9", ">=3.9"),
        ('requires-python = ">=3.9"', Asked(pythons=("3.12",)), "3.12", "<"),
        ('requires-python = ">=3.9"', Asked(fleet=fleet(("linux-x86_64", "3.11.4"))), "3.11", "<"),
        ('requires-python = "==3.12.*"', Asked(here=(3, 11)), "3.12", "==3.12.*"),
    ],
)
def test_a_lock_is_for_no_older_python_than_was_resolved_for(
    tmp_path: Path, requires: str, asked: Asked, python: str, narrowed: str
) -> None:
    specification = read(f'{requires}\ndependencies = ["alpha"]\n', str(tmp_path / "vpython.toml"))
    path = lock_path(specification.path)
    tool = Resolver(resolved(ALPHA))
    write_lock(make_lock(specification, path=path, asked=asked, sources=PackageSources(), tool=tool))
    assert tool.questions[0].python == python
    found = tomllib.loads(path.read_text())
    assert found["requires-python"] == (narrowed if narrowed != "<" else f">=3.9,>={python}")
    assert found["tool"]["hermetic"]["pythons"] == [python]
    # Whoever checks it with another Python comes to the same result.
    lock = read_lock(path)
    targets = targets_of(requirements_of(specification), Asked(here=(3, 8)), recorded=record_of(lock))
    assert currency_problems(specification, requirements_of(specification), lock, served(lock, targets)) == []
    assert {target.version.rpartition(".")[0] for target in targets.targets} == {python}


def test_what_nobody_can_serve_is_an_error() -> None:
    for text, asked, words in (
        ('requires-python = "<3"', Asked(), "no resolver locks for an older one"),
        (TOML, Asked(pythons=("3.12",)), "cannot be for these releases"),
        (TOML, Asked(pythons=("x",)), "cannot be for these releases"),
        (f'{TOML}[tool.hermetic]\nenvironments = ["a b"]', Asked(), "environments of the specification"),
    ):
        with pytest.raises(HermeticError, match=words):
            labels(text, asked)


def test_addresses_and_passwords_of_indexes_go_by_the_environment() -> None:
    sources = PackageSources(
        configured_urls=("https://index.example.com/simple", "https://more.example.com:8443/simple"),
        find_links=("/wheels", "wheels", "https://index.example.com/links"),
        credentials={"index.example.com": {"username": "me", "password": "s@cret"}},
        ca_path="/ca.pem",
    )
    found = _uv_environment(sources)
    assert found["UV_DEFAULT_INDEX"] == "https://me:s%40cret@index.example.com/simple"
    assert found["UV_INDEX"] == "https://more.example.com:8443/simple"
    # The resolver runs in a directory of its own.
    assert found["UV_FIND_LINKS"] == f"/wheels,{Path.cwd() / 'wheels'},https://me:s%40cret@index.example.com/links"
    assert (found["SSL_CERT_FILE"], found["UV_PYTHON_DOWNLOADS"]) == ("/ca.pem", "never")
    assert _uv_environment(PackageSources(configured_urls=("simple",)))["UV_DEFAULT_INDEX"] == (Path.cwd() / "simple").as_uri()
    assert _uv_environment(PackageSources())["UV_NO_INDEX"] == "1"


def test_directories_of_this_machine_are_left_out_unless_they_were_asked_for() -> None:
    sources = PackageSources(
        configured_urls=("file:///a/simple", "https://index.example.com/simple"), find_links=("/wheels",), built_in=lambda: ""
    )
    assert without_local_places(sources, given=()).configured_urls == ("https://index.example.com/simple",)
    assert without_local_places(sources, given=()).find_links == ()
    assert without_local_places(sources, given=("/wheels", "file:///a/simple")) == sources
    alone = PackageSources(find_links=("/wheels",))
    assert without_local_places(alone, given=()) == alone


def test_packages_of_a_lock_are_in_order_whatever_the_resolver_says() -> None:
    texts = [lock_text({"packages": document(*packages)}, LockRecord(A)) for packages in ((ALPHA, BETA), (BETA, ALPHA))]
    assert texts[0] == texts[1]


def test_dependencies_are_those_of_the_content() -> None:
    assert requirements_of(read(TOML, "vpython.toml")) == Requirements(">=3.11,<3.12", ("alpha>=1", "beta==2.0; sys_platform == 'win32'"))
