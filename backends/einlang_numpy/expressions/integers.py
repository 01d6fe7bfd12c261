"""Products of whole numbers by BLAS, where floats hold every number on the way exactly.

Panels of the operands are turned to floats in a workspace that a thread keeps, whatever the
size of the operands.

>>> sizes = {0: 2, 1: 3, 2: 2}
>>> loops = lambda a, b: np.einsum("ij,jk->ik", a, b)
>>> product = whole(((0, 1), (1, 2), (0, 2)), sizes, np.int64, loops)
>>> a = np.array([[1, 2, 3], [4, 5, 2**60]])
>>> product(a[:, :3] % 7, a.T % 7).tolist()
[[14, 17], [17, 42]]
>>> product(a, a.T).tolist() == loops(a, a.T).tolist()
True
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from threading import local
from typing import Any

import numpy as np

from einlang_numpy import crew
from einlang_numpy.expressions.operand import (
    Array,
    Binary,
    Labels,
    Sizes,
    Unary,
    chained,
    reshaping,
    turning,
)

EXACT = 2**53
WORTH = 2**17
"""The number of products from which a detour through floats is faster than NumPy's loops."""
SIDE, INNER = 96, 256
"""The most rows or columns, and places to sum over, of a panel."""
ROOM = 2 * SIDE * (SIDE + INNER)
"""How many floats a thread's workspace holds: half a megabyte."""
_kept = local()


def whole(
    equation: tuple[Labels, Labels, Labels], sizes: Sizes, kind: Any, loops: Binary
) -> Binary:
    """The product of integers or truth values; each label is on two of the three at least.

    `loops` is the same for any numbers. Sums that would wrap around in the type do so: what
    is exact in float64 is cast by way of int64.
    """
    left, right, result = equation
    batch = tuple(x for x in result if x in left and x in right)
    rows = tuple(x for x in result if x not in right)
    columns = tuple(x for x in result if x not in left)
    inner = tuple(x for x in left if x not in result)
    stack, high, wide, length = (prod(sizes[x] for x in g) for g in (batch, rows, columns, inner))
    before = _arranged(left, batch + rows + inner, (stack, high, length))
    after = _arranged(right, batch + inner + columns, (stack, length, wide))
    made = batch + rows + columns
    turn = turning(made, result) or (lambda array: array)
    shape = tuple(sizes[x] for x in made)
    panels = Panels((stack, high, wide), length, np.dtype(kind))

    def multiply(a: Array, b: Array) -> Array:
        if panels.kind.kind != "b" and _bound(a) * _bound(b) * length >= EXACT:
            return loops(a, b)
        value = turn(panels.multiplied(before(a), after(b)).reshape(shape))
        return value if shape else value[()]

    return multiply


def _arranged(labels: Labels, order: Labels, shape: tuple[int, ...]) -> Unary:
    step = chained(turning(labels, order), reshaping(shape))
    assert step is not None
    return step


@dataclass(frozen=True)
class Panels:
    """A stack of products of matrices, `length` places to sum over, cut into panels."""

    shape: tuple[int, int, int]
    length: int
    kind: np.dtype[Any]

    @cached_property
    def blocks(self) -> list[tuple[slice, ...]]:
        """Where the panels of the value are: as many of a stack at once as there is room for."""
        stack, high, wide = self.shape
        rows, columns, inner = _even(high, SIDE), _even(wide, SIDE), _even(self.length, INNER)
        depth = max(1, ROOM // (rows * inner + inner * columns + 2 * rows * columns))
        return list(product(_cut(stack, depth), _cut(high, rows), _cut(wide, columns)))

    @cached_property
    def places(self) -> list[slice]:
        """The ranges to sum over, one after another."""
        return _cut(self.length, _even(self.length, INNER))

    def multiplied(self, a: Array, b: Array) -> Array:
        """The product, the panels shared among threads."""
        value = np.empty(self.shape, self.kind)

        def part(start: int, stop: int) -> None:
            for block in self.blocks[start:stop]:
                self._panel(a, b, block, value[block])

        crew.share(part, len(self.blocks), products=True)
        return value

    def _panel(self, a: Array, b: Array, block: tuple[slice, ...], value: Array) -> None:
        """One panel of the product, summed over all places."""
        stack, rows, columns = block
        room, shape, size = _workspace(), value.shape, value.size
        total = room[:size].reshape(shape)
        spare = room[size : 2 * size].reshape(shape)
        for place in self.places:
            left, right = a[stack, rows, place], b[stack, place, columns]
            middle, end = 2 * size + left.size, 2 * size + left.size + right.size
            first = room[2 * size : middle].reshape(left.shape)
            second = room[middle:end].reshape(right.shape)
            first[...] = left
            second[...] = right
            if place.start:
                np.matmul(first, second, spare)
                total += spare
            else:
                np.matmul(first, second, total)
        if value.dtype.kind == "b":
            np.not_equal(total, 0, value)
        else:
            long = spare.view(np.int64)
            np.copyto(long, total, "unsafe")
            np.copyto(value, long, "unsafe")


def _workspace() -> Array:
    """The floats that this thread keeps."""
    try:
        return _kept.room
    except AttributeError:
        _kept.room = np.empty(ROOM)
        return _kept.room


def _even(size: int, most: int) -> int:
    """The length of parts of much the same length, none of them above the most."""
    return -(-size // -(-size // most))


def _cut(size: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, size)) for start in range(0, size, step)]


def _bound(array: Array) -> int:
    """The largest magnitude; for short integers, of any that they hold."""
    if array.dtype.itemsize <= 2:
        return 2 ** (8 * array.dtype.itemsize)
    return max(int(np.maximum.reduce(array, None)), -int(np.minimum.reduce(array, None)))
