"""How far out the largest of many numbers lies, by what is known of their fourth moment.

A sum of `n` products of two normal numbers each has a heavier tail than a normal number, the
heavier the smaller `n` is; its kurtosis is `3 + 6 / n`. The bound is Chernoff's (1952), for the
`n` that the kurtosis tells.

>>> [round(tail(kurtosis, ERRORS), 1) for kurtosis in (1, 3, 3.1, 4, 9, 27)]
[5.9, 5.9, 6.6, 10.1, 19.3, 36.0]
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

NORMAL = 3.0
"""The kurtosis of normal numbers: the mean of their fourth powers, over that of their squares,
squared."""
ERRORS = 2.0**-24
"""How likely the error of one element may be larger than what is promised."""
NUMBERS = 2.0**-18
"""How likely a result without declared ranges is larger than what there is room for."""


@lru_cache(maxsize=1024)
def tail(kurtosis: float, probability: float) -> float:
    """What a number is rarely larger than, in standard deviations."""
    distance = float(np.log(2 / probability))
    if kurtosis <= NORMAL:
        return (2 * distance) ** 0.5
    count = 6 / (kurtosis - NORMAL)
    part = np.arange(1, 1000) / 1000
    bounds = (distance - count / 2 * np.log1p(-(part**2))) / (part * count**0.5)
    return float(bounds.min())


def of_sum(kurtosis: float, count: int) -> float:
    """The kurtosis of a sum of so many independent numbers.

    >>> of_sum(9.0, 6)
    4.0
    """
    return NORMAL + (kurtosis - NORMAL) / max(count, 1)
