"""Kernels with one plain operand, encoded beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np

from encrypted.experts.kit import (
    Array,
    Cipher,
    Expert,
    Plain,
    Ring,
    add_up,
    fold,
    fold_keys,
    spread,
)
from encrypted.experts.products import SHORT, SMALL, complexify


def weigh(context: Any, ciphers: list[Cipher], weights: list[Plain]) -> Cipher:
    """The sum of ciphertexts times plaintexts."""
    pairs = zip(ciphers, weights, strict=True)
    return add_up(context, (context.EvalMult(cipher, weight) for cipher, weight in pairs))


def vecmat() -> Expert:
    """`k,kj->j` of 128 by 128, the matrix plain: k is 8 ciphertexts by 16 copies of j.

    Columns j and j + 64 are the parts of complex numbers.
    """

    def pack(v: Array, w: Array) -> Array:
        return spread(v.reshape(8, 16, 1), (8, 16, 64))

    def plain(v: Array, w: Array) -> Array:
        return complexify(w.reshape(8, 16, 2, 64), 2).reshape(8, 1024)

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        return [fold(context, weigh(context, request, weights), 64, 16)]

    def unpack(slots: Array) -> Array:
        return np.concatenate([slots[0, :64].real, slots[0, :64].imag])

    says = "two columns a slot, 4 bits of slots to sum, one prime"
    keys = fold_keys(64, 16)
    return Expert(says, SMALL, 24, 46, pack, kernel, unpack, keys, plain=plain, weight=22)


def matmul() -> Expert:
    """`ik,kj->ij` of 16 by 32 by 32, the second plain: k is 8 ciphertexts by 4 copies of ij.

    Columns j and j + 16 are the parts of complex numbers.
    """

    def pack(a: Array, b: Array) -> Array:
        return spread(a.T.reshape(8, 4, 16, 1), (8, 4, 16, 16))

    def plain(a: Array, b: Array) -> Array:
        return spread(complexify(b.reshape(8, 4, 1, 2, 16), 3), (8, 4, 16, 16))

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        return [fold(context, weigh(context, request, weights), 256, 4)]

    def unpack(slots: Array) -> Array:
        half = slots[0, :256].reshape(16, 16)
        return np.hstack([half.real, half.imag])

    says = "two columns a slot, 2 bits of slots to sum, one prime"
    keys = fold_keys(256, 4)
    return Expert(says, SMALL, 24, 46, pack, kernel, unpack, keys, plain=plain, weight=22)


# -- 512 by 512 ----------------------------------------------------------------------------------


def _halves(matrix: Array) -> Array:
    """Rows i and i + 256 as the parts of complex numbers."""
    return complexify(matrix.reshape(2, 256, 512), 0)


def _columns(shifts: Array) -> Array:
    """Slots 4 c + h: the column c + shift + 64 h, for c below 512 and h below 4."""
    c, h = np.divmod(np.arange(2048), 4)
    return (c + shifts[:, None] + 64 * h) % 512


def diagonals() -> Expert:
    """`ik,k->i` of 512 by 512, the matrix plain: the client sends 64 rotated vectors.

    In slot 4 c + h stands row c modulo 256 of the complex matrix, and the diagonals
    t, t + 64, t + 128, t + 192 and these plus 256; t counts the ciphertexts.
    """
    columns = _columns(np.arange(64))
    rows = np.arange(2048) // 4 % 256

    def pack(m: Array, v: Array) -> Array:
        return v[columns]

    def plain(m: Array, v: Array) -> Array:
        return _halves(m)[rows, columns]

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        return [_collect(context, weigh(context, request, weights))]

    says = "64 rotated vectors from the client, two rows a slot, 3 bits of slots to sum"
    return Expert(says, SHORT, 28, 52, pack, kernel, _rows, _COLLECT, plain=plain, weight=24)


def steps() -> Expert:
    """The same in baby and giant steps: the client sends 8 vectors, the evaluator rotates
    the sums of their products 7 times."""
    baby, giant = np.arange(64) % 8, np.arange(64) // 8 * 8
    slots = np.arange(2048)

    def pack(m: Array, v: Array) -> Array:
        return v[_columns(np.arange(8))]

    def plain(m: Array, v: Array) -> Array:
        whole = _halves(m)[slots // 4 % 256, _columns(baby + giant)]
        return np.stack([np.roll(row, 4 * by) for row, by in zip(whole, giant, strict=True)])

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        total = weigh(context, request, weights[:8])
        for step in range(8, 64, 8):
            part = weigh(context, request, weights[step : step + 8])
            context.EvalAddInPlace(total, context.EvalRotate(part, 4 * step))
        return [_collect(context, total)]

    says = "8 rotated vectors from the client, 8 giant steps, two rows a slot"
    keys = (*_COLLECT, *range(32, 256, 32))
    return Expert(says, SHORT, 28, 52, pack, kernel, _rows, keys, plain=plain, weight=24)


_COLLECT = (*fold_keys(1, 4), 1024)


def _collect(context: Any, cipher: Cipher) -> Cipher:
    return fold(context, fold(context, cipher, 1, 4), 1024, 2)


def _rows(slots: Array) -> Array:
    found = slots[0, :1024:4]
    return np.concatenate([found.real, found.imag])


# -- convolution ---------------------------------------------------------------------------------


def convolution() -> Expert:
    """3 by 3 taps, 16 to 32 channels of 32 by 32: the client sends 9 windows of each channel.

    Each fills half of the slots and is copied to the other; the output channels 4 n + 2 h + p
    are ciphertext n, half h and part p.
    """

    def pack(image: Array, weight: Array) -> Array:
        padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
        moved = windows.transpose(0, 3, 4, 1, 2).reshape(144, 1, 1024)
        return spread(moved, (144, 2, 1024))

    def plain(image: Array, weight: Array) -> Array:
        parts = complexify(weight.reshape(8, 2, 2, 144), 2)
        return spread(parts.swapaxes(1, 2).reshape(1152, 2, 1), (1152, 2, 1024))

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        return [weigh(context, request, weights[n : n + 144]) for n in range(0, 1152, 144)]

    def unpack(slots: Array) -> Array:
        halves = slots.reshape(8, 2, 32, 32)
        return np.stack([halves.real, halves.imag], axis=2).reshape(32, 32, 32)

    says = "9 windows of each channel from the client, two channels a slot, one prime, no keys"
    ring = Ring(4096, first=60)
    return Expert(says, ring, 28, 52, pack, kernel, unpack, plain=plain, weight=24)
