"""Kernel programs: the category that the functor lands in.

Objects are lists of shapes; an arrow is a straight line of kernel calls. Value numbers:
the inputs come first, then one value per call.

>>> from einlang_numpy.kernels import Combination
>>> double = Program(((3,),), (Call(Combination((2,)), (0,), (3,)),), (1,))
>>> (double >> double).run([np.array([1, 2, 3])])
[array([ 4,  8, 12])]
>>> Program.identity(((3,),)) >> double == double
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from einlang_numpy.kernels import Kernel, Reshaping, Viewing

Array = Any
Shape = tuple[int, ...]
WORD = 8


@dataclass(frozen=True)
class Call:
    """A kernel, the values it takes, and the shape of what it makes."""

    kernel: Kernel
    arguments: tuple[int, ...]
    shape: Shape

    def moved(self, inputs: Sequence[int], shift: int) -> Call:
        """The same on other values: the inputs given, and all others moved."""
        count = len(inputs)
        places = (inputs[v] if v < count else v + shift for v in self.arguments)
        return Call(self.kernel, tuple(places), self.shape)


@dataclass(frozen=True)
class Program:
    """A straight line of kernel calls."""

    dom: tuple[Shape, ...]
    calls: tuple[Call, ...]
    outputs: tuple[int, ...]

    @staticmethod
    def identity(shapes: Sequence[Shape]) -> Program:
        """Nothing is called."""
        return Program(tuple(shapes), (), tuple(range(len(shapes))))

    @property
    def cod(self) -> tuple[Shape, ...]:
        """The shapes of the outputs."""
        return tuple(self.shape(value) for value in self.outputs)

    def shape(self, value: int) -> Shape:
        """The shape of a value."""
        count = len(self.dom)
        return self.dom[value] if value < count else self.calls[value - count].shape

    def then(self, other: Program) -> Program:
        """One after the other."""
        if self.cod != other.dom:
            raise TypeError(f"cannot compose: {self.cod} is not {other.dom}")
        shift = len(self.dom) + len(self.calls) - len(other.dom)
        calls = self.calls + tuple(call.moved(self.outputs, shift) for call in other.calls)
        return Program(self.dom, calls, _moved(other.outputs, self.outputs, shift))

    def tensor(self, other: Program) -> Program:
        """Side by side."""
        mine, theirs = len(self.dom), len(other.dom)
        left, right = range(mine), range(mine, mine + theirs)
        shift = mine + len(self.calls)
        calls = tuple(call.moved(left, theirs) for call in self.calls)
        calls += tuple(call.moved(right, shift) for call in other.calls)
        outputs = _moved(self.outputs, left, theirs) + _moved(other.outputs, right, shift)
        return Program(self.dom + other.dom, calls, outputs)

    __rshift__ = then
    __matmul__ = tensor

    @cached_property
    def last(self) -> tuple[tuple[int, ...], ...]:
        """Per call, the values that nobody needs after it."""
        seen = set(self.outputs)
        dead: list[tuple[int, ...]] = []
        for number in reversed(range(len(self.calls))):
            value = len(self.dom) + number
            used = dict.fromkeys((*self.calls[number].arguments, value))
            dead.append(tuple(v for v in used if v not in seen))
            seen.update(used)
        return tuple(reversed(dead))

    @cached_property
    def _lines(self) -> list[tuple[Callable[..., Array], tuple[int, ...], tuple[int, ...]]]:
        lines = zip(self.calls, self.last, strict=True)
        return [(call.kernel.function, call.arguments, dead) for call, dead in lines]

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs for those inputs; a value is forgotten after its last use."""
        values: list[Array] = list(arrays)
        for function, arguments, dead in self._lines:
            values.append(function(*[values[value] for value in arguments]))
            for value in dead:
                values[value] = None
        return [values[value] for value in self.outputs]

    @cached_property
    def peak(self) -> int:
        """The largest number of bytes held at once, inputs included; a view counts as nothing.

        An estimate: eight bytes an element, and nothing for the room inside of a kernel.
        """
        sizes = [prod(shape) * WORD for shape in self.dom]
        held = largest = sum(sizes)
        for call, dead in zip(self.calls, self.last, strict=True):
            free = isinstance(call.kernel, Viewing | Reshaping)
            sizes.append(0 if free else prod(call.shape) * WORD)
            held += sizes[-1]
            largest = max(largest, held)
            held -= sum(sizes[value] for value in dead if value >= len(self.dom))
        return largest


def _moved(values: Sequence[int], inputs: Sequence[int], shift: int) -> tuple[int, ...]:
    count = len(inputs)
    return tuple(inputs[v] if v < count else v + shift for v in values)


def owned(array: Array, inputs: Sequence[Array]) -> Array:
    """The array itself, or a copy where it shares memory that is not its own."""
    whole = np.asarray(array)
    mine = whole.base is None and not any(whole is given for given in inputs)
    return whole if mine and whole.flags.writeable else np.array(whole)
