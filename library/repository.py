#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manage a repository of bundles and wheels. The action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: repository
short_description: Publish bundles and wheels in a repository, move channels, verify and prune
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Manages a repository in a directory on the controller. Any static web server, share or local path can serve it.
  - All changes of one task become visible at once, when the index is replaced. Readers see either the old or the new index, and all files that
    it names.
  - A published release never changes. Publishing the same archive again changes nothing. Another archive for the same release is refused.
  - Runs on the controller and does not connect to the host of the task. Run it once, for instance on C(localhost) or with C(run_once).
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
      - The repository is changed as the user who runs Ansible.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: none
    details:
      - The repository is always on the controller.
requirements:
  - cryptography, filelock, packaging and requests on the controller
options:
  path:
    description:
      - Directory of the repository on the controller. It is created if it does not exist.
      - Relative paths in this and other options start from the directory of the playbook. Locks are also searched for in C(files).
    type: path
    required: true
  state:
    description:
      - V(present) publishes archives and wheels, mirrors the wheels of locks, and moves the channel.
      - V(verified) changes nothing. The task fails if a file is missing, damaged or not in the index, or if the signature is invalid.
      - V(pruned) also removes old releases and files that are not in the index, after everything else.
    type: str
    choices: [present, verified, pruned]
    default: present
  archives:
    description:
      - Bundle archives to publish, or directories with archives. Name, release and platform are read from the archives.
    type: list
    elements: path
    default: []
  wheels:
    description:
      - Wheels to publish, or directories with wheels.
    type: list
    elements: path
    default: []
  locks:
    description:
      - Lock files whose wheels are mirrored in the repository.
      - Wheels are selected for the bundle O(bundle) in O(release), or in the release of O(channel), which is C(stable) by default.
    type: list
    elements: path
    default: []
  platforms:
    description:
      - Platforms to mirror the wheels of O(locks) for. The default is all platforms of the release.
    type: list
    elements: str
    default: []
  bundle:
    description:
      - Name of the bundle that O(channel), O(release) and O(locks) refer to.
    type: str
    default: python
  channel:
    description:
      - Channel to move to O(release), such as V(stable) or V(canary).
    type: str
  release:
    description:
      - Release to move O(channel) to. It can be published by the same task.
    type: str
  private_key:
    description:
      - File with the Ed25519 private key (PEM) to sign the index with. Once the index is signed, every change requires the key.
    type: path
  passphrase:
    description:
      - Passphrase of O(private_key).
    type: str
  public_key:
    description:
      - File with the public key. With O(state=verified), the index must be signed with this key.
      - With O(generate_key), the file to write the public key to. The default is O(private_key) with the suffix V(.pub).
    type: path
  generate_key:
    description:
      - Generate a key pair if the file O(private_key) does not exist. An existing file is never replaced.
    type: bool
    default: false
  keep:
    description:
      - With O(state=pruned), number of newest releases of each bundle to keep, in addition to those in a channel.
    type: int
    default: 5
  prune_wheels:
    description:
      - With O(state=pruned), also remove the wheels that are neither in O(wheels) nor in O(locks) of this task.
    type: bool
    default: false
  prebuilt:
    description:
      - Whether the wheels of O(locks) are also unpacked and compiled here and published as archives, one for each wheel and byte code.
        Hosts unpack them instead of compiling the wheels, and compile what is not there.
      - They are made with the Python of a bundle of the release for the controller's own platform, or else with a Python of the same
        series and byte code that is installed on the controller. They fit all platforms of the release.
      - By default, they are made where that is possible, and RV(prebuilt_skipped) says what is not made and why. With V(true), the task
        fails then. With V(false), nothing is made, and what is published stays.
      - They cannot be made for Python before 3.11, and for bundles that an earlier release of this collection built.
    type: bool
  lock_timeout:
    description:
      - Seconds to wait for another task that changes the same repository.
    type: int
    default: 300
