"""Equations planned: what every operand goes through, which pairs, and by which kernels.

A plan holds for operands of the same shapes, strides and types as those that it was made
for. Few products are left to NumPy's loops in one call; half floats are computed in short
ones, whole numbers by BLAS where that is exact.

>>> a = np.arange(4.0).reshape(2, 2)
>>> plan(((0, 1), (1, 2), (2, 3)), (0, 3), [a, a, a])(a, a, a)
array([[ 6., 11.],
       [22., 39.]])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from einlang_numpy.expressions import orders, slicing
from einlang_numpy.expressions.integers import WORTH, whole
from einlang_numpy.expressions.operand import (
    Array,
    Binary,
    Labels,
    Operand,
    Sizes,
    Unary,
    around,
    chained,
    contiguous,
    loops,
    reshaping,
    turning,
)
from einlang_numpy.expressions.pairs import LETTERS, looped, pair, summed
from einlang_numpy.expressions.sharing import Shared
from einlang_numpy.expressions.straight import Line, straight
from einlang_numpy.expressions.sums import summing

Function = Callable[..., Array]
Terms = tuple[Labels, ...]
BLAS = "fdFD"
WHOLE = "?bhilqpBHILQP"
FEW = 128
"""Up to so many products, four operands and more are left to NumPy's loops at once."""


def plan(
    terms: Terms,
    result: Labels,
    operands: Sequence[Array],
    pairs: orders.Pairs | None = None,
    optimizer: str = "auto",
    memory: int | None = None,
    same: tuple[int, ...] | None = None,
) -> Function:
    """The function of operands like these.

    `terms` and `result` are labels, one an axis; an axis of length one goes along with any.
    `pairs` is the order, found when not given; `memory` the largest number of elements of a
    value in between (the result itself may be larger); `same` numbers the operands alike that
    will always be one array.
    """
    sizes = _sizes(terms, operands)
    kind = np.result_type(*operands)
    if kind.char not in BLAS + WHOLE + "e" or 0 in sizes.values():
        return _general(terms, result, operands, sizes, kind)
    if len(terms) == 1:
        return _alone(terms[0], result, operands[0], sizes)
    if _few(terms, result, sizes) and kind.char in BLAS and _alike(operands):
        return _at_once(terms, result)
    pairs = pairs or orders.found(_distinct(terms, sizes), result, sizes, optimizer)
    if memory is not None:
        cut, shared = slicing.divided(_distinct(terms, sizes), result, sizes, pairs, memory)
        if cut:
            return _sliced(terms, result, operands, pairs, cut, shared)
    return _pairwise(terms, result, operands, sizes, kind, pairs, same)


