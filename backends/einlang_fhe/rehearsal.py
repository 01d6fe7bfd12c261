"""A slot program run in the clear on data drawn at random: how errors grow, and numbers.

Errors of what the client encrypts, of plaintexts of each kind (`passes.grades`) and of key
switching are followed to the outputs, to the first order, and compared with the outputs:
once for data as large as it may be, and for data that gets smaller down to nothing. A few
vectors do for a program, since a vector holds thousands of numbers.

Intervals of all numbers are followed as well, where the plaintexts are known. The numbers of
a vector may be large as long as their mean is not: no coefficient of its polynomial exceeds
the mean of their absolute values.

>>> from einlang_fhe.slots import Builder
>>> from einlang_fhe.passes.flat import assign_flat
>>> build = Builder(slots=4)
>>> levelled = assign_flat(build.program((build.multiply_plain(build.input(0), 0),)))
>>> low, high = intervals(levelled.program, [(0.0, 1.0)], [np.array([1.0, 2.0, 0.0, -1.0])])[0]
>>> low.tolist(), (high + 0.0).tolist()
([0.0, 0.0, 0.0, -1.0], [1.0, 2.0, 0.0, 0.0])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

import numpy as np

from einlang.backend import Arrays
from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import Dataflow, Port, Type
from einlang_fhe.functor.lower import Lowered, Reply
from einlang_fhe.functor.values import Packing, Sent
from einlang_fhe.layout import unpack
from einlang_fhe.passes.grades import Kinds
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.order import last_uses
from einlang_fhe.slots import Instruction, SlotProgram
from einlang_fhe.tensors import extract, values_of

Array = np.ndarray[Any, Any]
Interval = tuple[Array, Array]

SWITCHES = ("relinearize", "rotate", "rotate_sum")
"""Verbs that switch keys."""


SIZES = (1.0, 0.35, 0.15, 0.0)
"""How large data is that is rehearsed with, beside what it may be."""
SMALL = 1e-3
"""Added to bounds, for noise."""
BUSY = 1 << 22
"""No program is rehearsed whose values hold more numbers than so many."""


@dataclass(frozen=True)
class Source:
    """Where errors come from: encrypting or encoding a factor of a `kind`, or switching keys of
    values with these `factors`."""

    factors: Kinds
    kind: int | None = None


@dataclass(frozen=True)
class Rehearsal:
    """What was seen.

    `growth[source, size]`: the root mean square of the outputs' errors for an error of 1 at a
    source, over max(1, largest output). `held`: factors, and a bound on the coefficients, of
    what is decrypted or encoded; `outputs`: factors of what is decrypted. `wide`: whether
    outputs are complex. `lone`: whether one prime may do.
    """

    sources: list[Source]
    growth: Array
    held: list[tuple[Kinds, float]]
    outputs: list[Kinds]
    wide: bool
    lone: bool

    @property
    def switches(self) -> bool:
        """Whether keys are switched."""
        return any(source.kind is None for source in self.sources)

    @cached_property
    def factors(self) -> Array:
        """Of every source, a row each."""
        return np.array([source.factors for source in self.sources])

    @cached_property
    def most(self) -> Array:
        """The factors of the output that has most of them."""
        return np.array(max(self.outputs, key=sum))


def sources(levelled: Levelled, factors: Sequence[Kinds]) -> list[Source]:
    """All of a program."""
    steps = list(zip(levelled.program.instructions, factors, strict=True))
    used = np.array(factors).max(axis=0, initial=0)
    unit = np.eye(len(used), dtype=int).tolist()
    found = [Source(tuple(unit[kind]), kind) for kind in np.flatnonzero(used).tolist()]
    switched = dict.fromkeys(held for step, held in steps if step.verb in SWITCHES)
    return found + [Source(held) for held in switched]


def rehearse(
    lowered: Lowered,
    levelled: Levelled,
    request: Sequence[Sent],
    factors: Sequence[Kinds],
    known: Arrays,
    peak: float,
) -> Rehearsal | None:
    """A rehearsal of a program with these factors; None where it is too large for one.

    `peak`: how large the numbers in its outputs can be, as far as is known otherwise.
    """
    program = levelled.program
    if len(program.instructions) * program.slots > BUSY:
        return None
    data = _drawn(lowered.tensors.inputs, known)
    read = {entry.reads for entry in lowered.plaintexts if entry.reads is not None}
    tensors = values_of(lowered.tensors, read, data[0])
    plaintexts = [entry.row(tensors) for entry in lowered.plaintexts]
    sent = {item.value for item in request}
    packed = [values_of(lowered.tensors, sent, some) for some in data]
    rows = [np.stack([item.row(tensors) for tensors in packed]) for item in request]
    wide = any(reply.layout.complex for reply in lowered.replies)
    found = sources(levelled, factors)
    errors = Errors(levelled, factors, found, rows, plaintexts, wide, np.random.default_rng(1))
    outputs = run(program, errors.execute)
    growth = [_growth(lowered.replies, outputs, source) for source in range(len(found))]
    bounds = _bounds(lowered, program, request, plaintexts, known)
    held = [
        (factors[value], min(peak, bound))
        for value, bound in zip(program.outputs, bounds, strict=True)
    ]
    added = list(_added(program, factors, plaintexts))
    replied = [factors[value] for value in program.outputs]
    return Rehearsal(found, np.array(growth), held + added, replied, wide, not added)


def _drawn(ports: Sequence[Port], known: Arrays) -> list[dict[str, Array]]:
    """Data for all inputs, from as large as it may be down to nothing."""
    draw = np.random.default_rng(0)
    first = {port.name: known.get(port.name, _sample(port.type, draw)) for port in ports}
    secret = {port.name: port.type for port in ports if port.type.qualifier is Qualifier.SECRET}
    return [
        {
            name: _smaller(secret[name], array, size) if name in secret else array
            for name, array in first.items()
        }
        for size in SIZES
    ]


def _sample(type: Type, draw: np.random.Generator) -> Array:
    """Uniform in a range, or else standard normal."""
    if type.range is None:
        return draw.standard_normal(type.shape)
    return draw.uniform(*type.range, type.shape)


def _smaller(type: Type, array: Array, size: float) -> Array:
    """Nearer to what is nearest to zero."""
    least = 0.0 if type.range is None else float(np.clip(0.0, *type.range))
    return least + size * (array - least)


def _growth(replies: Sequence[Reply], outputs: Sequence[tuple[Array, Error]], source: int) -> Array:
    """How far outputs are off for an error of 1 at a source, for data of every size."""
    return np.array([_worst(replies, outputs, source, size) for size in range(len(SIZES))])


def _worst(
    replies: Sequence[Reply], outputs: Sequence[tuple[Array, Error]], source: int, size: int
) -> float:
    """The most for any output."""
    found = [0.0]
    for reply in replies:
        held = outputs[reply.first : reply.first + reply.layout.count]
        values = np.stack([value[size] for value, _ in held])
        zero = np.zeros_like(values[0])
        errors = np.stack([error[source][size] if source in error else zero for _, error in held])
        off = np.sqrt(np.mean((unpack(errors, reply.layout) * reply.factor) ** 2))
        largest = np.abs(unpack(values, reply.layout) * reply.factor).max(initial=1.0)
        found.append(float(off / largest))
    return max(found)


def _bounds(
    lowered: Lowered,
    program: SlotProgram,
    request: Sequence[Sent],
    plaintexts: Sequence[Array],
    known: Arrays,
) -> list[float]:
    """A bound on the coefficients of each output, infinite where too little is known."""
    flow = lowered.tensors
    read = [entry.reads for entry in lowered.plaintexts if entry.reads is not None]
    ranges = [_range(flow, item) for item in request]
    unsure = {port.name for port in extract(flow, read).inputs} - set(known)
    sure = [held for held in ranges if held is not None]
    if unsure or len(sure) < len(ranges):
        return [inf] * len(program.outputs)
    found = intervals(program, sure, plaintexts)
    return [float(np.maximum(-low, high).mean()) + SMALL for low, high in found]


def _range(flow: Dataflow, item: Sent) -> tuple[float, float] | None:
    """Between what bounds the numbers of a ciphertext of the request lie."""
    type = flow.type(item.value)
    if type.range is None or not isinstance(item, Packing) or item.layout.part:
        return None
    ends = [0.0, *(end * item.scale for end in type.range)]
    return min(ends), max(ends)


def _added(
    program: SlotProgram, factors: Sequence[Kinds], plaintexts: Sequence[Array]
) -> Iterator[tuple[Kinds, float]]:
    """The plaintexts that are added, and how large their numbers are."""
    for step, held in zip(program.instructions, factors, strict=True):
        if step.verb == "add_plain":
            yield held, float(np.abs(plaintexts[step.number]).max()) + SMALL
        if step.verb == "add_scalar":
            assert isinstance(step.attribute, float)
            yield held, abs(step.attribute) + SMALL


def turned(step: Instruction, values: Sequence[Array]) -> Array:
    """A linear verb without plaintext, on arrays whose last axis are the slots."""
    if step.verb == "add":
        return values[0] + values[1]
    if step.verb == "subtract":
        return values[0] - values[1]
    if step.verb == "negate":
        return -values[0]
    if step.verb in ("rotate", "rotate_sum"):
        moved = [np.roll(v, -d, axis=-1) for v, d in zip(values, step.distances, strict=True)]
        return sum(moved[1:], moved[0])
    return values[0]


def run(program: SlotProgram, execute: Callable[[int, Instruction, list[Any]], Any]) -> list[Any]:
    """What a way to execute instructions makes of the outputs."""
    last, values = last_uses(program), dict[int, Any]()
    for number, step in enumerate(program.instructions):
        values[number] = execute(number, step, [values[value] for value in step.arguments])
        for value in {value for value in step.arguments if last[value] == number}:
            del values[value]
    return [values[value] for value in program.outputs]


Error = dict[int, Array]
"""By the number of its source, how far a value is off, in units of what that is at the source."""


@dataclass
class Errors:
    """Values of shape (samples, slots), each with its errors."""

    levelled: Levelled
    factors: Sequence[Kinds]
    found: Sequence[Source]
    request: Sequence[Array]
    plaintexts: Sequence[Array]
    wide: bool
    draw: np.random.Generator

    def __post_init__(self) -> None:
        self.kinds = {source.kind: n for n, source in enumerate(self.found)}
        self.switched = {s.factors: n for n, s in enumerate(self.found) if s.kind is None}
        self.rounded: dict[tuple[int, int], Array] = {}

    def execute(
        self, number: int, step: Instruction, pairs: list[tuple[Array, Error]]
    ) -> tuple[Array, Error]:
        """An instruction, on pairs of values and their errors."""
        values, errors = [value for value, _ in pairs], [error for _, error in pairs]
        if step.verb == "input":
            value = self.request[step.number]
            return value, {self.kinds[0]: self._error(value.shape)}
        if step.verb == "multiply":
            others = zip(errors, reversed(values), strict=True)
            return values[0] * values[1], _sum([_times(e, value) for e, value in others])
        if step.verb in ("multiply_plain", "multiply_scalar"):
            return self._weighed(step, values[0], errors[0])
        if step.verb in ("add_plain", "add_scalar"):
            other = self.plaintexts[step.number] if step.verb == "add_plain" else step.attribute
            return values[0] + other, errors[0]
        error = _turned(step, errors)
        if step.verb in SWITCHES:
            switched = self.switched[self.factors[number]]
            error = _sum([error, {switched: self._error(values[0].shape)}])
        return turned(step, values), error

    def _weighed(self, step: Instruction, value: Array, error: Error) -> tuple[Array, Error]:
        """Times a plaintext, which is rounded; or times a number, which nearly is not."""
        if step.verb == "multiply_scalar":
            other = np.array(step.attribute)
            return value * other, _times(error, other)
        other, degree = self.plaintexts[step.number], self.levelled.degrees[step.arguments[0]]
        key = step.number, degree
        if key not in self.rounded:
            self.rounded[key] = self._error(other.shape)
        rounded = {self.kinds[degree]: value * self.rounded[key]}
        return value * other, _sum([_times(error, other), rounded])

    def _error(self, shape: tuple[int, ...]) -> Array:
        """Imaginary parts matter only where something is complex."""
        real = self.draw.standard_normal(shape)
        return real + 1j * self.draw.standard_normal(shape) if self.wide else real


def _times(error: Error, value: Array) -> Error:
    return {source: found * value for source, found in error.items()}


def _sum(errors: Sequence[Error]) -> Error:
    total = dict(errors[0])
    for error in errors[1:]:
        for source, found in error.items():
            total[source] = total[source] + found if source in total else found
    return total


def _turned(step: Instruction, errors: Sequence[Error]) -> Error:
    """A linear verb on errors; zero where there is none."""
    names = dict.fromkeys(source for error in errors for source in error)
    zero = np.zeros(1)
    return {name: turned(step, [error.get(name, zero) for error in errors]) for name in names}


def intervals(
    program: SlotProgram, request: Sequence[tuple[float, float]], plaintexts: Sequence[Array]
) -> list[Interval]:
    """Between what bounds the numbers in each slot of the outputs lie; of complex numbers, the
    absolute values."""

    def execute(number: int, step: Instruction, held: list[Interval]) -> Interval:
        if step.verb == "input":
            low, high = request[step.number]
            return np.full(program.slots, low), np.full(program.slots, high)
        if step.verb == "multiply":
            return _square(*held[0]) if len(set(step.arguments)) == 1 else _product(*held)
        if step.verb == "multiply_plain":
            return _weighed(held[0], plaintexts[step.number])
        if step.verb == "multiply_scalar":
            return _weighed(held[0], np.array(step.attribute))
        if step.verb in ("add_plain", "add_scalar"):
            other = plaintexts[step.number] if step.verb == "add_plain" else step.attribute
            return _moved(held[0], np.asarray(other))
        if step.verb == "negate":
            return -held[0][1], -held[0][0]
        if step.verb == "subtract":
            return held[0][0] - held[1][1], held[0][1] - held[1][0]
        return turned(step, [low for low, _ in held]), turned(step, [high for _, high in held])

    return run(program, execute)


def _square(low: Array, high: Array) -> Interval:
    ends = np.maximum(low**2, high**2)
    return np.where((low <= 0) & (high >= 0), 0.0, np.minimum(low**2, high**2)), ends


def _product(left: Interval, right: Interval) -> Interval:
    ends = [one * other for one in left for other in right]
    return np.minimum.reduce(ends), np.maximum.reduce(ends)


def _weighed(held: Interval, other: Array) -> Interval:
    if np.iscomplexobj(other):
        size = np.maximum(-held[0], held[1]) * np.abs(other)
        return -size, size
    return np.minimum(held[0] * other, held[1] * other), np.maximum(
        held[0] * other, held[1] * other
    )


def _moved(held: Interval, other: Array) -> Interval:
    if np.iscomplexobj(other):
        return held[0] - np.abs(other), held[1] + np.abs(other)
    return held[0] + other, held[1] + other
