"""What the outputs of a written program ask of scale and modulus, in what ciphertexts hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from einlang.backend import Arrays
from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import Dataflow
from einlang_fhe.functor.lower import Lowered
from einlang_fhe.functor.values import Sent
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.plaintexts import Mask, Packed
from einlang_fhe.scales.magnitude import Magnitude, magnitudes


@dataclass(frozen=True)
class Ranges:
    """The typical size of what errors grow with, a bound on all numbers, and what those of
    outputs are multiplied by after decryption."""

    typical: float
    peak: float
    factor: float


def secrets(flow: Dataflow) -> list[int]:
    """The values that are encrypted."""
    count = len(flow.inputs) + len(flow.steps)
    return [n for n in range(count) if flow.type(n).qualifier is Qualifier.SECRET]


def ranges(
    flow: Dataflow,
    lowered: Lowered,
    sizes: Sequence[Magnitude],
    outputs: Mapping[str, Magnitude],
) -> Ranges:
    """What follows from the sizes of values."""
    held = [(outputs[reply.name], abs(reply.factor) or 1.0) for reply in lowered.replies]
    secret = [sizes[number].typical for number in secrets(flow)]
    typical = max([size.typical / factor for size, factor in held] + secret, default=1.0)
    peak = max((size.peak / factor for size, factor in held), default=1.0)
    return Ranges(typical, peak, max((factor for _, factor in held), default=1.0))


def junk(flow: Dataflow, lowered: Lowered, known: Arrays) -> Iterator[float]:
    """How large the numbers can be that stand between the elements of the outputs."""
    sizes = magnitudes(flow, known, stated=False)
    numbers = dict(zip(flow.names, flow.outputs, strict=True))
    for reply in lowered.replies:
        if reply.layout.imaginary or not reply.layout.clean:
            yield sizes[numbers[reply.name]].peak / (abs(reply.factor) or 1.0)


def last_operands(
    lowered: Lowered, levelled: Levelled, request: Sequence[Sent], known: Arrays
) -> Iterator[float]:
    """How large the numbers are that are encrypted or encoded when one prime is left."""
    sizes, depth = magnitudes(lowered.tensors, known), levelled.depth
    for step, level in zip(levelled.program.instructions, levelled.levels, strict=True):
        if level < depth:
            continue
        if step.verb == "input":
            packing = request[step.number]
            yield sizes[packing.value].peak * abs(packing.scale)
        if step.verb == "add_plain":
            entry = lowered.plaintexts[step.number]
            if isinstance(entry, Packed):
                yield sizes[entry.value].peak * abs(entry.factor)
            elif isinstance(entry, Mask):
                yield float(np.abs(entry.vector).max())
