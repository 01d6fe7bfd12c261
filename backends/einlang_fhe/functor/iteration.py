"""Layouts of an iteration space: how many bits of which index lie in the slots.

What a contraction costs follows from that: the bits of summed indices in the slots are
summed by rotations, those in the ciphertext number by additions; an operand that the client
packs is sent once for every value of its own digits. All splits are weighed; the best few
are written out.

Products can be nested, each summed over what the ciphertext numbers count before it is
multiplied on; the bits in the slots are summed once, at the end.

>>> weights = {"multiply": 1, "relinearize": 10, "rotate": 10, "input": 1, "other": 0.1}
>>> operands = [Operand((0, 2), fresh=True), Operand((2, 1), fresh=True)]
>>> for weight, layout in iterations((4, 4, 8), 2, operands, 16, weights)[:2]:
...     print(round(weight, 1), layout)
34.7 (4, 4, 8) in 8 ciphertexts of 16 slots: a1 a0 b1 b0 | c>>0
60.8 (4, 4, 8) in 8 ciphertexts of 16 slots: c0 a0 b1 b0 | a>>1 c>>1
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Union

import numpy as np

from einlang_fhe.layout import Bit, Copy, Digit, Layout, Place, width

Array = np.ndarray[Any, Any]

MOST_SPLITS = 1 << 14
"""More ways to split are not looked at one by one: then every index but one lies whole."""


@dataclass(frozen=True)
class Operand:
    """The axes that an operand has; whether it is encrypted, and the client packs it."""

    axes: tuple[int, ...]
    fresh: bool = False
    plain: bool = False


@dataclass(frozen=True)
class Product:
    """Of operands, by number, and of other products, summed over all axes but those `kept`."""

    factors: tuple[Union[int, Product], ...]
    kept: tuple[int, ...]

    def axes(self, operands: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        """All axes of the factors, before any is summed."""
        found = (
            factor.kept if isinstance(factor, Product) else operands[factor]
            for factor in self.factors
        )
        return tuple(sorted({axis for axes in found for axis in axes}))


def iterations(
    shape: Sequence[int],
    kept: int,
    operands: Sequence[Operand],
    slots: int,
    weights: Mapping[str, float],
    most: int = 4,
    parts: Sequence[int | None] = (None,),
    product: Product | None = None,
    top: Collection[int] = (),
) -> list[tuple[float, Layout]]:
    """The best layouts with what they weigh, the lightest first.

    The first `kept` axes remain, the others are summed over. `parts`: axes whose lowest bit
    may be the complex part. `product`: how operands are multiplied, if not all at once. `top`:
    kept axes that lie above the other ones. The best one that rotates nothing is among them.
    """
    product = product or Product(tuple(range(len(operands))), tuple(range(kept)))
    known = tuple(sorted(weights.items()))
    given = tuple(shape), kept, tuple(operands), slots, known, most, tuple(parts), product
    return list(_iterations(*given, frozenset(top)))


@lru_cache(maxsize=1 << 10)
def _iterations(
    shape: tuple[int, ...],
    kept: int,
    operands: tuple[Operand, ...],
    slots: int,
    known: tuple[tuple[str, float], ...],
    most: int,
    parts: tuple[int | None, ...],
    product: Product,
    top: frozenset[int],
) -> list[tuple[float, Layout]]:
    """The same; a search asks again and again."""
    weights = dict(known)
    found: list[tuple[float, Layout]] = []
    still: list[tuple[float, Layout]] = []
    for part in parts:
        halved = [size // 2 if axis == part else size for axis, size in enumerate(shape)]
        splits = _splits([width(size) for size in halved], slots.bit_length() - 1)
        extents = -(-np.array(halved) // (1 << splits))
        costs = _weights(splits, extents, kept, operands, weights, product)
        order = np.lexsort((*splits.T[::-1], -splits.sum(axis=1), costs.round(9)))
        unturned = order[~splits[order, kept:].any(axis=1)]
        for some, rows in ((found, order[:most]), (still, unturned[:1])):
            some += [
                (float(costs[n]), laid(shape, kept, splits[n].tolist(), slots, part, top))
                for n in rows
            ]
    found = sorted(found, key=lambda pair: round(pair[0], 9))[:most]
    return found + [pair for pair in still if pair not in found]


def _splits(widths: Sequence[int], room: int) -> Array:
    """How many of each index's bits lie in the slots, one row per way."""
    count = prod(size + 1 for size in widths)
    if count <= MOST_SPLITS:
        grid = np.indices([size + 1 for size in widths]).reshape(len(widths), count).T
        return grid[grid.sum(axis=1) <= room]
    rows = []
    for whole in product((False, True), repeat=min(len(widths), 12)):
        row = [size if kept else 0 for size, kept in zip(widths, whole, strict=False)]
        row += [0] * (len(widths) - len(row))
        for axis, size in enumerate(widths):
            left = room - sum(row) + row[axis]
            if left >= 0:
                rows.append((*row[:axis], min(size, left), *row[axis + 1 :]))
    return np.array(sorted(set(rows)), dtype=np.int64)


