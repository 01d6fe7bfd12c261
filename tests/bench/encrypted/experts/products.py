"""Kernels with one product of ciphertexts."""

from __future__ import annotations

from typing import Any

import numpy as np

from encrypted.experts.kit import Array, Cipher, Expert, Plain, Ring, fold, fold_keys, inner, spread

ONE = Ring(4096, first=60)
"""2048 slots, one prime, which holds a product at 27 bits of scale; no key switching."""
SHORT = Ring(4096, first=60, digit=20)
"""The same with key switching of products by three digits."""
SMALL = Ring(2048, first=53, digit=18)
"""1024 slots, one prime, for products of 46 bits; keys are switched by three digits."""
PAIR = Ring(4096, first=54, prime=54, depth=1)
"""2048 slots, two primes, each of which is a digit."""


def conjugate(array: Array, axis: int) -> Array:
    """The halves of an axis as real and negative imaginary part; the axis is gone."""
    real, imaginary = np.moveaxis(array, axis, 0)
    return real - 1j * imaginary


def complexify(array: Array, axis: int) -> Array:
    """An axis of length two as real and imaginary part; the axis is gone."""
    real, imaginary = np.moveaxis(array, axis, 0)
    return real + 1j * imaginary


def hadamard() -> Expert:
    """`ij,ij->ij`: 8 products."""

    def pack(a: Array, b: Array) -> list[Array]:
        return [*a.reshape(8, 2048), *b.reshape(8, 2048)]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        pairs = zip(request[:8], request[8:], strict=True)
        return [context.EvalMultNoRelin(x, y) for x, y in pairs]

    def unpack(slots: Array) -> Array:
        return slots.real.reshape(128, 128)

    return Expert("one prime, no keys", ONE, 27, 54, pack, kernel, unpack)


def outer() -> Expert:
    """`i,j->ij`: pairs of rows are the parts of complex numbers; 4 products."""

    def pack(a: Array, b: Array) -> list[Array]:
        left = complexify(a.reshape(4, 16, 2), 2)
        return [*spread(left[:, :, None], (4, 16, 128)), *spread(b[None, None], (1, 16, 128))]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        *rows, row = request
        return [context.EvalMultNoRelin(cipher, row) for cipher in rows]

    def unpack(slots: Array) -> Array:
        return (
            np.stack([slots.real, slots.imag]).reshape(2, 64, 128).swapaxes(0, 1).reshape(128, 128)
        )

    return Expert("two rows a slot, one prime, no keys", ONE, 27, 54, pack, kernel, unpack)


def dot(length: int = 16384) -> Expert:
    """`i,i->`: pairs are complex numbers, the second conjugated; then 11 bits of slots."""
    count = length // 4096

    def pack(a: Array, b: Array) -> list[Array]:
        left = complexify(a.reshape(count, 2, 2048), 1)
        right = conjugate(b.reshape(count, 2, 2048), 1)
        return [*left, *right]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        total = context.Relinearize(inner(context, request[:count], request[count:]))
        return [fold(context, total, 1, 2048)]

    def unpack(slots: Array) -> Array:
        return slots[0, 0].real

    keys = fold_keys(1, 2048)
    says = "two terms a slot, 11 bits of slots to sum"
    return Expert(says, PAIR, 46, 92, pack, kernel, unpack, keys, relinearize=1)


def short_dot() -> Expert:
    """The same of 4096 numbers: one product."""
    return dot(4096)


def matvec() -> Expert:
    """`ik,k->i`: k is 4 ciphertexts by 2 parts by 16 copies of i."""

    def pack(a: Array, v: Array) -> list[Array]:
        matrix = complexify(a.T.reshape(4, 2, 16, 128), 1)
        vector = conjugate(v.reshape(4, 2, 16), 1)
        return [*spread(matrix, (4, 16, 128)), *spread(vector[:, :, None], (4, 16, 128))]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        total = context.Relinearize(inner(context, request[:4], request[4:]))
        return [fold(context, total, 128, 16)]

    def unpack(slots: Array) -> Array:
        return slots[0, :128].real

    says = "two terms a slot, 4 bits of slots to sum"
    keys = fold_keys(128, 16)
    return Expert(says, PAIR, 46, 92, pack, kernel, unpack, keys, relinearize=1)


def matmat(count: int = 4, ring: Ring = SHORT, bits: int = 27) -> Expert:
    """`ik,kj->ij` of 16 by 32 by 32: k is `count` ciphertexts by 2 parts by copies of ij."""
    copies = 16 // count

    def pack(a: Array, b: Array) -> list[Array]:
        left = complexify(a.T.reshape(count, 2, copies, 16, 1), 1)
        right = conjugate(b.reshape(count, 2, copies, 1, 32), 1)
        shape = (count, copies, 16, 32)
        return [*spread(left, shape), *spread(right, shape)]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        total = context.Relinearize(inner(context, request[:count], request[count:]))
        return [fold(context, total, 512, copies)]

    def unpack(slots: Array) -> Array:
        return slots[0, :512].real.reshape(16, 32)

    says = f"two terms a slot, {copies // 2} bits of slots to sum, one prime"
    keys = fold_keys(512, copies)
    return Expert(says, ring, bits, 2 * bits, pack, kernel, unpack, keys, relinearize=1)


def coarse_matmat() -> Expert:
    """The same, with errors beside results of 10 and more."""
    return matmat(8, SMALL, 23)


def batched() -> Expert:
    """`ijk,ikl->ijl` of 16 by 8 by 8 by 8: k is 4 ciphertexts by 2 parts; 4 products."""

    def pack(a: Array, b: Array) -> list[Array]:
        left = complexify(a.transpose(2, 0, 1).reshape(4, 2, 16, 8, 1), 1)
        right = conjugate(b.transpose(1, 0, 2).reshape(4, 2, 16, 1, 8), 1)
        shape = (4, 2, 16, 8, 8)
        return [*spread(left[:, None], shape), *spread(right[:, None], shape)]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        return [inner(context, request[:4], request[4:])]

    def unpack(slots: Array) -> Array:
        return slots[0, :1024].real.reshape(16, 8, 8)

    says = "two terms a slot, half of the slots are copies, one prime, no keys"
    return Expert(says, ONE, 27, 54, pack, kernel, unpack)


def contraction() -> Expert:
    """`pqrs,tuqvr->pstuv` of 128 results and 32 terms: 4 ciphertexts by 2 parts by 4 copies."""

    def pack(a: Array, b: Array) -> list[Array]:
        left = a.transpose(1, 2, 0, 3).reshape(4, 2, 4, 2, 8, 1)
        right = b.transpose(2, 4, 0, 1, 3).reshape(4, 2, 4, 1, 1, 8)
        shape = (4, 4, 4, 2, 8, 8)
        left, right = complexify(left, 1), conjugate(right, 1)
        return [*spread(left[:, None], shape), *spread(right[:, None], shape)]

    def kernel(context: Any, request: list[Cipher], plain: list[Plain]) -> list[Cipher]:
        total = context.Relinearize(inner(context, request[:4], request[4:]))
        return [fold(context, total, 128, 4)]

    def unpack(slots: Array) -> Array:
        return slots[0, :128].real.reshape(2, 8, 1, 4, 2)

    says = "two terms a slot, 2 bits of slots to sum, one prime"
    keys = fold_keys(128, 4)
    return Expert(says, SHORT, 27, 54, pack, kernel, unpack, keys, relinearize=1)
