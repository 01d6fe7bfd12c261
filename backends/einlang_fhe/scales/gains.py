"""How much an error in the middle of a program has grown when it reaches an output.

An approximation has to be better than the precision that is asked for by as much as its
error grows on the way, to the first order: by the other factors of a product, the slope of
a function, and the number of terms in a sum: its root where errors or signs differ from term
to term.

>>> from einlang.planning.dataflow import Port, Type
>>> from einlang_fhe.scales.magnitude import magnitudes
>>> vector = Type((16,), range=(-2, 2))
>>> dot = Step(Contract(((0,), (0,)), ()), (0, 1), Type(()))
>>> flow = Dataflow((Port("x", vector), Port("y", vector)), (dot,), (2,), ("z",))
>>> gains(flow, magnitudes(flow, {}))
[8.0, 8.0, 1.0]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite, prod, sqrt

from einlang.checking.intervals import image, within
from einlang.checking.typed import Function
from einlang.planning.dataflow import Add, Apply, Contract, Dataflow, Fold, Step
from einlang_fhe.scales.magnitude import Magnitude, one_sign, summed, terms
from einlang_fhe.scales.tails import NORMAL, of_sum

POINTS = 256
LARGEST = 1e6
JUMPS = frozenset(("sign", "lt0", "le0", "gt0", "ge0", "eq0", "ne0"))


def gains(flow: Dataflow, sizes: Sequence[Magnitude]) -> list[float]:
    """By how much errors of each value are multiplied in the output that they reach worst."""
    found = [0.0] * len(sizes)
    for number in flow.outputs:
        found[number] = 1.0
    for number in reversed(range(len(flow.steps))):
        step, value = flow.steps[number], len(flow.inputs) + number
        for argument, growth in _growths(flow, step, sizes):
            found[argument] = min(found[argument] + found[value] * growth, LARGEST)
    return found


def _growths(flow: Dataflow, step: Step, sizes: Sequence[Magnitude]) -> Iterator[tuple[int, float]]:
    """What one step does to errors of its arguments."""
    operation, arguments = step.operation, step.arguments
    if isinstance(operation, Contract):
        for place, argument in enumerate(arguments):
            others = [number for p, number in enumerate(arguments) if p != place]
            apart = any(not one_sign(flow.type(number)) for number in others)
            growth = prod(sizes[number].typical for number in others)
            for label, size in summed(flow, operation, arguments):
                own = label in operation.arguments[place]
                growth *= sqrt(size) if own or apart else size
            yield argument, growth
    elif isinstance(operation, Add):
        yield from zip(arguments, map(abs, operation.coefficients), strict=True)
    elif isinstance(operation, Apply):
        size = sizes[arguments[0]].peak
        known = operation.range or flow.type(arguments[0]).range
        yield arguments[0], slope(operation.function, known or (-size, size))
    elif isinstance(operation, Fold) and operation.operator == "prod":
        shape, size = flow.type(arguments[0]).shape, sizes[arguments[0]].typical
        count = prod(shape[axis] for axis in operation.axes)
        yield arguments[0], count * min(max(size, 1.0) ** (count - 1), LARGEST)
    else:
        yield from ((argument, 1.0) for argument in arguments)


def kurtosis(flow: Dataflow, sizes: Sequence[Magnitude]) -> float:
    """Of errors of the outputs, where those of the inputs are normal: the largest.

    >>> from einlang.planning.dataflow import Port, Type
    >>> step = Step(Contract(((0,), (0,)), (0,)), (0, 1), Type((4,)))
    >>> flow = Dataflow((Port("x", Type((4,))), Port("y", Type((4,)))), (step,), (2,), ("z",))
    >>> kurtosis(flow, [Magnitude()] * 3)
    9.0
    """
    found = [NORMAL] * len(flow.inputs)
    for step in flow.steps:
        arguments, worst = step.arguments, max((found[n] for n in step.arguments), default=NORMAL)
        if isinstance(step.operation, Contract):
            count = terms(flow, step.operation, arguments)
            grown = (_beside(sizes, arguments, n) * found[n] for n in arguments)
            worst = of_sum(max(grown), count)
        elif isinstance(step.operation, (Apply, Fold)):
            worst *= max(sizes[n].kurtosis for n in arguments)
        found.append(worst)
    return max((found[number] for number in flow.outputs), default=NORMAL)


def _beside(sizes: Sequence[Magnitude], arguments: Sequence[int], one: int) -> float:
    """The kurtosis of what an error of one argument is multiplied by."""
    return prod(sizes[number].kurtosis for number in arguments if number != one)


def slope(function: Function, interval: tuple[float, float]) -> float:
    """How steep a function gets on an interval; a jump does not count.

    >>> round(slope(Function("sigmoid"), (-8, 8)), 2)
    0.25
    """
    low, high = interval
    if function.name in JUMPS or low == high or not within(function, interval):
        return 1.0
    width = (high - low) / POINTS
    places = [min(low + width * number, high) for number in range(POINTS + 1)]
    values = [image(function, (place, place))[1] for place in places]
    steepest = max(abs(b - a) for a, b in pairwise(values)) / width
    return min(steepest, LARGEST) if isfinite(steepest) else LARGEST
