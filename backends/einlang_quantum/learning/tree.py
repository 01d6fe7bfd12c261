"""The order in which a network is contracted, as a tree of pairs.

Values are numbered: the slots come first, then one value per pair. Two kinds of order are
compared: opt_einsum's, and the one that grows from one slot along the wires. The first is
flat where it can be (long chains are folded by halves), the second keeps what is in between
small; the cheaper one under `cost` is taken.

>>> tree([(0, 1), (1, 2), (2,)], (0,), (2, 3, 4))
((1, 2), (0, 3))
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

Labels = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
CALL = 2e-5
"""Seconds for a call of a kernel."""
PRODUCT = 2e-10
"""Seconds for a product of two elements."""
BATCH = 64


def tree(terms: Sequence[Labels], result: Labels, sizes: Sequence[int]) -> Pairs:
    """The cheaper order of contraction."""
    if len(terms) < 2:
        return ()
    orders = [_planned(terms, result, sizes), _grown(terms, result, sizes)]
    return min(orders, key=lambda pairs: cost(pairs, terms, result, sizes))


def kept(pairs: Pairs, terms: Sequence[Labels], result: Labels) -> list[frozenset[int]]:
    """The labels of every value: those that somebody else still needs."""
    values = [frozenset(term) for term in terms]
    uses: dict[int, int] = {}
    for term in values:
        for label in term:
            uses[label] = uses.get(label, 0) + 1
    for left, right in pairs:
        for label in values[left] & values[right]:
            uses[label] -= 1
        both = values[left] | values[right]
        values.append(frozenset(x for x in both if uses[x] > 1 or x in result))
    return values


def cost(pairs: Pairs, terms: Sequence[Labels], result: Labels, sizes: Sequence[int]) -> float:
    """Seconds for a batch of `BATCH`: one call per kind of pair and level, and the products."""
    values = kept(pairs, terms, result)
    level = [0] * len(values)
    calls: set[tuple[int, ...]] = set()
    products = 0
    for number, (left, right) in enumerate(pairs, len(terms)):
        level[number] = 1 + max(level[left], level[right])
        work = prod(sizes[label] for label in values[left] | values[right])
        calls.add((level[left], level[right], work, len(values[left]), len(values[right])))
        products += work
    return CALL * len(calls) + PRODUCT * BATCH * products


def _planned(terms: Sequence[Labels], result: Labels, sizes: Sequence[int]) -> Pairs:
    """opt_einsum's order: the best one for few slots, a greedy one for many."""
    from opt_einsum import get_symbol, paths

    def named(labels: Sequence[int]) -> frozenset[str]:
        return frozenset(map(get_symbol, labels))

    lengths = {get_symbol(label): size for label, size in enumerate(sizes)}
    path = paths.auto([named(term) for term in terms], named(result), lengths)
    waiting, pairs = list(range(len(terms))), []
    for group in path:
        taken = [waiting.pop(place) for place in sorted(group, reverse=True)][::-1]
        value = taken[0]
        for other in taken[1:]:
            pairs.append((value, other))
            value = len(terms) + len(pairs) - 1
        waiting.append(value)
    return tuple(pairs)


def _grown(terms: Sequence[Labels], result: Labels, sizes: Sequence[int]) -> Pairs:
    """From the first slot on, always the neighbour that leaves least."""
    where: dict[int, set[int]] = {}
    for slot, term in enumerate(terms):
        for label in term:
            where.setdefault(label, set()).add(slot)
    waiting = dict.fromkeys(range(1, len(terms)))
    labels, value = set(terms[0]), 0
    pairs: list[tuple[int, int]] = []
    for label in terms[0]:
        where[label].discard(0)

    def left(slot: int) -> tuple[int, int]:
        after = {x for x in labels | set(terms[slot]) if x in result or where[x] - {slot}}
        return prod(sizes[x] for x in after), slot

    while waiting:
        near = {slot for label in labels for slot in where[label]}
        chosen = min(near, key=left) if near else next(iter(waiting))
        del waiting[chosen]
        for label in terms[chosen]:
            where[label].discard(chosen)
        labels = {x for x in labels | set(terms[chosen]) if x in result or where[x]}
        pairs.append((value, chosen))
        value = len(terms) + len(pairs) - 1
    return tuple(pairs)
