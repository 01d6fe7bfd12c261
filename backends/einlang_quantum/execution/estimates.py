"""Numbers estimated from shots, each with its standard error.

>>> squares([30, 70], 100).values.tolist()
[0.3, 0.7]
>>> roots = magnitudes([30, 70], 100)
>>> roots.values.round(3).tolist(), roots.errors.round(3).tolist()
([0.549, 0.837], [0.042, 0.028])
>>> shots_for(0.01, 0.04), shots_for(0.01, 0.04, reading="real")
(60000, 120000)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

Array = Any
READINGS = ("magnitude", "real", "complex")


@dataclass(frozen=True)
class Estimate:
    """Values with their standard errors, those of imaginary parts imaginary; zero if exact."""

    values: Array
    errors: Array

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Lower and upper ends of the intervals that hold the truth so often, for many shots;
        of complex values, those of the real and of the imaginary parts."""
        width = NormalDist().inv_cdf(0.5 + level / 2) * self.errors
        return self.values - width, self.values + width

    def times(self, factor: complex) -> Estimate:
        """Both parts mixed as a product with a number that is known exactly does."""
        errors: Array = np.asarray(self.errors)
        if not (np.iscomplexobj(errors) or complex(factor).imag):
            return Estimate(self.values * complex(factor).real, errors * abs(factor))
        a, b = complex(factor).real, complex(factor).imag
        re, im = errors.real, errors.imag
        mixed = np.hypot(a * re, b * im) + 1j * np.hypot(b * re, a * im)
        return Estimate(self.values * factor, mixed)


def squares(counts: Any, shots: int | None) -> Estimate:
    """The probabilities of outcomes, by how often they were found: the unbiased estimate of
    their variance is q (1 - q) / (shots - 1). Without shots the counts are probabilities."""
    found, total = _frequencies(counts, shots)
    return Estimate(found, _root(found * (1 - found), total))


def magnitudes(counts: Any, shots: int | None) -> Estimate:
    """The square roots of probabilities, by the delta method: standard error
    sqrt((1 - q) / 4 shots), and the bias of the first order, (1 - q) / (8 shots sqrt q), added
    where anything was found."""
    found, total = _frequencies(counts, shots)
    roots = np.sqrt(found)
    lost = np.divide(1 - found, 8 * total * roots, out=np.zeros_like(roots), where=roots > 0)
    return Estimate(roots + lost, _root(1 - found, total) / 2)


def differences(plus: Any, minus: Any, shots: int | None) -> Estimate:
    """What a Hadamard test tells of amplitudes: unbiased, with an unbiased variance."""
    (kept, total), (gone, _) = _frequencies(plus, shots), _frequencies(minus, shots)
    root = math.sqrt(kept.size)
    spread = kept + gone - (kept - gone) ** 2
    return Estimate((kept - gone) * root, _root(spread, total) * root)


def shots_for(
    precision: float, probability: float, reading: str = "magnitude", elements: int = 1
) -> int:
    """The shots for which the expected error, relative to the norm of the result, is this.

    The sum of the variances of all elements, by the formulas of `magnitudes` and
    `differences`, over that of the squares, which is the probability of success. The
    relative error of the probability itself is twice that of a magnitude.
    """
    p, size = probability, elements
    if not p > 0:
        raise ValueError("a circuit that never succeeds cannot be run often enough")
    spread = {
        "magnitude": (size - p) / 4,
        "real": (1 + p) * size / 2 - p,
        "complex": 2 * ((1 + p) * size - p),
    }[reading]
    return max(1, math.ceil(spread / (p * precision**2) * (1 - 1e-12)))


def _frequencies(counts: Any, shots: int | None) -> tuple[Array, float]:
    """How often, of all, and of how many: as if of ever so many where nothing was drawn."""
    numbers = np.asarray(counts, float)
    return (numbers, math.inf) if shots is None else (numbers / shots, shots)


def _root(variance: Array, shots: float) -> Array:
    """The standard error for the variance of one shot, which is never below 1 / shots: what
    was not found in them may be there."""
    return np.sqrt(np.maximum(variance, 1 / shots) / max(1, shots - 1))
