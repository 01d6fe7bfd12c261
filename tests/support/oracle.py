"""An evaluator of checked programs: slow, in float64, plain enough to be right at a glance.

Every factor of a term is spread out over the whole index space of the term, affine places
become arrays of positions, and sums are sums over axes. The backends are tested against it.

>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> typed = check(read("index i = 2, k = 2\\npublic A[i, k]\\nx[i] = A[i, k]"))
>>> evaluate(typed, {"A": np.eye(2)})["x"].tolist()
[1.0, 1.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from einlang.checking.typed import (
    Apply,
    At,
    Definition,
    Expression,
    Fold,
    Function,
    Index,
    Number,
    Product,
    Read,
    Sum,
    Typed,
)

Array = np.ndarray
Space = tuple[Index, ...]

FUNCTIONS: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x / 2 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "sign": np.sign,
    "inverse": lambda x: 1 / x,
    "square": lambda x: x * x,
    "power": lambda x, exponent: x**exponent,
    "polynomial": lambda x, *numbers: sum(c * x**n for n, c in enumerate(numbers)),
    "lt0": lambda x: np.where(x < 0, 1.0, 0.0),
    "le0": lambda x: np.where(x <= 0, 1.0, 0.0),
    "gt0": lambda x: np.where(x > 0, 1.0, 0.0),
    "ge0": lambda x: np.where(x >= 0, 1.0, 0.0),
    "eq0": lambda x: np.where(x == 0, 1.0, 0.0),
    "ne0": lambda x: np.where(x != 0, 1.0, 0.0),
}

FOLDS: dict[str, Callable[..., Array]] = {
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "argmax": np.argmax,
    "argmin": np.argmin,
}


def evaluate(typed: Typed, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The values of all definitions, from the values of all inputs."""
    known = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    found: dict[str, Array] = {}
    for item in typed.definitions:
        found[item.tensor.name] = define(item, known | found)
    return found


def define(item: Definition, tensors: Mapping[str, Array]) -> Array:
    """The array of one definition."""
    return spread(item.value, item.indices, tensors).reshape(item.tensor.shape)


def spread(node: Expression, space: Space, tensors: Mapping[str, Array]) -> Array:
    """The values of an expression at every point of a space of indices."""
    assert len(set(space)) == len(space), space
    shape = tuple(index.size for index in space)
    match node:
        case Number(value):
            return np.full(shape, float(value))
        case Read():
            return read(node, space, tensors)
        case Product():
            whole = space + node.summed
            result = np.ones(tuple(index.size for index in whole))
            for factor in node.factors:
                result = result * spread(factor, whole, tensors)
            return result.sum(axis=tuple(range(len(space), len(whole))))
        case Sum():
            return np.sum([spread(term, space, tensors) for term in node.terms], axis=0)
        case Apply():
            return apply(node.function, spread(node.argument, space, tensors))
        case Fold():
            body = spread(node.body, space + node.over, tensors)
            flat = body.reshape((*shape, -1))
            return np.asarray(FOLDS[node.operator](flat, axis=-1), np.float64)
    raise TypeError(node)


def apply(function: Function, argument: Array) -> Array:
    """A function on every element."""
    return np.asarray(FUNCTIONS[function.name](argument, *function.parameters), np.float64)


def read(node: Read, space: Space, tensors: Mapping[str, Array]) -> Array:
    """The elements of a tensor at every point of a space."""
    array = tensors[node.tensor]
    shape = tuple(index.size for index in space)
    points = dict(zip(space, np.indices(shape), strict=True))
    positions = []
    outside = np.zeros(shape, bool)
    fill = np.zeros(shape)
    for place, length in zip(node.places, array.shape, strict=True):
        position = at(place, points, shape)
        beyond = (position < 0) | (position >= length)
        if place.border is None:
            assert not beyond.any(), f"{node} leaves its axis"
        elif place.border == "pad":
            fill = np.where(beyond & ~outside, place.fill, fill)
            outside |= beyond
        wrapped = position % length if place.border == "wrap" else position
        positions.append(np.clip(wrapped, 0, length - 1))
    picked = array[tuple(positions)] if positions else np.full(shape, array)
    return np.where(outside, fill, picked)


def at(place: At, points: Mapping[Index, Array], shape: tuple[int, ...]) -> Array:
    """The position on an axis at every point of a space."""
    position = np.full(shape, place.offset)
    for index, factor in place.terms:
        position = position + factor * points[index]
    return position
