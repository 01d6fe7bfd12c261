"""Times every verb of the engine `openfhe` on this machine, on one thread.

Neighbours slow a processor down, by half and more where two of its threads share a core. So
a *yardstick*, always the same rotation, is timed before and after everything else; a verb is
so many yardsticks long, and how long a yardstick is when nothing disturbs it is the low end
of its many readings. Ciphertexts and keys take turns, as they do in programs: the key of the
last rotation is never the one at hand.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import count
from math import ceil
from statistics import median
from typing import Any

import numpy as np

from einlang_fhe.costs.terms import named
from einlang_fhe.engines.engine import Bound, Operand, Parameters
from einlang_fhe.engines.openfhe import OpenFHEClient, OpenFHEEngine, OpenFHEEvaluator, make_context
from einlang_fhe.execution.crew import crowd
from einlang_fhe.executor import Executor
from einlang_fhe.parameters import ciphertext_bytes
from einlang_fhe.passes.levels import assign
from einlang_fhe.slots import Builder, Instruction, Verb

Call = Callable[[int], Any]
ROUND = 0.002
"""At least so many seconds are timed at once."""
ROUNDS = 5
QUIET = 0.02
"""Of the readings of the yardstick, this part is taken to be undisturbed."""
COLD = 1 << 26
"""Bytes that are more than caches hold."""
CHAIN = 2000
"""Instructions of the program that the executor's own time is measured with."""


def spent(call: Call, calls: int = 1) -> float:
    """Seconds of processor time of calls with 0, 1, 2, ..."""
    start = time.process_time()
    for number in range(calls):
        call(number)
    return time.process_time() - start


@dataclass
class Yardstick:
    """Work that is always the same, and how long it took each time.

    >>> stick = Yardstick(lambda n: sum(range(10000)))
    >>> 3 < stick.length(lambda n: sum(range(100000)), budget=0) < 30
    True
    >>> 0 < stick.seconds <= max(stick.readings), stick.disturbance >= 1
    (True, True)
    """

    work: Call
    readings: list[float] = field(default_factory=list)

    @staticmethod
    def rotation() -> Yardstick:
        """Two rotations at a small ring dimension, about a millisecond."""
        parameters = Parameters(1 << 12, 0, 40, 50, 1, secure=False)
        client, run = OpenFHEEngine().keys(parameters, [1], relinearize=False)
        x = client.encrypt(np.ones(parameters.slots))
        return Yardstick(lambda _: run.rotate(run.rotate(x, 1), 1))

    @property
    def seconds(self) -> float:
        """How long it takes when nothing disturbs it."""
        return float(np.quantile(self.readings, QUIET))

    @property
    def disturbance(self) -> float:
        """How much longer it took in the median."""
        return median(self.readings) / self.seconds

    def read(self, long: float = 0.0) -> float:
        """How long it takes now: the mean over a tenth of so many seconds, once at least."""
        taken = [spent(self.work)]
        while sum(taken) < long / 10:
            taken.append(spent(self.work))
        self.readings += taken
        return sum(taken) / len(taken)

    def length(self, call: Call, budget: float, cycle: int = 1) -> float:
        """So many yardsticks one call takes: the median over rounds, to spend the budget.

        A round is whole cycles of calls, unless one call takes longer than a round.
        """
        first = spent(call)
        calls = 1 if first > ROUND else cycle * ceil(ROUND / max(first, 1e-7) / cycle)
        rounds = max(ROUNDS if first < 1 else 3, int(budget / (first * calls)))
        found, before = [], self.read(first)
        for _ in range(rounds):
            taken = spent(call, calls) / calls
            after = self.read(taken * calls)
            found.append(2 * taken / (before + after))
            before = after
        return median(found)


@dataclass(frozen=True)
class Sample:
    """Seconds, or yardsticks, that one verb took at one level."""

    verb: str
    parameters: Parameters
    level: int
    seconds: float


