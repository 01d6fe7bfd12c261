"""Bootstrapping: what brings back the primes that products took.

A ciphertext of few primes is taken for one of all primes: its coefficients are off by
multiples of the first prime then, which a sine takes away, evaluated on the coefficients
(Cheon, Han, Kim, Kim and Song, ePrint 2018/153). Of the two orders that OpenFHE knows, this
is the one that moves slots to coefficients first, on few primes, and leaves the error of
each slot where it is.

It costs the less, the fewer numbers a ciphertext holds: with `slots` numbers that repeat
themselves, the ciphertext is one of a smaller ring, but for its key.

>>> plan = Bootstrap(slots=8)
>>> plan.refreshed, plan.latest(depth=22)
(15, 20)
>>> sorted(plan.rotations(ring=64))
[1, 2, 3, 4, 5, 6, 7, 8, 16, 24]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SINE = 14
"""Levels of a sine on [-512, 512], which uniform ternary secrets need: 7 for a Chebyshev
series of degree 88, 6 for doubling its angle, and one to normalize."""
CORRECTION = 9
"""Bits of the first prime above a number of 1: the sine bends by 2.5e-5 there, and noise is
as large where ten numbers are as large as they can be."""
DIGITS = 12
"""Bits that the second of two iterations adds to what the first one leaves."""


@dataclass(frozen=True)
class Bootstrap:
    """How ciphertexts are bootstrapped.

    `slots` is how many numbers a ciphertext holds; `moves` the levels that moving slots to
    coefficients takes, and moving back; `correction` the bits of the first prime above a
    number of 1; two `iterations` take the error of the first one away.
    """

    slots: int
    moves: int = 1
    correction: int = CORRECTION
    iterations: int = 1

    @property
    def refreshed(self) -> int:
        """The level of what was bootstrapped."""
        return SINE + self.moves + self.iterations - 1

    def latest(self, depth: int) -> int:
        """The last level from which a ciphertext can be bootstrapped."""
        return depth - 1 - self.moves

    def bent(self, values: Array) -> Array:
        """What the sine makes of the numbers that it should leave as they are."""
        if self.iterations > 1:
            return values
        turn = 2 * np.pi / 2.0**self.correction
        return np.sin(values * turn) / turn

    def rotations(self, ring: int) -> set[int]:
        """The distances that OpenFHE makes keys for, beside that of the conjugate."""
        found = {1, self.slots} - {ring // 2}
        step = self.slots
        while step < ring // 2:
            found |= {n * step for n in (1, 2, 3) if n * step < ring // 2}
            step *= 4
        return found | {turn % (ring // 2) for turn in self._turns()} - {0}

    @property
    def layers(self) -> list[int]:
        """The bits of a slot number that each level of a move deals with."""
        bits = max(self.slots.bit_length() - 1, 1)
        most = -(-bits // self.moves)
        return [most] * (bits // most) + [bits % most] * (bits % most > 0)

    def _turns(self) -> Iterator[int]:
        """Baby steps of both moves; giant steps are multiples of the last of them."""
        for layers in (self.layers, self.layers[::-1]):
            scale = 1
            for bits in layers:
                yield from (scale * n for n in range(1, self.baby(bits) + 1))
                scale <<= bits

    def baby(self, bits: int) -> int:
        """The baby steps of a level of a move that deals with so many bits."""
        if self.moves == 1:
            return min(self.slots, 4 << (bits // 2))
        return 2 << (bits // 2 + (bits > 2))
