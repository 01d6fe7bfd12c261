"""Messages between a process and its worker: MessagePack, and long bytes behind it as they are.

    how many lengths follow (8); lengths of the MessagePack and of the long bytes (8 each)
    MessagePack, in which an extension stands for long bytes by their number
    the long bytes, one after another

>>> from io import BytesIO
>>> stream = BytesIO()
>>> send(stream, ["verb", {"x": np.arange(2), "body": Pieces([b"one " * 8192, b"and more"])}])
>>> _ = stream.seek(0)
>>> verb, arguments = receive(stream)
>>> arguments["x"], len(arguments["body"])
(array([0, 1]), 32776)
>>> receive(stream) is None
True
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgpack
import numpy as np

from einlang_fhe.files.packing import packb

LENGTH = struct.Struct("<Q")
LONGEST = 1 << 33
MOST = 1 << 10
"""Long bytes in a message."""
LONG = 1 << 14
"""Bytes: from there on they are not copied into the MessagePack."""
BEHIND = 1
"""The extension that stands for long bytes."""


class Pieces(list[Any]):
    """Bytes in pieces, which come as one."""


def send(stream: Any, message: Any) -> None:
    """Writes a message."""
    behind: list[Pieces] = []
    head = packb(_packed(message, behind))
    lengths = [len(head), *(sum(map(len, pieces)) for pieces in behind)]
    first = b"".join(map(LENGTH.pack, [len(lengths), *lengths]))
    for part in [first + head, *(piece for pieces in behind for piece in pieces)]:
        _write(stream, memoryview(part))
    stream.flush()


def receive(stream: Any) -> Any:
    """The next message; None at the end. Raises `ValueError` for what is none."""
    first = _read(stream, LENGTH.size)
    if first is None:
        return None
    (count,) = LENGTH.unpack(first)
    rest = _read(stream, LENGTH.size * count) if 1 <= count <= MOST else None
    if rest is None:
        raise ValueError("no message")
    lengths = [length for (length,) in LENGTH.iter_unpack(rest)]
    if sum(lengths) > LONGEST:
        raise ValueError("a message that is too long")
    head, *behind = (_read(stream, length) for length in lengths)
    if head is None or None in behind:
        return None

    def found(code: int, number: bytes) -> Any:
        place = int.from_bytes(number, "little")
        if code != BEHIND or place >= len(behind):
            raise ValueError("a message that names bytes which are not there")
        return behind[place]

    return _unpacked(msgpack.unpackb(head, raw=False, ext_hook=found))


def _write(stream: Any, content: memoryview) -> None:
    """A pipe takes what fits into it."""
    while content:
        content = content[stream.write(content) :]


def _read(stream: Any, length: int) -> bytearray | None:
    """So many bytes; None where there are fewer."""
    content = bytearray(length)
    left = memoryview(content)
    while left:
        count = stream.readinto(left)
        if not count:
            return None
        left = left[count:]
    return content


def _packed(value: Any, behind: list[Pieces]) -> Any:
    """Arrays as maps, long bytes as extensions, everything else as it is."""
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value).tobytes()
        rows = {"dtype": value.dtype.str, "shape": list(value.shape), "data": data}
        return _packed(rows, behind)
    if isinstance(value, Mapping):
        return {key: _packed(item, behind) for key, item in value.items()}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes(Pieces([value]), behind)
    if isinstance(value, Pieces):
        return _bytes(value, behind)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_packed(item, behind) for item in value]
    return value


def _bytes(pieces: Pieces, behind: list[Pieces]) -> Any:
    if sum(map(len, pieces)) < LONG or len(behind) == MOST - 1:
        return b"".join(pieces)
    behind.append(pieces)
    return msgpack.ExtType(BEHIND, (len(behind) - 1).to_bytes(2, "little"))


def _unpacked(value: Any) -> Any:
    """Maps that stand for arrays as arrays again."""
    if isinstance(value, dict) and set(value) == {"dtype", "shape", "data"}:
        kind = np.dtype(value["dtype"])
        if kind.kind not in "biuf":
            raise ValueError("an array of no numbers")
        return np.frombuffer(value["data"], kind).reshape(value["shape"])
    if isinstance(value, dict):
        return {key: _unpacked(item) for key, item in value.items()}
    return [_unpacked(item) for item in value] if isinstance(value, list) else value
