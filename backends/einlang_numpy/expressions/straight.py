"""Calls one after another: what an equation comes to once everything is decided.

>>> both = [Line(np.dot, 0, 1), Line(np.multiply, 3, 2, (True, False))]
>>> run = straight([None] * 3, both, None)
>>> run(np.eye(2), np.ones((2, 2)), np.full((2, 2), 3.0)).tolist()
[[3.0, 3.0], [3.0, 3.0]]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from einlang_numpy.expressions.operand import Array, Binary, Unary

Function = Callable[..., Array]


@dataclass(frozen=True)
class Line:
    """A call on two values: operands come first, then what each line makes.

    `over` says which of the two are over the same labels as what is made.
    """

    call: Binary
    first: int
    second: int
    over: tuple[bool, ...] = (False, False)


def straight(
    entering: Sequence[Unary | None], lines: Sequence[Line], leaving: Unary | None
) -> Function:
    """The function of all operands; a value is forgotten after its last use."""
    uses = Counter(number for line in lines for number in (line.first, line.second))
    mine = [_onto(line, len(entering), uses) for line in lines]
    enter = [(number, step) for number, step in enumerate(entering) if step is not None]
    if len(mine) == 1 and not enter:
        call = mine[0].call
        return call if leaving is None else lambda a, b: leaving(call(a, b))
    if len(mine) == 2 and len(entering) == 3 and not enter and leaving is None:
        return _three(mine)
    if max(uses.values()) > 1:
        return _shared(enter, mine, leaving)
    calls = [(line.call, line.first, line.second) for line in mine]

    def run(*arrays: Array) -> Array:
        values: list[Any] = list(arrays)
        for number, step in enter:
            values[number] = step(values[number])
        for call, first, second in calls:
            values.append(call(values[first], values[second]))
            values[first] = values[second] = None
        return values[-1] if leaving is None else leaving(values[-1])

    return run


def _shared(
    enter: Sequence[tuple[int, Unary]], lines: Sequence[Line], leaving: Unary | None
) -> Function:
    """Lines of which some take what others take too."""
    seen: set[int] = set()
    calls: list[tuple[Binary, int, int, tuple[int, ...]]] = []
    for line in reversed(lines):
        taken = {line.first, line.second}
        calls.append((line.call, line.first, line.second, tuple(taken - seen)))
        seen |= taken
    calls.reverse()

    def run(*arrays: Array) -> Array:
        values: list[Any] = list(arrays)
        for number, step in enter:
            values[number] = step(values[number])
        for call, first, second, dead in calls:
            values.append(call(values[first], values[second]))
            for number in dead:
                values[number] = None
        return values[-1] if leaving is None else leaving(values[-1])

    return run


def _three(lines: Sequence[Line]) -> Function:
    """Two calls: the value of the first, numbered 3, and the operand that is left."""
    inner, outer = lines[0].call, lines[1].call
    first, second = lines[0].first, lines[0].second
    if lines[1].first == 3:
        left = lines[1].second
        return lambda *xs: outer(inner(xs[first], xs[second]), xs[left])
    if (first, second) == (0, 1):
        return lambda a, b, c: outer(c, inner(a, b))
    if (first, second) == (1, 2):
        return lambda a, b, c: outer(a, inner(b, c))
    left = lines[1].first
    return lambda *xs: outer(xs[left], inner(xs[first], xs[second]))


def _onto(line: Line, given: int, uses: Counter[int]) -> Line:
    """A product of numbers written over a factor that nobody else has, if there is one."""
    if line.call is np.multiply:
        for number, fits, call in zip(
            (line.first, line.second), line.over, (_over_first, _over_second), strict=True
        ):
            if fits and number >= given and uses[number] == 1:
                return replace(line, call=call)
    return line


def _over_first(a: Array, b: Array) -> Array:
    return np.multiply(a, b, a)


def _over_second(a: Array, b: Array) -> Array:
    return np.multiply(a, b, b)
