# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that describe a bundle."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of one bundle, and of the list of all bundles."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - Name of the bundle, of at most 64 lower-case letters, digits, V(.), V(_) and V(-). It is neither a path nor the name of a Windows device.
    type: str
    default: python
  release:
    description:
      - Release to install, such as V(3.12.11+4). Takes precedence over O(channel).
    type: str
  channel:
    description:
      - Channel of the repository. The release that it names is installed. The controller resolves it once per run.
    type: str
    default: stable
  archive:
    description:
      - Path on the controller, or URL, of a bundle archive to use instead of a repository. It must be for the platform of the host.
    type: str
  sha256:
    description:
      - SHA-256 of O(archive), as 64 hexadecimal digits.
    type: str
  default:
    description:
      - Make this the default bundle, which provides C(bin/python) and is used by every VirtualEnv that names no bundle.
      - If there is only one bundle, it is always the default.
    type: bool
    default: false
"""

    LIST = r"""
options:
  bundles:
    description:
      - The bundles of the host. M(hermetic.python.system) with C(state=present) requires at least one.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the bundle, of at most 64 lower-case letters, digits, V(.), V(_) and V(-). It is neither a path nor the name of a Windows device.
        type: str
        default: python
      release:
        description:
          - Release to install, such as V(3.12.11+4). Takes precedence over O(bundles[].channel).
        type: str
      channel:
        description:
          - Channel of the repository. The release that it names is installed. The controller resolves it once per run.
        type: str
        default: stable
      archive:
        description:
          - Path on the controller, or URL, of a bundle archive to use instead of a repository. It must be for the platform of the host.
        type: str
      sha256:
        description:
          - SHA-256 of O(bundles[].archive), as 64 hexadecimal digits.
        type: str
      default:
        description:
          - Make this the default bundle, which provides C(bin/python) and is used by every VirtualEnv that names no bundle.
          - If there is only one bundle, it is always the default.
        type: bool
        default: false
"""
