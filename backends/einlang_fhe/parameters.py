"""Ring dimension, scale and modulus chain from depth and precision, at 128-bit security.

>>> found = choose(depth=1, scale=40, first=50)
>>> found.ring, found.digits
(8192, 1)
>>> plan = fit(depth=4, precision=1e-4, magnitude=8)
>>> plan.ring, plan.scale, plan.first
(16384, 42, 47)
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from einlang.errors import BackendMistake, fail
from einlang_fhe.engines import noise
from einlang_fhe.engines.engine import KeySizes, Parameters

BOUNDS = {
    1 << 10: 27,
    1 << 11: 54,
    1 << 12: 109,
    1 << 13: 218,
    1 << 14: 438,
    1 << 15: 881,
    1 << 16: 1747,
    1 << 17: 3523,
}
"""Ring dimension to the most bits of Q P, for ternary secrets and 128 bits against classical
attacks: Homomorphic Encryption Standard (Albrecht et al. 2018, table 1) up to 2^15, and
Bossuat et al. 2024 (ePrint 2024/463) beyond, as OpenFHE 1.6 holds them."""

SPECIAL = 60
"""Bits of a special prime of the key switching."""
SLACK = 5
"""Bits that OpenFHE wants P above a digit."""
LARGEST_FIRST = 60
LARGEST_SCALE = 59
SMALLEST_SCALE = 20
"""At N = 2^10, one more for each doubling: primes of fewer bits are too rare near 2^scale."""
MARGIN = 4.0
MOST_DIGITS = 8
"""With more, twice the ring dimension is as fast and its keys are smaller (measured)."""


def special_primes(depth: int, scale: int, first: int, digits: int) -> int | None:
    """How many special primes these digits need; None where the primes do not divide so.

    `scale`: the bits of all primes but the last one. None are needed for no digits."""
    primes = depth + 1
    if digits == 0:
        return 0
    share = -(-primes // digits)
    if primes <= share * (digits - 1):
        return None
    bits = [first] + [scale] * depth
    widest = max(sum(bits[start : start + share]) for start in range(0, primes, share))
    return -(-(widest + SLACK) // SPECIAL)


def modulus_bits(depth: int, scale: int, first: int, digits: int) -> int | None:
    """The bits of Q P that OpenFHE compares with the standard."""
    special = special_primes(depth, scale, first, digits)
    return None if special is None else first + depth * scale + 1 + SPECIAL * special


def special_primes_of(parameters: Parameters) -> int:
    """The special primes of parameters that were chosen."""
    chain = parameters.depth, parameters.nominal, parameters.first, parameters.digits
    return special_primes(*chain) or (1 if parameters.digits else 0)


def digits_of(parameters: Parameters) -> tuple[int, int]:
    """Into how many digits a polynomial is taken apart at level 0, and the bits of one, where
    keys are switched without special primes."""
    primes = [parameters.first] + [parameters.nominal] * parameters.depth
    if parameters.digit == 0:
        return len(primes), max(primes)
    return sum(-(-bits // parameters.digit) for bits in primes), parameters.digit


def choose(
    depth: int,
    scale: int,
    first: int,
    ring: int = 1 << 12,
    *,
    insecure: int | None = None,
) -> Parameters:
    """The smallest ring that holds the chain, at least `ring`, then the fewest digits.

    A ring counts as holding it when 8 digits are enough, but for the largest.

    `insecure`: that ring dimension whatever the standard says. Raises E0805 when no ring
    up to 2^17 holds it.
    """
    if insecure is not None:
        return Parameters(insecure, depth, scale, first, digits=1, secure=False)
    for candidate in _rings(ring):
        digits = _digits(candidate, depth, scale, first)
        if digits is not None:
            return Parameters(candidate, depth, scale, first, digits)
    raise _too_deep(depth, scale, first)


def fit(
    depth: int,
    precision: float,
    magnitude: float,
    ring: int = 1 << 12,
    *,
    amplification: float | None = None,
    insecure: int | None = None,
) -> Parameters:
    """The smallest ring whose noise leaves the precision, with the scale that does it.

    Noise grows with the ring, so the scale is found anew for each. For the arguments see
    `scale_bits`. Raises E0805 or E0806.
    """
    wish = precision, magnitude, amplification
    if insecure is not None:
        special = special_primes(depth, LARGEST_SCALE, LARGEST_FIRST, 1) or 1
        scale, first = scale_bits(precision, magnitude, depth, insecure, amplification, special)
        return choose(depth, scale, first, insecure=insecure)
    for candidate in _rings(ring):
        found = _fit_ring(candidate, depth, *wish)
        if found is not None:
            return found
    scale, first = scale_bits(precision, magnitude, depth, max(BOUNDS), amplification)
    raise _too_deep(depth, scale, first)


def _fit_ring(
    ring: int, depth: int, precision: float, magnitude: float, amplification: float | None
) -> Parameters | None:
    """More special primes make more noise, more noise more bits: until it settles."""
    special = 0
    while True:
        scale, first = scale_bits(precision, magnitude, depth, ring, amplification, special + 1)
        digits = _digits(ring, depth, scale, first)
        if digits is None:
            return None
        needed = special_primes(depth, scale, first, digits) or 1
        if needed <= special + 1:
            return Parameters(ring, depth, scale, first, digits)
        special = needed - 1


def scale_bits(
    precision: float,
    magnitude: float,
    depth: int,
    ring: int,
    amplification: float | None = None,
    special: int = 2,
) -> tuple[int, int]:
    """The fewest bits of scale and of first prime, `(scale, first)`.

    `precision`: the error allowed, relative to max(1, largest result). `magnitude`: a bound
    on every number that a ciphertext ever holds, unused slots included. `amplification`:
    the most that an error is multiplied by on its way to the output, the magnitude where
    it is not known. `special`: the special primes of the key switching. The expected error
    stays four times below the precision. Raises E0806 when no scale will do.
    """
    grown = max(1.0, magnitude if amplification is None else amplification)
    error = noise.relative(ring, depth + 1, depth + 1, special) * grown
    least = SMALLEST_SCALE + ring.bit_length() - 11
    scale = max(least, math.ceil(math.log2(MARGIN * error / precision)))
    first = scale + _headroom(magnitude)
    if scale > LARGEST_SCALE or first > LARGEST_FIRST:
        raise _too_precise(precision, magnitude, scale, first)
    return scale, first


def _headroom(magnitude: float) -> int:
    """Bits above the scale: for the number, its sign, and the noise."""
    return max(2, math.floor(math.log2(max(magnitude, 1.0))) + 2)


def _rings(least: int) -> Iterator[int]:
    return (ring for ring in BOUNDS if ring >= least)


def _digits(ring: int, depth: int, scale: int, first: int) -> int | None:
    """The fewest digits with which the chain fits the ring."""
    most = depth + 1 if ring == max(BOUNDS) else min(depth + 1, MOST_DIGITS)
    for digits in range(1, most + 1):
        bits = modulus_bits(depth, scale, first, digits)
        if bits is not None and bits <= BOUNDS[ring]:
            return digits
    return None


def deepest(scale: int, first: int, ring: int = 1 << 17) -> int:
    """The largest depth that a ring holds."""
    depth = max(0, (BOUNDS[ring] - first) // scale)
    while depth > 0 and _digits(ring, depth, scale, first) is None:
        depth -= 1
    return depth


def _too_deep(depth: int, scale: int, first: int) -> BackendMistake:
    return _mistake(
        "E0805",
        f"the program multiplies {depth} times in a row, more than any secure ring allows",
        f"at {scale} bits of scale the largest depth is {deepest(scale, first)}: lower the "
        "degrees of polynomials, ask for less precision, decrypt in between, "
        "or leave out `bootstrap = false`",
    )


def _too_precise(precision: float, magnitude: float, scale: int, first: int) -> BackendMistake:
    needs = f"a scale of {scale} bits and a first prime of {first}"
    return _mistake(
        "E0806",
        f"a precision of {precision:g} with numbers up to {magnitude:g} is out of reach",
        f"it needs {needs}, at most {LARGEST_SCALE} and {LARGEST_FIRST} are possible: "
        "ask for less precision, scale the inputs down, or declare narrower ranges",
    )


def _mistake(code: str, message: str, hint: str) -> BackendMistake:
    error = fail(BackendMistake, code, message, hint=hint)
    assert isinstance(error, BackendMistake)
    return error


def ciphertext_bytes(parameters: Parameters, level: int = 0, parts: int = 2) -> int:
    """Bytes of a ciphertext as OpenFHE writes it, within 1 %."""
    primes = parameters.depth + 1 - level
    return parts * primes * parameters.ring * 8 + 700 + 82 * primes


def predicted_key_sizes(parameters: Parameters) -> KeySizes:
    """Bytes of the public key and of one key each for products and rotations, within 1 %."""
    primes = parameters.depth + 1
    public = 2 * primes * parameters.ring * 8 + 600 + 110 * primes
    digits = parameters.digits or digits_of(parameters)[0]
    words = 2 * digits * (primes + special_primes_of(parameters)) * parameters.ring
    switch = words * 8 + 1000 + 170 * digits * primes
    return KeySizes(public, switch, switch)
