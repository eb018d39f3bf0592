# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred real wheels, for Linux and for Windows: what is prebuilt of each is the very tree that a host makes of it."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from prebuilt_samples import Outcome, compiled, packed, unpacked
from wheelhouse import Wheel, known

# Small ones, whose compilation takes a few seconds together.
PURE = """
    aiosignal annotated-types anyio appdirs argcomplete arrow asgiref asn1crypto async-timeout attrs backoff beautifulsoup4 bidict
    binaryornot bleach blinker boltons cachetools certifi cerberus chardet click click-plugins cloudpickle colorama colorlog commonmark
    configargparse contextlib2 cookiecutter cycler decorator defusedxml deprecated dill distlib distro dnspython docutils dominate ecdsa
    editables entrypoints et-xmlfile exceptiongroup execnet executing fastjsonschema filelock flask fqdn fsspec funcy glom gunicorn h11 h2
    hpack httpcore httplib2 httpx humanize hyperframe hyperlink idna imagesize importlib-metadata importlib-resources inflection iniconfig
    invoke isodate isoduration itsdangerous jaraco.classes jeepney jinja2 jmespath joblib jsonpatch jsonpath-ng jsonpointer jsonschema
    jsonschema-specifications keyring lazy-object-proxy lark linkify-it-py mako markdown markdown-it-py marshmallow mccabe mdit-py-plugins
    mdurl more-itertools mypy-extensions natsort nodeenv oauthlib ordered-set packaging paramiko parso passlib pathspec pexpect pkginfo
    platformdirs pluggy ply pooch portalocker prettytable prompt-toolkit ptyprocess pure-eval pyasn1 pyasn1-modules pycparser pydocstyle
    pyflakes pygments pyjwt pymysql pyopenssl pyparsing pyproject-hooks pysocks pytest pytest-cov python-dateutil python-dotenv pytz
    readme-renderer referencing requests requests-oauthlib requests-toolbelt responses rfc3339-validator rfc3986 rich rsa s3transfer semver
    setuptools-scm simplejson six smmap sniffio snowballstemmer sortedcontainers soupsieve stack-data stevedore tabulate tenacity termcolor
    text-unidecode tinycss2 toml tomli tomlkit toolz tox tqdm traitlets trove-classifiers twine typing-extensions tzlocal uritemplate
    urllib3 voluptuous wcwidth webencodings websocket-client werkzeug wheel wsproto xlsxwriter xmltodict zipp
"""
BINARY = """
    markupsafe pyyaml wrapt frozenlist multidict yarl propcache cffi charset-normalizer msgpack ujson rpds-py psutil greenlet zstandard
    simplejson kiwisolver coverage bcrypt pynacl httptools websockets
"""
SERIES = ".".join(map(str, sys.version_info[:2]))
AT_LEAST = 200


def download(names: Sequence[str], into: Path, *platforms: str) -> subprocess.Popen[str]:
    """Start to download the newest wheels of packages for platforms, without what they depend on."""
    fixed = [
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--python-version",
        SERIES,
        "--dest",
        str(into),
    ]
    options = [part for platform in platforms for part in ("--platform", platform)]
    command = [sys.executable, "-m", "pip", "download", *fixed, *options, *names]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> list[Wheel]:
    """Return the wheels; one of another digest is another wheel, whatever it is called."""
    place = tmp_path_factory.mktemp("real")
    pure, binary = PURE.split(), BINARY.split()
    downloads = [download(pure[part::3], place / "pure", "any") for part in range(3)]
    downloads.append(download(binary, place / "linux", "manylinux2014_x86_64", "manylinux_2_28_x86_64"))
    downloads.append(download(binary, place / "windows", "win_amd64"))
    for process in downloads:
        output, _unused = process.communicate()
        assert process.returncode == 0, output
    wheels = {wheel.sha256: wheel for wheel in map(known, sorted(place.rglob("*.whl")))}
    return list(wheels.values())


@pytest.mark.network
def test_each_is_the_tree_the_manifest_and_the_receipt_of_a_host_that_compiles_it(real: list[Wheel], tmp_path: Path) -> None:
    """The archives are made in another order and by other processes than the trees that they are held against."""
    # Processes of their own, as those of the engine are: what one compiled before must not matter.
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        on_hosts = pool.starmap_async(compiled, [(wheel, tmp_path / "hosts") for wheel in real], chunksize=8)
        archives = pool.starmap_async(packed, [(wheel, tmp_path / "archives") for wheel in reversed(real)], chunksize=8)
        made = [wheel for wheel, there in zip(reversed(real), archives.get(), strict=True) if there]
        taken = pool.starmap(unpacked, [(wheel, tmp_path / "archives", tmp_path / "prebuilt") for wheel in made], chunksize=8)
    expected = dict(zip((wheel.sha256 for wheel in real), on_hosts.get(), strict=True))
    found: dict[str, Outcome | None] = dict(zip((wheel.sha256 for wheel in made), taken, strict=True))
    differing = [wheel.filename for wheel in made if found[wheel.sha256] != expected[wheel.sha256]]
    assert not differing, differing
    # What cannot be prebuilt is what no host would take either.
    assert {sha256 for sha256, outcome in expected.items() if outcome is not None} == found.keys()
    assert len(found) >= AT_LEAST
    assert sum(wheel.filename.endswith("win_amd64.whl") for wheel in made) >= 15
