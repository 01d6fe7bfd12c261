"""Ways to write a linear map: where its result sits, how much is copied before and folded after.

>>> from einlang_fhe.layout import arrange
>>> matrix = LinearMap((512, 512), view=(1,), weights=(0, 1), result=(0,))
>>> best = plans(matrix, arrange((512,), (0,), 4096))[0]
>>> best.rotations, best.draft.products
(18, 64)
>>> best.draft.result
(512,) in 1 ciphertext of 4096 slots: a8 a7 a6 ? ? ? a5 a4 a3 a2 a1 a0
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import sqrt

import numpy as np

from einlang_fhe.diagonals import Diagonals, LinearMap
from einlang_fhe.functor.targets import Target, targets
from einlang_fhe.layout import Copy, Gap, Layout, Place
from einlang_fhe.steps import BABY, Steps, split

OFFERED = 6
"""At most so many of the best ways are offered."""
PRODUCT = 0.1
"""What a product with a plaintext weighs beside a rotation, as long as nothing is known."""
MASK = 12.0
"""What a level weighs beside a rotation, as long as nothing is known."""


@dataclass(frozen=True)
class Draft:
    """A way before its steps are counted: the source, cleaned or not and with copies or not,
    and the diagonals of a target."""

    cleaned: bool
    source: Layout
    diagonals: Diagonals
    target: Target
    product: float
    giant: float

    @property
    def doublings(self) -> int:
        """Rotations that make copies in the source."""
        copies = zip(self.source.places, self.diagonals.source.places, strict=True)
        return sum(now != later for now, later in copies) * self.source.count

    @cached_property
    def turns(self) -> tuple[int, ...]:
        """How the partial sums are summed: by doublings; or, where few are in use, the
        rotation of each of them, negative."""
        used = [int(part) for part in self.diagonals.partial if part]
        if len(used) < len(self.diagonals.folds):
            return tuple(-part for part in used)
        return tuple(1 << fold for fold in self.diagonals.folds)

    @property
    def folds(self) -> int:
        """Rotations that sum over the partial sums."""
        return len(self.turns) * self.target.layout.count

    @property
    def products(self) -> int:
        """With coefficients."""
        return len(self.diagonals.moves) + self.cleaned * self.source.count

    @property
    def fixed(self) -> float:
        """What it weighs without baby and giant steps, in rotations."""
        return self.doublings + self.folds + self.product * self.products + MASK * self.cleaned

    @cached_property
    def bound(self) -> float:
        """What it weighs at least."""
        moves = self.diagonals.moves
        pairs = moves[:, 0] * self.source.count + moves[:, 1]
        most = int(np.bincount(pairs).max(initial=0))
        near, far = BABY * self.source.count, self.giant * self.target.layout.count
        return self.fixed + max(0.0, 2 * sqrt(near * far * most) - near - far)

    @cached_property
    def result(self) -> Layout:
        """Where the result sits."""
        if not self.turns:
            return self.target.layout
        if self.turns[0] > 0:
            return self.target.folded
        places = [
            Gap(junk=True) if n in self.target.folds else place
            for n, place in enumerate(self.target.layout.places)
        ]
        return replace(self.target.layout, places=tuple(places))

    @property
    def bare(self) -> Draft:
        """The same without copies of the result: zeros, but for what partial sums leave there."""
        places = self.target.layout.places
        bare = replace(self.target.layout, places=tuple(map(_uncopied, places)))
        target = Target(bare, self.target.folds)
        return replace(self, target=target, diagonals=replace(self.diagonals, target=bare))


def _uncopied(place: Place) -> Place:
    return Gap() if isinstance(place, Copy) else place


@dataclass(frozen=True)
class Plan:
    """A way to write a linear map."""

    draft: Draft
    steps: Steps

    @property
    def target(self) -> Target:
        """Where the result sits before partial sums are folded."""
        return self.draft.target

    @property
    def rotations(self) -> int:
        """How many there are."""
        steps = self.steps.babies + self.steps.giants
        return self.draft.doublings + steps + self.draft.folds

    @property
    def weight(self) -> float:
        """In rotations."""
        return self.draft.fixed + self.steps.cost


@lru_cache(maxsize=128)
def plans(
    map: LinearMap, source: Layout, product: float = PRODUCT, giant: float = 1.0
) -> tuple[Plan, ...]:
    """The best ways, the best one first, where products and giant steps weigh so much."""
    drafts = [
        draft
        for cleaned, copied in _prepared(source)
        for layout, free in targets(map, copied)
        for draft in _drafts(map, source, cleaned, copied, layout, free, product, giant)
    ]
    drafts = sorted(drafts, key=lambda draft: draft.bound)[:OFFERED]
    found = [Plan(draft, split(draft.diagonals.moves, source.slots, giant)) for draft in drafts]
    return tuple(sorted(found, key=lambda plan: plan.weight))


def _prepared(source: Layout) -> Iterator[tuple[bool, Layout]]:
    """The source, and the same with copies where it has room for them, cleaned before if it
    must be."""
    yield False, source
    gaps = [isinstance(place, Gap) for place in source.places]
    if any(gaps):
        places = [Copy() if gap else place for gap, place in zip(gaps, source.places, strict=True)]
        yield not source.clean, replace(source, places=tuple(places), dirty=frozenset())


def _drafts(
    map: LinearMap,
    source: Layout,
    cleaned: bool,
    copied: Layout,
    layout: Layout,
    free: tuple[int, ...],
    product: float,
    giant: float,
) -> Iterator[Draft]:
    """With partial sums at as many of the free bits as pays; and without."""

    def with_folds(count: int) -> Draft:
        target = Target(layout, tuple(sorted(free[:count])))
        diagonals = Diagonals(map, copied, layout, target.folds)
        return Draft(cleaned, source, diagonals, target, product, giant)

    best = with_folds(len(free))
    for count in reversed(range(len(free))):
        fewer = with_folds(count)
        if fewer.bound >= best.bound:
            break
        best = fewer
    yield best
    if best.target.folds and not best.result.clean:
        yield with_folds(0)
