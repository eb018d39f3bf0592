# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the test hosts: what each is made of, and making those that podman does not have yet.

An image is named after everything that decides its content, so that any clone on the same machine takes it as it is.
``HERMETIC_TEST_REGISTRY`` names a registry to take Debian from, such as ``docker.io/library``; without it debootstrap makes it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .podman import PodmanFailed, podman, run, run_options, succeeds

LAYERS = Path(__file__).resolve().parent / "layers"
_PREFIX = "localhost/hermetic-machine"
# What apt and dpkg need to go on is kept; what people would read is not.
_LEFT_OUT = ("./dev/*", "./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*",
             "./usr/share/locale/*")  # fmt: skip


@dataclass(frozen=True)
class Image:
    """Another image, or a release of Debian, with a script run in it as root."""

    name: str
    parent: str
    layer: str
    packages: tuple[str, ...] = ()


DEBIAN = ("bookworm", "trixie")
IMAGES = {
    image.name: image
    for image in (
        # Neither has any Python; the first has no curl and no wget either.
        Image("debian-12", "bookworm", "login", ("openssh-server", "sudo")),
        Image("debian-13", "trixie", "login", ("openssh-server", "sudo", "curl", "ca-certificates")),
        Image("hostile", "debian-12", "hostile", ("python3",)),
        # What ansible.builtin.pip asks of a host.
        Image("debian-12-python", "debian-12", "python", ("python3", "python3-venv", "python3-packaging")),
        Image("skewed", "debian-12", "skewed", ("libfaketime",)),
    )
}


def cache() -> Path:
    """Return the directory outside of any clone for what the clones of a machine share."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = base / "hermetic-test-machines"
    path.mkdir(parents=True, exist_ok=True)
    return path


def ready(name: str) -> str:
    """Return podman's name of an image, which is made first if need be; some minutes for the first of a release."""
    with _alone():
        return _ready(name)


@contextmanager
def _alone() -> Iterator[None]:
    with (cache() / "images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ready(name: str) -> str:
    reference = f"{_PREFIX}/{name}:{_identity(name)}"
    if not succeeds("image", "exists", reference):
        if name in DEBIAN:
            _make_debian(name, reference)
        else:
            _make_layer(IMAGES[name], reference)
    return reference


def _identity(name: str) -> str:
    """Return a digest of what an image is made of."""
    if name in DEBIAN:
        text = f"{name} {os.environ.get('HERMETIC_TEST_REGISTRY', '')} {_LEFT_OUT}"
    else:
        image = IMAGES[name]
        text = f"{_identity(image.parent)} {image.packages} {_script(image)}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _script(image: Image) -> str:
    return f"packages='{' '.join(image.packages)}'\n" + (LAYERS / "prelude.sh").read_text() + (LAYERS / f"{image.layer}.sh").read_text()


def _make_debian(release: str, reference: str) -> None:
    registry = os.environ.get("HERMETIC_TEST_REGISTRY")
    if registry:
        public = f"{registry}/debian:{release}-slim"
        if not succeeds("image", "exists", public):
            podman("pull", "--quiet", public)
        podman("tag", public, reference)
        return
    with tempfile.TemporaryDirectory(dir=cache(), prefix="debootstrap-") as directory:
        tree = f"{directory}/tree"
        run(["debootstrap", "--variant=minbase", release, tree])
        excluded = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
        packed = subprocess.Popen(["tar", "-C", tree, "--anchored", *excluded, "-cf", "-", "."], stdout=subprocess.PIPE)
        imported = subprocess.run(["podman", "import", "--quiet", "-", reference], stdin=packed.stdout, capture_output=True, check=False)
        if packed.wait() != 0 or imported.returncode != 0:
            raise PodmanFailed(f"the tree of {release} could not be imported: {imported.stderr.decode(errors='replace').strip()}")


def _make_layer(image: Image, reference: str) -> None:
    parent = _ready(image.parent)
    container = f"hermetic-making-{image.name}"
    podman("rm", "--force", "--ignore", container)
    try:
        podman(
            "run", "--interactive", "--name", container, "--network", "host", *run_options(), parent, "/bin/sh", "-eus", text=_script(image)
        )
        podman("commit", "--quiet", container, reference)
    finally:
        podman("rm", "--force", "--ignore", "--time", "0", container)
