"""Elementwise steps in a row, done block by block while a block is in the cache.

The blocks are shared among threads. What a chain gives is written over an argument that
nobody needs any more.

>>> from einlang.checking.typed import Function
>>> steps = Call(Combination((2,)), (0,), (4,)), Call(Elementwise(Function("exp")), (1,), (4,))
>>> program = chained(Program(((4,),), steps, (2,)), least=1)
>>> len(program.calls)
1
>>> program.run([np.zeros(4)])
[array([1., 1., 1., 1.])]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np

from einlang_numpy import crew
from einlang_numpy.contraction import elementwise
from einlang_numpy.division import Quotient
from einlang_numpy.kernels import Combination, Contraction, Elementwise, Kernel
from einlang_numpy.program import Call, Program

Array = Any
Shape = tuple[int, ...]
Place = tuple[slice, ...]
Axes = tuple[int, ...]
BLOCK = 2**14
"""How many numbers a block has."""
LEAST = 2**16
"""Arrays from this size on are worth to be cut into blocks."""


@dataclass(frozen=True)
class Chain(Kernel):
    """Calls that all make values of one shape; the last is what is made.

    Value numbers are those of a program. `axes` says of each argument which axes of the
    value its own lie along, `over` which arguments nobody needs after.
    """

    calls: tuple[Call, ...]
    axes: tuple[Axes, ...]
    over: tuple[int, ...]

    @cached_property
    def function(self) -> Callable[..., Array]:
        """Blocks of floats; whole numbers, which turn to floats when one is large, at once."""
        whole, *places = [(), *blocks(self.calls[-1].shape)]

        def run(*arrays: Array) -> Array:
            if any(x.dtype.kind != "f" for x in arrays):
                return self.at(whole, arrays)
            first = self.at(places[0], arrays)
            value = self._room(first.dtype, arrays)
            value[places[0]] = first

            def part(start: int, stop: int) -> None:
                for place in places[1 + start : 1 + stop]:
                    value[place] = self.at(place, arrays)

            crew.share(part, len(places) - 1)
            return value

        return run

    def at(self, place: Place, arrays: Sequence[Array]) -> Array:
        """The value of a block."""
        values = [x[at(place, axes)] for x, axes in zip(arrays, self.axes, strict=True)]
        for step, arguments in self._steps:
            values.append(step(place, *[values[number] for number in arguments]))
        return values[-1]

    @cached_property
    def _steps(self) -> list[tuple[Callable[..., Array], tuple[int, ...]]]:
        return [(_step(call.kernel), call.arguments) for call in self.calls]

    def _room(self, kind: np.dtype[Any], arrays: Sequence[Array]) -> Array:
        """Where the value goes: into an argument's memory, or new memory."""
        for number in self.over:
            if arrays[number].dtype == kind and arrays[number].flags.writeable:
                return arrays[number]
        return np.empty(self.calls[-1].shape, kind)