def _sizes(terms: Terms, operands: Sequence[Array]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for term, x in zip(terms, operands, strict=True):
        for label, size in zip(term, x.shape, strict=True):
            sizes[label] = size if sizes.get(label, 1) == 1 else sizes[label]
    return sizes


def _distinct(terms: Terms, sizes: Sizes) -> Terms:
    return tuple(tuple(dict.fromkeys(x for x in term if sizes[x] > 1)) for term in terms)


def _alike(operands: Sequence[Array]) -> bool:
    return len({x.dtype for x in operands}) == 1


def _few(terms: Terms, result: Labels, sizes: Sizes) -> bool:
    """Whether one call of loops takes less time than the calls of all pairs."""
    return 3 < len(terms) <= 8 and len(sizes) <= 30 and prod(sizes.values()) <= FEW


def _letters(*sides: Labels) -> list[str]:
    number = {label: n for n, label in enumerate(dict.fromkeys(x for s in sides for x in s))}
    return ["".join(LETTERS[number[label]] for label in side) for side in sides]


def _at_once(terms: Terms, result: Labels) -> Function:
    *sides, last = _letters(*terms, result)
    text, run = f"{','.join(sides)}->{last}", loops()
    return partial(run, text)


def _alone(term: Labels, result: Labels, x: Array, sizes: Sizes) -> Function:
    """One operand: a view, or a sum."""
    plain = x.dtype.char in BLAS and len(set(term)) == len(term) and 1 not in x.shape
    left = tuple(label for label in term if label in result)
    if plain and left and len(left) < len(term) and x.size >= 2048:
        total = summing(Operand(term, x.strides, x.itemsize), left, sizes)
        turn = turning(left, result)
        return total if turn is None else lambda array: turn(total(array))
    if len(sizes) > len(LETTERS):
        axes = tuple(n for n, label in enumerate(term) if label not in result)
        turn = turning(left, result) or _same
        return lambda array: turn(np.add.reduce(array, axes, array.dtype) if axes else array[...])
    return _at_once((term,), result)


def _same(array: Array) -> Array:
    return array


def _general(
    terms: Terms, result: Labels, operands: Sequence[Array], sizes: Sizes, kind: np.dtype[Any]
) -> Function:
    """By NumPy's loops: objects, long floats, and where nothing is to be summed."""
    if 0 in sizes.values() and kind.char != "O" and len(terms) > 1:
        shape = tuple(sizes[label] for label in result)
        return lambda *_: np.zeros(shape, kind)[()]
    if len(terms) < 3 or kind.char == "O" or len(sizes) > len(LETTERS):
        return _at_once(terms, result)
    *sides, last = _letters(*terms, result)
    pairs = orders.found(_distinct(terms, sizes), result, sizes)
    path = ["einsum_path", *_linear(pairs, len(terms))]
    text = f"{','.join(sides)}->{last}"

    # NumPy would sum an operand by itself in its own type: truth values to a truth value.
    def contract(*arrays: Array) -> Any:
        alike = [array.astype(kind, copy=False) for array in arrays]
        return np.asarray(np.einsum(text, *alike, optimize=path))[()]

    return contract


def _linear(pairs: orders.Pairs, count: int) -> list[tuple[int, int]]:
    waiting, path = list(range(count)), []
    for number, group in enumerate(pairs):
        first, second = sorted(waiting.index(value) for value in group)
        path.append((first, second))
        waiting.pop(second)
        waiting.pop(first)
        waiting.append(count + number)
    return path


def _sliced(
    terms: Terms,
    result: Labels,
    operands: Sequence[Array],
    pairs: orders.Pairs,
    cut: Labels,
    shared: bool,
) -> Function:
    sizes = _sizes(terms, operands)
    wide = [
        np.broadcast_to(
            x, [sizes[label] if label in cut else n for label, n in zip(t, x.shape, strict=True)]
        )
        for t, x in zip(terms, operands, strict=True)
    ]
    at = [tuple(0 if label in cut else slice(None) for label in term) for term in terms]
    inner = tuple(tuple(x for x in term if x not in cut) for term in terms)
    left = tuple(x for x in result if x not in cut)
    parts = [x[place] for x, place in zip(wide, at, strict=True)]
    call = slicing.over(plan(inner, left, parts, pairs), terms, result, sizes, cut, shared)
    shapes = [x.shape for x in wide]
    if shapes == [x.shape for x in operands]:
        return call
    return lambda *xs: call(*[np.broadcast_to(x, s) for x, s in zip(xs, shapes, strict=True)])


def _pairwise(
    terms: Terms,
    result: Labels,
    operands: Sequence[Array],
    sizes: Sizes,
    kind: np.dtype[Any],
    pairs: orders.Pairs,
    same: tuple[int, ...] | None,
) -> Function:
    """A pair at a time, the labels of length one put aside; what is the same is made once."""
    computed = np.dtype("f4") if kind.char == "e" else kind
    entered = [_entering(t, x, sizes, computed) for t, x in zip(terms, operands, strict=True)]
    short = tuple(label for label in result if sizes[label] > 1)
    values = [value for _, value in entered]
    needed = orders.steps([value.labels for value in values], short, pairs)
    shared = Shared(terms, same, sizes) if same else None
    places = list(range(len(terms)))
    lines: list[Line] = []
    for number, (numbers, (held, kept)) in enumerate(zip(pairs, needed, strict=True), 1):
        last = number == len(pairs)
        again = shared.find(values, numbers, kept) if shared and not last else None
        if again:
            places.append(places[again[0]])
            values.append(again[1])
            continue
        left, right = (values[n] for n in numbers)
        call, made = pair(left, right, kept, short if last else None, sizes)
        if computed.char in WHOLE:
            call = _exact(left, right, kept, made, call, sizes, computed, held)
        if shared and not last:
            shared.keep(values, numbers, kept, made)
        first, second = (places[n] for n in numbers)
        over = tuple(values[n].labels == made.labels != () for n in numbers)
        lines.append(Line(call, first, second, over))
        places.append(len(terms) + len(lines) - 1)
        values.append(made)
    shape = tuple(sizes[label] for label in result)
    leaving = chained(
        reshaping(shape) if short != result else None,
        (lambda array: array.astype(kind)) if computed != kind else None,
    )
    return straight([enter for enter, _ in entered], lines, leaving)


def _exact(
    left: Operand,
    right: Operand,
    kept: frozenset[int],
    made: Operand,
    call: Binary,
    sizes: Sizes,
    kind: np.dtype[Any],
    held: frozenset[int],
) -> Binary:
    """A pair of whole numbers: products alone as they are, sums by loops or by BLAS."""
    if kept == held:
        return call
    slow = looped(left.labels, right.labels, made.labels) or call
    if prod(sizes[label] for label in held) < WORTH:
        return slow
    one, before = summed(left, right, kept, sizes)
    other, after = summed(right, left, kept, sizes)
    if not set(one.labels) & set(other.labels) - kept:
        return slow
    rest = looped(one.labels, other.labels, made.labels) or call
    fast = whole((one.labels, other.labels, made.labels), sizes, kind, rest)
    return around(before, after, fast, None)


def _entering(
    term: Labels, x: Array, sizes: Sizes, kind: np.dtype[Any]
) -> tuple[Unary | None, Operand]:
    """What an operand goes through first: diagonals, axes of length one, its type."""
    steps: list[Unary | None] = []
    labels, strides = term, x.strides
    if len(set(term)) < len(term):
        labels = tuple(dict.fromkeys(term))
        steps.append(_at_once((term,), labels))
        seen = [(a, b) for a, b, n in zip(term, strides, x.shape, strict=True) if n > 1]
        total: Counter[int] = Counter()
        for label, stride in seen:
            total[label] += stride
        strides = tuple(total[label] for label in labels)
    lengths = dict(zip(term, x.shape, strict=True))
    long = [label for label in labels if lengths[label] > 1]
    if len(long) < len(labels):
        steps.append(reshaping(tuple(lengths[label] for label in long)))
    stride = dict(zip(labels, strides, strict=True))
    value = Operand(tuple(long), tuple(stride[label] for label in long), kind.itemsize)
    if x.dtype != kind:
        steps.append(lambda array: array.astype(kind, order="C"))
        value = contiguous(value.labels, sizes, kind.itemsize)
    return chained(*steps), value
