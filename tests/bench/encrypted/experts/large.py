"""Kernels with many ciphertexts, all operands encrypted."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from encrypted.experts.kit import Array, Cipher, Expert, Plain, Ring, inner, spread
from encrypted.experts.products import complexify, conjugate


def matmul() -> Expert:
    """`ik,kj->ij` of 128 by 128 by 128: blocks of 64 by 32 results, one pair of k a product.

    512 products and no key switching; the client sends 384 ciphertexts.
    """

    def pack(a: Array, b: Array) -> list[Array]:
        left = complexify(a.T.reshape(64, 2, 2, 64, 1), 1).swapaxes(0, 1)
        right = conjugate(b.reshape(64, 2, 4, 1, 32), 1).swapaxes(0, 1)
        shape = (64, 64, 32)
        blocks = [*left, *right]
        return [row for block in blocks for row in spread(block, shape)]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        blocks = [request[start : start + 64] for start in range(0, 384, 64)]
        return [inner(context, x, y) for x, y in product(blocks[:2], blocks[2:])]

    def unpack(slots: Array) -> Array:
        return slots.real.reshape(2, 4, 64, 32).swapaxes(1, 2).reshape(128, 128)

    says = "two terms a slot, one prime, no keys, operands copied by the client"
    return Expert(says, Ring(4096, first=60), 26.5, 53, pack, kernel, unpack)


def attention() -> Expert:
    """`bthd,bshd->bhts` at (2, 32, 8, 64): slots are b, h, half of t, a quarter of s.

    d is 32 ciphertexts by 2 parts: 256 products and no key switching.
    """

    def pack(q: Array, k: Array) -> list[Array]:
        left = q.transpose(3, 0, 2, 1).reshape(32, 2, 16, 2, 16, 1)
        right = k.transpose(3, 0, 2, 1).reshape(32, 2, 16, 4, 1, 8)
        blocks = [
            *np.moveaxis(complexify(left, 1), 2, 0),
            *np.moveaxis(conjugate(right, 1), 2, 0),
        ]
        return [row for block in blocks for row in spread(block, (32, 16, 16, 8))]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        blocks = [request[start : start + 32] for start in range(0, 192, 32)]
        return [inner(context, x, y) for x, y in product(blocks[:2], blocks[2:])]

    def unpack(slots: Array) -> Array:
        parts = slots.real.reshape(2, 4, 2, 8, 16, 8)
        return parts.transpose(2, 3, 0, 4, 1, 5).reshape(2, 8, 32, 32)

    says = "two terms a slot, one prime, no keys, operands copied by the client"
    return Expert(says, Ring(4096, first=60), 26.5, 53, pack, kernel, unpack)


def chain() -> Expert:
    """Four products of 64 by 64 matrices, one after the other, in one ciphertext.

    Slot 64 c + i holds row i and column c, so that rotations by 64 r align column c + r with
    the diagonal r of the next matrix, which the client sends copied for all i. Of the
    rotations, 16 are of the product and 4 of sums. Nothing is rescaled: the first two
    matrices have 43 bits of scale, so that the noise of whole primes as digits is small
    beside their product, and the others 24.
    """
    ring = Ring(8192, first=58, prime=58, depth=2)
    c = np.arange(64)

    def diagonal(matrix: Array, baby: int, giant: int) -> Array:
        return np.repeat(matrix[(c + baby) % 64, (c - giant) % 64], 64)

    def pack(first: Array, second: Array, *others: Array) -> list[Array]:
        left = complexify(first.T.reshape(32, 2, 1, 64), 1) * 2.0**19
        right = conjugate(second.reshape(32, 2, 64, 1), 1) * 2.0**19
        shape = (32, 64, 64)
        steps = list(product(others, range(0, 64, 16), range(16)))
        later = [diagonal(matrix, baby, giant) for matrix, giant, baby in steps]
        return [*spread(left, shape), *spread(right, shape), *later]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        result = inner(context, request[:32], request[32:64])
        for start in range(64, 256, 64):
            result = _by_diagonals(context, result, request[start : start + 64])
        return [result]

    def unpack(slots: Array) -> Array:
        return slots[0].real.reshape(64, 64).T

    keys = (*(64 * n for n in range(1, 16)), *(64 * n for n in range(16, 64, 16)))
    says = "diagonals in 16 baby and 4 giant steps, nothing is rescaled"
    return Expert(says, ring, 24, 158, pack, kernel, unpack, keys, relinearize=1)


def _by_diagonals(context: Any, cipher: Cipher, diagonals: list[Cipher]) -> Cipher:
    """The product with a matrix given by 64 diagonals, of three polynomials."""
    cipher = context.Relinearize(cipher)
    order = context.GetCyclotomicOrder()
    digits = context.EvalFastRotationPrecompute(cipher)
    turned = [context.EvalFastRotation(cipher, 64 * n, order, digits) for n in range(1, 16)]
    total = inner(context, [cipher, *turned], diagonals[:16])
    for giant in range(16, 64, 16):
        part = inner(context, [cipher, *turned], diagonals[giant : giant + 16])
        part = context.EvalRotate(context.Relinearize(part), 64 * giant)
        context.EvalAddInPlace(total, part)
    return total
