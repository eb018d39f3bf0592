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
  - cryptography, filelock, packaging, requests, securesystemslib and tuf on the controller
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
      - V(refreshed) also renews the TUF metadata of each role whose time (O(expiry_days)) is half over, or that counts for longer than
        O(expiry_days) states, if the task has keys for it. Run it regularly, from cron for instance.
      - V(signed) signs what is pending (O(pending)) with the keys of this task, whatever roles O(keys) lists them for, and publishes it if it
        has enough signatures and the task has the keys of the snapshot and the timestamp. The plan and the difference show what is signed.
        Without anything pending, nothing is done. What is stale, or was changed after it was signed, is refused.
      - V(discarded) removes what is pending. What is published stays as it is.
    type: str
    choices: [present, verified, pruned, refreshed, signed, discarded]
    default: present
  pending:
    description:
      - If this task lacks keys to sign the root, the targets or a delegated role, store its publication as pending instead of failing. Readers
        see nothing of it until others have added their signatures with O(state=signed).
      - There is one pending publication at a time, which is not overwritten. If the task is the same as before, it adds its signatures.
      - It becomes stale if another publication changes the index, or one of its roles, in the meantime. Cannot be used with O(rollout).
    type: bool
    default: false
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
  files:
    description:
      - Files to publish under a name of their own, such as the archive of a fleet for hosts that pull. They are trusted by the same metadata as
        bundles and wheels. Another file under the same name takes the place of the one before.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name by which readers find the file.
        type: str
        required: true
      path:
        description: The file. Required for V(present).
        type: path
      state:
        description: V(absent) removes what is published under the name.
        type: str
        choices: [present, absent]
        default: present
  locks:
    description:
      - Lock files whose wheels are mirrored in the repository. For requirements locks, readers do not need a package index then.
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
  rollout:
    description:
      - The record of a roll-out of the bundle O(bundle), which is part of the index and signed with it, for all who take part in the roll-out.
        Readers of earlier releases ignore it. Without O(rollout.state), it is only read, as RV(rollout).
      - If the bundle is delegated (O(delegations)), the record belongs to the role with the path C(bundles/BUNDLE/rollouts/NAME).
      - Records of roll-outs that are over are removed 90 days later, when another one is recorded.
    type: dict
    suboptions:
      name:
        description: Name of the roll-out.
        type: str
        required: true
      state:
        description:
          - V(running) begins it. This is an error if it is halted.
          - V(halted) stops it for all who share it. If it is halted already, the first reason stays.
          - V(completed) says that the run O(rollout.run) is done. When O(rollout.runs) of them are done, the roll-out is completed, and only then
            the same task moves O(channel).
        type: str
        choices: [running, halted, completed]
      reason:
        description: Why it is halted, in one sentence of at most 500 characters.
        type: str
      run:
        description: Which of the runs that share the roll-out this is, as 12 hexadecimal digits.
        type: str
      runs:
        description: How many runs share the roll-out.
        type: int
        default: 1
      percent:
        description:
          - Stages the roll-out for hosts that pull (with V(running)). This percentage of the hosts of O(channel), always the same ones, takes O(release)
            instead of what the channel names; so does any other task for these hosts. O(channel) and O(release) are needed when it begins.
          - With V(completed), the channel is moved to the release. With V(halted), the hosts go back to what the channel names, and a channel that
            the roll-out has moved is moved back.
          - It can only grow. A smaller one is refused, except to resume a halted roll-out, and so is any for one that is completed.
        type: int
      resume:
        description: The time (C(since)) of the halt that V(running) ends. Another halt stays in force.
        type: str
  private_key:
    description:
      - File with an Ed25519 private key (PEM). It signs all roles of a new repository that O(keys) does not list, and the index itself, for
        readers of earlier releases. Once a repository is signed, every change requires its keys.
    type: path
  passphrase:
    description:
      - Passphrase of O(private_key).
    type: str
  public_key:
    description:
      - File with the public key, or with a root of TUF (C(1.root.json)). With O(state=verified), the repository must be signed as it says.
      - With O(generate_key), the file to write the public key to. The default is O(private_key) with the suffix V(.pub).
    type: path
  generate_key:
    description:
      - Generate a key pair if the file O(private_key) does not exist. An existing file is never replaced.
    type: bool
    default: false
  signing:
    description:
      - How the repository is signed. V(tuf) writes the metadata of The Update Framework, which expires and has roles, thresholds and keys that
        can be replaced. V(index) writes a signature of the index only.
      - By default, a repository stays as it is, and a new one gets TUF metadata if there are keys. With V(tuf), one task takes over a
        repository that has none. There is no way back.
    type: str
    choices: [tuf, index]
  keys:
    description:
      - Keys of the roles of the TUF metadata, and how many of them must sign. Roles that are not listed stay as they are published.
      - If a role is published with other keys, a new root replaces them. It must be signed by enough keys of the root before, too.
    type: list
    elements: dict
    default: []
    suboptions:
      roles:
        description: Roles that these keys are for.
        type: list
        elements: str
        choices: [root, targets, snapshot, timestamp]
        required: true
      threshold:
        description: Number of these keys that must sign.
        type: int
        default: 1
      keys:
        description: The keys. One that this task cannot sign with counts, but does not sign.
        type: list
        elements: dict
        required: true
        suboptions: &key
          private_key:
            description: File with an Ed25519 private key (PEM).
            type: path
          passphrase:
            description: Passphrase of the private key.
            type: str
          public_key:
            description: File with a public key (PEM; Ed25519, ECDSA or RSA), alone or for the command.
            type: path
          command:
            description:
              - Command that signs with the public key's private key, such as one of a hardware module or a key service.
              - It reads the bytes to be signed on its standard input, and writes the signature to its standard output, as it is or in Base64.
                Its status must be 0. The signature is verified before it is used.
            type: list
            elements: str
  delegations:
    description:
      - Roles that may publish what their paths match, each with keys of its own, so that one team can publish bundles and another one wheels.
        The list replaces that of the repository. By default, it stays as it is published.
      - Whoever changes the list needs the keys of the targets, and those of each role that something published belongs to. After that, a team
        needs the keys of its role (O(private_key), if it is one key), of the snapshot and of the timestamp.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the role, of small letters, digits and hyphens.
        type: str
        required: true
      paths:
        description:
          - Patterns of paths of the repository, such as V(bundles/python/*/*), V(wheels/*/*) or V(files/fleet/*/*). An asterisk matches within one name. The
            first role that a path matches has it.
        type: list
        elements: str
        required: true
      threshold:
        description: Number of these keys that must sign.
        type: int
        default: 1
      keys:
        description: The keys, as in O(keys).
        type: list
        elements: dict
        required: true
        suboptions: *key
  previous_keys:
    description:
      - Keys that are replaced. They sign the new root as well, and roles that they are the keys of get O(private_key), unless O(keys) lists them.
    type: list
    elements: dict
    default: []
    suboptions: *key
  expiry_days:
    description:
      - Days after which the metadata of each role expires. Readers then refuse the repository until it is renewed.
    type: dict
    suboptions:
      root:
        description: Days for the root.
        type: int
        default: 365
      targets:
        description: Days for the targets.
        type: int
        default: 365
      snapshot:
        description: Days for the snapshot.
        type: int
        default: 90
      timestamp:
        description: Days for the timestamp, and so the time for which a server could hold back a publication.
        type: int
        default: 30
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

- name: Replace the key of a repository
  hermetic.python.repository:
    path: /srv/hermetic
    private_key: /etc/hermetic/repository-2026.pem
    previous_keys:
      - private_key: /etc/hermetic/repository.pem

- name: Renew the metadata with the keys that stay on this machine
  hermetic.python.repository:
    path: /srv/hermetic
    state: refreshed
    keys:
      - roles: [snapshot, timestamp]
        keys:
          - private_key: /etc/hermetic/online.pem

- name: Sign root and targets with two of three keys, one of them in a hardware module
  hermetic.python.repository:
    path: /srv/hermetic
    keys:
      - roles: [root, targets]
        threshold: 2
        keys:
          - private_key: keys/alice.pem
            passphrase: "{{ vault_alice }}"
          - public_key: keys/module.pub
            command: [/usr/local/bin/sign-with-module, release]
          - public_key: keys/carol.pub
      - roles: [snapshot, timestamp]
        keys:
          - private_key: /etc/hermetic/online.pem

- name: Prepare a release that two people must sign, with the key of the first
  hermetic.python.repository:
    path: /srv/hermetic
    archives: [build/]
    channel: stable
    release: 3.12.11+5
    pending: true
    private_key: keys/alice.pem
    passphrase: "{{ vault_alice }}"

- name: Sign what is pending with the key of the second, and publish it with those that stay on this machine
  hermetic.python.repository:
    path: /srv/hermetic
    state: signed
    private_key: keys/bob.pem
    passphrase: "{{ vault_bob }}"
    keys:
      - roles: [snapshot, timestamp]
        keys:
          - private_key: /etc/hermetic/online.pem

- name: Publish the archive of the fleet for hosts that pull
  hermetic.python.repository:
    path: /srv/hermetic
    files:
      - name: fleet
        path: fleet.tar.gz
    private_key: /etc/hermetic/repository.pem

- name: Halt a roll-out for all who take part in it
  hermetic.python.repository:
    path: /srv/hermetic
    rollout:
      name: october
      state: halted
      reason: The payment service answers slowly.
    private_key: /etc/hermetic/repository.pem

- name: Let every tenth host of a channel take a release
  hermetic.python.repository:
    path: /srv/hermetic
    channel: stable
    release: 3.12.12+1
    rollout:
      name: october
      state: running
      percent: 10
    private_key: /etc/hermetic/repository.pem

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
        - V(publish), V(describe) (adds metadata that an older release of this collection left out, or of a wheel the platforms that a lock
          selects it for) and V(restore) are about bundles;
          V(add_wheel) and V(restore_wheel) about wheels, V(add_prebuilt) and V(restore_prebuilt) about the archives of O(prebuilt).
          What is restored was missing or damaged.
        - V(publish_file), V(restore_file) and V(remove_file) are about O(files), and V(remove_file) also removes what is not in the index.
        - V(record_rollout) writes the record of a roll-out, and V(remove_rollout) removes one of a roll-out that is over.
        - V(move_channel) makes a channel name another release.
        - V(remove_release), V(remove_wheel) and V(remove_prebuilt) prune.
        - V(create) writes an empty index where there was none.
        - V(generate_key) makes a key pair, and V(sign) signs an index or writes metadata where there was none.
        - V(delegate) changes what is delegated and to whom, V(rotate_keys) replaces keys or thresholds of roles, V(renew) renews metadata
          before it expires, and V(link) gives files the second name by which clients of TUF request them.
        - V(prepare) stores a pending publication, V(add_signature) signs it, V(publish_pending) publishes it, and V(discard) removes it.
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
rollout:
  description: The record of O(rollout.name) after the task, or in check mode as it would be. It is empty if there is none.
  returned: success, if O(rollout) is given
  type: dict
  contains:
    state:
      description: V(running), V(halted) or V(completed).
      type: str
      returned: if there is a record
    since:
      description: Since when.
      type: str
      returned: if there is a record
    reason:
      description: Why it is halted.
      type: str
      returned: if a reason was given
    runs:
      description: How many runs share it.
      type: int
      returned: if there are several
    channel:
      description: The channel of a staged roll-out.
      type: str
      returned: if it is staged
    release:
      description: The release that hosts take instead of what the channel names.
      type: str
      returned: if it is staged
    percent:
      description: How many of the hosts do.
      type: int
      returned: if it is staged
    before:
      description: What the channel named when it began.
      type: str
      returned: if it is staged
    done:
      description: Those that are done.
      type: list
      elements: str
      returned: if there are any
  sample:
    state: halted
    since: "2026-11-26T21:00:00Z"
    reason: "Wave 2: 1 of 2 hosts (1 unhealthy; at most 0 may be): web-7"
problems:
  description: What is wrong with the repository, with O(state=verified). The task fails if there is anything.
  returned: success, and failure of the verification
  type: list
  elements: str
  sample: []
metadata:
  description:
    - The state of the metadata of each role of TUF, in the order of trust. Empty for a repository without metadata. In check mode, as it is before
      the task.
    - A warning names each role whose keys are kept away (all but the snapshot and the timestamp) and that expires within 30 days, or within half
      of its O(expiry_days) if that is less, unless the task renews it.
  returned: success, and failure of the verification
  type: list
  elements: dict
  contains:
    role:
      description: Name of the role.
      type: str
      returned: always
    version:
      description: Version of its metadata.
      type: int
      returned: always
    expires:
      description: When its metadata expires (UTC).
      type: str
      returned: always
    threshold:
      description: Number of its keys that must sign.
      type: int
      returned: always
    signatures:
      description: Number of its keys that signed.
      type: int
      returned: always
    signed_by:
      description: Identifiers of the keys that signed.
      type: list
      elements: str
      returned: always
    not_signed_by:
      description: Identifiers of the other keys of the role.
      type: list
      elements: str
      returned: always
  sample:
    - role: root
      version: 2
      expires: "2027-11-26T08:00:00Z"
      threshold: 2
      signatures: 2
      signed_by:
        - 1f5c2d0a9a3b6f0f5d8c9b7ad2b7f1a2c4e6d8f00a1b2c3d4e5f60718293a4b5
        - 8d0b7e6f5a4c3b2a190817263544536271809fafbecddcebfa0918273645546a
      not_signed_by:
        - c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4
pending:
  description:
    - The publication that waits for signatures (O(pending)), or null. In check mode, as it is before the task.
  returned: success, and failure of the verification
  type: dict
  contains:
    prepared:
      description: When it was prepared (UTC).
      type: str
      returned: always
    usable:
      description: Whether it can still be published.
      type: bool
      returned: always
    problems:
      description: Why it cannot be published any more, such as another publication in the meantime.
      type: list
      elements: str
      returned: always
    missing:
      description: What it still needs to be published.
      type: list
      elements: str
      returned: always
    roles:
      description: The state of its metadata, with the keys of RV(metadata). A root counts the signatures of the keys that lack more, old or new.
      type: list
      elements: dict
      returned: always
  sample:
    prepared: "2026-11-26T08:00:00Z"
    usable: true
    problems: []
    missing:
      - "role targets: the root wants 2 signatures and has 1; keys that have not signed: 8d0b7e6f5a4c3b2a"
    roles:
      - role: targets
        version: 8
        expires: "2027-11-26T08:00:00Z"
        threshold: 2
        signatures: 1
        signed_by:
          - 1f5c2d0a9a3b6f0f5d8c9b7ad2b7f1a2c4e6d8f00a1b2c3d4e5f60718293a4b5
        not_signed_by:
          - 8d0b7e6f5a4c3b2a190817263544536271809fafbecddcebfa0918273645546a
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