seealso:
  - module: hermetic.python.bundle_build
  - module: hermetic.python.system
"""

EXAMPLES = r"""
- name: Publish a release for all platforms in the channel canary
  hermetic.python.repository:
    path: /srv/hermetic
    archives:
      - build/
    channel: canary
    release: 3.12.11+4
    private_key: /etc/hermetic/repository.pem
    passphrase: "{{ vault_repository_passphrase }}"

- name: Mirror the wheels of all VirtualEnvs
  hermetic.python.repository:
    path: /srv/hermetic
    locks:
      - locks/pylock.recipes.toml
      - locks/requirements-metrics.txt
    channel: canary
    private_key: /etc/hermetic/repository.pem
    passphrase: "{{ vault_repository_passphrase }}"

- name: Mirror the wheels of a lock as they are, for hosts that compile them
  hermetic.python.repository:
    path: /srv/hermetic
    locks: [locks/pylock.recipes.toml]
    release: 3.12.11+4
    prebuilt: false

- name: Verify every file of the repository
  hermetic.python.repository:
    path: /srv/hermetic
    state: verified
    public_key: /etc/hermetic/repository.pem.pub
"""

RETURN = r"""
serial:
  description: The number of the index, which goes up by one with each change of it.
  returned: success, unless O(state=verified)
  type: int
  sample: 7
plan:
  description:
    - The steps in the order in which they are carried out. Empty when there is nothing to do.
    - In check mode, these are the steps that would be taken.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description:
        - The kind of step.
        - V(publish), V(describe) (adds metadata that an older release of this collection left out) and V(restore) are about bundles;
          V(add_wheel) and V(restore_wheel) about wheels, V(add_prebuilt) and V(restore_prebuilt) about the archives of O(prebuilt).
          What is restored was missing or damaged.
        - V(move_channel) makes a channel name another release.
        - V(remove_release), V(remove_wheel), V(remove_prebuilt) and V(remove_file) prune.
        - V(generate_key) makes a key pair, and V(sign) signs an index that was not signed.
      type: str
      returned: always
    subject:
      description: What the step changes.
      type: str
      returned: always
    reason:
      description: Why the step is needed.
      type: str
      returned: always
  sample:
    - action: publish
      subject: bundle:python
      reason: release 3.12.11+4 for linux-x86_64 is new
    - action: move_channel
      subject: bundle:python
      reason: "channel canary: 3.12.11+3 -> 3.12.11+4"
problems:
  description: What is wrong with the repository, with O(state=verified). The task fails if there is anything.
  returned: success, and failure of the verification
  type: list
  elements: str
  sample: []
prebuilt_skipped:
  description:
    - What of the wheels of O(locks) is not prebuilt, and why. Hosts compile it themselves.
    - In check mode, only what is known before it is tried.
  returned: success, unless O(state=verified)
  type: list
  elements: str
  sample: []
diff:
  description: The channels, releases, wheels and prebuilt wheels of the index before and after the task, one per line.
  returned: when diff mode is on, unless O(state=verified)
  type: dict
  contains:
    before_header:
      description: Path of the repository.
      type: str
      returned: always
    after_header:
      description: Path of the repository.
      type: str
      returned: always
    before:
      description: The index before.
      type: str
      returned: always
    after:
      description: The index after.
      type: str
      returned: always
  sample:
    before_header: /srv/hermetic
    after_header: /srv/hermetic
    before: "bundle python: channel canary is 3.12.11+3\n"
    after: "bundle python: channel canary is 3.12.11+4\n"
errors:
  description: All problems behind RV(msg), one per entry.
  returned: failure
  type: list
  elements: str
  sample:
    - "/srv/build: no such file or directory"
msg:
  description: Why the task failed.
  returned: failure
  type: str
  sample: |-
    Bundle archives to publish are missing; the repository was not changed
      - /srv/build: no such file or directory
"""
