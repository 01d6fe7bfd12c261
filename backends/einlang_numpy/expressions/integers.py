"""Products of whole numbers by BLAS, where floats hold every number on the way exactly.

>>> product = whole(lambda a, b: a.dot(b), lambda a, b: np.einsum("ij,jk->ik", a, b), 2, np.int64)
>>> a = np.array([[1, 2], [3, 2**40]])
>>> product(a[:1], a[:1].T), product(a, a).tolist()[1][1] == (3 * 2 + 2**80) % 2**64
(array([[5]]), True)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from einlang_numpy.expressions.operand import Array, Binary

EXACT = 2**53
WORTH = 2**13
"""The number of products from which a detour through floats is faster than NumPy's loops."""


def whole(floats: Binary, loops: Binary, length: int, kind: Any) -> Binary:
    """The product of integers or truth values, sums over `length` places.

    `floats` is the same on contiguous arrays of float64, `loops` on any. Sums that would wrap
    around in the type do so: what is exact in float64 is cast by way of int64.
    """
    kind = np.dtype(kind)
    if kind.kind == "b":
        return lambda a, b: floats(_long(a), _long(b)) != 0

    def multiply(a: Array, b: Array) -> Array:
        if not a.size or _bound(a) * _bound(b) * length >= EXACT:
            return loops(a, b)
        return floats(_long(a), _long(b)).astype(np.int64).astype(kind, copy=False)

    return multiply


def _long(array: Array) -> Array:
    return array.astype(np.float64, order="C")


def _bound(array: Array) -> int:
    """The largest magnitude; for short integers, of any that they hold."""
    if array.dtype.itemsize <= 2:
        return 2 ** (8 * array.dtype.itemsize)
    return max(int(array.max()), -int(array.min()))
