"""How far a slot is off, step by step: standard deviations for ternary secrets.

In units of the least digit (2^-scale at degree 1), N the ring dimension, k the number of
special primes of the key switching. The shapes are those of Cheon, Kim, Kim and Song (2017,
section 3) in the slots; the constants were measured on OpenFHE 1.6.1 at N = 2^13 to 2^15.

| step | standard deviation |
| --- | --- |
| encryption with the secret key | 3.19 sqrt(N / 2) |
| encoding (rounding to integers) | sqrt(N / 24) |
| rescaling two polynomials | N / 5 |
| each polynomial more | 1.4 N^0.5 times as much |
| key switching | (0.2 k + 0.1) N, and near slot 0 a rounding bias: see `spike` |
| key switching without special primes | 0.2 D^0.5 2^b N, in units of 1, for D digits of b bits |
| decryption (noise is added against key recovery) | 2^0.5 times what is there already |

>>> round(rescaling(2**13)), round(encryption(2**13))
(1638, 204)
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from einlang_fhe.engines.bootstrap import DIGITS

DEVIATION = 3.19
"""Of the discrete Gaussian, from the Homomorphic Encryption Standard (2018)."""
DECRYPTION = 3**0.5
"""By how much noise grows where twice its variance is added."""


def encryption(ring: int) -> float:
    """Of a fresh ciphertext."""
    return DEVIATION * (ring / 2) ** 0.5


def encoding(ring: int) -> float:
    """Of rounding the coefficients of a plaintext to integers."""
    return (ring / 24) ** 0.5


def rescaling(ring: int, parts: int = 2) -> float:
    """Of rounding `parts` polynomials to integers."""
    return 0.2 * ring * (1.4 * ring**0.5) ** (parts - 2)


def switching(ring: int, special: int) -> np.ndarray[Any, Any]:
    """Of relinearizing or rotating, slot by slot: shape (N / 2,)."""
    return np.hypot((0.2 * special + 0.1) * ring, special * spike(ring))


@lru_cache(maxsize=8)
def spike(ring: int) -> np.ndarray[Any, Any]:
    """Of rounding every coefficient by the same half, times a ternary secret.

    The polynomial 1 + X + ... + X^(N-1) is large where its argument is near 1: at the
    slots s whose power 5^s mod 2N is near 0 or 2N, slot 0 above all.
    """
    powers = np.empty(ring // 2, dtype=np.int64)
    power = 1
    for slot in range(ring // 2):
        powers[slot] = power
        power = power * 5 % (2 * ring)
    peak = 1 / np.abs(np.sin(np.pi * powers / (2 * ring)))
    return 0.5 * peak * (ring / 3) ** 0.5


def digit_switching(ring: int, digits: int, bits: int) -> float:
    """Of relinearizing or rotating without special primes, in units of 1."""
    return 0.2 * digits**0.5 * 2.0**bits * ring


def bootstrapping(ring: int, correction: int, iterations: int = 1) -> float:
    """Of bootstrapping at a scale of 59 bits, as an absolute number.

    Nearly all of it comes from primes that are not quite 2^59, so it differs from chain to
    chain; the tails are heavy: of a thousand slots, one is off by eight deviations.
    """
    bits = -31 + (ring.bit_length() - 12) + correction
    return 2.0 ** (bits if iterations == 1 else bits - DIGITS + 2)


@lru_cache(maxsize=256)
def relative(ring: int, rescalings: int, turned: int, special: int) -> float:
    """Largest error to expect among all slots after so many rescalings in a row, when keys
    are switched at degree 1 on so many levels."""
    plain = DECRYPTION * np.hypot(encryption(ring), rescaling(ring) * rescalings**0.5)
    biased = 3 * float(switching(ring, special)[0]) * turned**0.5
    return float(5 * plain + biased)
