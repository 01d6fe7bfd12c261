"""Programs that are deeper than any chain of primes: compiled with bootstraps.

Bootstrapping costs the less, the fewer numbers a ciphertext holds, so a program is written
for few slots, which repeat themselves in the ring. It is rehearsed in the clear on made-up
data: that shows how large the numbers are that are bootstrapped, and how far results are off.

>>> chain = next(chains(1 << 16, slots=8))
>>> chain.depth, chain.digits, chain.bootstrap
(23, 6, Bootstrap(slots=8, moves=1, correction=9, iterations=1))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, log2, prod
from typing import Any

import numpy as np

from einlang.backend import Arrays, silent
from einlang.errors import BackendMistake, fail
from einlang.planning.dataflow import Dataflow, Port
from einlang_fhe.compiling import Compiled, Job
from einlang_fhe.costs import Costs
from einlang_fhe.engines.bootstrap import CORRECTION, Bootstrap
from einlang_fhe.engines.clear import ClearEngine, ClearEvaluator
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.engines.noise import bootstrapping
from einlang_fhe.functor.values import Choices
from einlang_fhe.options import Options
from einlang_fhe.parameters import LARGEST_FIRST, LARGEST_SCALE, choose, deepest
from einlang_fhe.passes.bootstrapping import PlaceBootstraps
from einlang_fhe.passes.levels import assign
from einlang_fhe.session import Session
from einlang_fhe.tensors import values_of

RING = 1 << 16
"""The smallest ring whose chain holds a bootstrap, at 128 bits."""
FEWEST = 4
BITS = 5
"""Of a slot number that a level of a move between slots and coefficients deals with."""
MARGIN = 2.0
"""How much larger errors may be than in a rehearsal."""
REHEARSALS = 2
HALVINGS = 6
SLACK = 1e-9


def chains(ring: int, slots: int, iterations: int = 1, secure: bool = True) -> Iterator[Parameters]:
    """The longest chain for each number of digits, the longest first."""
    moves = max(1, ceil(log2(slots) / BITS))
    plan = Bootstrap(slots, moves, iterations=iterations)
    least = plan.refreshed + moves + 3
    if not secure:
        found = choose(least + 5, LARGEST_SCALE, LARGEST_FIRST, insecure=ring)
        yield replace(found, digits=3, spare=1, bootstrap=plan)
        return
    digits = 0
    for depth in range(deepest(LARGEST_SCALE, LARGEST_FIRST, ring), least - 1, -1):
        found = choose(depth, LARGEST_SCALE, LARGEST_FIRST, ring)
        if found.digits != digits:
            digits = found.digits
            yield replace(found, spare=1, bootstrap=plan)


@dataclass(frozen=True)
class Deep:
    """Compiles one dataflow with bootstraps, for ciphertexts of as few slots as pay."""

    job: Job
    costs: Costs
    weights: Mapping[str, float]

    def compiled(self) -> Compiled:
        """The program that is predicted to be the fastest, as precise as is asked for.

        Raises `BackendMistake` E0806 where bootstrapping is not precise enough.
        """
        error = 0.0
        for iterations in (1, 2):
            found = corrected(self._fastest(iterations), self.job)
            error = max(MARGIN * rehearsed(found, self.job), accumulated(found))
            if error <= self.job.options.precision:
                return found
        raise _too_precise(self.job.options.precision, error)

    def _fastest(self, iterations: int) -> Compiled:
        """With half the slots, and half of these, as long as it gets faster."""
        slots, best, least = _enough(self.job.flow, self._ring // 2), None, float("inf")
        while slots >= FEWEST:
            seconds, found = self._with_slots(slots, iterations)
            if seconds >= least:
                break
            best, least, slots = found, seconds, slots // 2
        assert best is not None
        return best

    @property
    def _ring(self) -> int:
        options = self.job.options
        if options.insecure:
            return options.ring or RING
        return max(options.ring or RING, RING)

    def _with_slots(self, slots: int, iterations: int) -> tuple[float, Compiled]:
        """The fastest chain for a program of so many slots, and its seconds."""
        choices = Choices(weights=self.weights, real=True)
        written = self.job.written(slots, choices)
        found = []
        for parameters in chains(self._ring, slots, iterations, not self.job.options.insecure):
            plan, depth = parameters.bootstrap, parameters.depth
            assert plan is not None
            place = PlaceBootstraps(depth - 1, plan.latest(depth), plan.refreshed)
            levelled = assign(place.apply(written.program), plan.refreshed)
            seconds = self.costs.program(levelled, parameters)
            found.append((seconds, len(found), written.compiled(levelled, parameters)))
        seconds, _, compiled = min(found)
        return seconds, compiled


def _enough(flow: Dataflow, most: int) -> int:
    """The slots that hold the largest tensor."""
    count = len(flow.inputs) + len(flow.steps)
    largest = max(prod(flow.type(number).shape) for number in range(count))
    return max(FEWEST, min(most, 1 << (largest - 1).bit_length()))


def corrected(compiled: Compiled, job: Job) -> Compiled:
    """With room for the largest numbers that are bootstrapped in a rehearsal."""
    for seed in range(REHEARSALS):
        compiled = fitted(compiled, job.options, job.known, _made_up(job, seed))
    return compiled


def fitted(compiled: Compiled, options: Options, known: Arrays, inputs: Arrays) -> Compiled:
    """The program, with room for what is bootstrapped of these inputs; the same if it has."""
    plan = compiled.parameters.bootstrap
    if plan is None:
        return compiled
    session = _session(compiled, options, known, noise=False)
    _run(session, inputs)
    evaluator = session.keys[1]
    assert isinstance(evaluator, ClearEvaluator)
    bits = CORRECTION + ceil(log2(max(evaluator.peak, 1.0)))
    if bits <= plan.correction:
        return compiled
    larger = replace(compiled.parameters, bootstrap=replace(plan, correction=bits))
    return replace(compiled, parameters=larger)


def rehearsed(compiled: Compiled, job: Job) -> float:
    """How far results are off, relative to the largest of them or to 1."""
    worst = 0.0
    for seed in range(REHEARSALS):
        inputs = _made_up(job, seed)
        exact, blurred = (
            _run(_session(compiled, job.options, job.known, noise), inputs)
            for noise in (False, True)
        )
        for name, values in exact.items():
            size = max(1.0, float(np.abs(values).max(initial=0.0)))
            worst = max(worst, float(np.abs(blurred[name] - values).max(initial=0.0)) / size)
    return worst


def accumulated(compiled: Compiled) -> float:
    """What bootstraps in a row leave of numbers of 1, if nothing makes it smaller."""
    parameters, program = compiled.parameters, compiled.program
    plan = parameters.bootstrap
    assert plan is not None
    rows: list[int] = []
    for step in program.instructions:
        before = max((rows[value] for value in step.arguments), default=0)
        rows.append(before + (step.verb == "bootstrap"))
    blur = 3 * bootstrapping(parameters.ring, plan.correction, plan.iterations)
    bend = 2.0 ** (plan.correction - CORRECTION) - float(
        plan.bent(np.full(1, 2.0 ** (plan.correction - CORRECTION)))[0]
    )
    return max((rows[value] for value in program.outputs), default=0) * (bend + blur)


def _session(compiled: Compiled, options: Options, known: Arrays, noise: bool) -> Session:
    session = Session(compiled, options, known)
    made = compiled.parameters, compiled.program.rotations, compiled.relinearize
    session.keys = ClearEngine(noise=noise).keys(*made)
    return session


def _run(session: Session, inputs: Arrays) -> dict[str, Any]:
    session.encode(inputs, silent)
    reply = session.evaluate(session.encrypt(inputs, silent), silent)
    return session.decrypt(inputs, reply, silent)


def _made_up(job: Job, seed: int) -> dict[str, Any]:
    """Data from the declared ranges, or standard normal, and what is known.

    It is made smaller until what is promised of definitions holds, if that helps.
    """
    made: dict[str, Any] = {}
    for halvings in range(HALVINGS):
        draw = np.random.default_rng(seed)
        made = {
            port.name: job.known.get(port.name, _drawn(draw, port, 0.5**halvings))
            for port in job.flow.inputs
        }
        if _as_promised(job.flow, made):
            break
    return made


def _drawn(draw: np.random.Generator, port: Port, size: float) -> Any:
    if port.type.range is None:
        return size * draw.standard_normal(port.type.shape)
    low, high = port.type.range
    middle, width = (low + high) / 2, size * (high - low) / 2
    return draw.uniform(middle - width, middle + width, port.type.shape)


def _as_promised(flow: Dataflow, inputs: Arrays) -> bool:
    count = len(flow.inputs) + len(flow.steps)
    ranges = {n: flow.type(n).range for n in range(len(flow.inputs), count)}
    stated = {n: known for n, known in ranges.items() if known is not None}
    if not stated:
        return True
    values = values_of(flow, set(stated), inputs)
    return all(
        values[n].min() >= low - SLACK and values[n].max() <= high + SLACK
        for n, (low, high) in stated.items()
    )


def _too_precise(precision: float, error: float) -> BackendMistake:
    mistake = fail(
        BackendMistake,
        "E0806",
        f"a precision of {precision:g} is out of reach with bootstraps",
        hint=f"results may be off by {error:.1g}: ask for less precision, declare narrower "
        "ranges, or decrypt in between",
    )
    assert isinstance(mistake, BackendMistake)
    return mistake
