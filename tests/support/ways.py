"""Random programs, compiled with choices drawn at random, under lists of passes drawn as well.

Each program goes through every pass alone, through all of them in a random order, and through
that order with each one left out: program and list of passes change together, as in Tzer (Liu
et al., OOPSLA 2022). The verifier looks at what every pass leaves.

>>> names(lists(Random(0)))[:6]
['hoist', 'balance', 'order', 'fold', 'drop-dead', 'order fold balance drop-dead hoist']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
from agreement import PRECISION, DisagreementError, Tally, error, tally
from einlang_fhe.backend import FheExecutable
from einlang_fhe.compiling import Compiled
from einlang_fhe.executor import Executor, Pass
from einlang_fhe.passes.balance import Balance
from einlang_fhe.passes.dead import DropDead
from einlang_fhe.passes.fold import FoldSlots
from einlang_fhe.passes.hoist import Hoist
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.order import Order
from einlang_fhe.session import Session
from einlang_fhe.verifier import verify
from programs import Generated

import einlang
from einlang.api.pipeline import execute, prepare

CHEAP = {"rotate": 9.0, "switch_down": 9.0}


@dataclass(frozen=True)
class Named:
    """A pass with its name, and the verifier behind it."""

    name: str
    way: Pass

    def apply(self, levelled: Levelled) -> Levelled:
        """The program, which engines can still run."""
        made = self.way.apply(levelled)
        verify(made, levelled.depth, made.program.rotations)
        return made


@dataclass(frozen=True)
class Living:
    """`DropDead`, with levels and degrees."""

    def apply(self, levelled: Levelled) -> Levelled:
        """Only what outputs depend on."""
        marked = replace(
            levelled.program,
            instructions=tuple(
                replace(step, origin=number)
                for number, step in enumerate(levelled.program.instructions)
            ),
        )
        kept = DropDead().apply(marked)
        numbers = [step.origin for step in kept.instructions]
        levels, degrees = levelled.levels, levelled.degrees
        return Levelled(kept, tuple(levels[n] for n in numbers), tuple(degrees[n] for n in numbers))


def passes(random: Random) -> list[Named]:
    """All that can be left out, with options drawn at random."""
    hoisting = {"hoist": 2.0, "rotate_hoisted": random.choice([3.0, 20.0])}
    fold = FoldSlots(lambda verb, _: {**CHEAP, **hoisting}.get(verb, 1.0))
    return [
        Named("hoist", Hoist()),
        Named("balance", Balance(random.randint(2, 6), random.randint(1, 8))),
        Named("order", Order()),
        Named("fold", fold),
        Named("drop-dead", Living()),
    ]


def lists(random: Random) -> list[list[Named]]:
    """Each alone, all in a random order, and that order without each of them."""
    every = passes(random)
    order = random.sample(every, len(every))
    return [[one] for one in every] + [order] + [[o for o in order if o is not x] for x in order]


def names(found: Sequence[Sequence[Named]]) -> list[str]:
    """What lists are called."""
    return [" ".join(one.name for one in some) for some in found]


class Passed(Session):
    """A session whose program goes through these passes, and no others."""

    def __init__(self, compiled: Compiled, like: FheExecutable, ways: Sequence[Named]) -> None:
        for way in ways:
            compiled = replace(compiled, levelled=way.apply(compiled.levelled))
        super().__init__(compiled, like.options, like.parameters)
        if compiled.program.rotations == like.compiled.program.rotations:
            self.__dict__["keys"] = like.session.keys

    @property
    def executor(self) -> Executor:
        """Of the program as it is."""
        if not hasattr(self, "_made"):
            made = self.compiled.levelled, self.keys[1], self.compiled.plaintexts
            self._made = Executor(*made, passes=())
        return self._made


def check(made: Generated, seed: int, engine: str) -> float:
    """The largest error as a part of the precision, over all lists of passes."""
    random = Random(seed)
    settings: dict[str, Any] = {"engine": engine, "threads": 1}
    settings["search"] = random.choice([0, 0, 500])
    settings["minimise"] = random.choice(["latency", "throughput", "traffic", "memory"])
    program = einlang.compile(made.text)
    compiled = prepare(program.check(made.data), "fhe", made.data, settings)
    precision = program.settings.get("fhe", {}).get("precision", PRECISION["fhe"])
    largest = _compare(made, execute(compiled, made.data), precision, "none of them")
    server = compiled.server
    if not isinstance(server, FheExecutable) or server.compiled.parameters.bootstrap:
        return largest
    for ways in lists(random):
        session = Passed(server.compiled, server, ways)
        plain = replace(server, compiled=session.compiled)
        plain._session, plain._outputs = session, server._outputs
        found = execute(replace(compiled, server=plain), made.data)
        largest = max(largest, _compare(made, found, precision, " ".join(w.name for w in ways)))
    return largest


def _compare(made: Generated, found: Any, precision: float, what: str) -> float:
    parts = [error(np.asarray(found[name]), wanted) for name, wanted in made.expected.items()]
    part = max(parts, default=0.0) / precision
    if not part <= 1:
        raise DisagreementError(f"{part:.3g} times the precision away behind: {what}")
    return part


def run(seeds: Iterable[int], engine: str) -> Tally:
    """Checks the programs of these seeds; those that fail are shown on standard error."""
    return tally(seeds, "fhe", lambda made, seed: check(made, seed, engine))
