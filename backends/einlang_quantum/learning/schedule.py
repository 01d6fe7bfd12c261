"""What is computed for a batch of networks of one shape, level by level.

Places of the tree that are alike (the same kind of pair, of the same levels) are one batched
matrix product, for all networks at once: of a chain that is folded by halves, a level is one
call. What depends on nothing but shared tables is computed once for the batch.

>>> from einlang_quantum.learning.network import Network
>>> chain = Network.parse("ab,bc,cd,de->ae", [(2, 2)] * 4)
>>> [len(level.places) for level in schedule(chain, (0, 0, 0, 0), (False,)).levels]
[4, 2, 1]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from einlang_quantum.learning.kernel import Leaf, Pair
from einlang_quantum.learning.levels import Leaves, Level, Pairs
from einlang_quantum.learning.run import Run
from einlang_quantum.learning.tree import kept, tree

if TYPE_CHECKING:
    from einlang_quantum.learning.network import Network

Array = Any
Labels = tuple[int, ...]
Place = tuple[int, int]
"""A level, and a place on it."""


@dataclass(frozen=True)
class Schedule:
    """Levels in order; a shared level has a single place, the same for the whole batch."""

    levels: tuple[Level, ...]
    root: Place
    turn: tuple[int, ...]
    """The order of axes that takes the root to the result."""

    def run(self, tables: Sequence[Array], rows: Array) -> Run:
        """The networks of a batch."""
        return Run(self, tables, rows)


@lru_cache(maxsize=1024)
def schedule(network: Network, slots: tuple[int, ...], shared: tuple[bool, ...]) -> Schedule:
    """The schedule for networks of a shape, with those tables in the slots."""
    making = _Making(network, slots, shared)
    for slot in range(len(network.terms)):
        making.leaf(slot)
    terms = tuple(making.labels)
    pairs = tree(terms, network.result, network.sizes)
    labels = kept(pairs, terms, network.result)
    for number, (left, right) in enumerate(pairs, len(terms)):
        making.pair(left, right, labels[number])
    turn = tuple(making.labels[-1].index(label) for label in network.result)
    return Schedule(tuple(making.levels), making.places[-1], turn)


class _Making:
    """A schedule in the making: values are put on levels by what they are.

    All values of a level come from the same two levels, which were there before it: levels
    are in order as they are made.
    """

    def __init__(self, network: Network, slots: tuple[int, ...], shared: tuple[bool, ...]) -> None:
        self.network, self.slots, self.shared = network, slots, shared
        self.levels: list[Level] = []
        self.number: dict[Any, int] = {}
        self.places: list[Place] = []
        self.labels: list[Labels] = []
        self.uses = dict.fromkeys(network.result, 2)
        for term in network.terms:
            for label in set(term):
                self.uses[label] = self.uses.get(label, 0) + 1

    def leaf(self, slot: int) -> None:
        """A tensor as it enters."""
        labels, table = self.network.terms[slot], self.slots[slot]
        order = {label: n for n, label in enumerate(dict.fromkeys(labels))}
        mine = tuple(label for label in order if self.uses[label] > 1)
        leaf = Leaf(tuple(order[x] for x in labels), tuple(order[x] for x in mine))
        self._put(Leaves(leaf, table, self.shared[table]), (table, leaf), slot, mine)

    def pair(self, left: int, right: int, labels: frozenset[int]) -> None:
        """A contraction of two values; the shared one stands on the right."""
        if self._fixed(left) and not self._fixed(right):
            left, right = right, left
        order: dict[int, int] = {}
        for label in (*self.labels[left], *self.labels[right]):
            order.setdefault(label, len(order))
        sides = [tuple(order[x] for x in self.labels[side]) for side in (left, right)]
        sizes = tuple(self.network.sizes[label] for label in order)
        pair = Pair(sides[0], sides[1], tuple(sorted(order[x] for x in labels)), sizes)
        (a, i), (b, j) = self.places[left], self.places[right]
        names = tuple(order)
        result = tuple(names[x] for x in pair.result)
        self._put(Pairs(pair, (a, b), self._fixed(left)), (pair, a, b), (i, j), result)

    def _fixed(self, value: int) -> bool:
        return self.levels[self.places[value][0]].shared

    def _put(self, new: Level, key: Any, where: Any, labels: Labels) -> None:
        number = self.number.setdefault(key, len(self.levels))
        if number == len(self.levels):
            self.levels.append(new)
        places: list[Any] = self.levels[number].places
        if not (new.shared and places):
            places.append(where)
        self.places.append((number, len(places) - 1))
        self.labels.append(labels)
