# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The message ``vpython.Spec`` as protobuf knows it, described here in place of a generated file; pure.

Names, numbers and types are those that vpython publishes; ``virtualenv`` is the field that its newer releases reserve.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

_PACKAGE = "vpython"
_FIELDS: dict[str, tuple[tuple[str, int, bool, str | None], ...]] = {
    # name, number, repeated, message
    "PEP425Tag": (("python", 1, False, None), ("abi", 2, False, None), ("platform", 3, False, None)),
    "Package": (
        ("name", 1, False, None),
        ("version", 2, False, None),
        ("match_tag", 3, True, "PEP425Tag"),
        ("not_match_tag", 4, True, "PEP425Tag"),
    ),
    "Spec": (
        ("python_version", 1, False, None),
        ("wheel", 2, True, "Package"),
        ("virtualenv", 3, False, "Package"),
        ("verify_pep425_tag", 4, True, "PEP425Tag"),
    ),
}


@functools.cache
def spec_descriptor() -> Descriptor:
    """Return the description of the message, made at first use."""
    # Loading protobuf takes a tenth of a second, which only readers of text protos pay.
    from google.protobuf import descriptor_pb2, descriptor_pool

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="hermetic/vpython_spec.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for field, number, repeated, of in fields:
            message.field.add(
                name=field,
                number=number,
                label=kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL,
                type=kinds.TYPE_MESSAGE if of else kinds.TYPE_STRING,
                type_name=f".{_PACKAGE}.{of}" if of else None,
            )
    # A pool of its own: a program that has vpython's generated files beside this is not disturbed.
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindMessageTypeByName(f"{_PACKAGE}.Spec")


@functools.cache
def _message_class() -> Any:
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(spec_descriptor())


def new_message() -> Message:
    """Return an empty message."""
    message: Message = _message_class()()
    return message
