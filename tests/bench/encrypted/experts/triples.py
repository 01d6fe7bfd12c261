"""Kernels with three factors: nothing is rescaled, 108 bits hold three times 32 bits."""

from __future__ import annotations

from typing import Any

from encrypted.experts.kit import Array, Cipher, Expert, Plain, Ring, fold, fold_keys, inner, spread
from encrypted.experts.products import complexify, conjugate

PAIR = Ring(4096, first=54, prime=54, depth=1)


def hadamard() -> Expert:
    """`ij,ij,ij->ij`: 16 products, four polynomials are sent back."""

    def pack(a: Array, b: Array, c: Array) -> list[Array]:
        return [row for array in (a, b, c) for row in array.reshape(8, 2048)]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        multiply = context.EvalMultNoRelin
        triples = zip(request[:8], request[8:16], request[16:], strict=True)
        return [multiply(multiply(x, y), z) for x, y, z in triples]

    def unpack(slots: Array) -> Array:
        return slots.real.reshape(128, 128)

    return Expert("two primes, no keys", PAIR, 33, 99, pack, kernel, unpack)


def chain() -> Expert:
    """`ij,jk,kl->il` of 16, 8, 8, 16.

    The client packs A and B with copies for l: slots are k, i, l; j is 4 ciphertexts by 2
    parts. The product with C is relinearized from four polynomials, then k is summed.
    """

    def pack(a: Array, b: Array, c: Array) -> list[Array]:
        left = complexify(a.T.reshape(4, 2, 1, 16, 1), 1)
        middle = conjugate(b.reshape(4, 2, 8, 1, 1), 1)
        shape = (4, 8, 16, 16)
        last = spread(c[None, :, None, :], (1, 8, 16, 16))
        return [*spread(left, shape), *spread(middle, shape), *last]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        product = inner(context, request[:4], request[4:8])
        product = context.Relinearize(context.EvalMultNoRelin(product, request[8]))
        return [fold(context, product, 256, 8)]

    def unpack(slots: Array) -> Array:
        return slots[0, :256].real.reshape(16, 16)

    says = "two terms a slot, 3 bits of slots to sum"
    keys = fold_keys(256, 8)
    return Expert(says, PAIR, 32, 96, pack, kernel, unpack, keys, relinearize=2)


def bilinear() -> Expert:
    """`ik,jkl,il->ij` of 8, 16, 8, 16.

    Slots are a bit of k, then l, i, j; k is 4 ciphertexts by 2 parts by that bit. Its sum
    waits for the product with the third operand, and is taken with that over l.
    """

    def pack(a: Array, b: Array, c: Array) -> list[Array]:
        left = complexify(a.T.reshape(4, 2, 2, 1, 8, 1), 1)
        middle = conjugate(b.transpose(1, 2, 0).reshape(4, 2, 2, 16, 1, 8), 1)
        shape = (4, 2, 16, 8, 8)
        last = spread(c.T[None, None, :, :, None], (1, 2, 16, 8, 8))
        return [*spread(left, shape), *spread(middle, shape), *last]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        product = inner(context, request[:4], request[4:8])
        product = context.Relinearize(context.EvalMultNoRelin(product, request[8]))
        return [fold(context, product, 64, 32)]

    def unpack(slots: Array) -> Array:
        return slots[0, :64].real.reshape(8, 8)

    says = "two terms a slot, 5 bits of slots to sum"
    keys = fold_keys(64, 32)
    return Expert(says, PAIR, 32, 96, pack, kernel, unpack, keys, relinearize=2)
