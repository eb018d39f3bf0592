# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first environment of a host from prebuilt wheels, all of them at hand, against uv, whose cache has every wheel unpacked."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..plugins.module_utils.hermetic.model.byte_code import stated
from ..plugins.plugin_utils.publishing.compiling_python import LocalBundle
from ..plugins.plugin_utils.publishing.prebuilding import prebuild
from ..plugins.plugin_utils.publishing.prebuilt_wheels import WantedPrebuilt
from ..plugins.plugin_utils.repository.bundle_archive import read_metadata
from . import documents
from .command import Command, CommandFailed, run
from .comparison import Comparison
from .contest import Contender, hold
from .documents import Archive, Wheel
from .first_build import UV
from .ingredients import Ingredients, interpreter_of
from .workspace import Workspace

AIM = 0.5
_CHANGED = '"changed": true'


@dataclass(frozen=True)
class PrebuiltSet:
    """What is prebuilt of the wheels of a bundle, by the trees that it unpacks to."""

    byte_code: str
    paths: Mapping[str, Path]

    def named(self, request: str) -> str:
        """Return a request that names the archives, for a root in which they lie."""
        document = json.loads(request)
        for bundle in document["declaration"]["bundles"]:
            bundle["byte_code"] = self.byte_code
        document["prebuilt"] = {}
        for tree_id, path in self.paths.items():
            sha256 = _sha256(path)
            document["prebuilt"][tree_id] = sha256
            document["artifacts"][sha256] = {"filename": f"{tree_id}.tar.gz", "size": path.stat().st_size, "sources": []}
        return json.dumps(document)

    def bring(self, root: Path) -> None:
        """Put the archives where a root keeps what it fetched."""
        for tree_id, path in self.paths.items():
            place = root / "wheels" / _sha256(path)
            place.mkdir(mode=0o755)
            shutil.copyfile(path, place / f"{tree_id}.tar.gz")


def prebuilt_set(space: Workspace, archive: Archive, wheels: Sequence[Wheel]) -> PrebuiltSet:
    """Prebuild wheels for a bundle, as the module repository does."""
    info = read_metadata(archive.path)
    byte_code = stated(info["python"], engine=True)
    if byte_code is None:
        raise CommandFailed(f"{archive.path} does not state its byte code")
    wanted = [WantedPrebuilt(wheel.sha256, wheel.path.name, byte_code, info["python"]["version"]) for wheel in wheels]
    own = LocalBundle(info["platform"], info["python"], archive.sha256, archive.path)
    place = space.directory("prebuilt", info["platform"])
    made, skipped = prebuild(wanted, {wheel.sha256: wheel.path for wheel in wheels}, bundles=[own], place=place)
    if skipped:
        raise CommandFailed(" ".join(skipped))
    return PrebuiltSet(byte_code.digest, {each.wheel.tree_id: each.path for each in made if each.path is not None})


def compare(made: Ingredients, *, rounds: int | None) -> Iterator[Comparison]:
    """Build in a fresh root and a fresh directory in every round."""
    made.tell(f"prebuild {len(made.wheels)} wheels")
    prebuilt, bootstrap = prebuilt_set(made.space, made.archive, made.wheels), made.temporary_python()
    lock = made.space.write("locks/prebuilt.txt", documents.lock(made.wheels))

    def engine(number: int) -> Command:
        root = made.space.directory("prebuilt-roots") / str(number)
        bare = documents.converge_request(root, made.archive, {}, sources={made.archive.sha256: [str(made.archive.path)]})
        run(made.by_hand(bootstrap, f"prepare-prebuilt-{number}", bare, shows=_CHANGED))
        prebuilt.bring(root)
        request = documents.converge_request(root, made.archive, {made.environment_name(0): made.wheels}, sources={})
        return made.by_hand(interpreter_of(root), f"prebuilt-{number}", prebuilt.named(request), shows=_CHANGED)

    def uv(number: int) -> Command:
        target = made.space.directory("prebuilt-uv") / str(number)
        return made.script(UV, made.uv, made.python, target, made.wheel_directory, lock)

    contenders = [
        Contender("engine", engine, warm_up=True),
        # The first round fills uv's cache.
        Contender("uv venv + sync --compile-bytecode", uv, warm_up=True),
    ]
    took = hold("first environment, prebuilt", contenders, rounds=rounds or 7, tell=made.tell)
    title = f"first environment, {len(made.wheels)} wheels, prebuilt"
    yield Comparison(title, took["engine"], took["uv venv + sync --compile-bytecode"], aim=AIM)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
