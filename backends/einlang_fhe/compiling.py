"""From a dataflow to all that is needed to make keys, encrypt, evaluate and decrypt.

The number of slots decides on layouts, layouts on depth, depth on the ring dimension, and
that on the number of slots: starting from the smallest ring, the ring grows until it is
large enough for what was written for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

from einlang.errors import BackendMistake
from einlang.planning.dataflow import Add, Apply, Constant, Contract, Dataflow, Fold, Type
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.functor.lower import Lowered, lower
from einlang_fhe.functor.values import Packing
from einlang_fhe.options import Options
from einlang_fhe.parameters import choose, fit
from einlang_fhe.passes.dead import DropDead
from einlang_fhe.passes.levels import Levelled, assign
from einlang_fhe.plaintexts import Entry
from einlang_fhe.slots import SlotProgram
from einlang_fhe.verifier import verify

SMALLEST = 1 << 12
UNKNOWN = 8.0
"""What inputs without a declared range are taken to lie below: standard normal data does."""


@dataclass(frozen=True)
class Compiled:
    """A program ready for keys. `request` lists what the client packs, in order, and
    `levels` at which level each of them is encrypted."""

    lowered: Lowered
    levelled: Levelled
    parameters: Parameters
    request: tuple[Packing, ...]

    @property
    def program(self) -> SlotProgram:
        """The slot program with its levels."""
        return self.levelled.program

    @property
    def plaintexts(self) -> tuple[Entry, ...]:
        """The plaintext operands by number."""
        return self.lowered.plaintexts

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """The level at which each ciphertext of the request is encrypted."""
        found = {
            int(step.attribute or 0): self.levelled.levels[number]
            for number, step in enumerate(self.program.instructions)
            if step.verb == "input"
        }
        return tuple(found[number] for number in range(len(self.request)))

    @property
    def relinearize(self) -> bool:
        """Whether a relinearisation key is needed."""
        return self.program.count("relinearize") > 0


def compile_flow(flow: Dataflow, options: Options) -> Compiled:
    """The slot program of a dataflow, with the parameters it needs."""
    ring = options.ring or SMALLEST
    while True:
        compiled = _for_ring(flow, options, ring)
        if compiled.parameters.ring <= ring:
            verify(compiled.levelled, compiled.parameters.depth, compiled.program.rotations)
            return compiled
        ring = compiled.parameters.ring


def _for_ring(flow: Dataflow, options: Options, ring: int) -> Compiled:
    lowered = lower(flow, ring // 2, options.approximation)
    program, request = _requested(DropDead().apply(lowered.program), lowered.request)
    levelled = assign(program)
    parameters = _parameters(flow, lowered, levelled.depth, options, ring)
    return Compiled(lowered, levelled, parameters, request)


def _requested(
    program: SlotProgram, request: Sequence[Packing]
) -> tuple[SlotProgram, tuple[Packing, ...]]:
    """The program with the ciphertexts of the request that it reads, numbered anew."""
    read = [int(step.attribute or 0) for step in program.instructions if step.verb == "input"]
    names = {old: new for new, old in enumerate(read)}
    steps = tuple(
        replace(step, attribute=names[int(step.attribute or 0)]) if step.verb == "input" else step
        for step in program.instructions
    )
    return replace(program, instructions=steps), tuple(request[old] for old in read)


def _parameters(
    flow: Dataflow, lowered: Lowered, depth: int, options: Options, ring: int
) -> Parameters:
    sizes = magnitudes(flow)
    outputs = dict(zip(flow.names, flow.outputs, strict=True))
    factors = [abs(reply.factor) or 1.0 for reply in lowered.replies]
    held = [sizes[outputs[reply.name]] for reply in lowered.replies]
    magnitude = max([s / f for s, f in zip(held, factors, strict=True)], default=1.0)
    precision = options.precision / max(factors, default=1.0)
    insecure = (options.ring or ring) if options.insecure else None
    if options.scale is not None:
        first = options.first or min(60, options.scale + 10)
        found = choose(depth, options.scale, first, ring, insecure=insecure)
    else:
        found = _fitted(depth, precision, magnitude, ring, insecure)
    return found if options.digits is None else replace(found, digits=options.digits)


def _fitted(
    depth: int, precision: float, magnitude: float, ring: int, insecure: int | None
) -> Parameters:
    """The parameters; with one prime to spare where the last one cannot hold the numbers."""
    try:
        return fit(depth, precision, magnitude, ring, insecure=insecure)
    except BackendMistake as mistake:
        if mistake.diagnostics[0].code != "E0806":
            raise
        return fit(depth + 1, precision, 4.0, ring, amplification=magnitude, insecure=insecure)


def magnitudes(flow: Dataflow) -> list[float]:
    """How large the elements of every value may be taken to be.

    Declared ranges are bounds. Where there is none, terms of a sum are taken to be
    independent, so that `n` of them grow like the root of `n`, four deviations wide.
    """
    found: list[float] = []
    for port in flow.inputs:
        found.append(_bound(port.type, UNKNOWN))
    for step in flow.steps:
        values = [found[number] for number in step.arguments]
        found.append(_bound(step.type, _grown(flow, step.operation, step.arguments, values)))
    return found


def _bound(type: Type, otherwise: float) -> float:
    if type.range is None:
        return otherwise
    declared = max(abs(type.range[0]), abs(type.range[1]))
    return min(declared, otherwise) if otherwise > UNKNOWN else declared


def _grown(
    flow: Dataflow, operation: object, arguments: tuple[int, ...], values: list[float]
) -> float:
    if isinstance(operation, Constant):
        return abs(float(operation.value))
    if isinstance(operation, Contract):
        product = 1.0
        for value in values:
            product *= value
        return product * _terms(flow, operation, arguments)
    if isinstance(operation, Add):
        pairs = zip(operation.coefficients, values, strict=True)
        return sum(abs(coefficient) * value for coefficient, value in pairs)
    if isinstance(operation, Apply):
        return _applied(operation, values[0])
    if isinstance(operation, Fold) and operation.operator == "prod":
        return max(1.0, values[0]) ** 2
    return values[0]


def _terms(flow: Dataflow, operation: Contract, arguments: tuple[int, ...]) -> float:
    """How much a sum grows with the number of its terms."""
    sizes = {
        label: size
        for labels, argument in zip(operation.arguments, arguments, strict=True)
        for label, size in zip(labels, flow.type(argument).shape, strict=True)
    }
    count = 1
    for label, size in sizes.items():
        count *= 1 if label in operation.result else size
    return min(float(count), 4 * sqrt(count))


def _applied(operation: Apply, value: float) -> float:
    name = operation.function.name
    if name == "square":
        return value * value
    if name == "power":
        return max(1.0, value) ** abs(operation.function.parameters[0])
    if name in ("relu", "gelu", "silu", "abs"):
        return value
    return max(1.0, value)
