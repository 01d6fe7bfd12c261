"""Two operands contracted: sums first, then one product of matrices, of rows or of numbers.

Labels are in both operands and the result (batch), in both alone (contracted), or in one.
Axes of one kind are fused, in an order that takes no copy where there is one; transposes go
to BLAS as flags; the axes of the value are put in order by a view.

>>> sizes = {0: 2, 1: 3, 2: 4}
>>> left, right = contiguous((0, 1), sizes, 8), contiguous((2, 1), sizes, 8)
>>> multiply, made = pair(left, right, frozenset({0, 2}), None, sizes)
>>> multiply(np.ones((2, 3)), np.ones((4, 3))).shape, made.labels
((2, 4), (0, 2))
"""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from einlang_numpy.expressions.batches import batched
from einlang_numpy.expressions.operand import (
    Array,
    Binary,
    Labels,
    Operand,
    Sizes,
    Unary,
    around,
    arranging,
    chained,
    contiguous,
    fused,
    loops,
    multiplies,
    reshaping,
    turned,
    turning,
)
from einlang_numpy.expressions.sums import summing

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHORT = 32
"""Rows up to this length are multiplied by NumPy's loops rather than by calls of BLAS."""
LONG = 64
"""Overlapping rows from this length on are multiplied by BLAS one by one."""
WIDE = 2048
"""From so many elements on, an outer product is one of a column and a row; smaller ones are
left to NumPy's loops."""
NARROW = 4
"""A matrix that would be copied for fewer columns than this is left to NumPy's loops."""
Made = tuple[Binary, Operand]
_dot = np.ndarray.dot


def pair(
    left: Operand, right: Operand, kept: frozenset[int], result: Labels | None, sizes: Sizes
) -> Made:
    """The function of two arrays, and what its value is like.

    `kept` are the labels that are needed after; `result` is their order, if it matters.
    """
    left, before = summed(left, right, kept, sizes)
    right, after = summed(right, left, kept, sizes)
    call, made = _multiplied(left, right, kept, result, sizes)
    if result is None or made.labels == result:
        return around(before, after, call, None), made
    back = turning(made.labels, result)
    return around(before, after, call, back), turned(made, result)


def looped(left: Labels, right: Labels, result: Labels) -> Binary | None:
    """The same by NumPy's loops; nothing where there are not letters enough."""
    known = dict.fromkeys((*left, *right))
    if len(known) > len(LETTERS):
        return None
    letter = dict(zip(known, LETTERS, strict=False))
    sides = ["".join(letter[label] for label in labels) for labels in (left, right, result)]
    return partial(loops(), f"{sides[0]},{sides[1]}->{sides[2]}")


def summed(
    x: Operand, other: Operand, kept: frozenset[int], sizes: Sizes
) -> tuple[Operand, Unary | None]:
    """An operand without the labels that nobody else has."""
    left = tuple(label for label in x.labels if label in kept or label in other.labels)
    if left == x.labels:
        return x, None
    return contiguous(left, sizes, x.word), summing(x, left, sizes)


