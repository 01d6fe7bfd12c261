"""Many small products of matrices, shared among threads.

>>> multiply = batched((2, 3, 4), 5)
>>> multiply is np.matmul
True
"""

from __future__ import annotations

from math import prod

import numpy as np

from einlang_numpy import crew
from einlang_numpy.expressions.operand import Array, Binary

SMALL = 2**18
"""Up to so many products, BLAS computes on one thread by itself."""
WORTH = 2**23
"""The number of products from which it is worth to wake other threads."""


def batched(shape: tuple[int, ...], inner: int) -> Binary:
    """The product of stacks of matrices, of that shape, with sums over `inner` places.

    The threads take parts of the longest axis of the stack each.
    """
    if not _shares(shape, inner, crew.threads()):
        return np.matmul
    axis = max(range(len(shape) - 2), key=lambda n: shape[n])
    before, large = (slice(None),) * axis, prod(shape[-2:]) * inner > SMALL

    def multiply(a: Array, b: Array) -> Array:
        value = np.empty(shape, a.dtype)

        def part(start: int, stop: int) -> None:
            place = (*before, slice(start, stop))
            np.matmul(a[place], b[place], value[place])

        crew.share(part, shape[axis], products=large)
        return value

    return multiply


def _shares(shape: tuple[int, ...], inner: int, threads: int) -> bool:
    """Whether threads with parts of a stack beat those of BLAS within each matrix."""
    longest = max(shape[:-2])
    if threads < 2 or prod(shape) * inner < WORTH or longest < threads:
        return False
    return prod(shape[-2:]) * inner <= SMALL or longest >= 4 * threads or longest % threads == 0
