# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle changes in the standard library: where ssl finds its CAs, and Python 2.7's site."""

from __future__ import annotations

from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact
from ..model.tree import Tree, copy_file

INSIDE = Path(__file__).with_name("inside")
CA_FILE = "share/ca/cacert.pem"
SSL_MARK = b"# --- hermetic.python: the CA bundle"
SITE_ANCHOR = "PREFIXES = [sys.prefix, sys.exec_prefix]\n"
USER_ANCHOR = "ENABLE_USER_SITE = None\n"

EXTERNALLY_MANAGED = """[externally-managed]
Error=This Python is a bundle of hermetic.python: it is read-only and the same
 on every host, and whatever is installed into it is found as drift.
 .
 Declare a VirtualEnv instead (module hermetic.python.virtualenv)@PRIVATE@.
"""
PRIVATE_ENVIRONMENT = ", or make a\n private one: python -m venv --without-pip DIRECTORY"


def add_ca_bundle(tree: Tree, *, ca_bundle: Path) -> None:
    """Put the CA bundle into the tree and make ``ssl`` use it."""
    copy_file(ca_bundle, tree.root / CA_FILE)
    (tree.root / CA_FILE).chmod(0o644)
    relative = f"../{CA_FILE}" if tree.platform.system == "windows" else CA_FILE
    tail = "\n\n" + (INSIDE / "ssl_ca.py.in").read_text().replace("@RELATIVE@", relative)
    module = tree.stdlib_directory / "ssl.py"
    compiled = tree.stdlib_directory / "ssl.pyc"
    if module.is_file():
        # A bundle can be the source of another one.
        upstream = module.read_bytes().partition(SSL_MARK)[0].rstrip() + b"\n"
        module.write_bytes(upstream + tail.encode())
    elif compiled.is_file():
        compiled.rename(tree.stdlib_directory / "_ssl_upstream.pyc")
        module.write_text((INSIDE / "ssl_sourceless.py.in").read_text() + tail)
    else:
        raise BrokenArtifact(f"{tree.stdlib} holds no ssl module; a bundle needs one")


def patch_site(tree: Tree) -> None:
    """Give Python 2.7 what later versions have: environments and isolation."""
    if tree.python.numbers[0] != 2:
        return
    module = tree.stdlib_directory / "site.py"
    text = module.read_text()
    if "# --- hermetic.python" in text:
        return
    if text.count(SITE_ANCHOR) != 1 or text.count(USER_ANCHOR) != 1:
        raise BrokenArtifact(f"{tree.stdlib}/site.py is not as Python 2.7's: the patch does not fit")
    text = text.replace(SITE_ANCHOR, (INSIDE / "site_27.py.in").read_text()).replace(USER_ANCHOR, "")
    module.write_text(text)


def mark_externally_managed(tree: Tree) -> None:
    """Tell pip and uv to leave this Python alone, and the user what to do instead."""
    # The embeddable archive for Windows has no venv.
    private = PRIVATE_ENVIRONMENT if any((tree.stdlib_directory / "venv").glob("__init__.py*")) else ""
    (tree.stdlib_directory / "EXTERNALLY-MANAGED").write_text(EXTERNALLY_MANAGED.replace("@PRIVATE@", private))


def add_site_fallback(tree: Tree) -> None:
    """Make a POSIX tree as hermetic as it can be without a launcher: no user site, PYTHONPATH scrubbed after the start."""
    (tree.root / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
    (tree.root / tree.site_packages).mkdir(parents=True, exist_ok=True)
    (tree.root / tree.site_packages / "00-hermetic.pth").write_text(
        "import os, sys; sys.path[:] = [p for p in sys.path if any((p + os.sep).startswith(b + os.sep) "
        "for b in (sys.prefix, getattr(sys, 'base_prefix', sys.prefix)))]\n"
    )
