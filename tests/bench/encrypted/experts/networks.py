"""Kernels for the networks of `examples`, for one image: nothing is rescaled.

The first layer has 40 bits of scale, its square 80, the last layer adds 20; 108 bits hold
scores up to 64. Sums before the square would have to rotate at 40 bits of scale, where whole
primes are too coarse as digits: the client sends what is summed in many ciphertexts instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from encrypted.experts.kit import Array, Cipher, Expert, Plain, fold, fold_keys, spread
from encrypted.experts.plain import weigh
from encrypted.experts.products import PAIR, complexify

IMAGE, FIRST, LAST = 22, 18, 20
SUM = IMAGE + FIRST
SCORE = 2 * SUM + LAST


def scaled(row: Array, bits: int) -> Array:
    """What is encoded at `bits` where weights are encoded at those of the first layer."""
    return row * 2.0 ** (bits - FIRST)


def shift(context: Any, cipher: Cipher, plain: Plain) -> Cipher:
    """The sum, where both have the same scale, however OpenFHE counts its factors."""
    plain.SetNoiseScaleDeg(cipher.GetNoiseScaleDeg())
    return context.EvalAdd(cipher, plain)


def digits() -> Expert:
    """64 pixels, each a ciphertext; slots are hidden units and pairs of classes."""
    shape = (32, 8)

    def fill(row: Array) -> Array:
        return np.pad(np.broadcast_to(row, shape).ravel(), (0, 1792))

    def pack(image: Array, *weights: Array) -> Array:
        return spread(image.reshape(64, 1), (64, 2048))

    def plain(image: Array, first: Array, bias: Array, second: Array, offset: Array) -> list[Array]:
        last = np.zeros((32, 8), complex)
        last[:, :5] = complexify(second.reshape(2, 5, 32), 0).T
        end = np.zeros((1, 8), complex)
        end[0, :5] = complexify(offset.reshape(2, 5), 0)
        return [
            *(fill(row[:, None]) for row in first.reshape(32, 64).T),
            scaled(fill(bias[:, None]), SUM),
            scaled(fill(last), LAST),
            scaled(fill(end), SCORE),
        ]

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        *first, bias, last, offset = weights
        hidden = shift(context, weigh(context, request, first), bias)
        square = context.Relinearize(context.EvalMultNoRelin(hidden, hidden))
        score = fold(context, context.EvalMult(square, last), 8, 32)
        return [shift(context, score, offset)]

    def unpack(slots: Array) -> Array:
        return np.concatenate([slots[0, :5].real, slots[0, :5].imag])[None]

    says = "64 pixels from the client, two classes a slot, 5 bits of slots to sum"
    keys = fold_keys(8, 32)
    return Expert(
        says, PAIR, IMAGE, SCORE, pack, kernel, unpack, keys, 1, plain=plain, weight=FIRST
    )


def cnn() -> Expert:
    """9 windows of the image; slots are pairs of classes, filters and half of the pixels."""

    def pack(image: Array, *weights: Array) -> Array:
        padded = np.pad(image[0], 1)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
        taps = windows.transpose(2, 3, 0, 1).reshape(9, 2, 1, 32).swapaxes(0, 1)
        return spread(taps.reshape(18, 1, 32), (18, 64, 32))

    def plain(
        image: Array, filters: Array, bias: Array, dense: Array, offset: Array
    ) -> list[Array]:
        taps = np.zeros((8, 10))
        taps[:6, :9], taps[:6, 9] = filters.reshape(6, 9), bias
        moved = [np.tile(np.repeat(column, 32), 8) for column in taps.T]
        whole = dense.repeat(2, 2).repeat(2, 3).reshape(2, 5, 6, 2, 32) / 4
        last = np.zeros((2, 8, 8, 32), complex)
        last[:, :5, :6] = complexify(whole, 0).transpose(2, 0, 1, 3)
        end = np.zeros((8, 256), complex)
        end[:5] = complexify(offset.reshape(2, 5, 1), 0)
        return [
            *moved[:9],
            scaled(moved[9], SUM),
            *scaled(last.reshape(2, 2048), LAST),
            scaled(end.ravel(), SCORE),
        ]

    def kernel(context: Any, request: list[Cipher], weights: list[Plain]) -> list[Cipher]:
        *taps, bias, first, second, offset = weights
        score = None
        for half, last in ((request[:9], first), (request[9:], second)):
            seen = shift(context, weigh(context, half, taps), bias)
            part = context.EvalMult(context.EvalMultNoRelin(seen, seen), last)
            score = part if score is None else context.EvalAdd(score, part)
        score = fold(context, context.Relinearize(score), 1, 256)
        return [shift(context, score, offset)]

    def unpack(slots: Array) -> Array:
        found = slots[0, ::256][:5]
        return np.concatenate([found.real, found.imag])[None]

    says = "9 windows from the client, two classes a slot, 8 bits of slots to sum"
    keys = fold_keys(1, 256)
    return Expert(
        says, PAIR, IMAGE, SCORE, pack, kernel, unpack, keys, 1, plain=plain, weight=FIRST
    )
