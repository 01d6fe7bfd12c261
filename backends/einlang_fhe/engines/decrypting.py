"""Decryption of ciphertexts of any degree and number of polynomials, by the owner of the key.

Decoding with one prime left takes a tenth of the time of two, so the client rescales first,
as far as the scale allows, and forgets primes that the numbers do not need.

Where the numbers are real, the imaginary parts of the slots are noise alone: they show when
there is too much of it. As much noise again, drawn anew, is added to what is given away,
since an error that is known would give the key away (Li and Micciancio, ePrint 2020/1533);
OpenFHE does the same to numbers that it takes for real, but cannot decode all of them.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from einlang_fhe.engines import binding
from einlang_fhe.engines.chain import Chain
from einlang_fhe.engines.engine import Cipher
from einlang_fhe.engines.noise import encryption, rescaling

Array = np.ndarray[Any, Any]

NEGLIGIBLE = 2.0**-22
"""The most that the rounding of a client's rescaling may come to, five deviations of it."""


def decrypt(
    context: Any,
    chain: Chain,
    secret: Any,
    cipher: Cipher,
    last: int,
    imaginary: bool = False,
    unit: float = 1.0,
) -> Array:
    """One float64 number for each slot, or a complex one; E0804 when noise took them.

    `last` is the level whose primes are enough for the results; `unit` what stands for 1.
    """
    with binding.spoken("decrypt"):
        cipher, scale = shortened(context, chain, cipher, last)
        plain = context.Decrypt(secret, cipher)
        plain.SetLength(context.GetBatchSize())
        slots = np.asarray(plain.GetCKKSPackedValueArray())
    level, degree = cipher.GetLevel(), cipher.GetNoiseScaleDeg()
    divided = chain.unit ** (degree if level < chain.depth else 1)
    slots, modulus = slots * (divided / scale), chain.modulus(level) / scale
    if not imaginary:
        return settled(slots, modulus, unit)
    fresh = encryption(context.GetRingDimension()) / 2.0**chain.scale
    return blurred(slots, modulus, fresh)


def shortened(context: Any, chain: Chain, cipher: Cipher, last: int) -> tuple[Cipher, float]:
    """The same numbers in fewer primes, one if possible, and their scale."""
    level, degree = cipher.GetLevel(), cipher.GetNoiseScaleDeg()
    error = 5 * rescaling(context.GetRingDimension(), cipher.NumberCiphertextElements())
    scale = chain.true(level, degree)
    while level < last and (chain.free or degree > 1):
        if not error * chain.prime(level) / scale < NEGLIGIBLE and not _usual(chain, cipher):
            break
        cipher, scale = _rescaled(context, cipher), scale / chain.prime(level)
        level, degree = level + 1, max(degree - 1, 1)
        cipher.SetNoiseScaleDeg(degree)
    if level < last and degree == 1 and not chain.free:
        cipher = context.LevelReduce(cipher, None, last - level)
    return cipher, scale


def _rescaled(context: Any, cipher: Cipher) -> Cipher:
    """OpenFHE refuses degrees that it would not reach by itself."""
    if cipher.GetNoiseScaleDeg() > 2:
        cipher = cipher.Clone()
        cipher.SetNoiseScaleDeg(2)
    return context.Rescale(cipher)


def _usual(chain: Chain, cipher: Cipher) -> bool:
    """Whether an evaluator would rescale it, too."""
    return not chain.free and cipher.NumberCiphertextElements() == 2


def settled(slots: Array, modulus: float, unit: float = 1.0) -> Array:
    """The real numbers, with noise of the size that the imaginary parts show.

    No coefficient exceeds the mean of the numbers in slots. Of numbers that outgrew the
    modulus, the coefficients are of its size, so that the slots are larger in the mean; or
    nothing is left of them but noise, in which a `unit` is lost.
    """
    size, noise = np.abs(slots.real).mean(), float(np.sqrt(np.mean(slots.imag**2)))
    if not (size < modulus and noise < 2.0**-5 * min(unit, modulus) * np.sqrt(slots.size)):
        raise binding.overflown()
    return slots.real + 2**0.5 * noise * gaussian(slots.size)


def blurred(slots: Array, modulus: float, noise: float) -> Array:
    """Complex numbers, both parts of which hold something, with noise of a size that is given."""
    if not np.abs(slots).mean() < modulus:
        raise binding.overflown()
    real, imaginary = gaussian(2 * slots.size).reshape(2, -1)
    return slots + noise * (real + 1j * imaginary)


def gaussian(count: int) -> Array:
    """Standard normal numbers from the entropy of the system (Box and Muller 1958).

    >>> gaussian(5).shape, bool(abs(gaussian(10**6).std() - 1) < 0.01)
    ((5,), True)
    """
    half = -(-count // 2)
    bits = np.frombuffer(os.urandom(16 * half), dtype=np.uint64).reshape(2, half)
    radius, angle = ((bits >> np.uint64(11)) + 0.5) * 2.0**-53
    turn = np.sqrt(-2 * np.log(radius)) * np.exp(2j * np.pi * angle)
    return np.concatenate([turn.real, turn.imag])[:count]
