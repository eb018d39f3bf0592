# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tree shall hold, directory by directory."""

from __future__ import annotations

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord, Manifest, from_bundle_files
from host_samples import digest


def test_a_manifest_knows_what_each_directory_holds() -> None:
    manifest = Manifest()
    manifest.add_file("a/b/c.py", mode=0o644, size=1, sha256=digest("c"))
    manifest.links["a/l"] = "b"
    manifest.directories.add("empty")
    assert manifest.children() == {"": {"a", "empty"}, "a": {"b", "l"}, "a/b": {"c.py"}, "empty": set()}


def test_a_bundle_lists_all_but_itself() -> None:
    manifest = from_bundle_files(
        {
            "bin/python3.12": {"type": "file", "mode": "0755", "size": 2, "sha256": digest("x")},
            "bin/python": {"type": "link", "target": "python3.12"},
            "share": {"type": "directory", "mode": "0755"},
        },
        also=[("bundle.json", FileRecord(0o644, 5, digest("json")))],
    )
    assert manifest.directories == {"bin", "share"}
    assert manifest.links == {"bin/python": "python3.12"}
    assert manifest.files == {"bin/python3.12": FileRecord(0o755, 2, digest("x")), "bundle.json": FileRecord(0o644, 5, digest("json"))}
