# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that exist only as records: what the pure parts of the engine decide from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.confinement import landmarks
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Bundle, Declaration, VirtualEnv
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import laid_id
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import (
    BundleReceipt,
    EnvironmentReceipt,
    Generation,
    LaidReceipt,
    Records,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.wheel_name import name_and_version
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.plan import Plan, make_plan

NOW = "2026-11-23T10:00:00Z"


def digest(text: str) -> str:
    """Return a digest that stands for something."""
    return hashlib.sha256(text.encode()).hexdigest()


def bundle(name: str = "python", release: str = "3.12.1+1", *, default: bool = False) -> Bundle:
    """Return a declared bundle."""
    return Bundle(name, release, digest(f"{name} {release}"), default=default)


def wheel(filename: str) -> str:
    """Return the digest of a wheel ``alpha-1.0``."""
    return digest(f"{filename}-py3-none-any.whl")


def virtualenv(name: str, *wheels: str, on: str = "python", system_site_packages: bool = False) -> VirtualEnv:
    """Return a declared VirtualEnv."""
    return VirtualEnv(name, on, tuple(wheel(each) for each in wheels), system_site_packages)


def bundle_info(name: str = "python", release: str = "3.12.1+1", **parts: Any) -> dict[str, Any]:
    """Return a bundle.json."""
    version = release.split("+")[0]
    short = ".".join(version.split(".")[:2])
    return {
        "format": 1,
        "name": name,
        "release": release,
        "platform": "linux-x86_64",
        "python": {
            "version": version,
            "executable": f"bin/python{short}",
            "commands": {"python": f"bin/python{short}", "python3": f"bin/python{short}", f"python{short}": f"bin/python{short}"},
        },
        "engine": True,
        "files": {f"bin/python{short}": {"type": "file", "mode": "0755", "size": 3, "sha256": digest("elf")}, **landmark_files(version)},
        **parts,
    }


def landmark_files(version: str) -> dict[str, Any]:
    """Return the part of a manifest that ends an interpreter's search for its own parts."""
    records = {
        "file": {"type": "file", "mode": "0644", "size": 4, "sha256": digest("text")},
        "directory": {"type": "directory", "mode": "0755"},
    }
    return {path: records[kind] for path, kind in landmarks(platform="linux-x86_64", version=version).items()}


def byte_code(bundle: Bundle) -> str:
    """Return what the wheels of a bundle are keyed by: the same for every bundle of one X.Y."""
    return digest(f"byte code of {'.'.join(bundle.release.split('.')[:2])}")


class Host:
    """Collects records, then tells what is observed."""

    def __init__(self, *filenames: str) -> None:
        self.records = Records({}, {}, {}, {}, {})
        self.filenames = {wheel(name): f"{name}-py3-none-any.whl" for name in filenames}

    def install(self, declared: Bundle, **info: Any) -> BundleReceipt:
        """Add the receipt of a bundle."""
        about = bundle_info(declared.name, declared.release, **info)
        receipt = BundleReceipt(
            declared.id, declared.sha256, f"{declared.id}.tar.gz", 1, [0, 0], about, FileRecord(0o644, 1, digest("json")), {"": [0, 0]}
        )
        self.records.bundles[receipt.id] = receipt
        self.records.byte_codes[receipt.id] = byte_code(declared)
        return receipt

    def unpack(self, filename: str, on: Bundle, **parts: Any) -> LaidReceipt:
        """Add the receipt of an unpacked wheel."""
        name, version = name_and_version(filename)
        self.filenames[wheel(filename)] = f"{filename}-py3-none-any.whl"
        given = {
            "entry_points": [],
            "files": {
                f"site/{name}/__init__.py": FileRecord(0o644, 1, digest(f"{filename} code")),
                f"site/{name}-{version}.dist-info/METADATA": FileRecord(0o644, 1, digest(f"{filename} metadata")),
                f"site/{name}-{version}.dist-info/RECORD": FileRecord(0o644, 1, digest(f"{filename} record")),
            },
            **parts,
        }
        receipt = LaidReceipt(
            id=laid_id(wheel(filename), byte_code=byte_code(on)),
            wheel=wheel(filename),
            filename=f"{filename}-py3-none-any.whl",
            byte_code=byte_code(on),
            python=on.release.partition("+")[0],
            bundle=None,
            name=name,
            version=version,
            dist_info=f"{name}-{version}.dist-info",
            owner=[0, 0],
            directories={},
            stamp=f"{filename} {on.release}",
            **given,
        )
        self.records.laid[receipt.id] = receipt
        return receipt

    def build(self, declared: VirtualEnv, on: Bundle, *filenames: str) -> EnvironmentReceipt:
        """Add the receipt of an environment of wheels that are laid already or are laid now."""
        laid = [self.records.laid.get(laid_id(wheel(name), byte_code=byte_code(on))) or self.unpack(name, on) for name in filenames]
        short = ".".join(on.release.split(".")[:2])
        receipt = EnvironmentReceipt(
            id=declared.id(on),
            name=declared.name,
            key=declared.key(on),
            bundle=on.id,
            wheels=sorted(declared.wheels),
            system_site_packages=declared.system_site_packages,
            laid={each.id: each.stamp for each in sorted(laid, key=lambda each: each.id)},
            link_mode="hardlink",
            owner=[0, 0],
            site_packages=f"lib/python{short}/site-packages",
            headers=f"include/site/python{short}",
            scripts="bin",
            own_files={"pyvenv.cfg": FileRecord(0o644, 1, digest("cfg"))},
            own_links={"bin/python": f"/srv/python/bundles/{on.id}/bin/python{short}"},
            directories={path: [0, 0] for path in ("", "bin", "lib", f"lib/python{short}", f"lib/python{short}/site-packages")},
        )
        self.records.environments[receipt.id] = receipt
        return receipt

    def switch(self, bundles: Sequence[Bundle], environments: Iterable[EnvironmentReceipt] = (), *, default: str = "python") -> Generation:
        """Add a generation."""
        number = max(self.records.generations, default=0) + 1
        made = Generation(
            number=number,
            created=NOW,
            pinned=False,
            default=default,
            bundles={each.name: each.id for each in bundles},
            virtualenvs={each.name: each.id for each in environments},
            previous=number - 1 or None,
        )
        self.records.generations[number] = made
        return made

    def observation(self, *, broken: dict[str, set[str]] | None = None, **parts: Any) -> Observation:
        """Return what is observed: the last generation is in force."""
        found = Observation(records=self.records, current=self.records.generations.get(max(self.records.generations, default=0)), **parts)
        for kind, tree_ids in (broken or {}).items():
            found.broken[kind] |= tree_ids
        return found

    def plan(self, declaration: Declaration | None, *, rollout: Any = None, **observed: Any) -> Plan:
        """Return the plan for a declaration."""
        observation = self.observation(**observed)
        return make_plan(declaration, observation, file_name=lambda sha256: self.filenames[sha256], now=NOW, rollout=rollout)


def steps(plan: Plan) -> list[tuple[str, str]]:
    """Return what a plan does."""
    return [(step.action, step.subject) for step in plan.steps]


def found_by(plan: Plan) -> list[tuple[str, str, str]]:
    """Return what a plan has found."""
    return sorted((finding.subject, finding.kind, finding.cause) for finding in plan.findings)


LEFTOVER = Path("/srv/python/environments/.new-x")

ONE, TWO = virtualenv("one", "alpha-1.0", "beta-1.0"), virtualenv("two", "alpha-1.0")
PYTHON = bundle(default=True)
SYSTEM = Declaration(bundles=(PYTHON,), virtualenvs=(ONE, TWO), complete=True)


def host_as_declared() -> Host:
    """Return a host that is as SYSTEM says."""
    made = Host("alpha-1.0", "beta-1.0", "beta-2.0", "gamma-1.0")
    made.install(PYTHON)
    made.switch([PYTHON], [made.build(ONE, PYTHON, "alpha-1.0", "beta-1.0"), made.build(TWO, PYTHON, "alpha-1.0")])
    return made


def unpacked_receipt(wheel_path: Path, told: Mapping[str, Any], *, sha256: str) -> LaidReceipt:
    """Return the receipt of a wheel that was unpacked into any directory; ``told`` is what unpacking it returned."""
    found = {name: value for name, value in told.items() if name != "warnings"}
    return LaidReceipt(
        id=sha256[:16],
        wheel=sha256,
        filename=wheel_path.name,
        byte_code="0" * 64,
        python="3.12.1",
        bundle=None,
        owner=None,
        directories={},
        stamp="1",
        **found,
    )


def laid(filename: str, on: Bundle = PYTHON) -> str:
    """Return the name of a wheel laid for the byte code of a bundle."""
    return laid_id(wheel(filename), byte_code=byte_code(on))


def earlier(receipt: LaidReceipt, on: Bundle) -> LaidReceipt:
    """Return the receipt that an earlier release gave an unpacked wheel, which belonged to one bundle then."""
    return replace(receipt, id=f"{receipt.wheel[:16]}-{on.sha256[:12]}", byte_code=None, python=None, bundle=on.id)
