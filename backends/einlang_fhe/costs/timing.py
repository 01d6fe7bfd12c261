"""Times every verb of the engine `openfhe` on this machine, on one thread.

What is timed is the processor time of this process, which neighbours disturb less than the
clock on the wall, and of many rounds the fastest. Ciphertexts and keys take turns, as they do
in programs: the key of the last rotation is never the one at hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import count
from math import ceil
from typing import Any

import numpy as np

from einlang_fhe.engines.engine import Parameters
from einlang_fhe.engines.openfhe import OpenFHEClient, OpenFHEEngine, OpenFHEEvaluator, make_context
from einlang_fhe.executor import Run
from einlang_fhe.passes.levels import assign
from einlang_fhe.slots import Builder

Call = Callable[[int], Any]
ROUND = 0.002
"""At least so many seconds are timed at once."""
CHAIN = 2000
"""Instructions of the program that the executor's own time is measured with."""


@dataclass(frozen=True)
class Sample:
    """Seconds that one verb took at one level."""

    verb: str
    parameters: Parameters
    level: int
    seconds: float


def fastest(call: Call, budget: float, cycle: int = 1) -> float:
    """Seconds of one call: the fastest of at least three rounds within a budget of seconds.

    `call` is given 0, 1, 2, ... A round is whole cycles of so many calls, unless one call
    takes the budget.

    >>> fastest(lambda n: None, budget=0.001) < 1e-3
    True
    """
    first = _round(call, 1)
    calls = 1 if first > budget else cycle * ceil(ROUND / max(first, 1e-6) / cycle)
    best, spent, rounds = first, 0.0, 0
    while rounds < 3 or spent < budget:
        taken = _round(call, calls)
        best = min(best, taken / calls)
        spent, rounds = spent + taken, rounds + 1
    return best


def _round(call: Call, calls: int) -> float:
    start = time.process_time()
    for number in range(calls):
        call(number)
    return time.process_time() - start


@dataclass(frozen=True)
class Station:
    """One choice of parameters, the levels to visit, and the budget of each measurement."""

    parameters: Parameters
    levels: tuple[int, ...]
    budget: float
    passes: int = 1
    pool: int = 4

    def samples(self) -> list[Sample]:
        """The fastest of all passes, for every verb and level."""
        found: dict[tuple[str, int], float] = {}
        for verb, level, seconds in self._measured():
            known = found.get((verb, level), float("inf"))
            found[verb, level] = min(known, seconds)
        return [Sample(v, self.parameters, level, taken) for (v, level), taken in found.items()]

    def _measured(self) -> Iterator[tuple[str, int, float]]:
        """Passes are minutes apart on large rings: a neighbour disturbs one, seldom all."""
        start = time.process_time()
        make_context(self.parameters)
        yield "context", 0, time.process_time() - start
        steps = [1 << n for n in range(self.pool)]
        client, evaluator = OpenFHEEngine().keys(self.parameters, steps, relinearize=True)
        for _ in range(self.passes):
            for level in self.levels:
                for verb, call in _calls(client, evaluator, level, self.pool):
                    yield verb, level, fastest(call, self.budget, self.pool)
        yield from self._keys(client)

    def _keys(self, client: OpenFHEClient) -> Iterator[tuple[str, int, float]]:
        context, secret = client.context, client._secret
        fresh = count(3, 2)  # A key that is there already is not made again.
        switch = fastest(lambda _: context.EvalRotateKeyGen(secret, [next(fresh)]), 0)
        yield "key_switch_key", 0, switch
        yield "key_pair", 0, fastest(lambda _: context.KeyGen(), 0)


def instruction(budget: float = 0.1) -> Sample:
    """What the executor itself takes for an instruction, its verb aside.

    >>> 0 < instruction(0.001).seconds < 1e-3
    True
    """
    build = Builder(slots=4)
    value = reduce(lambda value, _: build.negate(value), range(CHAIN), build.input(0))
    levelled = assign(build.program((value,)))
    parameters = Parameters(4096, 0, 40, 50, 1)
    idle: Any = _Idle()

    def whole(_: int) -> None:
        Run(idle, levelled, [None], lambda *_: None, lambda *_: None).outputs()

    return Sample("instruction", parameters, 0, fastest(whole, budget) / CHAIN)


class _Idle:
    """An evaluator that does nothing, so that what is left is the executor."""

    def negate(self, cipher: Any) -> Any:
        """Nothing."""
        return cipher


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
    yield from _pointwise(run, x, plain)
    yield from _switches(run, x)
    yield from _extended(run, x)
    if level < client.parameters.depth:
        yield from _levels(run, x, plain)


def _pointwise(run: OpenFHEEvaluator, x: list[Any], plain: list[Any]) -> Iterator[tuple[str, Call]]:
    pool = len(x)
    yield "add", lambda n: run.add(x[n % pool], x[(n + 1) % pool])
    yield "subtract", lambda n: run.subtract(x[n % pool], x[(n + 1) % pool])
    yield "negate", lambda n: run.negate(x[n % pool])
    yield "multiply", lambda n: run.multiply(x[n % pool], x[(n + 1) % pool])
    yield "add_plain", lambda n: run.add_plain(x[n % pool], plain[n % pool])
    yield "multiply_plain", lambda n: run.multiply_plain(x[n % pool], plain[n % pool])
    yield "add_scalar", lambda n: run.add_scalar(x[n % pool], 0.5)
    yield "multiply_scalar", lambda n: run.multiply_scalar(x[n % pool], 0.5)


def _switches(run: OpenFHEEvaluator, x: list[Any]) -> Iterator[tuple[str, Call]]:
    pool, context, order = len(x), run.keys.context, 2 * run.parameters.ring
    products = [run.multiply(a, a) for a in x]
    digits = context.EvalFastRotationPrecompute(x[0])
    turn = context.EvalFastRotation
    yield "relinearize", lambda n: run.relinearize(products[n % pool])
    yield "rotate", lambda n: run.rotate(x[n % pool], 1 << n % pool)
    yield "hoist", lambda n: context.EvalFastRotationPrecompute(x[n % pool])
    yield "rotate_hoisted", lambda n: turn(x[0], 1 << n % pool, order, digits)


def _extended(run: OpenFHEEvaluator, x: list[Any]) -> Iterator[tuple[str, Call]]:
    """The parts of a sum of rotations with one division by the special primes."""
    pool, context = len(x), run.keys.context
    digits = context.EvalFastRotationPrecompute(x[0])
    turn = context.EvalFastRotationExt
    wide = [turn(x[0], 1 << n, digits, True) for n in range(pool)]
    yield "rotate_extended", lambda n: turn(x[0], 1 << n % pool, digits, True)
    yield "extend", lambda n: context.KeySwitchExt(x[n % pool], True)
    yield "add_extended", lambda n: context.EvalAdd(wide[n % pool], wide[(n + 1) % pool])
    yield "switch_down", lambda n: context.KeySwitchDown(wide[n % pool])


def _levels(run: OpenFHEEvaluator, x: list[Any], plain: list[Any]) -> Iterator[tuple[str, Call]]:
    pool, context = len(x), run.keys.context
    raw = [run.multiply_plain(a, p) for a, p in zip(x, plain, strict=True)]
    yield "rescale", lambda n: run.rescale(raw[n % pool])
    yield "reduce", lambda n: context.LevelReduce(x[n % pool], None, 1)
