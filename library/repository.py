#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A repository of bundles and wheels; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: repository
short_description: Publish bundles and wheels in a repository, move channels, verify and prune
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Changes a repository that is a directory of the controller. Any static web server, share or local path can serve it.
  - All that one task asks for becomes visible in one step, when the index is replaced. Readers see the index before or after it,
    and every file that their index names.
  - A release never changes once it is published. The same archive again is no change, another archive under the same release is refused.
  - Runs on the controller; no connection to the host of the task is made. Run it once, for instance on C(localhost) or with C(run_once).
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
      - Directory of the repository on the controller. It is made when it is not there.
      - This and all other relative paths start from the playbook's directory. Locks are also looked for in C(files).
    type: path
    required: true
  state:
    description:
      - With V(present) what is given is published, mirrored and set.
      - With V(verified) nothing is changed. The task fails when a file is missing, damaged or unknown to the index,
        or when the signature is not right.
      - With V(pruned) old releases and forgotten files are removed, after the rest of the task was done.
    type: str
    choices: [present, verified, pruned]
    default: present
  archives:
    description:
      - Bundle archives to publish, or directories of such. Name, release and platform are those that the archive itself states.
    type: list
    elements: path
    default: []
  wheels:
    description:
      - Wheels to put into the repository, or directories of such.
    type: list
    elements: path
    default: []
  locks:
    description:
      - Lock files whose wheels are mirrored, so that hosts need no package index.
      - The wheels are those for the bundle O(bundle) in O(release), or in the release that O(channel) (else C(stable)) names.
    type: list
    elements: path
    default: []
  platforms:
    description:
      - Platforms that the wheels of O(locks) are mirrored for. The default is all that the release is there for.
    type: list
    elements: str
    default: []
  bundle:
    description:
      - Name of the bundle that O(channel), O(release) and O(locks) are about.
    type: str
    default: python
  channel:
    description:
      - Channel that is to name O(release), such as V(stable) or V(canary).
    type: str
  release:
    description:
      - Release that O(channel) is to name. It may be published by the same task.
    type: str
  private_key:
    description:
      - File with the Ed25519 private key (PEM) that the index is signed with. Once an index is signed, each change needs the key.
    type: path
  passphrase:
    description:
      - Passphrase of O(private_key).
    type: str
  public_key:
    description:
      - File with the public key. With O(state=verified), the signature must be of this key.
      - With O(generate_key), the file that the public key is written to; the default is O(private_key) with V(.pub) added.
    type: path
  generate_key:
    description:
      - Whether to make a key pair when there is no file O(private_key). No file is ever replaced.
    type: bool
    default: false
  keep:
    description:
      - With O(state=pruned), how many of the newest releases of each bundle stay besides those that a channel names.
    type: int
    default: 5
  prune_wheels:
    description:
      - With O(state=pruned), whether to remove the wheels that neither O(wheels) nor O(locks) of this task name.
    type: bool
    default: false
  lock_timeout:
    description:
      - Seconds to wait for another publisher of the same directory.
    type: int
    default: 300
seealso:
  - module: hermetic.python.bundle_build
  - module: hermetic.python.system
"""

EXAMPLES = r"""
- name: Publish a release for all platforms, and let the first hosts have it
  hermetic.python.repository:
    path: /srv/hermetic
    archives:
      - build/
    channel: canary
    release: 3.12.11+4
    private_key: /etc/hermetic/repository.pem
    passphrase: "{{ vault_repository_passphrase }}"

- name: Put the wheels of all VirtualEnvs beside it
  hermetic.python.repository:
    path: /srv/hermetic
    locks:
      - locks/pylock.recipes.toml
      - locks/requirements-metrics.txt
    channel: canary
    private_key: /etc/hermetic/repository.pem
    passphrase: "{{ vault_repository_passphrase }}"

- name: Is every byte as published?
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
  description: The steps that were taken, or would be taken in check mode, in their order. Empty when there is nothing to do.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: What is done.
      type: str
      returned: always
      sample: publish
    subject:
      description: What it is done to.
      type: str
      returned: always
      sample: bundle:python
    reason:
      description: Why it is done.
      type: str
      returned: always
      sample: release 3.12.11+4 for linux-x86_64 is new
problems:
  description: What is wrong with the repository, when O(state=verified).
  returned: success or failure
  type: list
  elements: str
  sample: []
errors:
  description: Everything that stood against the task.
  returned: failure
  type: list
  elements: str
"""
