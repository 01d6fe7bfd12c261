"""The derivatives of the elementwise functions; at a kink, the value on the side of zero.

>>> slope(Function("tanh"), np.array([0.0])), slope(Function("relu"), np.array([-1.0, 2.0]))
(array([1.]), array([0., 1.]))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from einlang.checking.typed import Function
from einlang_numpy.functions import erfc, polynomial, sigmoid

Array = Any
HOLOMORPHIC = {"exp", "log", "sqrt", "square", "inverse", "power", "polynomial"}


def slope(function: Function, x: Array) -> Array:
    """The derivative at every element.

    Raises `ValueError` for complex elements where there is no complex derivative.
    """
    name, numbers = function.name, function.parameters
    if x.dtype.kind == "c" and name not in HOLOMORPHIC:
        raise ValueError(f"`{name}` has no complex derivative")
    with np.errstate(all="ignore"):
        if name == "power":
            return numbers[0] * np.power(x, numbers[0] - 1)
        if name == "polynomial":
            return polynomial(x, [n * c for n, c in enumerate(numbers)][1:] or [0.0])
        return np.asarray(SLOPES.get(name, np.zeros_like)(x))


def _gelu(x: Array) -> Array:
    density = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return 0.5 * erfc(-x * np.sqrt(0.5)) + x * density


def _silu(x: Array) -> Array:
    s = sigmoid(x)
    return s * (1 + x * (1 - s))


SLOPES: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": lambda x: 1 / x,
    "sqrt": lambda x: 0.5 / np.sqrt(x),
    "abs": np.sign,
    "sigmoid": lambda x: sigmoid(x) * (1 - sigmoid(x)),
    "tanh": lambda x: 1 - np.tanh(x) ** 2,
    "relu": lambda x: (x > 0).astype(float),
    "gelu": _gelu,
    "silu": _silu,
    "inverse": lambda x: -1 / x**2,
    "square": lambda x: 2 * x,
}
"""By name; functions that are flat almost everywhere are not there."""
