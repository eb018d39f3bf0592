# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.masking import MASK, masked, masked_tail


def test_every_secret_is_hidden_the_longest_first() -> None:
    assert masked("a secret-long and secret-", ["secret-", "secret-long"]) == f"a {MASK} and {MASK}"


def test_the_lines_of_a_secret_are_secrets() -> None:
    assert masked("in BEGINKEY here\nabcdefgh", ["BEGINKEY\nabcdefgh\n"]) == f"in {MASK} here\n{MASK}"


def test_what_is_short_hides_nothing() -> None:
    assert masked("1 of 1, yes", ["1", "yes", ""]) == "1 of 1, yes"


@pytest.mark.parametrize("cut", range(1, len("very-secret")))
def test_the_end_of_a_longer_text_begins_with_no_rest_of_a_secret(cut: int) -> None:
    text = ("very-secret " * 3)[cut:]
    assert masked_tail(text, ["very-secret", "other"]) == f" {MASK} {MASK} "
