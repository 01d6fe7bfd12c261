"""One operand summed over some of its labels.

>>> from einlang_numpy.expressions.operand import contiguous
>>> x = contiguous((0, 1), {0: 2, 1: 3}, 8)
>>> summing(x, (0,), {0: 2, 1: 3})(np.ones((2, 3)))
array([3., 3.])
"""

from __future__ import annotations

from math import prod

import numpy as np

from einlang_numpy.expressions.operand import (
    Array,
    Labels,
    Operand,
    Sizes,
    Unary,
    fused,
    multiplies,
)

LONG = 2048
"""From so many elements on, a product with ones is faster than a sum."""


def summing(x: Operand, left: Labels, sizes: Sizes) -> Unary:
    """The sum over all other labels; those that are left keep their order."""
    gone = tuple(label for label in x.labels if label not in left)
    axes = tuple(x.labels.index(label) for label in gone)
    ordered = _by_ones(x, left, gone, sizes)
    return ordered or (lambda array: np.add.reduce(array, axes, array.dtype))


def _by_ones(x: Operand, left: Labels, gone: Labels, sizes: Sizes) -> Unary | None:
    """A product with ones, where the array is a matrix as it lies and what is summed an axis."""
    count, rest = (prod(sizes[label] for label in kind) for kind in (gone, left))
    if not left or count * rest < LONG or min(count, rest) < 2:
        return None
    ones: dict[str, Array] = {}
    shape = tuple(sizes[label] for label in left)
    last = x.labels == left + gone
    groups = [left, gone] if last else [gone, left]
    if x.labels != sum(groups, ()) or not multiplies(x, groups, sizes):
        return None
    if fused(x, groups, sizes) is None:
        return None
    matrix = (rest, count) if last else (count, rest)

    def total(array: Array) -> Array:
        kind = array.dtype.char
        if kind not in "fdFD":
            axes = tuple(x.labels.index(label) for label in gone)
            return np.add.reduce(array, axes, array.dtype)
        one = ones.get(kind)
        if one is None:
            one = ones[kind] = np.ones(count, kind)
        flat = array.reshape(matrix)
        return (flat.dot(one) if last else one.dot(flat)).reshape(shape)

    return total