def _weights(
    splits: Array,
    extents: Array,
    kept: int,
    operands: Sequence[Operand],
    weights: Mapping[str, float],
    product: Product,
) -> Array:
    out, folded = extents[:, :kept].prod(axis=1), splits[:, kept:].sum(axis=1)
    folds = np.array(_folds(int(folded.max(initial=0)), weights))
    total = _multiplying(product, extents, operands, weights)
    total = total + out * (folds[folded] + weights.get("output", 0.0))
    if sum(not operand.plain for operand in operands) > 1:
        total = total + out * (folded > 0) * weights.get("turned product", 0.0)
    for operand in operands:
        if operand.fresh:
            total = total + weights.get("input", weights["other"]) * extents[
                :, list(operand.axes)
            ].prod(axis=1)
    return total


def _folds(bits: int, weights: Mapping[str, float]) -> list[float]:
    """What sums over 0, 1, ... bits of slots weigh, the bits in groups as is best: rotations of
    one value share a part of their work (see `passes.fold`)."""
    single = weights["rotate"]
    hoist, turn = weights.get("hoist", 0.0), weights.get("rotate_hoisted", single)
    group = [single, hoist + 3 * turn, hoist + 7 * turn]
    each = [weight + ((2 << n) - 1) * weights["other"] for n, weight in enumerate(group)]
    best = [0.0]
    for bit in range(1, bits + 1):
        best.append(min(best[bit - n] + each[n - 1] for n in (1, 2, 3) if n <= bit))
    return best


def _multiplying(
    product: Product, extents: Array, operands: Sequence[Operand], weights: Mapping[str, float]
) -> Array:
    """What products weigh, and their sums over ciphertext numbers."""
    inner = [factor for factor in product.factors if isinstance(factor, Product)]
    plain = [f for f in product.factors if not isinstance(f, Product) and operands[f].plain]
    count = extents[:, list(product.axes([o.axes for o in operands]))].prod(axis=1)
    out = extents[:, list(product.kept)].prod(axis=1)
    total = weights["other"] * (count - out)
    if len(product.factors) == 2 and plain:
        total = total + count * weights["multiply_plain"]
    elif len(product.factors) == 2:
        total = total + count * weights["multiply"] + out * weights["relinearize"]
    for factor in inner:
        total = total + _multiplying(factor, extents, operands, weights)
    return total


def laid(
    shape: Sequence[int],
    kept: int,
    split: Sequence[int],
    slots: int,
    part: int | None = None,
    top: Collection[int] = (),
) -> Layout:
    """The layout with that many low bits of each axis in the slots: kept axes lowest, those
    of `top` last.

    Those of the axis `part` begin behind the bit that is the complex part.
    """
    below = sorted(range(kept), key=lambda axis: (axis in top, -axis))
    order = [*below, *range(kept, len(shape))]
    first = [int(axis == part) for axis in range(len(shape))]
    places: list[Place] = [
        Bit(axis, first[axis] + bit) for axis in order for bit in range(split[axis])
    ]
    places += [Copy()] * (slots.bit_length() - 1 - len(places))
    lows = [first[axis] + split[axis] for axis in range(len(shape))]
    digits = [
        Digit(axis, low, -(-shape[axis] // (1 << low)))
        for axis, low in enumerate(lows)
        if low < width(shape[axis])
    ]
    bit = None if part is None else Bit(part, 0)
    return Layout(tuple(shape), tuple(places), tuple(digits), part=bit)