@dataclass(frozen=True)
class Station:
    """One choice of parameters, the levels to visit, and the budget of each measurement."""

    parameters: Parameters
    levels: tuple[int, ...]
    budget: float
    pool: int = 4

    def samples(self, stick: Yardstick) -> Iterator[Sample]:
        """The length of every verb at every level, in yardsticks."""
        parameters = self.parameters
        before = stick.read()
        once = 2 * spent(lambda _: make_context(parameters)) / (before + stick.read())
        yield Sample(named("context", parameters), parameters, 0, once)
        steps = [1 << n for n in range(self.pool)]
        client, evaluator = OpenFHEEngine().keys(parameters, steps, relinearize=True)
        with evaluator.running():
            for level in self.levels:
                for verb, call in _calls(client, evaluator, level, self.pool):
                    length = stick.length(call, self.budget, self.pool)
                    yield Sample(named(verb, parameters), parameters, level, length)
                yield self._decrypted(stick, client, level)
        for verb, call in _keys(client):
            yield Sample(named(verb, parameters), parameters, 0, stick.length(call, budget=0))

    def _decrypted(self, stick: Yardstick, client: OpenFHEClient, level: int) -> Sample:
        """Decryption where more than one prime is needed to hold the results."""
        parameters = replace(self.parameters, spare=self.parameters.depth)
        keys = client.context, parameters, client.chain, client._secret, client.public
        x = client.encrypt(np.ones(parameters.slots), level)
        other = OpenFHEClient(*keys, client.keys)
        length = stick.length(lambda _: other.decrypt(x), self.budget)
        return Sample("decrypt", parameters, level, length)


def crowding(stick: Yardstick, threads: int, rounds: int = 200) -> float:
    """How much longer the yardstick takes on each of so many threads that work at a time.

    Where threads share a core, by half and more.
    """
    taken: list[float] = []

    def work() -> None:
        for _ in range(rounds):
            start = time.thread_time()
            stick.work(0)
            taken.append(time.thread_time() - start)

    crowd(work, threads, lambda: None)
    return max(1.0, median(taken) / stick.seconds)


def overhead(stick: Yardstick, budget: float = 0.1) -> Iterator[Sample]:
    """What the executor itself takes: for a program, and for each instruction."""
    anywhere = Parameters(1 << 12, 0, 40, 50, 1)
    once, more = (stick.length(_idly(count, anywhere), budget) for count in (1, CHAIN))
    yield Sample("start", anywhere, 0, once)
    yield Sample("instruction", anywhere, 0, (more - once) / CHAIN)


def _idly(instructions: int, parameters: Parameters) -> Call:
    """A program whose verbs do nothing."""
    build = Builder(slots=4)
    value = reduce(lambda value, _: build.negate(value), range(instructions), build.input(0))
    idle: Any = _Idle(parameters)
    executor = Executor(assign(build.program((value,))), idle)
    return lambda _: executor.run([None])


@dataclass(frozen=True)
class _Idle:
    """An evaluator that does nothing, so that what is left is the executor."""

    parameters: Parameters
    concurrent: bool = False

    def bind(self, *_: Any) -> Bound:
        """Nothing."""
        return lambda cipher: cipher

    def running(self, switching: bool = True) -> AbstractContextManager[None]:
        """Nothing goes wrong."""
        return nullcontext()


def _keys(client: OpenFHEClient) -> Iterator[tuple[str, Call]]:
    context, secret = client.context, client._secret
    fresh = count(3, 2)  # A key that is there already is not made again.
    yield "key_switch_key", lambda _: context.EvalRotateKeyGen(secret, [next(fresh)])
    yield "key_pair", lambda _: context.KeyGen()


def _calls(
    client: OpenFHEClient, run: OpenFHEEvaluator, level: int, pool: int
) -> Iterator[tuple[str, Call]]:
    """What is timed at a level. Operands come out of a pool, in turns."""
    draw = np.random.default_rng(0)
    vectors = [draw.uniform(-1, 1, client.parameters.slots) for _ in range(pool)]
    x = [client.encrypt(vector, level) for vector in vectors]
    plain = [run.encode(vector, level, 1) for vector in vectors]
    yield "encrypt", lambda n: client.encrypt(vectors[n % pool], level)
    yield "decrypt", lambda n: client.decrypt(x[n % pool])
    yield "encode", lambda n: run.encode(vectors[n % pool], level, 1)
    verbs = _Verbs(run, level)
    yield "negate_cold", _cold(verbs, x[0])
    yield from _pointwise(verbs, x, plain)
    yield from _switches(verbs, x)
    if client.parameters.digits:
        yield from _extended(verbs, x)
    if level < client.parameters.depth:
        yield from _levels(verbs, x, plain)


