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
      - Where the bundles are. A directory on the controller, an C(http://) or C(https://) URL, or a C(file://) URL
        of a share that the controller and the hosts see at the same place.
      - From a directory on the controller, what a host lacks is copied to it. From a URL, the host fetches it by itself.
      - Not needed where every bundle names an C(archive).
    type: str
  public_key:
    description:
      - File on the controller with the Ed25519 public key (PEM) that the repository's index must be signed with.
      - Without it, an index that is read over https is used with a warning, and one that is read over http from another machine is
        refused unless O(allow_unsigned) is set. A directory is trusted as it is.
      - The controller remembers by this key which index it saw last, and refuses an older one, so each repository needs a key of its own.
    type: path
  allow_unsigned:
    description:
      - Whether an index may be read over http although no O(public_key) checks it. Whoever is on the way can then choose what is installed.
    type: bool
    default: false
  transfer:
    description:
      - How bundles and wheels get to the host.
      - With V(auto) the host fetches what it can reach, and what it cannot reach is copied from the controller.
      - With V(pull) nothing is copied; what the host cannot reach is an error.
      - With V(push) the controller fetches everything and copies it; the host makes no connection at all.
    type: str
    choices: [auto, pull, push]
    default: auto
"""

    DOWNLOADS = r"""
options:
  ca_path:
    description:
      - File with the certificates (PEM) of the authorities that HTTPS servers are trusted by, instead of the usual ones.
      - It is read at this path on the controller for what the controller fetches, and on the host for what the host fetches.
    type: path
  timeout:
    description:
      - Seconds that a connection may take to open, or stay silent, before it counts as failed.
    type: int
    default: 60
  retries:
    description:
      - How often a failed transfer is tried again, with growing pauses. A host goes on from the byte where it broke off.
    type: int
    default: 4
  download_timeout:
    description:
      - Seconds that the download of one file from one source may take altogether, all tries and pauses included.
    type: int
    default: 3600
  minimum_rate:
    description:
      - Bytes for each second that a server must send. It is measured over O(timeout) seconds; a slower server counts as failed.
      - V(0) accepts any rate.
    type: int
    default: 1000
  maximum_size:
    description:
      - Bytes that a download may have whose size neither an index nor a lock states. Where the size is stated, the download ends there.
    type: int
    default: 4294967296
  credentials:
    description:
      - User name and password for each host name that asks for them. A dictionary whose keys are host names, and whose values
        are dictionaries with C(username) and C(password).
      - They are sent to that host only, and are never shown, logged or stored.
    type: dict
"""

    WHEEL_SELECTION = r"""
options:
  index_url:
    description:
      - Package index that wheels are looked up in when a lock does not say where they are.
      - The default is what C(pip) on the controller is configured with.
    type: str
  extra_index_urls:
    description:
      - Further package indexes. Since every wheel is known by its digest, their order does not matter.
    type: list
    elements: str
    default: []
  find_links:
    description:
      - Directories on the controller, or URLs of pages with links, that hold wheels.
    type: list
    elements: str
    default: []
  marker_values:
    description:
      - Values of environment markers that no bundle states, C(platform_release) and C(platform_version), as one dictionary
        for each platform. The keys are names of platforms, such as C(macos-arm64).
      - A lock in which the choice of a package depends on a value that is not given here is refused, with the names of the packages.
    type: dict
    default: {}
"""

    LOCKS = r"""
options:
  platforms:
    description:
      - Platforms that the locks must have wheels for, besides the host's own.
      - The check is made on the controller, before any host is changed.
    type: list
    elements: str
    default: []
"""

    PROVE = r"""
options:
  prove:
    description:
      - Which platforms the bundles and locks of this task must cover before this host is touched.
      - With V(play), those of all hosts of the play, which are this host's own and the variable C(hermetic_platform) of every other
        host that sets it. Right where all hosts of a play declare the same.
      - With V(host), this host's own. Right where groups of a play declare different VirtualEnvs; a run in check mode over all hosts
        then is the proof before the first change, as the playbook C(hermetic.python.site) does it.
    type: str
    choices: [play, host]
    default: play
"""

    ENGINE = r"""
options:
  verify:
    description:
      - How closely what is installed is looked at before anything is decided.
      - V(none) reads the records and the links. V(quick) compares type, size, mode, owner and time of every file, and finds files
        that do not belong. V(deep) also reads every file and compares its SHA-256.
    type: str
    choices: [none, quick, deep]
    default: quick
  keep_generations:
    description:
      - How many generations stay on the host to go back to. What only older ones need is removed.
    type: int
    default: 3
  lock_timeout:
    description:
      - Seconds to wait for another run that works on the same O(root).
    type: int
    default: 300
  link_mode:
    description:
      - How environments share the files of a wheel, which is unpacked once.
      - V(auto) clones the blocks where the file system can, links hard where it cannot, and copies where neither is possible.
    type: str
    choices: [auto, reflink, hardlink, copy]
    default: auto
  jobs:
    description:
      - How many processes work at once; V(0) takes all cores.
    type: int
    default: 0
  check_free_space:
    description:
      - Whether a run, in check mode too, refuses to begin where the file system of O(root) has less room than it takes. The size of what
        the repository does not describe is estimated, at the least.
    type: bool
    default: true
  unpack_limit:
    description:
      - How many MiB one archive, of a wheel or of a bundle, may take on the host's disk once it is unpacked. What would take more is refused.
      - V(0) allows fifty times the size of the archive, and 256 MiB at least. Every entry counts as 4 KiB or more.
    type: int
    default: 0
"""
