"""Results that others may see: blurred, then rounded to the precision that is promised.

The error of a CKKS result depends on the key and on secrets; whoever sees it beside the
ciphertext learns about them (Li and Micciancio, ePrint 2020/1533). Here Gaussian noise is
added, with a deviation of a quarter of the precision, and what is left is rounded to a
power of two near the precision. With an error of deviation `e` in each of `n` numbers, what
others learn of it is at most `n (e / d)^2 / 2` nats for noise of deviation `d` (the
divergence of two Gaussians; Li, Micciancio, Schultz and Sorrell, ePrint 2022/816, section 5).

>>> values = shared(np.array([0.123456789, 1.0]), 1e-2)
>>> bool((abs(values - [0.123456789, 1.0]) < 3e-2).all()), float(values[1] * 128) % 1
(True, 0.0)
"""

from __future__ import annotations

from math import floor, log2
from typing import Any

import numpy as np

from einlang_fhe.engines.decrypting import gaussian

Array = np.ndarray[Any, Any]
NOISE = 0.25
"""Deviation of the noise, in units of the precision."""


def shared(values: Array, precision: float) -> Array:
    """The values, off by more than twice the precision with a chance of one in 10^9.

    The precision is relative to `max(1, largest value)`.
    """
    if not values.size:
        return values
    size = precision * max(1.0, 2.0 ** floor(log2(max(1.0, float(np.abs(values).max())))))
    blurred = values + NOISE * size * gaussian(values.size).reshape(values.shape)
    step = 2.0 ** floor(log2(size))
    return np.round(blurred / step) * step
