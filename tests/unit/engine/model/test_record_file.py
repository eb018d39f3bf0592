# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RECORD spells digests and paths as every installer reads them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.record_file import quoted, record_digest
from hypothesis import given
from hypothesis import strategies as st


@given(path=st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1))
def test_a_quoted_path_is_one_field_of_csv(path: str) -> None:
    assert next(csv.reader(io.StringIO(f"{quoted(path)},x\n", newline=""))) == [path, "x"]


@given(data=st.binary())
def test_a_digest_is_that_of_the_specification(data: bytes) -> None:
    name, _equals, value = record_digest(hashlib.sha256(data).hexdigest()).partition("=")
    assert name == "sha256"
    assert base64.urlsafe_b64decode(value + "=") == hashlib.sha256(data).digest()
    assert "=" not in value
