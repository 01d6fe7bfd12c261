"""MessagePack, as bytes.

>>> packb([1, "a"])
b'\\x92\\x01\\xa1a'
"""

from __future__ import annotations

from typing import Any

import msgpack


def packb(value: Any) -> bytes:
    """The bytes of a plain value."""
    content = msgpack.packb(value)
    assert content is not None
    return content
