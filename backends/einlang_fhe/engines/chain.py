"""The modulus chain, and the exact scale of every level.

The primes q of an RNS chain only come near 2^scale. If ciphertexts are encrypted at 2^scale,
each rescaling leaves a scale that is off by 2^scale / q, and products double what is off
already: 2^-20 after one level, 2^-11 after ten (scale 40, N = 2^15). So every level has its
own scale instead, as in Kim, Papadimitriou and Polyakov (ePrint 2020/1118), but fixed from
the last level backwards, where the error shrinks: s(depth) = 2^scale and

    s(level)^2 / q(level) = s(level + 1).

Everything that is encoded or encrypted is written at the scale of its level, so a product
that is rescaled has the scale of the next level without any error.

Where nothing is rescaled before decryption, the scale need not be that of the primes, and
is the same at every level: `nominal` are then the bits of the primes, which OpenFHE takes
for the scale.

>>> chain = Chain(40, (1125899906826241, 1099511922689))
>>> chain.ratio(1), chain.ratio(0) ** 2 * 2**40 / chain.prime(0) - 1 < 1e-15
(1.0, True)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Chain:
    """The primes, the one that remains first; the bits of the scale; those that OpenFHE is
    told, where they differ."""

    scale: float
    primes: tuple[int, ...]
    nominal: int = 0

    @property
    def depth(self) -> int:
        """How many times a ciphertext can be rescaled."""
        return len(self.primes) - 1

    def prime(self, level: int) -> int:
        """What a rescaling at this level divides by."""
        return self.primes[self.depth - level]

    @property
    def free(self) -> bool:
        """Whether the scale is not that of the primes."""
        return self.nominal not in (0, self.scale)

    @property
    def unit(self) -> float:
        """What OpenFHE takes for the scale."""
        return 2.0 ** (self.nominal or self.scale)

    def true(self, level: int, degree: int) -> float:
        """What the numbers of a ciphertext are multiplied by."""
        return self.ratio(level, degree) * self.unit**degree

    @cached_property
    def _ratios(self) -> tuple[float, ...]:
        if self.free:
            return (2.0**self.scale / self.unit,) * len(self.primes)
        ratios = [1.0]
        for prime in self.primes[1:]:
            ratios.append((ratios[-1] * (prime / 2**self.scale)) ** 0.5)
        return tuple(reversed(ratios))

    def ratio(self, level: int, degree: int = 1) -> float:
        """The scale of a level over that of OpenFHE, to the power of the degree."""
        return self._ratios[level] ** degree

    def modulus(self, level: int) -> float:
        """The product of the primes that are left at a level, 2^1000 at most."""
        bits = sum(math.log2(prime) for prime in self.primes[: self.depth - level + 1])
        return 2.0 ** min(bits, 1000.0)

    def room(self, level: int, degree: int) -> float:
        """The largest number whose scaled value is below half the modulus of a level."""
        return self.modulus(level) / 2 ** (self.scale * degree + 1)

    def step(self, level: int, degree: int) -> float:
        """The scalar of degree 2 and more: OpenFHE adds a constant to a product as if the
        product had the scale 2^scale * q(level); this is the true scale over that."""
        return self.ratio(level, degree) / (self.prime(level) / 2**self.scale) ** (degree - 1)

    def adjustment(self, level: int, to: int, degree: int) -> float:
        """What a ciphertext must be multiplied by before the rescaling that ends a drop."""
        rescaled = self.prime(to - 1) / 2**self.scale
        return self.ratio(to, degree) / self.ratio(level, degree) * rescaled
