# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say where bundles and wheels come from, how they are downloaded, and how locks become wheels."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of sources, downloads, locks and the engine's ways."""

    DOCUMENTATION = r"""
options:
  repository:
    description:
      - The repository of bundles. A directory on the controller, an C(http://) or C(https://) URL, or a C(file://) URL of a share that is mounted
        at the same path on the controller and the hosts.
      - With a directory on the controller, missing artifacts are copied to the host. With a URL, the host fetches them itself.
      - Not needed if every bundle has an C(archive).
    type: str
  public_key:
    description:
      - File on the controller by which the repository is trusted, with an Ed25519 public key (PEM) or a root of TUF (C(1.root.json) of the
        repository, copied from its publisher).
      - With a key, the first root of the repository must be signed by it and name it. A repository without TUF metadata needs an index that is
        signed with the key.
      - With TUF metadata, what is expired, older than the controller has seen, changed, or signed by other or too few keys is refused.
      - Without it, an index that is read over https is used with a warning, and one that is read over http from another machine is refused unless
        O(allow_unsigned) is set. A directory is trusted.
      - The controller remembers what it has seen for each key and each repository, whatever its address, and refuses older state. Each
        repository therefore needs its own key.
    type: path
  allow_unsigned:
    description:
      - Accept an unsigned index over http, that is without O(public_key). Anybody on the network path can then choose what is installed.
    type: bool
    default: false
  transfer:
    description:
      - How bundles and wheels are transferred to the host.
      - V(auto) lets the host fetch what it can reach, and copies the rest from the controller.
      - V(pull) copies nothing. An artifact that the host cannot reach is an error.
      - V(push) lets the controller fetch everything and copy it. The host opens no connection.
    type: str
    choices: [auto, pull, push]
    default: auto
"""

    DOWNLOADS = r"""
options:
  ca_path:
    description:
      - File with the CA certificates (PEM) to verify HTTPS servers with, instead of the default ones.
      - The file is read on the controller for what the controller fetches, and at the same path on the host for what the host fetches.
    type: path
  timeout:
    description:
      - Seconds to wait for a connection, and for data on it, before it counts as failed.
    type: int
    default: 60
  retries:
    description:
      - Number of retries of a failed transfer, with increasing pauses. A host resumes a partial download.
    type: int
    default: 4
  download_timeout:
    description:
      - Seconds that the download of one file from one source may take, including all retries and pauses.
    type: int
    default: 3600
  minimum_rate:
    description:
      - Minimum transfer rate in bytes per second, averaged over O(timeout) seconds. A slower server counts as failed.
      - V(0) accepts any rate.
    type: int
    default: 1000
  maximum_size:
    description:
      - Maximum size in bytes of a download whose size is given neither by an index nor by a lock. A download of known size is limited to that
        size.
    type: int
    default: 4294967296
  credentials:
    description:
      - Credentials by host name. The keys are host names, and the values are dictionaries with C(username) and C(password).
      - They are sent to that host only, and are never displayed, logged or stored.
    type: dict
"""

    WHEEL_SELECTION = r"""
options:
  index_url:
    description:
      - Package index for wheels whose location is not in the lock.
      - The default is the configuration of C(pip) on the controller.
    type: str
  extra_index_urls:
    description:
      - Additional package indexes. Their order does not matter, since every wheel is selected by its digest.
    type: list
    elements: str
    default: []
  find_links:
    description:
      - Directories on the controller, or URLs of pages with links, to search for wheels.
    type: list
    elements: str
    default: []
  marker_values:
    description:
      - Values of the environment markers C(platform_release) and C(platform_version), which no bundle defines. The keys are platforms, such as
        C(macos-arm64), and the values are dictionaries.
      - A lock in which the selection of a package depends on a value that is not given here is refused. The error names the packages.
    type: dict
    default: {}
"""

    LOCKS = r"""
options:
  platforms:
    description:
      - Platforms that the locks must have wheels for, in addition to that of the host.
      - This is checked on the controller before any host is changed.
    type: list
    elements: str
    default: []
"""

    PROVE = r"""
options:
  prove:
    description:
      - Which platforms the bundles and locks of this task must cover before the host is changed.
      - V(play) checks the platforms of all hosts of the play, that is the platform of this host and the variable C(hermetic_platform) of the
        others. Use it if all hosts of a play have the same declaration.
      - V(host) checks the platform of this host only. Use it if groups of a play declare different VirtualEnvs. To check all hosts before the
        first change, run in check mode first, as the playbook C(hermetic.python.site) does.
    type: str
    choices: [play, host]
    default: play
"""

    ENGINE = r"""
options:
  verify:
    description:
      - Verification level for the installed bundles and VirtualEnvs.
      - V(none) reads only the records and links. V(quick) compares type, size, mode, owner and time of every file, and finds unexpected files.
        V(deep) also compares the SHA-256 of every file.
    type: str
    choices: [none, quick, deep]
    default: quick
  keep_generations:
    description:
      - Number of generations to keep on the host for a rollback. Older ones are pruned, unless they are pinned.
    type: int
    default: 3
  lock_timeout:
    description:
      - Seconds to wait for another run on the same O(root).
    type: int
    default: 300
  link_mode:
    description:
      - How environments share the files of an unpacked wheel.
      - V(auto) uses reflinks if the file system supports them, then hard links, then copies.
    type: str
    choices: [auto, reflink, hardlink, copy]
    default: auto
  jobs:
    description:
      - Number of parallel processes. V(0) uses all cores.
    type: int
    default: 0
  check_free_space:
    description:
      - Fail before anything is changed if the file system of O(root) does not have enough free space, also in check mode. The size of artifacts
        that the repository does not describe is estimated as a minimum.
    type: bool
    default: true
  unpack_limit:
    description:
      - Maximum size in MiB of one unpacked archive (a wheel or a bundle) on the host. Larger ones are refused.
      - V(0) allows fifty times the size of the archive, but at least 256 MiB. Every entry counts as at least 4 KiB.
    type: int
    default: 0
"""
