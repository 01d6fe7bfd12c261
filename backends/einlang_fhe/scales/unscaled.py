"""Parameters of programs that are never rescaled, at 128-bit security.

The modulus Q holds the largest scale and the numbers; it is made of as few primes as can be.
Keys are switched without special primes (BV, Brakerski and Vaikuntanathan 2011), whose noise
of digits is small beside a scale to the power of two, and must be made small beside a scale
to the power of one.

>>> found = fit_unscaled(4096, degree=2, switched=None, precision=1e-4, magnitude=8, growth=20)
>>> found.depth, found.scale, found.first, found.digits
(0, 24.8125, 59, 0)
>>> fit_unscaled(4096, degree=3, switched=3, precision=1e-4, magnitude=8, growth=20).depth
1
>>> fit_unscaled(2048, degree=3, switched=None, precision=1e-4, magnitude=8, growth=20) is None
True
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from einlang_fhe.engines import noise
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.parameters import BOUNDS, digits_of

LARGEST = 59
"""Bits of a prime."""
LONE = 60
"""Bits of a prime that is the only one."""
QUICK = 59
"""Bits of primes that numbers are multiplied modulo in five sixths of the time (measured)."""
SMALLEST = 24
"""Bits of a prime: smaller ones are too rare."""
SIZES = (SMALLEST, QUICK)
HEAVY = 2.0
"""How much further out the noise of switching lies: few products of normal numbers for a digit."""
SMALLEST_SCALE = 18.0
STEPS = 16
"""Of a bit of scale."""
MOST_PIECES = 6
"""Into which a prime is taken apart for key switching."""
WORD = 64
"""Pieces that are longer in all make a hundred times the noise in the slots near 0 (measured)."""


def fit_unscaled(
    ring: int, degree: int, switched: int | None, precision: float, magnitude: float, growth: float
) -> Parameters | None:
    """The lightest parameters in a ring, None where it does not hold the modulus.

    `degree`: the largest that a value has; `switched`: the least at which keys are switched.
    `magnitude`: a bound on all numbers. `growth`: the largest error of an output, in standard
    deviations of the noise that inputs are encrypted with.
    """
    grown = growth / precision
    least = max(SMALLEST_SCALE, _finer(math.log2(noise.encryption(ring) * grown)))
    if least > LARGEST:  # Numbers are encoded from 53 bits: nothing finer can be promised.
        return None
    room = math.log2(max(magnitude, 2.0)) + 1
    found = list(_candidates(ring, degree, switched, grown, least, room))
    return min(found, key=work, default=None)


def _candidates(
    ring: int, degree: int, switched: int | None, grown: float, least: float, room: float
) -> Iterator[Parameters]:
    """For each number of digits, those with the smallest scale that outgrows their noise."""
    for pieces in range(1, 1 + (MOST_PIECES if switched is not None else 1)):
        scale = least
        while (found := _sized(ring, scale, scale * degree + room, pieces))[0] is not None:
            fitting = [one for one in found if one and _fits(one, switched, grown)]
            yield from fitting
            if fitting:
                break
            least_bits = math.log2(_switching(found[0]) * grown) / (switched or 1)
            scale = max(scale + 1 / STEPS, _finer(least_bits))


def _sized(ring: int, scale: float, bits: float, pieces: int) -> list[Parameters | None]:
    """With primes of the fewest bits; and of more bits, which is quicker."""
    return [_primes(ring, scale, bits, pieces, size) for size in SIZES]


def _fits(parameters: Parameters, switched: int | None, grown: float) -> bool:
    """Whether the noise of inputs and of switching keys at that degree is small enough."""
    if switched is None:
        return True
    scale = 2.0**parameters.scale
    fresh = noise.encryption(parameters.ring) / scale
    return math.hypot(fresh, _switching(parameters) / scale**switched) * grown <= 1


def _switching(parameters: Parameters) -> float:
    """The noise of switching keys, in units of 1."""
    return HEAVY * noise.digit_switching(parameters.ring, *digits_of(parameters))


def _finer(bits: float) -> float:
    """The next larger scale."""
    return math.ceil(bits * STEPS) / STEPS


def _primes(ring: int, scale: float, bits: float, pieces: int, least: int) -> Parameters | None:
    """The modulus in as few primes as will do, of equal size, at least so many bits each."""
    count = 1 if bits <= LONE else math.ceil(bits / LARGEST)
    size = max(least, math.ceil(bits / count))
    digit = digit_size(size, pieces)
    if size * count + 1 > BOUNDS[ring] or digit is None:
        return None
    prime = int(scale) if count == 1 else size
    return Parameters(ring, count - 1, scale, size, digits=0, prime=prime, digit=digit)


def digit_size(prime: int, pieces: int) -> int | None:
    """The bits of digits that a prime is taken apart into, 0 for one; None where it is too noisy.

    Some of several primes near 2^54 are above it, and have 55 bits.

    >>> [digit_size(54, pieces) for pieces in (1, 2, 3, 5)]
    [0, 28, 19, 11]
    """
    digit = math.ceil(min(prime + 1, LONE) / pieces)
    return 0 if pieces == 1 else digit if digit * pieces <= WORD else None


def digit_sizes(prime: int, most: int) -> list[int]:
    """The bits of digits of which there are at most so many."""
    found = (digit_size(prime, pieces) for pieces in range(1, most + 1))
    return [digit for digit in found if digit is not None]


def work(parameters: Parameters) -> tuple[int, int, bool]:
    """What key switching and products grow with."""
    count = parameters.depth + 1
    return digits_of(parameters)[0] * count, count, parameters.first < QUICK
