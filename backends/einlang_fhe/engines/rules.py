"""What OpenFHE would do wrongly without a word, refused: the program that asks is wrong."""

from __future__ import annotations

from einlang_fhe.engines.bootstrap import Bootstrap
from einlang_fhe.engines.engine import Cipher, Parameters, Plain


def describe(value: Cipher | Plain) -> str:
    """Where a ciphertext or a plaintext is in the chain."""
    return f"level {value.GetLevel()}, degree {value.GetNoiseScaleDeg()}"


def alike(left: Cipher, right: Cipher | Plain) -> None:
    """Refuses operands of different levels or degrees."""
    same_level(left, right)
    if left.GetNoiseScaleDeg() != right.GetNoiseScaleDeg():
        raise _different(left, right)


def same_level(left: Cipher, right: Cipher | Plain) -> None:
    """Refuses operands of different levels."""
    if left.GetLevel() != right.GetLevel():
        raise _different(left, right)


def _different(left: Cipher, right: Cipher | Plain) -> ValueError:
    return ValueError(f"operands differ: {describe(left)} and {describe(right)}")


def two_parts(cipher: Cipher) -> None:
    """Refuses to rotate what is not relinearized."""
    if cipher.NumberCiphertextElements() != 2:
        raise ValueError(f"rotate: not relinearized: {describe(cipher)}")


def refreshable(cipher: Cipher, parameters: Parameters) -> Bootstrap:
    """Refuses to bootstrap without keys, or where the result would have no more primes."""
    plan = parameters.bootstrap
    usual = cipher.GetNoiseScaleDeg() == 1 and cipher.NumberCiphertextElements() == 2
    level, deepest = cipher.GetLevel(), parameters.depth
    if plan is None or not usual or not plan.refreshed < level <= plan.latest(deepest):
        raise ValueError(f"bootstrap: {describe(cipher)} of {parameters}")
    return plan
