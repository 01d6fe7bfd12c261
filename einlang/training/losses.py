"""Losses: a number for predictions and targets, its gradient, and how many are right.

>>> value, gradient = mse(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
>>> value, gradient.tolist()
(2.0, [0.0, -2.0])
>>> correct(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0])).tolist()
[True, False]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Loss = Callable[[Array, Array], tuple[float, Array]]
LEAST = 1e-12
"""Probabilities below this count as this much."""


def mse(predictions: Array, targets: Array) -> tuple[float, Array]:
    """The mean of squared differences."""
    apart = predictions - targets
    return float(np.mean(apart**2)), 2 * apart / apart.size


def cross_entropy(predictions: Array, targets: Array) -> tuple[float, Array]:
    """The mean of `-log p(target)`; the last axis holds the classes, and is normalised.

    Targets are whole numbers, or distributions over the last axis.
    """
    weights = _distributions(predictions, targets)
    raw = np.maximum(predictions, LEAST)
    total = raw.sum(-1, keepdims=True)
    rows = raw.size // raw.shape[-1]
    value = float(-(weights * np.log(raw / total)).sum() / rows)
    gradient = (weights.sum(-1, keepdims=True) / total - weights / raw) / rows
    return value, np.where(predictions > LEAST, gradient, 0.0)


def binary_cross_entropy(predictions: Array, targets: Array) -> tuple[float, Array]:
    """The mean of `-log p` where the target is one, of `-log(1 - p)` where it is zero."""
    p = np.clip(predictions, LEAST, 1 - LEAST)
    value = float(-np.mean(targets * np.log(p) + (1 - targets) * np.log1p(-p)))
    inside = (predictions > LEAST) & (predictions < 1 - LEAST)
    return value, np.where(inside, (p - targets) / (p * (1 - p)) / p.size, 0.0)


def correct(predictions: Array, targets: Array) -> Array:
    """Which samples are right: the largest class, or the right side of one half everywhere."""
    if predictions.ndim > targets.ndim:
        return predictions.argmax(-1) == targets
    same = (predictions > 0.5) == (targets > 0.5)
    return same.reshape(len(same), -1).all(1)


def _distributions(predictions: Array, targets: Array) -> Array:
    if predictions.ndim == targets.ndim:
        return targets
    return np.eye(predictions.shape[-1])[targets.astype(int)]


LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
    "mse": mse,
}
