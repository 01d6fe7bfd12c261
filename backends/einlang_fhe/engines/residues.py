"""Residues as they are sent: each in as many bytes as its prime has, or eight.

>>> words = np.arange(4, dtype="<u8") << 30
>>> room = bytearray(4 * width(1 << 40))
>>> pack(words.tobytes(), 0, memoryview(room), width(1 << 40))
>>> bool((unpacked(room, 0, 4, width(1 << 40)) == words).all())
True
"""

from __future__ import annotations

from functools import cache
from typing import Any, Union

import numpy as np

Array = np.ndarray[Any, Any]
Bytes = Union[bytes, bytearray, memoryview]
WORD = 8
"""Bytes of a residue as OpenFHE writes it."""


def width(modulus: int) -> int:
    """Bytes of a residue: whole words where less would save little, for they are faster.

    >>> width((1 << 40) - 87), width((1 << 56) - 5)
    (5, 8)
    """
    needed = (modulus.bit_length() + 7) // 8
    return needed if needed <= 6 else WORD


def pack(content: Bytes, start: int, room: memoryview, width: int) -> None:
    """Fills a room with the residues that stand as words from a place on."""
    count = len(room) // width
    if width == WORD:
        room[:] = memoryview(content)[start : start + WORD * count]
        return
    words = np.frombuffer(content, _columns(width, WORD), count, start)
    packed = np.frombuffer(room, _columns(width, width))
    for name in words.dtype.fields or ():
        packed[name] = words[name]


def unpacked(residues: Bytes, start: int, count: int, width: int) -> Array:
    """So many residues, from a place on, as words."""
    if width == WORD:
        return np.frombuffer(residues, "<u8", count, start)
    words = np.zeros(count, "<u8")
    found = words.view(_columns(width, WORD))
    packed = np.frombuffer(residues, _columns(width, width), count, start)
    for name in packed.dtype.fields or ():
        found[name] = packed[name]
    return words


@cache
def _columns(width: int, size: int) -> np.dtype[Any]:
    """The lowest `width` bytes of each `size` bytes, as numbers of 4, 2 and 1 bytes.

    Copied one column after another, they take a tenth of the time of rows of bytes (measured).

    >>> sorted((at, str(kind)) for kind, at in _columns(5, 8).fields.values())
    [(0, 'uint32'), (4, 'uint8')]
    """
    sizes = [n for n in (4, 2, 1) if width & n]
    places = [width & -2 * n for n in sizes]
    return np.dtype(
        {
            "names": [str(place) for place in places],
            "formats": [f"<u{n}" for n in sizes],
            "offsets": places,
            "itemsize": size,
        }
    )
