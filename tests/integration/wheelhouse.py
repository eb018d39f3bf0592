# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make small real wheels, the ordinary ones and those that no build backend would make."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TIME = (2020, 2, 2, 2, 2, 2)


@dataclass(frozen=True)
class Wheel:
    """A wheel on the disk, known by its digest."""

    path: Path
    sha256: str

    @property
    def filename(self) -> str:
        """Its file name."""
        return self.path.name

    @property
    def name(self) -> str:
        """Name of the distribution."""
        return self.path.name.split("-")[0]


def known(path: Path) -> Wheel:
    """Return a file as a wheel."""
    return Wheel(path, hashlib.sha256(path.read_bytes()).hexdigest())


def make_wheel(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    scripts: Mapping[str, str] | None = None,
    executable: Sequence[str] = (),
    tag: str = "py3-none-any",
    pure: bool = True,
    unrecorded: Mapping[str, str | bytes] | None = None,
    twice: Mapping[str, str | bytes] | None = None,
    record: bytes | None = None,
    metadata: Mapping[str, str | bytes | None] | None = None,
) -> Wheel:
    """Write a wheel; equal arguments give equal bytes.

    ``files`` by their name in the archive; ``scripts`` are console entry points. ``unrecorded`` entries are missing from RECORD,
    ``twice`` are written again, ``record`` replaces RECORD, and ``metadata`` replaces or (None) drops files of the dist-info.
    """
    dist_info = f"{name}-{version}.dist-info"
    about: dict[str, str | bytes | None] = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": f"Wheel-Version: 1.0\nGenerator: wheelhouse\nRoot-Is-Purelib: {str(pure).lower()}\nTag: {tag}\n",
    }
    if scripts:
        about["entry_points.txt"] = "[console_scripts]\n" + "".join(f"{script} = {target}\n" for script, target in scripts.items())
    about.update(metadata or {})
    contents = dict(files if files is not None else {f"{name}/__init__.py": f"VERSION = {version!r}\n"})
    contents.update({f"{dist_info}/{entry}": data for entry, data in about.items() if data is not None})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([entry, f"sha256={_encoded(_bytes(data))}", len(_bytes(data))] for entry, data in contents.items())
    writer.writerow([f"{dist_info}/RECORD", "", ""])
    listing = text.getvalue().encode()
    contents.update(unrecorded or {})
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in [*contents.items(), *(twice or {}).items(), (f"{dist_info}/RECORD", listing if record is None else record)]:
            info = zipfile.ZipInfo(entry, _TIME)
            info.external_attr = (0o100755 if entry in executable else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, _bytes(data))
    return known(path)


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def make_sample_wheels(directory: Path) -> dict[str, Wheel]:
    """Write the wheels that the integration tests declare, by name and version: ``alpha-1.0``, ``beta-2.0`` …"""
    command = 'def main():\n    import sys\n    print("{0}", sys.prefix)\n'
    made = [
        make_wheel(
            directory,
            "alpha",
            files={
                "alpha/__init__.py": 'VERSION = "1.0"\n' + command.format("alpha"),
                "alpha/deep/__init__.py": "",
                "alpha/deep/module.py": "ANSWER = 42\n",
                "alpha/template.py": "class {{ name }}:\n    pass\n",
                "alpha/data.json": '{"a": 1}\n',
                "alpha-1.0.data/scripts/alpha-script": "#!python -W ignore\nimport sys\nprint('script', sys.prefix)\n",
                "alpha-1.0.data/scripts/alpha-shell": "#!/bin/sh\necho shell\n",
                "alpha-1.0.data/data/share/alpha/page.txt": "page\n",
                "alpha-1.0.data/headers/alpha.h": "#define ALPHA 1\n",
            },
            scripts={"alpha": "alpha:main"},
        ),
        *(
            make_wheel(directory, "beta", version, files={"beta.py": f'VERSION = "{version}"\n', "beta_data/x.txt": f"{version}\n"})
            for version in ("1.0", "2.0")
        ),
        make_wheel(
            directory,
            "gamma",
            files={"gamma/__init__.py": command.format("gamma"), "gamma/inner.py": "VALUE = 1\n"},
            scripts={"gamma": "gamma:main"},
        ),
        make_wheel(
            directory,
            "delta",
            files={"delta/__init__.py": "", "delta/plugin.py": "NAME = 'delta'\n"},
        ),
    ]
    return {"-".join(wheel.filename.split("-")[:2]): wheel for wheel in made}
