# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pip prints of its configuration, read as pip reads it."""

from __future__ import annotations

from ansible_collections.hermetic.python.plugins.plugin_utils.locks.package_sources import (
    configuration_files,
    parse_configuration,
)


def test_a_listing_with_empty_values_is_read_as_pip_reads_it() -> None:
    listing = ":env:.index-url=''\nglobal.index-url='https://g.example/'\ninstall.index-url=' '\nglobal.cert=''\n"
    assert parse_configuration(listing) == {"index-url": "https://g.example/"}


def test_files_are_taken_in_the_order_of_who_wins() -> None:
    places = "env:\n  /e, exists: True\nglobal:\n  /g, exists: False\nsite:\n  /s, exists: True\nuser:\n  /u1, exists: True\n  /u2, exists: True\n"
    assert configuration_files(places) == ["/g", "/u1", "/u2", "/s", "/e"]
