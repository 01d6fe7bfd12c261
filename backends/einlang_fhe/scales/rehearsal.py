"""A slot program run in the clear on data drawn at random: how errors grow, and numbers.

Errors of what the client encrypts, of plaintexts of each kind (`passes.grades`) and of key
switching are followed to the outputs, to the first order, and compared with the outputs:
once for data as large as it may be, and for data that gets smaller down to nothing. A few
vectors do for a program, since a vector holds thousands of numbers. Tensors of few elements are
drawn more than once: numbers that cancel by chance would hide the errors of what they meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, prod
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
from einlang_fhe.scales.errors import Error, Errors, Source, sources
from einlang_fhe.scales.simulation import intervals, run
from einlang_fhe.scales.tails import ERRORS, tail
from einlang_fhe.slots import SlotProgram
from einlang_fhe.tensors import extract, values_of

Array = np.ndarray[Any, Any]

DRAWN = 32
"""Elements of an output, in all draws of errors, that a root mean square is taken of."""
SIZES = (1.0, 0.35, 0.15, 0.0)
"""How large data is that is rehearsed with, beside what it may be."""
SIGNS = 3
"""How often tensors of few elements are drawn, beside all elements alike."""
HIDDEN = 2.0**-7
"""The least growth: an error that no output shows would be multiplied by the rounding of zeros,
and outgrow the modulus."""
SMALL = 1e-3
"""Added to bounds, for noise."""
BUSY = 1 << 22
"""No program is rehearsed whose values hold more numbers than so many."""


@dataclass(frozen=True)
class Rehearsal:
    """What was seen.

    `growth[source, size]`: the root mean square of the outputs' errors for an error of 1 at a
    source, over what it counts beside. `held`: factors, and a bound on the coefficients, of
    what is decrypted or encoded; `outputs`: factors of what is decrypted. `wide`: whether
    outputs are complex. `lone`: whether one prime may do. `far`: how many times their root mean
    square errors may be.
    """

    sources: list[Source]
    growth: Array
    held: list[tuple[Kinds, float]]
    outputs: list[Kinds]
    wide: bool
    lone: bool
    far: float = 8.0

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


def rehearse(
    lowered: Lowered,
    levelled: Levelled,
    request: Sequence[Sent],
    factors: Sequence[Kinds],
    known: Arrays,
    peak: float,
    least: float | None = 1.0,
) -> Rehearsal | None:
    """A rehearsal of a program with these factors; None where it is too large for one.

    `peak`: how large the numbers in its outputs can be, as far as is known otherwise. Errors
    are relative to the largest output, or to `least` where that is larger; or absolute.
    """
    program = levelled.program
    elements = min((prod(reply.layout.shape) for reply in lowered.replies), default=1)
    draws = max(1, -(-DRAWN // max(1, elements)))
    if len(program.instructions) * program.slots * draws > BUSY:
        return None
    data = _drawn(lowered.tensors.inputs, known)
    read = {entry.reads for entry in lowered.plaintexts if entry.reads is not None}
    tensors = values_of(lowered.tensors, read, data[0])
    plaintexts = [entry.row(tensors) for entry in lowered.plaintexts]
    sent = {item.value for item in request}
    packed = [values_of(lowered.tensors, sent, some) for some in data]
    rows = [np.stack([item.row(tensors) for tensors in packed])[:, None] for item in request]
    wide = any(reply.layout.complex for reply in lowered.replies)
    found = sources(levelled, factors)
    shape, draw = (len(data), draws, program.slots), np.random.default_rng(1)
    errors = Errors(levelled, factors, found, rows, plaintexts, wide, shape, draw)
    outputs = run(program, errors.execute)
    ends = {port.name: _end(port.type) for port in lowered.flow.cod}
    seen = Outcome(lowered.replies, outputs, shape, [ends[r.name] for r in lowered.replies])
    growth = [seen.growth(n, least) for n in range(len(found))]
    heavy = max((seen.kurtosis(n) for n in range(len(found))), default=1.0)
    bounds = _bounds(lowered, program, request, plaintexts, known)
    held = [
        (factors[value], min(peak, bound))
        for value, bound in zip(program.outputs, bounds, strict=True)
    ]
    added = list(_added(program, factors, plaintexts))
    replied = [factors[value] for value in program.outputs]
    far = tail(heavy, ERRORS)
    return Rehearsal(found, np.array(growth), held + added, replied, wide, not added, far)


def _drawn(ports: Sequence[Port], known: Arrays) -> list[dict[str, Array]]:
    """Data for all inputs: for each way to draw the secret ones, from as large as it may be down
    to nothing."""
    draw = np.random.default_rng(0)
    first = {port.name: known.get(port.name, _sample(port.type, draw)) for port in ports}
    secret = {port.name: port.type for port in ports if port.type.qualifier is Qualifier.SECRET}
    few = {name: type for name, type in secret.items() if prod(type.shape) < DRAWN}
    ways = [first]
    if few:
        ways += [first | {n: _sample(t, draw) for n, t in few.items()} for _ in range(SIGNS - 1)]
        ways += [first | {n: np.full(t.shape, _furthest(t)) for n, t in few.items()}]
    return [
        way | {name: _smaller(type, way[name], size) for name, type in secret.items()}
        for way in ways
        for size in SIZES
    ]


def _sample(type: Type, draw: np.random.Generator) -> Array:
    """Uniform in a range, or else standard normal; of few elements, all as large as can be.

    What is public is drawn once: zeros among its few elements would hide all that meets them.
    """
    if prod(type.shape) < DRAWN:
        ends = np.asarray(type.range or (-1.0, 1.0))
        if type.qualifier is not Qualifier.SECRET:
            far = ends[np.abs(ends).argmax()]
            ends = np.where(np.abs(ends) < abs(far) / 2, far / 2, ends)
        return ends[draw.integers(0, 2, type.shape)]
    if type.range is None:
        return draw.standard_normal(type.shape)
    return draw.uniform(*type.range, type.shape)


def _end(type: Type) -> float:
    """How large a value can be at most, as far as that is known."""
    return inf if type.range is None else max(map(abs, type.range))


def _furthest(type: Type) -> float:
    """The end of a range that is larger."""
    return max(type.range or (-1.0, 1.0), key=abs)


def _smaller(type: Type, array: Array, size: float) -> Array:
    """Nearer to what is nearest to zero."""
    least = 0.0 if type.range is None else float(np.clip(0.0, *type.range))
    return least + size * (array - least)


@dataclass(frozen=True)
class Outcome:
    """Outputs with their errors, of a shape as in `Errors`: `len(SIZES)` samples of each way.

    `ends`: how large each output can be. Where it is promised to be smaller than what was drawn
    makes it, errors are over what is promised.
    """

    replies: Sequence[Reply]
    outputs: Sequence[tuple[Array, Error]]
    shape: tuple[int, int, int]
    ends: Sequence[float]

    @property
    def samples(self) -> int:
        """How much data there is."""
        return self.shape[0]

    def growth(self, source: int, least: float | None) -> Array:
        """How far outputs are off for an error of 1 at a source, in every sample: the most."""
        found: list[Array] = [np.full(self.samples, HIDDEN)]
        for reply, end in zip(self.replies, self.ends, strict=True):
            seen = [self._seen(reply, source, n) for n in range(self.samples)]
            off = np.array([np.sqrt(np.mean(errors**2)) for _, errors in seen])
            largest = np.array([np.abs(values).max(initial=0.0) for values, _ in seen])
            if least is not None:
                largest = np.minimum(largest, end)
                ways = zip(
                    off.reshape(-1, len(SIZES)), largest.reshape(-1, len(SIZES)), strict=True
                )
                off = np.concatenate([_relative(*way, least) for way in ways])
            found.append(off)
        return np.max(found, axis=0)

    def kurtosis(self, source: int) -> float:
        """Of the outputs' errors for errors at a source, where data is as large as it may be."""
        full = range(0, self.samples, len(SIZES))
        errors = [self._seen(reply, source, n)[1] for reply in self.replies for n in full]
        pairs = ((some, np.mean(some**2)) for some in errors)
        return max((float(np.mean(e**4) / square**2) for e, square in pairs if square), default=1.0)

    def _seen(self, reply: Reply, source: int, sample: int) -> tuple[Array, Array]:
        """An output, and its errors in all draws, in a sample."""
        held = self.outputs[reply.first : reply.first + reply.layout.count]
        values = np.stack([self._of(value, sample) for value, _ in held])
        zero = np.zeros(self.shape[1:])
        errors = np.stack([self._of(e[source], sample) if source in e else zero for _, e in held])
        drawn = unpack(errors, reply.layout)
        return unpack(values[:, 0], reply.layout) * reply.factor, drawn * reply.factor

    def _of(self, rows: Array, sample: int) -> Array:
        """Of shape (draws, slots)."""
        return np.broadcast_to(rows, (self.samples, *rows.shape[-2:]))[sample]


def _relative(off: Array, largest: Array, least: float) -> Array:
    """Errors over outputs, which count for `least` where they are smaller.

    The ratio is largest where they are just that large: between two sizes, both are taken to
    grow like powers.

    >>> _relative(np.array([1e4, 1.0, 0.0]), np.array([1e6, 1.0, 0.0]), 100.0).tolist()
    [0.21544346900318825, 0.01, 0.0]
    >>> _relative(np.array([0.0, 1.0, 0.0]), np.array([1e6, 1.0, 0.0]), 100.0).tolist()
    [0.0, 0.01, 0.0]
    """
    ratio = off / np.maximum(largest, least)
    smaller = (largest[1:] > 0) & (1.001 * largest[1:] < largest[:-1])
    grown = (off[:-1] > 0) & (off[1:] > 0)
    for n in np.flatnonzero((largest[:-1] > least) & smaller & grown):
        steep = np.log(off[n] / off[n + 1]) / np.log(largest[n] / largest[n + 1])
        ratio[n] = max(ratio[n], off[n] * (least / largest[n]) ** max(steep, 0.0) / least)
    return ratio


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
