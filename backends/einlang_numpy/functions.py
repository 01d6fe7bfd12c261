"""The elementwise functions on arrays; whole numbers stay whole where NumPy's would.

>>> apply(Function("relu"), np.array([-1, 2]))
array([0, 2])
>>> apply(Function("polynomial", (1.0, 0.0, 2.0)), np.array([0.5]))
array([1.5])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from einlang.checking.typed import Function

Array = Any


def apply(function: Function, x: Array) -> Array:
    """The function of every element; NaN or infinity outside of its domain."""
    with np.errstate(all="ignore"):
        if function.name in PLAIN:
            return np.asarray(PLAIN[function.name](x))
        return np.asarray(PARAMETRIC[function.name](x, function.parameters))


BLOCK = 8192
"""How many numbers a function takes through all its steps at a time."""


def sigmoid(x: Array) -> Array:
    """`1 / (1 + exp(-x))`, without overflow, a block that fits in the cache at a time.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    array = np.asarray(x)
    value = np.empty(array.shape, array.dtype if array.dtype.kind == "f" else np.float64)
    given, flat = array.reshape(-1), value.reshape(-1)
    for start in range(0, array.size, BLOCK):
        part = flat[start : start + BLOCK]
        np.multiply(given[start : start + BLOCK], -1.0, out=part)
        with np.errstate(over="ignore"):
            np.exp(part, out=part)
        part += 1
        np.reciprocal(part, out=part)
    return value


def gelu(x: Array) -> Array:
    """`x / 2 * (1 + erf(x / sqrt(2)))`, accurate in the left tail too."""
    return 0.5 * x * erfc(-x * np.sqrt(0.5))


def power(x: Array, parameters: Sequence[float]) -> Array:
    """`x ^ n`; whole for whole numbers while the result fits in 64 bits."""
    (exponent,) = parameters
    whole = np.asarray(x).dtype.kind in "iu" and exponent == int(exponent) and exponent >= 0
    if not whole:
        return np.power(np.asarray(x, np.result_type(x, 0.0)), exponent)
    largest = max(abs(int(x.max())), abs(int(x.min()))) if np.size(x) else 0
    fits = largest ** min(int(exponent), 64) < 2**63 and (exponent < 64 or largest < 2)
    return np.power(x, int(exponent)) if fits else np.power(x.astype(float), exponent)


def polynomial(x: Array, coefficients: Sequence[float]) -> Array:
    """`c0 + c1*x + c2*x^2 + ...` by Horner's rule."""
    value: Array = np.zeros_like(x, np.result_type(x, *coefficients))
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


# -- the error function -------------------------------------------------------------------
# Rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error
# function", Math. Comp. 23 (1969), with the coefficients of his program CALERF.

_A = (
    1.85777706184603153e-1,
    3.16112374387056560e00,
    1.13864154151050156e02,
    3.77485237685302021e02,
    3.20937758913846947e03,
)
_B = (
    1.0,
    2.36012909523441209e01,
    2.44024637934444173e02,
    1.28261652607737228e03,
    2.84423683343917062e03,
)
_C = (
    2.15311535474403846e-8,
    5.64188496988670089e-1,
    8.88314979438837594e00,
    6.61191906371416295e01,
    2.98635138197400131e02,
    8.81952221241769090e02,
    1.71204761263407058e03,
    2.05107837782607147e03,
    1.23033935479799725e03,
)
_D = (
    1.0,
    1.57449261107098347e01,
    1.17693950891312499e02,
    5.37181101862009858e02,
    1.62138957456669019e03,
    3.29079923573345963e03,
    4.36261909014324716e03,
    3.43936767414372164e03,
    1.23033935480374942e03,
)
_P = (
    1.63153871373020978e-2,
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
)
_Q = (
    1.0,
    2.56852019228982242e00,
    1.87295284992346047e00,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)


def erf(x: Array) -> Array:
    """The error function, to the last few bits of float64.

    >>> float(erf(np.array(0.5)))
    0.5204998778130465
    """
    y = np.minimum(np.abs(x), 27.0)
    return np.where(y <= 0.46875, x * _ratio(_A, _B, np.minimum(y, 0.5) ** 2), _far(x, y))


def erfc(x: Array) -> Array:
    """`1 - erf(x)`, with small relative error where it is small."""
    y = np.minimum(np.abs(x), 27.0)
    tail = _tail(y)
    near = 1.0 - x * _ratio(_A, _B, np.minimum(y, 0.5) ** 2)
    return np.where(y <= 0.46875, near, np.where(x < 0, 2.0 - tail, tail))


def _far(x: Array, y: Array) -> Array:
    return np.sign(x) * (1.0 - _tail(y))


def _tail(y: Array) -> Array:
    """`erfc` of positive numbers above 0.46875."""
    y = np.maximum(y, 0.46875)
    z = 1.0 / np.square(y)
    far = (np.sqrt(1.0 / np.pi) - z * _ratio(_P, _Q, z)) / y
    factor = np.where(y <= 4.0, _ratio(_C, _D, np.minimum(y, 4.0)), far)
    coarse = np.trunc(y * 16.0) / 16.0
    rest = (y - coarse) * (y + coarse)
    return np.exp(-coarse * coarse) * np.exp(-rest) * factor


def _ratio(top: Sequence[float], bottom: Sequence[float], x: Array) -> Array:
    return np.polyval(np.array(top), x) / np.polyval(np.array(bottom), x)


def _step(relation: Callable[[Array, int], Array]) -> Callable[[Array], Array]:
    return lambda x: relation(x, 0).astype(np.int64)


PLAIN: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": gelu,
    "silu": lambda x: x * sigmoid(x),
    "sign": np.sign,
    "inverse": lambda x: 1.0 / x,
    "square": np.square,
    "lt0": _step(np.less),
    "le0": _step(np.less_equal),
    "gt0": _step(np.greater),
    "ge0": _step(np.greater_equal),
    "eq0": _step(np.equal),
    "ne0": _step(np.not_equal),
}
PARAMETRIC: dict[str, Callable[[Array, Sequence[float]], Array]] = {
    "power": power,
    "polynomial": polynomial,
}
