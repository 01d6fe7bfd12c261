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

ALONE = 2**18
"""Up to so many products, BLAS computes on one thread."""
WORTH = 2**20
"""The number of products from which it is worth to wake other threads."""


def batched(shape: tuple[int, ...], inner: int) -> Binary:
    """The product of stacks of matrices, of that shape, with sums over `inner` places.

    The threads take parts of the first axis each, where BLAS would not use them itself.
    """
    if prod(shape[-2:]) * inner > ALONE or prod(shape) * inner < WORTH or crew.threads() < 2:
        return np.matmul

    def multiply(a: Array, b: Array) -> Array:
        value = np.empty(shape, a.dtype)

        def part(start: int, stop: int) -> None:
            np.matmul(a[start:stop], b[start:stop], value[start:stop])

        crew.share(part, shape[0])
        return value

    return multiply
