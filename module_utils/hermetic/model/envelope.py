# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a JSON document travels inside one module parameter: compressed, opaque, small."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidRequest
from ..text.json_text import parse_json


def pack(document: Mapping[str, Any]) -> str:
    """Return the document as one line of text."""
    text = json.dumps(document, separators=(",", ":"), sort_keys=True)
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode("ascii")


def unpack(text: str) -> dict[str, Any]:
    """Return the document that was packed; raises InvalidRequest for anything else."""
    try:
        document = parse_json(zlib.decompress(base64.b64decode(text, validate=True)))
    except (ValueError, binascii.Error, zlib.error) as error:
        raise InvalidRequest(
            f"The module's parameter could not be unpacked ({error}); it is written by the collection's action plugin only."
        ) from error
    if not isinstance(document, dict):
        raise InvalidRequest("The module's parameter holds no mapping; it is written by the collection's action plugin only.")
    return document
