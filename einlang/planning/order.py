"""The order in which the factors of a product are contracted.

The costs and the search are those of opt_einsum (Smith and Gray, "opt_einsum", 2018):
exhaustive for a few factors, greedy for many.

>>> chain = [(0, 1), (1, 2), (2, 3)]
>>> order(chain, (0, 3), {0: 100, 1: 2, 2: 100, 3: 2})
[(1, 2), (0, 3)]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

Pair = tuple[int, int]
_EXHAUSTIVE = 8
_BRANCHING = 64
_CROWD = 2_000_000


def order(
    factors: Sequence[tuple[int, ...]],
    result: Sequence[int],
    sizes: Mapping[int, int],
    memory: int | None = None,
) -> list[Pair]:
    """Pairs of factors to contract; the value of the n-th pair is numbered `len(factors) + n`.

    `factors` and `result` are the labels of tensors, `sizes` those of the labels; `memory`
    is the largest number of elements that a value in between should have. The last pair
    leaves the result.
    """
    if len(factors) < 3:
        return [(0, 1)] if len(factors) == 2 else []
    crowd = Counter(label for labels in factors for label in set(labels))
    if sum(count * count for count in crowd.values()) > _CROWD:
        return left_to_right(len(factors))
    from opt_einsum import paths

    inputs: Any = [frozenset(labels) for labels in factors]
    output: Any = frozenset(result)
    known: Any = dict(sizes)
    if len(factors) > _EXHAUSTIVE and (memory is None or len(factors) > _BRANCHING):
        return _pairs(paths.ssa_greedy_optimize(inputs, output, known), len(factors))
    path = paths.auto(inputs, output, known, memory)
    return _pairs(paths.linear_to_ssa(path), len(factors))


def left_to_right(count: int) -> list[Pair]:
    """The order in which the factors are written."""
    return [(0, 1), *((number, count + number - 2) for number in range(2, count))]


def one_by_one(
    factors: Sequence[tuple[int, ...]], result: Sequence[int], sizes: Mapping[int, int]
) -> list[Pair]:
    """The cheapest order that is found in which every pair has a given factor, none but the
    first two: from every factor on, the one that takes the fewest operations is next.

    >>> chain = [(0, 1), (1, 2), (2, 3), (3, 4)]
    >>> one_by_one(chain, (0, 4), dict.fromkeys(range(5), 8))
    [(0, 1), (2, 4), (3, 5)]
    """
    if len(factors) < 2:
        return []
    starts = range(len(factors))
    _, taken = min(_taken_from(first, factors, result, sizes) for first in starts)
    first, second, *rest = taken
    pairs = [(min(first, second), max(first, second))]
    return pairs + [(other, len(factors) + number) for number, other in enumerate(rest)]


def _taken_from(
    first: int, factors: Sequence[tuple[int, ...]], result: Sequence[int], sizes: Mapping[int, int]
) -> tuple[int, list[int]]:
    """Products of numbers, and in which order the factors are taken."""
    uses = Counter(label for labels in [*factors, result] for label in set(labels))
    uses.subtract(factors[first])
    taken, held, total = [first], set(factors[first]), 0
    left = [number for number in range(len(factors)) if number != first]
    while left:
        costs = [prod(sizes[label] for label in held.union(factors[n])) for n in left]
        cost = min(costs)
        number = left.pop(costs.index(cost))
        uses.subtract(factors[number])
        held = {label for label in held.union(factors[number]) if uses[label] > 0}
        taken.append(number)
        total += cost
    return total, taken


def _pairs(path: Iterable[tuple[int, ...]], count: int) -> list[Pair]:
    """A path in single assignment where groups of three and more are taken two at a time."""
    pairs: list[Pair] = []
    place = {number: number for number in range(count)}
    given = count
    for group in path:
        first, *rest = (place[number] for number in sorted(group))
        for other in rest:
            pairs.append((min(first, other), max(first, other)))
            first = count + len(pairs) - 1
        place[given] = first
        given += 1
    return pairs
