"""Elements of arrays at affine places, over a space of indices.

>>> i = Index("i", 3)
>>> element(np.arange(4.0), (typed.At(((i, 1),), 1),), (i,)).tolist()
[1.0, 2.0, 3.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from einlang.checking import typed
from einlang.checking.typed import Index

Array = np.ndarray[Any, Any]


def element(array: Array, places: Sequence[typed.At], indices: Sequence[Index]) -> Array:
    """The elements that the places name: one axis for each index, of length one if unused."""
    positions: list[Array] = []
    outside = np.zeros((1,) * len(indices), bool)
    fill: Any = 0.0
    for place, length in zip(places, array.shape, strict=True):
        position = np.full((1,) * len(indices), place.offset)
        for index, factor in place.terms:
            shape = [1] * len(indices)
            shape[indices.index(index)] = index.size
            position = position + factor * np.arange(index.size).reshape(shape)
        if place.border == "wrap":
            position = position % length
        elif place.border == "pad":
            beyond = (position < 0) | (position >= length)
            fill = np.where(beyond & ~outside, place.fill, fill)
            outside = outside | beyond
        positions.append(np.clip(position, 0, length - 1))
    if not positions:
        return array.reshape((1,) * len(indices))
    return np.where(outside, fill, array[tuple(positions)])