def blocks(shape: Shape, most: int = BLOCK) -> Iterator[Place]:
    """Where the blocks of an array are: ranges on its first axes.

    >>> [[(s.start, s.stop) for s in place] for place in blocks((2, 4, 5), most=10)][1:]
    [[(0, 1), (2, 4)], [(1, 2), (0, 2)], [(1, 2), (2, 4)]]
    """
    axis = next(n for n in range(len(shape)) if prod(shape[n + 1 :]) <= most)
    step = max(1, most // prod(shape[axis + 1 :]))
    for before in product(*map(range, shape[:axis])):
        for start in range(0, shape[axis], step):
            ends = slice(start, min(start + step, shape[axis]))
            yield (*[slice(n, n + 1) for n in before], ends)


def at(place: Place, axes: Axes) -> Place:
    """The place on an argument whose axes lie along those of the value.

    >>> at((slice(2, 3), slice(0, 4)), (1, 2))
    (slice(0, 4, None), slice(None, None, None))
    """
    return tuple(place[n] if n < len(place) else slice(None) for n in axes)


def _step(kernel: Kernel) -> Callable[..., Array]:
    """A kernel on blocks; the place comes first."""
    if isinstance(kernel, Elementwise):
        return lambda place, x: kernel.checked(x, place)
    if isinstance(kernel, Quotient):
        axes = _along(kernel.divisor, kernel.result)
        return lambda place, a, b: kernel.checked(a, b, at(place, axes))
    if isinstance(kernel, Contraction):
        left, right = kernel.arguments
        multiply = elementwise(left, right, kernel.result)
        return lambda place, a, b: multiply(a, b)
    return lambda place, *xs: kernel(*xs)


def chained(program: Program, least: int = LEAST) -> Program:
    """The same program, where large elementwise steps in a row are one call."""
    first = len(program.dom)
    uses = Counter(value for call in program.calls for value in call.arguments)
    uses.update(program.outputs)
    inner = {
        value
        for call in program.calls
        if _fits(call, least)
        for value, axes in zip(call.arguments, _axes(call), strict=True)
        if value >= first and uses[value] == 1 and _fits(program.calls[value - first], least)
        if axes == tuple(range(len(call.shape)))
    }
    place = dict(enumerate(range(first)))
    kept: list[Call] = []
    for value, call in enumerate(program.calls, first):
        if value in inner:
            continue
        made = _chain(program, value, inner, uses) if _fits(call, least) else call
        place[value] = first + len(kept)
        kept.append(Call(made.kernel, tuple(place[x] for x in made.arguments), made.shape))
    return Program(program.dom, tuple(kept), tuple(place[value] for value in program.outputs))


def _fits(call: Call, least: int) -> bool:
    """Whether every element of a large value is made of one element of each argument."""
    if not call.shape or prod(call.shape) < least:
        return False
    kernel = call.kernel
    if isinstance(kernel, Contraction):
        labels = {label for labels in kernel.arguments for label in labels}
        distinct = all(len(set(labels)) == len(labels) for labels in kernel.arguments)
        return len(kernel.arguments) == 2 and distinct and labels == set(kernel.result)
    return isinstance(kernel, Combination | Elementwise | Quotient)


def _axes(call: Call) -> list[Axes]:
    """Which axes of the value those of each argument lie along."""
    kernel = call.kernel
    if isinstance(kernel, Quotient):
        return [_along(labels, kernel.result) for labels in (kernel.dividend, kernel.divisor)]
    if isinstance(kernel, Contraction):
        return [_along(labels, kernel.result) for labels in kernel.arguments]
    return [tuple(range(len(call.shape)))] * len(call.arguments)


def _along(labels: tuple[int, ...], result: tuple[int, ...]) -> Axes:
    return tuple(result.index(label) for label in labels)


def _chain(program: Program, value: int, inner: set[int], uses: Counter[int]) -> Call:
    """The chain that ends in a value, as one call."""
    first, waiting, members = len(program.dom), [value], []
    while waiting:
        members.append(waiting.pop())
        waiting += [x for x in program.calls[members[-1] - first].arguments if x in inner]
    members.sort()
    calls = [program.calls[member - first] for member in members]
    given = [tuple(zip(call.arguments, _axes(call), strict=True)) for call in calls]
    outer = list(dict.fromkeys(x for pairs in given for x in pairs if x[0] not in members))
    number = {x: n for n, x in enumerate(outer)}
    number |= {(m, _all(program, m)): len(outer) + n for n, m in enumerate(members)}
    moved = [
        Call(call.kernel, tuple(number[x] for x in pairs), call.shape)
        for call, pairs in zip(calls, given, strict=True)
    ]
    over = [
        n
        for n, (x, axes) in enumerate(outer)
        if uses[x] == 1 and axes == _all(program, value) and _fresh(program, x)
    ]
    chain = Chain(tuple(moved), tuple(axes for _, axes in outer), tuple(over))
    return Call(chain, tuple(x for x, _ in outer), program.shape(value))


def _all(program: Program, value: int) -> Axes:
    return tuple(range(len(program.shape(value))))


def _fresh(program: Program, value: int) -> bool:
    """Whether a value shares its memory with no other."""
    first = len(program.dom)
    made = program.calls[value - first].kernel if value >= first else None
    return isinstance(made, Contraction) and len(made.arguments) > 1
