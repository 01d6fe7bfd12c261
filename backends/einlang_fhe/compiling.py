"""From a dataflow to all that is needed to make keys, encrypt, evaluate and decrypt.

The number of slots decides on layouts, layouts on depth, depth on the ring dimension, and
that on the number of slots: a job is compiled for a ring that is given, and says which one
it would need. The search tries rings and choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot, sqrt

from einlang.backend import Arrays
from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import Apply, Contract, Dataflow, Fold, Operation
from einlang_fhe.alternative import Alternative
from einlang_fhe.costs import load
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.engines.noise import DECRYPTION
from einlang_fhe.functor.lower import Lowered, lower
from einlang_fhe.functor.values import Choices, Packing, Sent
from einlang_fhe.options import Options
from einlang_fhe.parameters import BOUNDS, predicted_key_sizes
from einlang_fhe.passes.budget import BoundKeys, in_a_row
from einlang_fhe.passes.dead import DropDead
from einlang_fhe.passes.flat import assign_flat, switched
from einlang_fhe.passes.fold import FoldSlots
from einlang_fhe.passes.grades import Grade, kinds
from einlang_fhe.passes.levels import Levelled, assign
from einlang_fhe.passes.order import polynomials
from einlang_fhe.plaintexts import Entry
from einlang_fhe.scales.asked import Ranges, junk, last_operands, ranges, secrets
from einlang_fhe.scales.chained import chained
from einlang_fhe.scales.gains import gains, kurtosis
from einlang_fhe.scales.graded import fit_graded, lightest
from einlang_fhe.scales.magnitude import Magnitude, magnitudes
from einlang_fhe.scales.rehearsal import rehearse
from einlang_fhe.scales.tails import ERRORS, tail
from einlang_fhe.scales.unscaled import fit_unscaled, work
from einlang_fhe.slots import SlotProgram

SMALLEST_FLAT = 18
"""Bits of scale that a program without rescaling needs at least."""
ENDLESS = 1 << 10
"""The degree of what is not worth a try without rescaling."""
CAUTION = 2
"""How much less noise grows than `gains` has it, which takes numbers for as large as may be."""


@dataclass(frozen=True)
class Compiled:
    """A program ready for keys.

    `request` lists what the client packs, in order, and `levels` at which level each of
    them is encrypted. `outputs`: how large the encrypted outputs were taken to be.
    `plans`: what was weighed, the plan that this is first.
    """

    lowered: Lowered
    levelled: Levelled
    parameters: Parameters
    request: tuple[Sent, ...]
    outputs: dict[str, Magnitude]
    plans: tuple[Alternative, ...] = ()

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
            step.number: self.levelled.levels[number]
            for number, step in enumerate(self.program.instructions)
            if step.verb == "input"
        }
        return tuple(found[number] for number in range(len(self.request)))

    @cached_property
    def relinearize(self) -> int:
        """For how many powers of the secret relinearisation keys are needed."""
        parts = polynomials(self.program)
        steps = (step for step in self.program.instructions if step.verb == "relinearize")
        return max((parts[step.arguments[0]] - 2 for step in steps), default=0)

    @property
    def turns(self) -> int:
        """How many keys are needed for rotations, those of bootstraps and the conjugate's too."""
        plan = self.parameters.bootstrap
        own = {*self.program.rotations}
        return len(own) if plan is None else len(own | plan.rotations(self.parameters.ring)) + 1


@dataclass(frozen=True)
class Written:
    """A program without levels, and what a compiled one says beside."""

    lowered: Lowered
    program: SlotProgram
    request: tuple[Sent, ...]
    outputs: dict[str, Magnitude]
    options: Options

    def compiled(self, levelled: Levelled, parameters: Parameters) -> Compiled:
        """With levels and parameters, and rotations as they are cheapest with these."""
        folded = _folded(levelled, parameters, self.options)
        return Compiled(self.lowered, folded, parameters, self.request, self.outputs)

    def graded(self, grade: Grade, levelled: Levelled, parameters: Parameters) -> Compiled | None:
        """With scales for each kind of operand; None where one output has several."""
        made, outputs = grade.apply(levelled), levelled.program.outputs
        replies = []
        for reply in self.lowered.replies:
            held = outputs[reply.first : reply.first + reply.layout.count]
            excess = {grade.excess(value) for value in held}
            if len(excess) > 1:
                return None
            factor = reply.factor * 2.0 ** -sum(excess)
            replies.append(replace(reply, factor=factor))
        lowered = replace(self.lowered, plaintexts=made.plaintexts, replies=tuple(replies))
        return replace(self, lowered=lowered, request=made.request).compiled(
            made.levelled, parameters
        )


