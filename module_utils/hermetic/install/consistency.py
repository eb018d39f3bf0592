# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the packages of an environment fit each other, and its commands have something to start, as far as that shows without running it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import BrokenInterpreter
from ..model.layout import Layout
from ..model.receipts import BundleReceipt, EnvironmentReceipt, LaidReceipt, Records
from ..text.redaction import redacted
from ..unpack import engine_library

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_LONGEST = 4 << 20
_SHOWN = 200
_EXTENSIONS = (".so", ".pyd")
# It imports code and adds no directory.
_HARMLESS_PATHS = ("distutils-precedence.pth",)


@dataclass
class Consistency:
    """What is not consistent in environments, and what could not be looked into."""

    problems: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)
    """Environments whose requirements could not be read, since this Python lacks what reads them."""


def find_inconsistencies(layout: Layout, records: Records, tree_ids: Mapping[str, str]) -> Consistency:
    """Return what is not consistent in environments, given by name: requirements that are missing or conflict, commands without a module."""
    found = Consistency()
    for name, tree_id in sorted(tree_ids.items()):
        receipt = records.environments.get(tree_id)
        bundle = records.bundles.get(receipt.bundle) if receipt is not None else None
        if receipt is None or bundle is None:
            continue
        wheels = [records.laid[laid_id] for laid_id in sorted(receipt.laid) if laid_id in records.laid]
        stated = {wheel.id: _stated(layout, wheel) for wheel in wheels}
        versions = {_canonical(wheel.name): wheel.version for wheel in wheels}
        if receipt.system_site_packages:
            versions = {**{_canonical(each["name"]): str(each["version"]) for each in bundle.info.get("packages") or ()}, **versions}
        if any(stated.values()):
            if _has_packaging():
                for wheel in wheels:
                    found.problems += [
                        f"virtualenv:{name}: {wheel.name} {wheel.version} {each}"
                        for each in _unfulfilled(stated[wheel.id], versions, str(bundle.python["version"]))
                    ]
            else:
                found.not_compared.append(name)
        found.problems += [f"virtualenv:{name}: {each}" for each in _without_module(receipt, bundle, wheels)]
    return found


def _stated(layout: Layout, wheel: LaidReceipt) -> list[tuple[str, str]]:
    """Return the fields of a wheel's metadata that require something; what another wheel requires is its own affair."""
    from email.parser import HeaderParser  # heavy, and only for a run that changes something

    path = layout.tree("laid", wheel.id) / "site" / wheel.dist_info / "METADATA"
    try:
        with open(path, "rb") as file:
            headers = HeaderParser().parsestr(file.read(_LONGEST).decode("utf-8", "replace"))
    except OSError:
        # A tree that is taken into use again without a verification: what is wrong with it is for the next one to say.
        return []
    return [(key, str(value)) for key in ("Requires-Python", "Requires-Dist") for value in headers.get_all(key) or ()]


def _has_packaging() -> bool:
    try:
        engine_library.enable()
        import packaging.requirements  # noqa: F401 - bundles for Python 3.11 and newer carry it
    except (BrokenInterpreter, ImportError):
        return False
    return True


def _unfulfilled(stated: Iterable[tuple[str, str]], versions: Mapping[str, str], python: str) -> Iterator[str]:
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    for key, stated_text in stated:
        # A marker has been evaluated, and an address may hold a login.
        text = redacted(stated_text.partition(";")[0].strip())
        try:
            if key == "Requires-Python":
                if not SpecifierSet(text).contains(python, prereleases=True):
                    yield f"requires Python {text}, found {python}"
                continue
            requirement = Requirement(stated_text)
            if not _applies(requirement, python):
                continue
            version = versions.get(_canonical(requirement.name))
            if version is None:
                yield f"requires {text}, which is missing"
            elif not requirement.specifier.contains(version, prereleases=True):
                yield f"requires {text}, found {version}"
        except (
            InvalidRequirement,
            InvalidSpecifier,
            InvalidVersion,
            UndefinedComparison,
            UndefinedEnvironmentName,
            RecursionError,
        ) as error:
            # Nested deeply enough, a marker is more than its reader takes.
            yield f"requires {text[:_SHOWN]}, which cannot be compared: {str(error)[:_SHOWN]}"


def _applies(requirement: Requirement, python: str) -> bool:
    """Return whether a requirement counts without any extra, for the Python of the bundle; the system is that of this host."""
    values = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python, "implementation_version": python}
    return requirement.marker is None or requirement.marker.evaluate({**values, "extra": ""})


def _canonical(name: str) -> str:
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def _without_module(receipt: EnvironmentReceipt, bundle: BundleReceipt, wheels: Iterable[LaidReceipt]) -> Iterator[str]:
    """Yield the commands whose module is nowhere; whether it has the function shows only when it runs."""
    commands = [(wheel.name, *entry[:3]) for wheel in wheels for entry in wheel.entry_points]
    if not commands:
        return
    paths = set(receipt.manifest({wheel.id: wheel for wheel in wheels}).files)
    site = f"{receipt.site_packages}/"
    if any(path.startswith(site) and path.endswith(".pth") and path[len(site) :] not in _HARMLESS_PATHS for path in paths):
        # It may add directories that only the interpreter knows.
        return
    of_bundle = set(bundle.manifest().files)
    places = [(paths, receipt.site_packages), (of_bundle, str(bundle.python["stdlib"]))]
    if receipt.system_site_packages:
        places.append((of_bundle, str(bundle.python["site_packages"])))
    for package, command, module, function in commands:
        built_in = module.partition(".")[0] in sys.builtin_module_names
        if not built_in and not any(_is_there(known, f"{place}/{module.replace('.', '/')}") for known, place in places):
            yield f"the command {command} of {package} starts {module}:{function}, and there is no module {module}"


def _is_there(paths: set[str], base: str) -> bool:
    if f"{base}.py" in paths or f"{base}/__init__.py" in paths or f"{base}.pyc" in paths:
        return True
    return any(path.startswith(f"{base}/") or (path.startswith(f"{base}.") and os.path.splitext(path)[1] in _EXTENSIONS) for path in paths)
