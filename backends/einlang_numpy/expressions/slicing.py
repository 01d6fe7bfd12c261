"""Which indices to run over one value at a time, so that no value in between is too large.

>>> terms, pairs = [(0, 1), (1, 2), (2, 3)], ((0, 1), (2, 3))
>>> sliced(terms, (0, 3), dict.fromkeys(range(4), 8), pairs, 8)
(0,)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from einlang_numpy import crew
from einlang_numpy.expressions.operand import Array, Labels, Sizes
from einlang_numpy.expressions.orders import Pairs, operations, steps

WORTH = 2**18
"""Slices of so many products are worth to be shared among threads."""


def largest(terms: Sequence[Labels], result: Labels, sizes: Sizes, pairs: Pairs) -> int:
    """The number of elements of the largest value in between."""
    between = steps(terms, result, pairs)[:-1]
    return max((prod(sizes[label] for label in made) for _, made in between), default=1)


def sliced(
    terms: Sequence[Labels], result: Labels, sizes: Sizes, pairs: Pairs, memory: int
) -> Labels:
    """Labels to slice until every value in between has at most `memory` elements.

    One at a time: the one with which the largest value becomes smallest, and of those the
    one that costs the fewest operations (Gray, Kourtis, 2021, section 4.3, does this greedily
    too).
    """
    known, chosen = dict(sizes), []
    while largest(terms, result, known, pairs) > memory:
        options = [label for label, size in known.items() if size > 1]
        if not options:
            break
        best = min(options, key=lambda label: _after(terms, result, known, pairs, label))
        chosen.append(best)
        known[best] = 1
    return tuple(chosen)


def _after(
    terms: Sequence[Labels], result: Labels, sizes: Sizes, pairs: Pairs, label: int
) -> tuple[int, int]:
    known = {**sizes, label: 1}
    cost = operations(terms, result, known, pairs) * sizes[label]
    return largest(terms, result, known, pairs), cost


def divided(
    terms: Sequence[Labels], result: Labels, sizes: Sizes, pairs: Pairs, memory: int
) -> tuple[Labels, bool]:
    """The labels to slice, and whether threads share the slices.

    They do where that is worth while, and all of them together keep to the memory.
    """
    threads = crew.threads()
    if threads > 1 and threads * prod(sizes[label] for label in result) <= memory:
        cut = sliced(terms, result, sizes, pairs, memory // threads)
        inner = {**sizes, **dict.fromkeys(cut, 1)}
        if cut and operations(terms, result, inner, pairs) >= WORTH:
            return cut, True
    return sliced(terms, result, sizes, pairs, memory), False


def over(
    call: Callable[..., Array],
    terms: Sequence[Labels],
    result: Labels,
    sizes: Sizes,
    cut: Labels,
    shared: bool = False,
) -> Callable[..., Array]:
    """The sum (or the stack, for labels of the result) of calls on slices of the operands.

    If they are shared, threads take a range each; what these come to is summed in order.
    """
    shape = tuple(sizes[label] for label in result)
    places = list(product(*[range(sizes[label]) for label in cut]))

    def summed(arrays: Sequence[Array], start: int, stop: int) -> Array:
        total: Array = None
        for numbers in places[start:stop]:
            at: dict[int, Any] = dict(zip(cut, numbers, strict=True))
            parts = [
                x[tuple(at.get(label, slice(None)) for label in term)]
                for x, term in zip(arrays, terms, strict=True)
            ]
            part = call(*parts)
            total = np.zeros(shape, np.asarray(part).dtype) if total is None else total
            total[tuple(at.get(label, slice(None)) for label in result)] += part
        return total

    def run(*arrays: Array) -> Array:
        totals: dict[int, Array] = {}

        def part(start: int, stop: int) -> None:
            totals[start] = summed(arrays, start, stop)

        if shared:
            crew.share(part, len(places), products=True)
        else:
            part(0, len(places))
        first, *others = (totals[start] for start in sorted(totals))
        for other in others:
            first += other
        return first if result else first[()]

    return run
