"""Fits times by sums of terms, none of them negative, in relative error.

>>> rows = [[1.0, 1.0], [1.0, 2.0], [1.0, 4.0]]
>>> [round(value, 6) for value in fit(rows, [3.0, 5.0, 9.0])]
[1.0, 2.0]
>>> [round(value, 6) for value in fit(rows, [4.0, 3.0, 2.0])]
[2.557377, 0.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def fit(rows: Sequence[Sequence[float]], times: Sequence[float]) -> list[float]:
    """The coefficients, not negative, with the least sum of squared relative errors."""
    seconds = np.asarray(times, dtype=np.float64)
    weighted = np.asarray(rows, dtype=np.float64) / seconds[:, None]
    size = np.linalg.norm(weighted, axis=0)
    size[size == 0] = 1.0
    return (least_squares(weighted / size, np.ones(len(seconds))) / size).tolist()


def least_squares(matrix: Array, target: Array) -> Array:
    """Non-negative least squares (Lawson and Hanson 1974, chapter 23)."""
    solution = np.zeros(matrix.shape[1])
    active = np.zeros(matrix.shape[1], dtype=bool)
    for _ in range(3 * matrix.shape[1]):
        gradient = matrix.T @ (target - matrix @ solution)
        gradient[active] = -np.inf
        best = int(gradient.argmax())
        if gradient[best] <= 1e-9:
            break
        active[best] = True
        solution = _inside(matrix, target, solution, active)
    return solution


def _inside(matrix: Array, target: Array, solution: Array, active: Array) -> Array:
    """The least squares over the active columns, or as far as no coefficient turns negative."""
    while True:
        wish = np.zeros_like(solution)
        wish[active] = np.linalg.lstsq(matrix[:, active], target, rcond=None)[0]
        if (wish[active] > 0).all():
            return wish
        low = active & (wish <= 0)
        ratio = solution[low] / np.maximum(solution[low] - wish[low], 1e-300)
        solution = solution + ratio.min() * (wish - solution)
        active &= solution > 1e-15
        solution[~active] = 0.0
