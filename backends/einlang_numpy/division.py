"""Divide where a program multiplies by an inverse: one rounding instead of two.

>>> inverse = Call(Elementwise(INVERSE), (1,), (1,))
>>> product = Call(Contraction(((0,), (0,)), (0,), ((1,), (1,))), (0, 2), (1,))
>>> program = divide(Program(((1,), (1,)), (inverse, product), (3,)))
>>> program.run([np.array([49]), np.array([49])])
[array([1.])]
>>> len(program.calls)
1
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from einlang.checking.typed import Function
from einlang_numpy.contraction import elementwise
from einlang_numpy.kernels import Contraction, Elementwise, Kernel
from einlang_numpy.program import Call, Program

Array = Any
INVERSE = Function("inverse")


@dataclass(frozen=True)
class Quotient(Kernel):
    """A product without sums whose second factor is inverted; `inverse` complains of zeros."""

    dividend: tuple[int, ...]
    divisor: tuple[int, ...]
    result: tuple[int, ...]
    inverse: Elementwise

    @cached_property
    def function(self) -> Callable[..., Array]:
        """The quotient, of floats."""
        return self.checked

    def checked(self, a: Array, b: Array, block: tuple[slice, ...] = ()) -> Array:
        """The quotient of blocks; the divisor's lies in those ranges of its first axes."""
        if not np.all(b):
            self.inverse.checked(b, block)
        return self._quotient(a, b)

    @cached_property
    def _quotient(self) -> Callable[..., Array]:
        return elementwise(self.dividend, self.divisor, self.result, np.divide)


def divide(program: Program) -> Program:
    """The same program, dividing; inverses that nobody else needs are dropped."""
    first = len(program.dom)
    calls = [_divided(program, call) for call in program.calls]
    live = set(program.outputs)
    for number in reversed(range(len(calls))):
        if first + number in live:
            live.update(calls[number].arguments)
    place = {value: value for value in range(first)}
    kept: list[Call] = []
    for value, call in enumerate(calls, first):
        if value in live or not _inverts(call):
            place[value] = first + len(kept)
            arguments = tuple(place[argument] for argument in call.arguments)
            kept.append(Call(call.kernel, arguments, call.shape))
    return Program(program.dom, tuple(kept), tuple(place[value] for value in program.outputs))


def _inverts(call: Call) -> bool:
    return isinstance(call.kernel, Elementwise) and call.kernel.applied == INVERSE


def _divided(program: Program, call: Call) -> Call:
    """A product as a quotient, where a factor is an inverse."""
    kernel, first = call.kernel, len(program.dom)
    if not isinstance(kernel, Contraction) or len(kernel.arguments) != 2:
        return call
    if set(kernel.arguments[0]) | set(kernel.arguments[1]) != set(kernel.result):
        return call
    for place, value in enumerate(call.arguments):
        made = program.calls[value - first] if value >= first else None
        if made is not None and isinstance(made.kernel, Elementwise) and _inverts(made):
            other = 1 - place
            sides = kernel.arguments[other], kernel.arguments[place]
            quotient = Quotient(*sides, kernel.result, made.kernel)
            return Call(quotient, (call.arguments[other], made.arguments[0]), call.shape)
    return call
