"""Contractions of a program: planned for each way that arrays come, then called.

>>> multiply = contraction(((0, 1), (1, 2)), (2, 0))
>>> multiply(np.ones((2, 3)), np.ones((3, 4))).shape
(4, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from einlang_numpy.expressions import plan

Array = Any
Labels = tuple[int, ...]
Unary = Callable[[Array], Array]
Binary = Callable[[Array, Array], Array]
KEPT = 16
"""How many ways to lie in memory a contraction is ready for at once."""


def contraction(arguments: tuple[Labels, ...], result: Labels) -> Callable[..., Array]:
    """The sum over all labels that the result lacks, for arrays of one shape each."""
    ready: dict[Any, Callable[..., Array]] = {}

    def contract(*arrays: Array) -> Array:
        key = tuple([(x.dtype, x.strides) for x in arrays])
        function = ready.get(key)
        if function is None:
            if len(ready) >= KEPT:
                ready.clear()
            function = ready[key] = plan(arguments, result, arrays)
        return np.asarray(function(*arrays))

    return contract


def elementwise(
    left: Labels, right: Labels, result: Labels, operation: Binary = np.multiply
) -> Binary:
    """An operation on two arrays, spread over the labels of the result."""
    first, second = _spreading(left, result), _spreading(right, result)
    if first is None and second is None:
        return operation
    before, after = first or _same, second or _same
    return lambda a, b: operation(before(a), after(b))


def _spreading(labels: Labels, result: Labels) -> Unary | None:
    """To the order of the result, with an axis of length one for what is missing."""
    kept = [label for label in result if label in labels]
    turn = _turning([labels.index(label) for label in kept])
    index = tuple(slice(None) if label in labels else None for label in result)
    leading = index.index(slice(None)) if kept else len(index)
    if None not in index[leading:]:
        return turn
    if turn is None:
        return lambda a: a[index]
    return lambda a: turn(a)[index]


def _turning(order: Sequence[int]) -> Unary | None:
    axes = tuple(order)
    if axes == tuple(range(len(axes))):
        return None
    return lambda a: a.transpose(axes)


def _same(array: Array) -> Array:
    return array
