"""The levels of a schedule: places of a contraction tree that are alike.

>>> from einlang_quantum.learning.kernel import Pair
>>> product = Pair((0, 1), (1, 2), (0, 2), (2, 2, 2))
>>> Pairs(product, (0, 0), False, [(0, 1), (2, 3)]).sides
([0, 2], [1, 3])
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Union

from einlang_quantum.learning.kernel import Leaf, Pair


@dataclass
class Leaves:
    """Slots that take from one table in one way; `places` are the slots."""

    leaf: Leaf
    table: int
    shared: bool
    places: list[int] = field(default_factory=list)


@dataclass
class Pairs:
    """Equal contractions of places of two levels, `levels`; `places` are those of both."""

    pair: Pair
    levels: tuple[int, int]
    shared: bool
    places: list[tuple[int, int]] = field(default_factory=list)

    @cached_property
    def sides(self) -> tuple[list[int], list[int]]:
        """The places of the left factors, and those of the right."""
        return [left for left, _ in self.places], [right for _, right in self.places]


Level = Union[Leaves, Pairs]
