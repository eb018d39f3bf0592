# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries that a bundle brings along: no library of the host gets one of them, and programs that embed Python find theirs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.elf import is_elf, read_elf
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.build import BuildReport, build
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import BuildRequest, InterpreterSource
from engine_fixtures import interpreter_source

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a bundle from an installed interpreter is made on Linux only"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="these libraries and programs are compiled with cc"),
]

HOST_LIBCRYPTO = "int EVP_md2(void) { return 2; }\n"
HOST_LIBRARY = "int EVP_md2(void); int case_call(void) { return EVP_md2(); }\n"
EMBEDDING = "#include <Python.h>\nint main(void) { Py_Initialize(); PyRun_SimpleString(\"import ssl; print('embedded')\"); return Py_FinalizeEx(); }\n"
FLAGS = (
    "import sysconfig; v = sysconfig.get_config_var; "
    "print('-I' + sysconfig.get_path('include'), '-L' + v('LIBDIR'), '-Wl,-rpath,' + v('LIBDIR'), '-lpython' + v('LDVERSION'))"
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    """Return a bundle with headers."""
    destination = tmp_path_factory.mktemp("bundles")
    source = InterpreterSource(path=interpreter_source())
    return build(BuildRequest(name="python", release="1+1", source=source, destination=destination, include_headers=True))


@pytest.fixture(scope="module")
def bundle(report: BuildReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle, unpacked."""
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(report.archive) as archive:
        archive.extractall(place, filter="tar")
    return place


def compiled(source: str, output: Path, *arguments: str) -> Path:
    subprocess.run(["cc", "-x", "c", "-", "-o", str(output), *arguments], input=source, text=True, check=True)
    return output


def printed(*command: str, **environment: str) -> str:
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True).stdout.strip()


def test_every_library_has_a_name_of_its_own(bundle: Path) -> None:
    libraries = [path for path in (bundle / "lib").glob("*.so*") if path.is_file() and not path.name.startswith("libpython")]
    names = {path.name for path in libraries}
    assert names
    assert not [name for name in names if not re.search(r"-[0-9a-f]{8}\.so", name)]
    assert {read_elf(path).soname for path in libraries if is_elf(path)} <= names | {None}


def test_a_library_of_the_host_gets_the_host_s_own_openssl(bundle: Path, tmp_path: Path) -> None:
    versions = tmp_path / "map"
    versions.write_text("OPENSSL_3.0.0 { global: *; };\n")
    name = "libcrypto.so.3"
    compiled(HOST_LIBCRYPTO, tmp_path / name, "-shared", "-fPIC", f"-Wl,-soname,{name}", f"-Wl,--version-script={versions}")
    compiled(HOST_LIBRARY, tmp_path / "libcase.so", "-shared", "-fPIC", f"-L{tmp_path}", f"-l:{name}")
    code = "import ssl, hashlib, ctypes; print(ctypes.CDLL('libcase.so').case_call(), ssl.create_default_context() is not None)"
    assert printed(str(bundle / "bin" / "python3"), "-c", code, LD_LIBRARY_PATH=str(tmp_path)) == "2 True"


def test_a_program_that_embeds_python_is_linked_with_what_sysconfig_says(bundle: Path, tmp_path: Path) -> None:
    python = str(bundle / "bin" / "python3")
    shared = printed(
        python, "-c", "import sysconfig; print(sysconfig.get_config_var('Py_ENABLE_SHARED'), sysconfig.get_config_var('LDLIBRARY'))"
    )
    if shared.startswith("0"):
        assert shared == "0 ", "a bundle without libpython names none"
        pytest.skip("the interpreter that this bundle is made from has no shared libpython")
    program = compiled(EMBEDDING, tmp_path / "embed", *printed(python, "-c", FLAGS).split())
    assert printed(str(program), PYTHONHOME=str(bundle)) == "embedded"
