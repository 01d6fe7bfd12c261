"""Parameters of programs that are never rescaled, at 128-bit security.

The modulus Q holds the largest scale and the numbers; it is made of as few primes as can be.
Keys are switched without special primes (BV, Brakerski and Vaikuntanathan 2011), whose noise
of digits is small beside a scale to the power of two, and must be made small beside a scale
to the power of one.

>>> found = fit_unscaled(4096, degree=2, switched=None, precision=1e-4, magnitude=8, growth=20)
>>> found.depth, found.scale, found.first, found.digits
(0, 25.0, 54, 0)
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
SMALLEST = 24
"""Bits of a prime: smaller ones are too rare."""
HEAVY = 2.0
"""How much further out the noise of switching lies: few products of normal numbers for a digit."""
SMALLEST_SCALE = 18.0
STEPS = 16
"""Of a bit of scale."""
DIGITS = (0, 30, 20, 15, 12, 10)
"""Bits of a digit of the key switching, 0 for whole primes. Of other numbers, where they do not
divide a prime well, the noise is a hundred times larger in the slots near 0 (measured)."""


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
    return min(found, key=_work, default=None)


def _candidates(
    ring: int, degree: int, switched: int | None, grown: float, least: float, room: float
) -> Iterator[Parameters]:
    """For each size of digits, those with the smallest scale that outgrows their noise."""
    for digit in DIGITS if switched is not None else (20,):
        scale = least
        while (found := _primes(ring, scale, scale * degree + room, digit)) is not None:
            if switched is None or _error(found, switched) * grown <= 1:
                yield found
                break
            scale += 1 / STEPS


def _error(parameters: Parameters, switched: int) -> float:
    """The deviation of the noise of inputs and of switching keys at that degree."""
    scale = 2.0**parameters.scale
    switching = HEAVY * noise.digit_switching(parameters.ring, *digits_of(parameters))
    return math.hypot(noise.encryption(parameters.ring) / scale, switching / scale**switched)


def _finer(bits: float) -> float:
    """The next larger scale."""
    return math.ceil(bits * STEPS) / STEPS


def _primes(ring: int, scale: float, bits: float, digit: int) -> Parameters | None:
    """The modulus in as few primes as will do, of equal size."""
    count = 1 if bits <= LONE else math.ceil(bits / LARGEST)
    size = max(SMALLEST, math.ceil(bits / count))
    if size * count + 1 > BOUNDS[ring]:
        return None
    prime = int(scale) if count == 1 else size
    return Parameters(ring, count - 1, scale, size, digits=0, prime=prime, digit=digit)


def _work(parameters: Parameters) -> tuple[int, int]:
    """What key switching and products grow with."""
    count = parameters.depth + 1
    return digits_of(parameters)[0] * count, count
