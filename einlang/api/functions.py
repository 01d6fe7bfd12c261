"""The elementwise functions of the language, on arrays, expressions and encrypted tensors.

>>> relu([-1.0, 2.0]).tolist()
[0.0, 2.0]
>>> from einlang.api import Tensor, indices
>>> i, k = indices("i k")
>>> W, x = Tensor([[1.0, -1.0], [2.0, 0.0]]), Tensor([1.0, 3.0])
>>> relu(W[i, k] * x[k]).order(i)
Tensor([0., 2.])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from einlang.api import shaping
from einlang.api.encrypted import Encrypted
from einlang.api.recording import Leaf, Made, write
from einlang.api.tensor import Expression, Tensor, as_expression


def _apply(function: str, value: Any) -> Any:
    if isinstance(value, Expression):
        return value.call(function)
    if isinstance(value, Tensor):
        held = value.value
        if not held.shape:
            return as_expression(value).call(function)
        value = held
    if isinstance(value, Encrypted):
        return value.call(function)
    array = np.asarray(value)
    recipe = shaping.call(function, array.shape)
    written = write(Made(recipe.subscripts, recipe.value, {shaping.key(0): Leaf(array)}))
    return written.run("numpy")[written.name]


def exp(value: Any) -> Any:
    """The exponential function.

    >>> exp(0.0).item()
    1.0
    """
    return _apply("exp", value)


def gelu(value: Any) -> Any:
    """`x/2 (1 + erf(x / sqrt 2))` (Hendrycks, Gimpel, 2016), in its exact form.

    >>> gelu(0.0).item()
    0.0
    """
    return _apply("gelu", value)


def inverse(value: Any) -> Any:
    """`1 / x`.

    >>> inverse([2.0, 4.0]).tolist()
    [0.5, 0.25]
    """
    return _apply("inverse", value)


def log(value: Any) -> Any:
    """The natural logarithm.

    >>> log([1.0]).tolist()
    [0.0]
    """
    return _apply("log", value)


def relu(value: Any) -> Any:
    """`x` where it is positive, else zero.

    >>> relu([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """
    return _apply("relu", value)


def sigmoid(value: Any) -> Any:
    """`1 / (1 + exp(-x))`.

    >>> sigmoid([0.0]).tolist()
    [0.5]
    """
    return _apply("sigmoid", value)


def sign(value: Any) -> Any:
    """-1, 0 or 1.

    >>> sign([-3.0, 0.0, 2.0]).tolist()
    [-1.0, 0.0, 1.0]
    """
    return _apply("sign", value)


def silu(value: Any) -> Any:
    """`x sigmoid(x)`.

    >>> silu([0.0]).tolist()
    [0.0]
    """
    return _apply("silu", value)


def sqrt(value: Any) -> Any:
    """The square root.

    >>> sqrt([4.0]).tolist()
    [2.0]
    """
    return _apply("sqrt", value)


def square(value: Any) -> Any:
    """`x ^ 2`.

    >>> square([3.0]).tolist()
    [9.0]
    """
    return _apply("square", value)


def tanh(value: Any) -> Any:
    """The hyperbolic tangent.

    >>> tanh([0.0]).tolist()
    [0.0]
    """
    return _apply("tanh", value)
