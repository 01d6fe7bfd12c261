"""What OpenFHE would do wrongly without a word, refused: the program that asks is wrong."""

from __future__ import annotations

from einlang_fhe.engines.engine import Cipher, Plain


def describe(value: Cipher | Plain) -> str:
    """Where a ciphertext or a plaintext is in the chain."""
    return f"level {value.GetLevel()}, degree {value.GetNoiseScaleDeg()}"


def alike(left: Cipher, right: Cipher | Plain) -> None:
    """Refuses operands of different scales: the program that asks is wrong."""
    same = left.GetLevel() == right.GetLevel()
    if not same or left.GetNoiseScaleDeg() != right.GetNoiseScaleDeg():
        raise ValueError(f"operands differ: {describe(left)} and {describe(right)}")


def ready(cipher: Cipher, parts: int = 3) -> None:
    """Refuses to multiply what is not rescaled or not relinearized."""
    if cipher.GetNoiseScaleDeg() != 1 or cipher.NumberCiphertextElements() > parts:
        count = cipher.NumberCiphertextElements()
        raise ValueError(f"not ready for a product: {describe(cipher)}, {count} polynomials")


def two_parts(cipher: Cipher) -> None:
    """Refuses to rotate what is not relinearized."""
    if cipher.NumberCiphertextElements() != 2:
        raise ValueError(f"rotate: not relinearized: {describe(cipher)}")
