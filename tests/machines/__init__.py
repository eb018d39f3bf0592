# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts: containers of this machine with an sshd, made from Debian's packages alone."""
