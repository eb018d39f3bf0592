# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees and wheels for the steps of building a bundle."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.interpreter_facts import abi_tag
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import Wheel
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.tree import PythonVersion, Tree
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import platform_named


def tree_at(root: Path, *, platform: str = "linux-x86_64", version: str = "3.12.1", **options: object) -> Tree:
    python = PythonVersion(version)
    stdlib = "bin/Lib" if platform.startswith("windows") else f"lib/python{python.short}"
    (root / stdlib).mkdir(parents=True, exist_ok=True)
    return Tree(
        root=root,
        platform=platform_named(platform),
        python=python,
        abi=abi_tag(version),
        stdlib=stdlib,
        interpreter=f"libexec/python{python.short}",
        **options,  # type: ignore[arg-type]
    )


def wheel_at(directory: Path, filename: str, files: dict[str, str]) -> Wheel:
    """Make a small real wheel."""
    name, version = filename.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    tag = filename.removesuffix(".whl").split("-", 2)[2]
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    lines = [f"{path},sha256={_record_hash(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    target = directory / filename
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return Wheel(path=target, sha256=hashlib.sha256(target.read_bytes()).hexdigest())


def _record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
