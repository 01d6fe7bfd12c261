"""Baby and giant steps: `sum over r of P_r * rotate(x, r)` with few rotations.

Every rotation is a baby step, of the source, and a giant step, of a sum of products:
`rotate(sum over b of P'_(g+b) * rotate(x, b), g)`, where `P'` is `P` rotated the other way.
Baby steps serve all ciphertexts of the target, and share the first half of their work
(Halevi and Shoup, "Faster homomorphic linear transformations in HElib", 2018).

>>> moves = np.array([[0, 0, r] for r in range(64)])
>>> steps = split(moves, slots=256)
>>> steps.babies, steps.giants
(10, 5)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from einlang_fhe.diagonals import distinct

Array = np.ndarray[Any, Any]

BABY = 0.6
"""What a baby step costs, where a rotation by itself costs 1."""


@dataclass(frozen=True)
class Steps:
    """Rotations by `g + b`, where `b` is from `-centre` to `size - centre - 1` and `g` a
    multiple of `size`. `babies`, `giants`: how many rotations of either kind there are;
    `giant`: what one of the latter costs."""

    size: int
    centre: int
    babies: int
    giants: int
    giant: float = 1.0

    @property
    def cost(self) -> float:
        """In rotations."""
        return BABY * self.babies + self.giant * self.giants

    def parts(self, distances: Array, slots: int) -> tuple[Array, Array]:
        """Baby and giant step of every rotation."""
        signed = (distances + slots // 2) % slots - slots // 2
        babies = (signed + self.centre) % self.size - self.centre
        return babies % slots, (signed - babies) % slots


def split(moves: Array, slots: int, giant: float = 1.0) -> Steps:
    """The steps that cost the least for moves (target, source, rotation)."""
    pairs = [(n, centre) for n in _sizes(moves[:, 2], slots, giant) for centre in {0, n // 2}]
    found = [_counted(moves, slots, Steps(*pair, 0, 0, giant)) for pair in pairs]
    return min(found, key=lambda steps: (steps.cost, -steps.size, steps.centre))


def _sizes(distances: Array, slots: int, giant: float) -> list[int]:
    """Sizes of giant steps worth trying: by powers of two, and near the root of the number
    of rotations, counted in what all of them are multiples of."""
    moved = np.unique((distances + slots // 2) % slots - slots // 2)
    if len(moved) < 4:
        return [2 * slots]
    stride = int(np.gcd.reduce(np.diff(moved)))
    doubled = [stride << k for k in range(1, slots.bit_length()) if stride << k <= slots]
    root = (giant * len(moved) / BABY) ** 0.5
    near = [stride * max(2, round(root * part)) for part in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2)]
    return sorted({*doubled, *near, *(1 << k for k in range(1, slots.bit_length())), 2 * slots})


def _counted(moves: Array, slots: int, bare: Steps) -> Steps:
    babies, giants = bare.parts(moves[:, 2], slots)
    counts = _count(moves[:, 1], babies, slots), _count(moves[:, 0], giants, slots)
    return replace(bare, babies=counts[0], giants=counts[1])


def _count(numbers: Array, distances: Array, slots: int) -> int:
    """How many rotations these are, of ciphertexts by number."""
    codes = numbers * slots + distances
    bound = (int(numbers.max(initial=0)) + 1) * slots
    return len(distinct(codes[distances > 0], bound))
