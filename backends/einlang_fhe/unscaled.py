"""Parameters of programs that are never rescaled, at 128-bit security.

The modulus Q holds the largest scale and the numbers; it is made of as few primes as can be.
Keys are switched without special primes (BV, Brakerski and Vaikuntanathan 2011), whose noise
of digits is small beside a scale to the power of two, and must be made small beside a scale
to the power of one.

>>> found = fit_unscaled(4096, degree=2, switched=None, precision=1e-4, magnitude=8)
>>> found.depth, found.scale, found.first, found.digits
(0, 26, 57, 0)
>>> fit_unscaled(4096, degree=3, switched=3, precision=1e-4, magnitude=8).depth
1
>>> fit_unscaled(2048, degree=3, switched=None, precision=1e-4, magnitude=8) is None
True
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from einlang_fhe.engines import noise
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.parameters import BOUNDS, MARGIN, digits_of

LARGEST = 59
"""Bits of a prime."""
LONE = 60
"""Bits of a prime that is the only one."""
SMALLEST = 24
"""Bits of a prime: smaller ones are too rare."""
DIGITS = (0, 30, 24, 20, 17, 14, 12)
"""Bits of a digit of the key switching, 0 for whole primes."""


def fit_unscaled(
    ring: int,
    degree: int,
    switched: int | None,
    precision: float,
    magnitude: float,
    amplification: float = 1.0,
) -> Parameters | None:
    """The lightest parameters in a ring, None where it does not hold the modulus.

    `degree`: the largest that a value has; `switched`: the least at which keys are switched.
    The others as for `parameters.scale_bits`.
    """
    grown = MARGIN * max(1.0, amplification) / precision
    fresh = 5 * noise.DECRYPTION * noise.encryption(ring) * grown
    least = max(18, math.ceil(math.log2(fresh)))
    if least > LARGEST:  # Numbers are encoded from 53 bits: nothing finer can be promised.
        return None
    room = max(2, math.floor(math.log2(max(magnitude, 1.0))) + 2)
    found = list(_candidates(ring, degree, switched, grown, least, room))
    return min(found, key=_work, default=None)


def _candidates(
    ring: int, degree: int, switched: int | None, grown: float, least: int, room: int
) -> Iterator[Parameters]:
    """For each size of digits, those with the smallest scale that outgrows their noise."""
    for digit in DIGITS if switched is not None else (20,):
        for scale in range(least, BOUNDS[ring] // degree + 1):
            found = _primes(ring, scale, scale * degree + room, digit)
            if found is None:
                break
            error = 5 * noise.digit_switching(ring, *digits_of(found)) * grown
            if switched is None or math.log2(error) <= scale * switched:
                yield found
                break


def _primes(ring: int, scale: int, bits: int, digit: int) -> Parameters | None:
    """The modulus in as few primes as will do, of equal size."""
    count = 1 if bits <= LONE else -(-bits // LARGEST)
    size = max(SMALLEST, -(-bits // count))
    if size * count + 1 > BOUNDS[ring]:
        return None
    prime = 0 if count == 1 else size
    return Parameters(ring, count - 1, scale, size, digits=0, prime=prime, digit=digit)


def _work(parameters: Parameters) -> tuple[int, int]:
    """What key switching and products grow with."""
    count = parameters.depth + 1
    return digits_of(parameters)[0] * count, count
