"""Where elements of a tensor sit, as numbers: `ciphertext * slots + slot`.

>>> from einlang_fhe.layout import arrange
>>> addresses(arrange((2, 4), (0, 1), 4)).tolist()
[0, 2, 4, 6, 1, 3, 5, 7]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from einlang_fhe.layout import Bit, Layout, width

Array = np.ndarray[Any, Any]


@lru_cache(maxsize=256)
def address_parts(layout: Layout) -> tuple[Array, ...]:
    """For every axis what each of its indices adds to `ciphertext * slots + slot`.

    >>> [part.tolist() for part in address_parts(Layout((2, 3), (Bit(1, 0), Bit(1, 1), Bit(0, 0))))]
    [[0, 4], [0, 1, 2]]
    """
    parts = [np.zeros(size, dtype=np.int64) for size in layout.shape]
    indices = [np.arange(size) for size in layout.shape]
    for position, place in enumerate(layout.places):
        if isinstance(place, Bit):
            parts[place.axis] += ((indices[place.axis] >> place.bit) & 1) << position
    weight = layout.slots
    for digit in reversed(layout.digits):
        values = (indices[digit.axis] >> digit.low) & ((1 << width(digit.extent)) - 1)
        parts[digit.axis] += values * weight
        weight *= digit.extent
    return tuple(parts)


@lru_cache(maxsize=64)
def addresses(layout: Layout) -> Array:
    """`ciphertext * slots + slot` of every element, at the copy that comes first.

    >>> addresses(Layout((2, 2), (Bit(0, 0), Bit(1, 0)))).tolist()
    [0, 2, 1, 3]
    """
    parts = address_parts(layout)
    if not layout.rolls:
        return outer_sum(parts)
    stored = list(np.indices(layout.shape).reshape(len(layout.shape), -1))
    for roll in layout.rolls:
        moved = stored[roll.axis] + stored[roll.by]
        stored[roll.axis] = moved % layout.shape[roll.axis]
    total: Array = np.zeros(1, dtype=np.int64)
    return sum((part[index] for part, index in zip(parts, stored, strict=True)), total)


def outer_sum(parts: Sequence[Array]) -> Array:
    """The sums of one number of each, the last one counting fastest.

    >>> outer_sum([np.array([0, 10]), np.array([1, 2])]).tolist()
    [1, 2, 11, 12]
    """
    total: Array = np.zeros(1, dtype=np.int64)
    for part in parts:
        total = np.add.outer(total, part).ravel()
    return total
