"""Kernels of one operand: nothing to compute, or sums."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from encrypted.experts.kit import Array, Cipher, Expert, Plain, Ring, add_all, fold, fold_keys

SMALL = Ring(2048, first=53, digit=18)
"""1024 slots, one prime; a rotation has three digits."""
PAIR = Ring(4096, first=54, prime=54, depth=1)
"""2048 slots, two primes, each of which is a digit."""


def transpose() -> Expert:
    """`ij->ji`: renames what the slots hold."""

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        return request

    def pack(a: Array) -> Array:
        return (a[:64] + 1j * a[64:]).reshape(8, 1024)

    def unpack(slots: Array) -> Array:
        half = slots.reshape(64, 128)
        return (half.T[:, None] * [[1], [-1j]]).real.reshape(128, 128)

    return Expert("nothing to do", SMALL, 40, 40, pack, kernel, unpack)


def total() -> Expert:
    """`ij->`: pairs are complex numbers in 4 ciphertexts.

    Times 1 - i the real part is the sum of both; then 2048 slots are summed.
    """

    def pack(a: Array) -> Array:
        real, imaginary = a.reshape(2, 4, 2048)
        return real + 1j * imaginary

    def plain(a: Array) -> Array:
        return np.full((1, 2048), 1 - 1j)

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        both = context.EvalMult(add_all(context, request), weights[0])
        return [fold(context, both, 1, 2048)]

    def unpack(slots: Array) -> Array:
        return slots[0, 0].real

    keys = fold_keys(1, 2048)
    says = "two terms a slot, 11 bits of slots to sum"
    return Expert(says, PAIR, 90, 90, pack, kernel, unpack, keys, plain=plain)


def total_small() -> Expert:
    """`ij->`: packed as for columns, without a product; then all 1024 slots are summed."""

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        return [fold(context, add_all(context, request), 1, 1024)]

    # Digits of 14 bits are faster, but leave errors of 1e-4 in some runs.
    return replace(
        columns(),
        says="10 bits of slots to sum",
        ring=replace(SMALL, digit=11),
        scale=43,
        bits=43,
        kernel=kernel,
        unpack=lambda slots: slots[0, 0].real,
        rotations=fold_keys(1, 1024),
    )


def rows() -> Expert:
    """`ij->i`: as for columns, packed transposed."""
    same = columns()
    return replace(same, pack=lambda a: same.pack(a.T))


def columns() -> Expert:
    """`ij->j`: 16 ciphertexts of 8 by 128, added, then three bits of slots."""

    def pack(a: Array) -> Array:
        return a.reshape(16, 1024)

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        return [fold(context, add_all(context, request), 128, 8)]

    def unpack(slots: Array) -> Array:
        return slots[0, :128].real

    keys = fold_keys(128, 8)
    return Expert("3 bits of slots to sum", SMALL, 46, 46, pack, kernel, unpack, keys)
