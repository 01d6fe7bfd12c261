"""What the values of a step can be, from what its arguments can be: interval arithmetic.

>>> from einlang.checking.typed import Function
>>> from einlang.planning.dataflow import Add, Apply, Type
>>> bounds(Add((1, -2)), [Type((3,), range=(0.0, 1.0)), Type((3,), range=(0.0, 2.0))], (3,))
(-4.0, 1.0)
>>> bounds(Apply(Function("square")), [Type((3,), range=(-1.0, 2.0))], (3,))
(0.0, 4.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import isfinite, prod

from einlang.checking.intervals import image, meet, within
from einlang.planning.dataflow import (
    Add,
    Apply,
    Constant,
    Contract,
    Fold,
    Operation,
    Reshape,
    Type,
    View,
)

Interval = tuple[float, float]


def bounds(
    operation: Operation, arguments: Sequence[Type], shape: tuple[int, ...]
) -> Interval | None:
    """The interval of a step's values; None where nothing is known."""
    if isinstance(operation, Constant):
        return float(operation.value), float(operation.value)
    if isinstance(operation, Apply):
        return _image(operation, arguments[0].range)
    ranges = [argument.range for argument in arguments]
    known = [interval for interval in ranges if interval is not None]
    if len(known) < len(ranges):
        return None
    found = _of(operation, known, arguments)
    return found if found and all(map(isfinite, found)) else None


def _of(
    operation: Operation, known: Sequence[Interval], arguments: Sequence[Type]
) -> Interval | None:
    if isinstance(operation, View):
        fills = [axis.fill for axis in operation.axes if axis.border == "pad"]
        return min(known[0][0], *fills, known[0][0]), max(known[0][1], *fills, known[0][1])
    if isinstance(operation, Contract):
        return scale(reduce(multiply, known), _summed(operation, arguments))
    if isinstance(operation, Add):
        terms = [scale(r, c) for r, c in zip(known, operation.coefficients, strict=True)]
        return sum(low for low, _ in terms), sum(high for _, high in terms)
    if isinstance(operation, Reshape) or (
        isinstance(operation, Fold) and operation.operator in ("max", "min")
    ):
        return known[0]
    return None


def _image(operation: Apply, given: Interval | None) -> Interval | None:
    """What a function gives, from the narrower of what is known of its argument."""
    stated = operation.range
    inside = meet(given, stated) if given and stated else given or stated
    if inside is None or not within(operation.function, inside):
        return None
    found = image(operation.function, inside)
    return found if all(map(isfinite, found)) else None


def multiply(left: Interval, right: Interval) -> Interval:
    """The products of their elements."""
    corners = [a * b for a in left for b in right]
    return min(corners), max(corners)


def scale(interval: Interval, factor: float) -> Interval:
    """The interval times a number."""
    low, high = interval[0] * factor, interval[1] * factor
    return min(low, high), max(low, high)


def _summed(operation: Contract, arguments: Sequence[Type]) -> int:
    """How many terms each element of the result adds up."""
    sizes = {
        label: size
        for labels, type in zip(operation.arguments, arguments, strict=True)
        for label, size in zip(labels, type.shape, strict=True)
    }
    return prod(size for label, size in sizes.items() if label not in operation.result)