@dataclass(frozen=True)
class _Verbs:
    """Verbs as the executor calls them, for operands of a level."""

    run: OpenFHEEvaluator
    level: int

    def bind(
        self, verb: Verb, number: float | None = None, parts: int = 2, hoisted: bool = False
    ) -> Bound:
        """One verb; sums are written over their first operand."""
        operand = Operand(self.level, 2 if verb == "rescale" else 1, parts, hoisted)
        return self.run.bind(Instruction(verb, (0, 1), number), [operand] * 2, verb == "add")


def _pointwise(verbs: _Verbs, x: list[Any], plain: list[Any]) -> Iterator[tuple[str, Call]]:
    total = [a.Clone() for a in x]
    yield "add", _each(verbs.bind("add"), total, x)
    yield "subtract", _each(verbs.bind("subtract"), x, total)
    yield "negate", _each(verbs.bind("negate"), x)
    yield "multiply", _each(verbs.bind("multiply"), x, total)
    yield "add_plain", _each(verbs.bind("add_plain"), x, plain)
    yield "multiply_plain", _each(verbs.bind("multiply_plain"), x, plain)
    yield "add_scalar", _each(verbs.bind("add_scalar", 0.5), x)
    yield "multiply_scalar", _each(verbs.bind("multiply_scalar", 0.5), x)


def _cold(verbs: _Verbs, x: Any) -> Call:
    """One verb on ciphertexts that no cache holds, with results that are kept."""
    count = max(2, COLD // ciphertext_bytes(verbs.run.parameters, verbs.level))
    many, results = [x.Clone() for _ in range(count)], deque(maxlen=count)
    negate = verbs.bind("negate")
    return lambda n: results.append(negate(many[n % count]))


def _each(verb: Bound, *operands: list[Any]) -> Call:
    """The verb on operands in turns."""
    rows = list(zip(*operands, strict=True))
    return lambda n: verb(*rows[n % len(rows)])


def _turned(verbs: _Verbs, verb: Verb, operands: list[Any], hoisted: bool) -> Call:
    """Rotations by distances in turns."""
    steps = [verbs.bind(verb, 1 << n, hoisted=hoisted) for n in range(len(operands))]
    return lambda n: steps[n % len(steps)](operands[n % len(operands)])


def _switches(verbs: _Verbs, x: list[Any]) -> Iterator[tuple[str, Call]]:
    products = list(map(verbs.bind("multiply"), x, x))
    ready = [verbs.bind("hoist")(x[0])] * len(x)
    yield "relinearize", _each(verbs.bind("relinearize", parts=3), products)
    yield "rotate", _turned(verbs, "rotate", x, hoisted=False)
    yield "hoist", _each(verbs.bind("hoist"), x)
    yield "rotate_hoisted", _turned(verbs, "rotate", ready, hoisted=True)


def _extended(verbs: _Verbs, x: list[Any]) -> Iterator[tuple[str, Call]]:
    """The parts of a sum of rotations with one division by the special primes."""
    ready = [verbs.bind("hoist")(x[0])] * len(x)
    extend = verbs.bind("extend")
    yield "rotate_extended", _turned(verbs, "rotate_extended", ready, hoisted=True)
    yield "extend", _each(extend, x)
    yield "add_extended", _each(verbs.bind("add"), list(map(extend, x)), list(map(extend, x)))
    yield "switch_down", _each(verbs.bind("switch_down"), list(map(extend, x)))


def _levels(verbs: _Verbs, x: list[Any], plain: list[Any]) -> Iterator[tuple[str, Call]]:
    context = verbs.run.keys.context
    raw = list(map(verbs.bind("multiply_plain"), x, plain))
    yield "rescale", _each(verbs.bind("rescale"), raw)
    yield "reduce", lambda n: context.LevelReduce(x[n % len(x)], None, 1)
