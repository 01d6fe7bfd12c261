"""How large the numbers of a program get: what decides on scale and modulus.

Declared ranges and known values are hard bounds. Where there are none, data is taken to
be like standard normal numbers, and the terms of a sum to be independent: `n` of them
grow like the root of `n`, unless all are on one side of zero. How much larger than most
the largest ones get is told by their kurtosis (see `tails`).

>>> from einlang.planning.dataflow import Contract, Port, Step, Type
>>> vector = Type((16,), range=(-2, 2))
>>> dot = Step(Contract(((0,), (0,)), ()), (0, 1), Type(()))
>>> flow = Dataflow((Port("x", vector), Port("y", vector)), (dot,), (2,), ("z",))
>>> magnitudes(flow, {})[2]
Magnitude(typical=16.0, peak=64.0, hard=True)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod, sqrt

import numpy as np

from einlang.backend import Arrays
from einlang.checking.intervals import image, within
from einlang.planning.dataflow import (
    Add,
    Apply,
    Constant,
    Contract,
    Dataflow,
    Fold,
    Operation,
    Type,
    View,
)
from einlang_fhe.scales.tails import NORMAL, NUMBERS, of_sum, tail

WIDE = 8.0
"""Without a bound, no input is taken to lie further out than so many typical ones."""
LARGEST = 1e12
"""No number is taken to be larger than this."""


@dataclass(frozen=True)
class Magnitude:
    """The root mean square of a tensor's elements, a bound on them, and whether it is sure.

    `kurtosis`: the mean of their fourth powers over that of their squares, squared.
    """

    typical: float = 1.0
    peak: float = WIDE
    hard: bool = False
    kurtosis: float = field(default=NORMAL, repr=False)

    def __post_init__(self) -> None:
        most = max(1.0, (self.peak / self.typical) ** 2) if self.typical else 1.0
        object.__setattr__(self, "kurtosis", min(self.kurtosis, most))


def magnitudes(flow: Dataflow, known: Arrays, stated: bool = True) -> list[Magnitude]:
    """The magnitude of every value; `known` are the tensors that are there already.

    Without `stated`, what is said of results is left out: it holds for the elements of a
    tensor, not for what an operation leaves in the slots between them.
    """
    found: list[Magnitude] = []
    for port in flow.inputs:
        array = known.get(port.name)
        found.append(_declared(port.type) if array is None else _measured(array))
    for step in flow.steps:
        values = [found[number] for number in step.arguments]
        grown = _grown(flow, step.operation, step.arguments, values)
        found.append(_bounded(grown, step.type) if stated else grown)
    return found


def _measured(array: np.ndarray) -> Magnitude:
    squares = np.asarray(array, dtype=np.float64) ** 2
    mean, most = float(squares.mean()), float(squares.max())
    kurtosis = float((squares**2).mean()) / mean**2 if mean**2 else 1.0
    return Magnitude(sqrt(mean), sqrt(most), hard=True, kurtosis=kurtosis)


def _declared(type: Type) -> Magnitude:
    if type.range is None:
        return Magnitude()
    bound = float(max(map(abs, type.range)))
    return Magnitude(bound, bound, hard=True)


def _bounded(size: Magnitude, type: Type) -> Magnitude:
    """The magnitude with what the range of the type says."""
    if type.range is None:
        return size
    bound = float(max(map(abs, type.range)))
    peak = min(bound, size.peak) if size.hard else bound
    return Magnitude(min(size.typical, bound), peak, True, size.kurtosis)


def _grown(
    flow: Dataflow, operation: Operation, arguments: Sequence[int], values: list[Magnitude]
) -> Magnitude:
    if isinstance(operation, Constant):
        value = abs(float(operation.value))
        return Magnitude(value, value, hard=True)
    if isinstance(operation, Contract):
        count = terms(flow, operation, arguments)
        alike = all(one_sign(flow.type(argument)) for argument in arguments)
        return _made(
            prod(value.typical for value in values) * (count if alike else sqrt(count)),
            prod(value.peak for value in values) * count,
            of_sum(prod(value.kurtosis for value in values), count),
            values,
        )
    if isinstance(operation, Add):
        pairs = list(zip(map(abs, operation.coefficients), values, strict=True))
        typical, peak = sum(c * v.typical for c, v in pairs), sum(c * v.peak for c, v in pairs)
        return _made(typical, peak, max(value.kurtosis for value in values), values)
    if isinstance(operation, View):
        fill = max((abs(axis.fill) for axis in operation.axes), default=0.0)
        (value,) = values
        typical, peak = max(value.typical, fill), max(value.peak, fill)
        return replace(value, typical=typical, peak=peak)
    (value,) = values
    type = flow.type(arguments[0])
    if isinstance(operation, Apply):
        return _applied(operation, type, value)
    if isinstance(operation, Fold) and operation.operator == "prod":
        count = prod(type.shape[axis] for axis in operation.axes)
        return Magnitude(
            _power(value.typical, count), _power(value.peak, count), value.hard, LARGEST
        )
    return value


def _applied(operation: Apply, type: Type, value: Magnitude) -> Magnitude:
    """What a function makes of a tensor; nothing is sure where the function is not defined."""
    known = operation.range or type.range
    low, high = known or (-value.peak, value.peak)
    if not within(operation.function, (low, high)):
        return Magnitude(value.typical, value.peak, hard=False)
    peak = _furthest(image(operation.function, (low, high)))
    near = max(low, min(high, -value.typical)), min(high, max(low, value.typical))
    typical = _furthest(image(operation.function, near))
    hard = value.hard or known is not None
    return Magnitude(min(typical, peak), peak, hard, NORMAL * value.kurtosis**2)


def _furthest(interval: tuple[float, float]) -> float:
    """The largest absolute value."""
    return min(max(map(abs, interval)), LARGEST)


def _made(typical: float, peak: float, kurtosis: float, values: list[Magnitude]) -> Magnitude:
    if all(value.hard for value in values):
        return Magnitude(typical, peak, True, kurtosis)
    return Magnitude(typical, min(peak, tail(kurtosis, NUMBERS) * typical), False, kurtosis)


def terms(flow: Dataflow, operation: Contract, arguments: Sequence[int]) -> int:
    """How many terms each sum has."""
    return prod(size for _, size in summed(flow, operation, arguments))


def summed(flow: Dataflow, operation: Contract, arguments: Sequence[int]) -> list[tuple[int, int]]:
    """The labels that a contraction sums over, with their sizes."""
    sizes = {
        label: size
        for labels, argument in zip(operation.arguments, arguments, strict=True)
        for label, size in zip(labels, flow.type(argument).shape, strict=True)
    }
    return [(label, size) for label, size in sizes.items() if label not in operation.result]


def one_sign(type: Type) -> bool:
    """Whether the numbers are known to be all on one side of zero, so that none cancel."""
    return type.range is not None and (type.range[0] >= 0 or type.range[1] <= 0)


def _power(value: float, exponent: float) -> float:
    return min(max(value, 1.0) ** exponent, LARGEST)