@dataclass(frozen=True)
class Outputs:
    """What data has shown of the outputs: `peaks`, bounds on those that turned out larger than
    what was assumed; and how large each has an element `least`, 1 where that is not known."""

    peaks: tuple[tuple[str, float], ...] = ()
    least: float = 1.0


UNSEEN = Outputs()
"""There was no data yet."""


@dataclass(frozen=True)
class Job:
    """A dataflow to be compiled, and what is the same for every ring and every layout.

    `known` are the tensors that are there when compiling; `sizes` and `growth` say of each
    value how large it is, and how errors of it grow. `outputs`: what is known of the outputs.
    """

    flow: Dataflow
    options: Options
    known: Arrays
    sizes: tuple[Magnitude, ...]
    growth: tuple[float, ...]
    outputs: Outputs = UNSEEN

    @staticmethod
    def of(flow: Dataflow, options: Options, known: Arrays, outputs: Outputs = UNSEEN) -> Job:
        """With sizes as far as they can be told."""
        sizes, peaks = magnitudes(flow, known), dict(outputs.peaks)
        for name, number in zip(flow.names, flow.outputs, strict=True):
            peak = max(sizes[number].peak, peaks.get(name, 0.0))
            sizes[number] = replace(sizes[number], peak=peak)
        return Job(flow, options, known, tuple(sizes), tuple(gains(flow, sizes)), outputs)

    @property
    def precision(self) -> float:
        """The largest error of an output."""
        return self.options.precision * self.outputs.least

    @property
    def clean(self) -> bool:
        """Whether outputs hold nothing but results: where the evaluator has tensors of its
        own, unless that is not wanted."""
        kinds = {port.type.qualifier for port in self.flow.inputs}
        wanted = self.options.outputs
        return wanted == "clean" or (wanted is None and kinds != {Qualifier.SECRET})

    def written(self, slots: int, choices: Choices) -> Written:
        """The program for ciphertexts of so many slots, without levels."""
        flow, sizes = self.flow, self.sizes
        approximation = self.options.approximation
        lowered = lower(flow, slots, approximation, self.growth, choices, self.clean)
        program, request = _requested(DropDead().apply(lowered.program), lowered.request)
        if self.options.keys is not None:
            program = BoundKeys(self.options.keys).apply(program)
        numbers = dict(zip(flow.names, flow.outputs, strict=True))
        outputs = {reply.name: sizes[numbers[reply.name]] for reply in lowered.replies}
        return Written(lowered, program, request, outputs, self.options)

    def compiled(self, ring: int, choices: Choices) -> Compiled:
        """The program written for a ring, with the parameters it needs: maybe a larger ring."""
        written = self.written(ring // 2, choices)
        levelled = assign(written.program)
        asked = self._ranges(written, levelled)
        precision = self.precision / asked.factor
        parameters = chained(asked, levelled.depth, self.options, ring, precision)
        return written.compiled(levelled, parameters)

    def flat(
        self, ring: int, choices: Choices, worth: Callable[[Compiled], bool] = lambda _: True
    ) -> Compiled | None:
        """The program written for a ring, never rescaled; None where the ring is too small.

        `worth`: whether what it becomes at best, with scales for each kind of operand, is
        worth the work of finding those.
        """
        written = self.written(ring // 2, choices)
        levelled = assign_flat(written.program)
        asked = self._ranges(written, levelled)
        parameters = fit_unscaled(
            ring,
            max(levelled.degrees, default=1),
            switched(levelled),
            self.precision,
            asked.peak,
            self._growth(written, asked.factor),
        )
        plain = None if parameters is None else written.compiled(levelled, parameters)
        if not _coarse(parameters, written.program):
            return plain
        if not worth(written.compiled(levelled, lightest(ring))):
            return plain
        finer = self._graded(ring, written, levelled, asked.peak)
        if plain is None or finer is None:
            return plain or finer
        return min(plain, finer, key=lambda one: work(one.parameters))

    def _graded(
        self, ring: int, written: Written, levelled: Levelled, peak: float
    ) -> Compiled | None:
        """The same with scales for each kind of operand."""
        factors = kinds(levelled)
        if factors is None:
            return None
        program = written.lowered, levelled, written.request
        least = None if self.options.absolute else self.outputs.least
        seen = rehearse(*program, factors, self.known, peak, least)
        fitted = seen and fit_graded(ring, seen, self.options.precision)
        if not fitted:
            return None
        more = [bits - fitted.parameters.scale for bits in fitted.bits]
        grade = Grade(more, factors, written.lowered.plaintexts, written.request)
        return written.graded(grade, levelled, fitted.parameters)

    @property
    def free(self) -> bool:
        """Whether nothing is said of the parameters that a program without rescaling breaks."""
        options = self.options
        said = options.scale, options.first, options.digits
        return not options.insecure and said == (None, None, None)

    def may_hold(self, ring: int) -> bool:
        """Whether a ring may hold the scales of a program that is never rescaled."""
        return self.degree * SMALLEST_FLAT < BOUNDS[ring]

    @cached_property
    def degree(self) -> int:
        """At least so many factors does some output have."""
        degrees = [int(port.type.qualifier is Qualifier.SECRET) for port in self.flow.inputs]
        for step in self.flow.steps:
            degrees.append(_degree(step.operation, [degrees[n] for n in step.arguments]))
        return max(degrees, default=1)

    def _growth(self, written: Written, factor: float) -> float:
        """The largest error of an output, in standard deviations of the noise of inputs.

        `factor`: what the numbers of ciphertexts are multiplied by in the end.
        """
        inputs = enumerate(port.type.qualifier for port in self.flow.inputs)
        grown = [self.growth[n] for n, kind in inputs if kind is Qualifier.SECRET]
        deviation = max(factor, hypot(*grown)) * sqrt(max(1, in_a_row(written.program)))
        blurred = all(reply.layout.complex for reply in written.lowered.replies)
        deviation = hypot(deviation, factor) if blurred else DECRYPTION * deviation
        return deviation * tail(kurtosis(self.flow, self.sizes), ERRORS)

    @cached_property
    def mixed(self) -> bool:
        """Whether some output has three factors or more, and plain tensors among them."""
        kinds = (
            {self.flow.type(value).qualifier is Qualifier.SECRET for value in step.arguments}
            for step in self.flow.steps
            if isinstance(step.operation, Contract)
        )
        return self.degree > 2 and any(len(kind) == 2 for kind in kinds)

    def _ranges(self, written: Written, levelled: Levelled) -> Ranges:
        lowered, request = written.lowered, written.request
        found = ranges(self.flow, lowered, self.sizes, written.outputs)
        worst = max((self.growth[n] for n in secrets(self.flow)), default=1.0)
        last = last_operands(lowered, levelled, request, self.known)
        peak = max([found.peak, *last, *junk(self.flow, lowered, self.known)])
        layouts = [reply.layout for reply in lowered.replies]
        layouts += [item.layout for item in request if isinstance(item, Packing)]
        sure = all(size.hard for size in written.outputs.values())
        # Both parts of a slot are rarely that large at once, unless they may be.
        wide = sqrt(2) if sure and any(layout.complex for layout in layouts) else 1.0
        typical = max(found.typical, worst / CAUTION) * sqrt(max(1, in_a_row(written.program)))
        return replace(found, typical=typical, peak=wide * peak)


def _folded(levelled: Levelled, parameters: Parameters, options: Options) -> Levelled:
    """With folds, where seconds and keys are counted as the objective counts them."""
    rates, costs = options.rates, load()
    key = rates.get("memory", 0.0) * predicted_key_sizes(parameters).rotation

    def price(verb: str, level: int) -> float:
        return rates["evaluate"] * costs.seconds(verb, parameters, level)

    folded = FoldSlots(price, key).apply(levelled)
    many = options.keys is not None and len(folded.program.rotations) > options.keys
    return levelled if many else folded


def _coarse(parameters: Parameters | None, program: SlotProgram) -> bool:
    """Whether scales of their own may do for operands what one scale for all does not."""
    if parameters is None:
        return program.turns + program.count("multiply_plain", "multiply") > 0
    return parameters.digit > 0


def _degree(operation: Operation, degrees: Sequence[int]) -> int:
    """Of what a step makes of values of these degrees, 0 for plain ones."""
    if isinstance(operation, Contract):
        mixed = any(degrees) and not all(degrees)
        return min(sum(degrees) + mixed, ENDLESS)
    if isinstance(operation, Fold):
        return ENDLESS * any(degrees)
    if isinstance(operation, Apply):
        factors = 2 if operation.function.name == "square" else 4
        return min(factors * max(degrees), ENDLESS)
    return max(degrees, default=0)


def _requested(
    program: SlotProgram, request: Sequence[Sent]
) -> tuple[SlotProgram, tuple[Sent, ...]]:
    """The program with the ciphertexts of the request that it reads, numbered anew."""
    read = [step.number for step in program.instructions if step.verb == "input"]
    names = {old: new for new, old in enumerate(read)}
    steps = tuple(
        replace(step, attribute=names[step.number]) if step.verb == "input" else step
        for step in program.instructions
    )
    return replace(program, instructions=steps), tuple(request[old] for old in read)