def _multiplied(
    left: Operand, right: Operand, kept: frozenset[int], result: Labels | None, sizes: Sizes
) -> Made:
    both = set(left.labels) & set(right.labels)
    contracted = both - kept
    if not contracted:
        return _product(left, right, result, sizes)
    batch, rows, columns = both & kept, set(left.labels) - both, set(right.labels) - both
    if not batch:
        return _matrices(left, right, contracted, result, sizes)
    length, many = (prod(sizes[x] for x in kind) for kind in (contracted, rows | columns))
    if (many == 1 and length <= SHORT) or (many * length <= SHORT and many < SHORT // 2):
        return _by_loops(left, right, kept, result, sizes)
    return _batched(left, right, batch, contracted, result, sizes)


def _by_loops(
    left: Operand, right: Operand, kept: frozenset[int], result: Labels | None, sizes: Sizes
) -> Made:
    order = result or tuple(x for x in dict.fromkeys(left.labels + right.labels) if x in kept)
    run = looped(left.labels, right.labels, order)
    if run is None:
        both = set(left.labels) & set(right.labels)
        return _batched(left, right, both & kept, both - kept, result, sizes)
    return run, contiguous(order, sizes, left.word)


def _product(left: Operand, right: Operand, result: Labels | None, sizes: Sizes) -> Made:
    """Numbers multiplied, each operand spread over the labels of the other."""
    mine, theirs = set(left.labels), set(right.labels)
    apart = bool(mine and theirs and not mine & theirs)
    wide = prod(sizes[x] for x in mine | theirs) >= WIDE
    if apart and wide:
        outer = _outer(left, right, result, sizes)
        if outer is not None:
            return outer
    large, small = (left, right) if len(mine) >= len(theirs) else (right, left)
    order = result or (*(x for x in small.labels if x not in large.labels), *large.labels)
    if (apart and not wide) or (small.labels and order[-1] not in small.labels):
        run = looped(left.labels, right.labels, order)
        if run is not None:
            return run, contiguous(order, sizes, left.word)
    before, after = _spreading(left, order), _spreading(right, order)
    return around(before, after, np.multiply, None), contiguous(order, sizes, left.word)


def _outer(left: Operand, right: Operand, result: Labels | None, sizes: Sizes) -> Made | None:
    """The product of a column and a row, where the result lies so and nothing is copied."""
    order = result or left.labels + right.labels
    if order not in (left.labels + right.labels, right.labels + left.labels):
        return None
    first, second = (left, right) if order[: len(left.labels)] == left.labels else (right, left)
    if fused(first, [first.labels], sizes) is None or fused(second, [second.labels], sizes) is None:
        return None
    shape = tuple(sizes[label] for label in order)
    plain = len(shape) == 2
    back = None if plain else reshaping(shape)
    if first is left:
        call = around(reshaping((-1, 1)), reshaping((1, -1)), np.dot, back)
    else:
        call = around(reshaping((1, -1)), reshaping((-1, 1)), lambda a, b: np.dot(b, a), back)
    return call, contiguous(order, sizes, left.word)


def _spreading(x: Operand, order: Labels) -> Unary | None:
    """To the order given, with an axis of length one for what is missing."""
    kept = tuple(label for label in order if label in x.labels)
    turn = turning(x.labels, kept)
    index = tuple(slice(None) if label in x.labels else None for label in order)
    leading = index.index(slice(None)) if kept else len(index)
    if None not in index[leading:]:
        return turn
    return chained(turn, lambda array: array[index])


def _matrices(
    left: Operand, right: Operand, contracted: set[int], result: Labels | None, sizes: Sizes
) -> Made:
    """One product of two matrices, or of a matrix and a vector, or of two vectors."""
    rows = left.inward(x for x in left.labels if x not in contracted)
    columns = right.inward(x for x in right.labels if x not in contracted)
    if _swaps(rows, columns, result):
        call, made = _matrices(right, left, contracted, result, sizes)
        return _flipped(call), made
    inner = _inner(left, right, [rows], [columns], contracted, sizes)
    mine = [rows, inner] if rows else [inner]
    theirs = [inner, columns] if columns else [inner]
    before, free = arranging(left, mine, sizes)
    after, also = arranging(right, theirs, sizes)
    order = rows + columns
    if _copies(rows, columns, free, also, sizes):
        if len(inner) == len(order) == 1 and sizes[inner[0]] >= LONG:
            one, other = (
                turning(x.labels, order + inner) if x.labels != inner else None
                for x in (left, right)
            )
            return around(one, other, _rowwise, None), contiguous(order, sizes, left.word)
        run = looped(left.labels, right.labels, order)
        if run is not None:
            return run, contiguous(order, sizes, left.word)
    shape = tuple(sizes[label] for label in order)
    plain = len(rows) < 2 and len(columns) < 2
    call = around(before, after, _dot, None if plain else reshaping(shape))
    return call, contiguous(order, sizes, left.word)


def _copies(rows: Labels, columns: Labels, free: bool, also: bool, sizes: Sizes) -> bool:
    """Whether an operand would be copied to be read only a few times."""
    if not rows and not columns:
        return not (free and also)
    copied = (rows and not free) or (columns and not also)
    other = rows if free else columns
    return bool(copied) and prod(sizes[label] for label in other) < NARROW


def _rowwise(a: Array, b: Array) -> Array:
    """Products of rows with rows; `vecdot` would conjugate complex ones."""
    if a.dtype.kind == "c":
        return np.matmul(a[..., None, :], b[..., :, None])[..., 0, 0]
    return np.vecdot(a, b)


def _flipped(call: Binary) -> Binary:
    return lambda a, b: call(b, a)


def _swaps(rows: Labels, columns: Labels, result: Labels | None) -> bool:
    """Whether the result begins with an axis of the right operand."""
    if result is None or not rows or not columns:
        return False
    return result.index(columns[0]) < result.index(rows[0])


def _inner(
    left: Operand,
    right: Operand,
    mine: list[Labels],
    theirs: list[Labels],
    contracted: set[int],
    sizes: Sizes,
) -> Labels:
    """The order of the contracted labels in which fewer elements are copied."""
    options = [left.inward(contracted), right.inward(contracted)]

    def copied(inner: Labels) -> int:
        total = 0
        for x, groups in ((left, [*mine, inner]), (right, [inner, *theirs])):
            groups = [group for group in groups if group]
            if len(groups) == 1:
                free = fused(x, groups, sizes) is not None
            else:
                free = multiplies(x, groups, sizes)
            total += 0 if free else prod(sizes[label] for label in x.labels)
        return total

    return min(options, key=copied)


def _batched(
    left: Operand,
    right: Operand,
    batch: set[int],
    contracted: set[int],
    result: Labels | None,
    sizes: Sizes,
) -> Made:
    """A product of matrices for every place of the batch."""
    rows = left.inward(x for x in left.labels if x not in contracted | batch)
    columns = right.inward(x for x in right.labels if x not in contracted | batch)
    if _swaps(rows, columns, result):
        call, made = _batched(right, left, batch, contracted, result, sizes)
        return _flipped(call), made
    shared = tuple(x for x in result or left.labels if x in batch)
    single = [(label,) for label in shared]
    inner = _inner(left, right, [*single, rows], [columns], contracted, sizes)
    order = shared + rows + columns
    made = contiguous(order, sizes, left.word)
    if not rows and not columns:
        before, _ = arranging(left, [*single, inner], sizes)
        after, _ = arranging(right, [*single, inner], sizes)
        return around(before, after, _rowwise, None), made
    before, _ = arranging(left, [*single, rows, inner], sizes)
    after, _ = arranging(right, [*single, inner, columns], sizes)
    plain = len(rows) == len(columns) == 1
    shape = tuple(sizes[label] for label in order)
    count, across, length = (prod(sizes[x] for x in kind) for kind in (rows, columns, inner))
    call = batched((*(sizes[x] for x in shared), count, across), length)
    return around(before, after, call, None if plain else reshaping(shape)), made
