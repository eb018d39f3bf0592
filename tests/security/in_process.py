# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root whose engine runs in the process of the test."""

from __future__ import annotations

import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.commands import dispatch
from roots import Archive, Declared, Document, Engine
from tampering import Tampered, converge_twice
from wheelhouse import Wheel


class Here(Tampered):
    """Runs the engine in this process: a case takes a tenth of the time."""

    wheels: dict[str, Wheel]

    @cached_property
    def manifests(self) -> Document:
        """Return what the runs told of the trees that they installed: the controller's knowledge."""
        return {}

    def run(self, command: str, *, declared: Declared | None = None, **parts: Any) -> Document:
        wanted = declared or self.declared
        result = dispatch.run(
            {
                "format": 1,
                "command": command,
                "root": str(self.path),
                "scope": "system",
                "declaration": wanted.document(),
                "artifacts": wanted.artifacts(),
                **parts,
            }
        )
        for tree, entry in result.get("manifests", {}).items():
            self.manifests.setdefault(tree, entry)
        return result

    def place(self, text: str) -> str:
        archive = self.declared.bundles["python"]
        return super().place(text.replace("{bundle_sha256}", archive.sha256).replace("{bundle_file}", archive.path.name))

    def has_its_archive(self) -> None:
        """Store the archive of the bundle again where a test had it removed: nothing but a repair of the bundle would fetch it."""
        kept = self.at("wheels/{bundle_sha256}/{bundle_file}")
        if not kept.exists():
            shutil.copyfile(self.declared.bundles["python"].path, kept.with_name("copy"))
            kept.with_name("copy").chmod(0o644)
            kept.with_name("copy").rename(kept)


def two_generations(path: Path, engine: Engine, bundle: Archive, wheels: dict[str, Wheel]) -> Here:
    """Return a root of two generations, with names for all its places."""
    made = Here(path, engine, Declared({"python": bundle}))
    made.wheels = wheels
    converge_twice(made, wheels)
    made.names = {}
    made.remembered = made.site("one").relative_to(made.environment("one"))
    for wheel, version in (("alpha", "1.0"), ("beta", "2.0"), ("gamma", "1.0")):
        tree = made.laid(wheels[f"{wheel}-{version}"]).name
        made.names |= {wheel: f"laid/{tree}", f"{wheel}_laid": tree}
    short = ".".join(bundle.python["version"].split(".")[:2])
    made.names |= {"short": short, "tag": short.replace(".", "")}
    return made
