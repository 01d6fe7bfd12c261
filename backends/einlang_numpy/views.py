"""Affine views as strided views: nothing is copied but what lies outside of an axis.

An axis with a border is first extended to the positions that are read (with the filling,
around, or by the nearest element); what is left is one choice of strides.

>>> from einlang.planning.dataflow import AxisMap
>>> window = viewing((AxisMap(((0, 1), (1, 1)), -1, "pad"),), (4,), (4, 3))
>>> window(np.array([1, 2, 3, 4]))
array([[0, 1, 2],
       [1, 2, 3],
       [2, 3, 4],
       [3, 4, 0]])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from einlang.planning.dataflow import AxisMap

Array = Any
Unary = Callable[[Array], Array]
Shape = tuple[int, ...]


def viewing(axes: tuple[AxisMap, ...], source: Shape, shape: Shape) -> Unary:
    """The function that reads a source of a shape at those places."""
    if 0 in shape:
        return lambda a: np.empty(shape, a.dtype)
    steps: list[Unary] = []
    placed = list(axes)
    for number in reversed(range(len(axes))):
        extend, placed[number] = _extended(axes[number], number, source[number], shape)
        steps += [extend] if extend else []
    steps.append(_strided(tuple(placed), shape))
    if len(steps) == 1:
        return steps[0]

    def view(array: Array) -> Array:
        for step in steps:
            array = step(array)
        return array

    return view


def span(axis: AxisMap, shape: Shape) -> tuple[int, int]:
    """The least and the greatest position that is read."""
    ends = [coefficient * (shape[out] - 1) for out, coefficient in axis.terms]
    low = axis.offset + sum(end for end in ends if end < 0)
    return low, axis.offset + sum(end for end in ends if end > 0)


def _extended(axis: AxisMap, number: int, size: int, shape: Shape) -> tuple[Unary | None, AxisMap]:
    """How to lengthen an axis that is read outside, and where to read it then."""
    low, high = span(axis, shape)
    if low >= 0 and high < size:
        return None, axis
    positions = np.arange(low, high + 1)
    moved = replace(axis, offset=axis.offset - low)
    if axis.border == "pad":
        return _padding(positions, number, size, axis.fill), moved
    if axis.border is None:
        raise ValueError(f"axis {number} of {size} is read from {low} to {high}")
    places = positions % size if axis.border == "wrap" else np.clip(positions, 0, size - 1)
    return lambda a: np.take(a, places, number), moved


def _padding(positions: Array, number: int, size: int, fill: float) -> Unary:
    inside = (positions >= 0) & (positions < size)
    source, target = positions[inside], np.flatnonzero(inside)
    fill = int(fill) if fill == int(fill) else fill

    def pad(a: Array) -> Array:
        shape = (*a.shape[:number], len(positions), *a.shape[number + 1 :])
        wide = np.full(shape, fill, np.result_type(a.dtype, fill))
        if len(source):
            at: tuple[Any, ...] = (slice(None),) * number
            wide[(*at, slice(target[0], target[-1] + 1))] = a[
                (*at, slice(source[0], source[-1] + 1))
            ]
        return wide

    return pad


def _strided(axes: tuple[AxisMap, ...], shape: Shape) -> Unary:
    plain = [axis.terms[0][0] for axis in axes if len(axis.terms) == 1]
    simple = all(axis == AxisMap(axis.terms) for axis in axes) and all(
        coefficient == 1 for axis in axes for _, coefficient in axis.terms
    )
    if simple and len(plain) == len(axes) and sorted(plain) == list(range(len(shape))):
        order = tuple(plain.index(out) for out in range(len(shape)))
        return lambda a: a.transpose(order)
    start = tuple(slice(axis.offset, None) for axis in axes)

    def view(a: Array) -> Array:
        steps = [0] * len(shape)
        for axis, stride in zip(axes, a.strides, strict=True):
            for out, coefficient in axis.terms:
                steps[out] += coefficient * stride
        return as_strided(a[start], shape, steps, writeable=False)

    return view
