"""Choices: where a step can be written in several ways, one is taken, and noted.

Nothing told, it is the way that weighs least, found by writing each and taking it back, or
by estimates where they are at hand. A search over whole programs tells a writer at which
place to take which way instead.

>>> from einlang_fhe.slots import Builder
>>> writer = Writer(Builder(slots=4))
>>> x = writer.build.input(0)
>>> ways = [lambda: writer.build.rotate(x, 1), lambda: writer.build.negate(x)]
>>> choose(writer, ways), writer.choices.sites[0]
(1, Site(ways=2, taken=1, weights=(10.0, 0.1)))
>>> print(writer.build.program(outputs=(1,)))
%0 = input 0
%1 = negate %0
output %1
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite
from typing import TypeVar

from einlang_fhe.functor.values import Site, Writer
from einlang_fhe.slots import TooHeavy

T = TypeVar("T")


def choose(
    writer: Writer, ways: Sequence[Callable[[], T]], estimates: Sequence[float | None] = ()
) -> T:
    """What one of the ways gives: the one that is told, or the lightest, the first of equals.

    `estimates` weigh the ways where that can be said without writing them; None where not.
    """
    if len(ways) == 1:
        return ways[0]()
    taken = writer.choices.told.get(len(writer.choices.sites), -1)
    weights: Sequence[float] = ()
    if not 0 <= taken < len(ways):
        weights = _weighed(writer, ways, estimates or [None] * len(ways))
        taken = weights.index(min(weights))
    writer.choices.sites.append(Site(len(ways), taken, tuple(weights)))
    return ways[taken]()


def _weighed(
    writer: Writer, ways: Sequence[Callable[[], T]], estimates: Sequence[float | None]
) -> list[float]:
    """What the ways weigh, those without an estimate as they are written; infinite for those
    that were given up, being heavier than others."""
    build, limit = writer.build, writer.build.limit
    weights = [inf if weight is None else weight for weight in estimates]
    for number, way in enumerate(ways):
        if estimates[number] is None:
            build.limit = min(limit, build.weight + min(weights))
            weights[number] = _trial(writer, way)
    build.limit = limit
    if not isfinite(min(weights)):
        raise TooHeavy
    return weights


def _trial(writer: Writer, way: Callable[[], T]) -> float:
    """What a way weighs; nothing of it is left."""
    build, packings, places = writer.build, dict(writer.packings), dict(writer.places)
    mark, plains, sites = build.mark(), len(writer.plains.entries), len(writer.choices.sites)
    start = build.weight
    try:
        way()
        return build.weight - start
    except TooHeavy:
        return inf
    finally:
        build.undo(mark)
        writer.plains.undo(plains)
        writer.packings, writer.places = packings, places
        del writer.choices.sites[sites:]
