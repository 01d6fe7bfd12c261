"""Contractions of one or two arrays by sums, products and batched matrix products.

Labels are classified into batch (in both arrays and the result), contracted (in both
alone), left and right; those of one kind are fused into one axis, the arrays are
multiplied by `matmul`, and the axes are put back. Labels that one array alone has, and the
result lacks, are summed first; without contracted labels there is nothing but a product.

>>> multiply = pair((0, 1), (1, 2), (2, 0), {0: 2, 1: 3, 2: 4})
>>> multiply(np.ones((2, 3)), np.ones((3, 4))).shape
(4, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

Array = Any
Labels = tuple[int, ...]
Unary = Callable[[Array], Array]
Binary = Callable[[Array, Array], Array]
BLAS = frozenset("fdFD")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def single(labels: Labels, result: Labels) -> Unary:
    """An array summed over the labels that the result lacks, then transposed to it."""
    axes = tuple(axis for axis, label in enumerate(labels) if label not in result)
    kept = [label for label in labels if label in result]
    turn = _turning([kept.index(label) for label in result])
    return _after(_summing(axes), turn)


def pair(left: Labels, right: Labels, result: Labels, sizes: Mapping[int, int]) -> Binary:
    """Two arrays contracted, by BLAS where there is something to contract."""
    left, sum_left = _presummed(left, right, result)
    right, sum_right = _presummed(right, left, result)
    contracted = [label for label in left if label in right and label not in result]
    multiply = (
        _product(left, right, result, contracted, sizes)
        if contracted
        else elementwise(left, right, result)
    )
    if sum_left is None and sum_right is None:
        return multiply
    first, second = sum_left or _same, sum_right or _same
    return lambda a, b: multiply(first(a), second(b))


def exact(arguments: Sequence[Labels], result: Labels) -> Callable[..., Array]:
    """The contraction by NumPy's own loops: for integers, objects and short products."""
    seen = dict.fromkeys(label for labels in arguments for label in labels)
    letter = dict(zip(seen, _LETTERS, strict=False))
    terms = ["".join(letter[label] for label in labels) for labels in arguments]
    equation = f"{','.join(terms)}->{''.join(letter[label] for label in result)}"
    return lambda *arrays: np.einsum(equation, *arrays)


def fits(arguments: Sequence[Labels]) -> bool:
    """Whether NumPy's loops have letters for so many labels."""
    return len({label for labels in arguments for label in labels}) <= len(_LETTERS)


def chosen(
    arguments: tuple[Labels, ...], result: Labels, sizes: Mapping[int, int]
) -> Callable[..., Array]:
    """The contraction for arrays of any type: BLAS for floats, NumPy's loops for the rest."""
    general = exact(arguments, result) if fits(arguments) else None
    if len(arguments) == 1:
        return single(arguments[0], result)
    fast = pair(arguments[0], arguments[1], result, sizes)
    if general is not None and _short(arguments, result, sizes):
        return general

    def contract(a: Array, b: Array) -> Array:
        kind = a.dtype if a.dtype == b.dtype else np.result_type(a, b)
        if kind.char in BLAS or general is None:
            return fast(a.astype(kind, copy=False), b.astype(kind, copy=False))
        return general(a, b)

    return contract


def _short(arguments: tuple[Labels, ...], result: Labels, sizes: Mapping[int, int]) -> bool:
    """Many products of a row and a column, each too short for a call of its own."""
    left, right = map(set, arguments)
    batch, contracted = left & right & set(result), (left & right) - set(result)
    many, length = (prod(sizes[x] for x in kind) for kind in (batch, contracted))
    outer = prod(sizes[x] for x in (left ^ right) & set(result))
    return bool(contracted) and many > 1 and outer == 1 and length <= 64


def _presummed(labels: Labels, other: Labels, result: Labels) -> tuple[Labels, Unary | None]:
    axes = tuple(n for n, label in enumerate(labels) if label not in other + result)
    kept = tuple(label for label in labels if label in other or label in result)
    return kept, _summing(axes) if axes else None


def _product(
    left: Labels,
    right: Labels,
    result: Labels,
    contracted: Sequence[int],
    sizes: Mapping[int, int],
) -> Binary:
    batch = [label for label in result if label in left and label in right]
    mine = [label for label in result if label in left and label not in right]
    theirs = [label for label in result if label in right and label not in left]
    if theirs and mine and result.index(theirs[0]) < result.index(mine[0]):
        swapped = _product(right, left, result, _common(left, contracted), sizes)
        return lambda a, b: swapped(b, a)
    shared = [sizes[label] for label in batch]
    rows, inner, columns = (prod(sizes[x] for x in kind) for kind in (mine, contracted, theirs))
    first = _fusing(left, [batch, mine, contracted], [*shared, rows, inner])
    second = _fusing(right, [batch, contracted, theirs], [*shared, inner, columns])
    order = [*batch, *mine, *theirs]
    unfused = [sizes[label] for label in order]
    shape = None if unfused == [*shared, rows, columns] else tuple(unfused)
    turn = _turning([order.index(label) for label in result])
    return _multiplying(first, second, shape, turn)


def _common(labels: Labels, contracted: Sequence[int]) -> list[int]:
    return [label for label in labels if label in contracted]


def _multiplying(
    first: Unary | None, second: Unary | None, shape: tuple[int, ...] | None, turn: Unary | None
) -> Binary:
    if first is None and second is None and shape is None and turn is None:
        return np.matmul
    before, after, back = first or _same, second or _same, turn or _same

    def multiply(a: Array, b: Array) -> Array:
        value = np.matmul(before(a), after(b))
        return back(value if shape is None else value.reshape(shape))

    return multiply


def _fusing(labels: Labels, groups: Sequence[Sequence[int]], shape: Sequence[int]) -> Unary | None:
    """To the order of the groups, each of the last two being one axis."""
    order = [labels.index(label) for group in groups for label in group]
    turn = _turning(order)
    if len(groups[1]) == len(groups[2]) == 1:
        return turn
    fused = tuple(shape)
    return lambda a: (a if turn is None else turn(a)).reshape(fused)


def elementwise(
    left: Labels, right: Labels, result: Labels, operation: Binary = np.multiply
) -> Binary:
    """An operation on two arrays, spread over the labels of the result."""
    first, second = _spreading(left, result), _spreading(right, result)
    if first is None and second is None:
        return operation
    before, after = first or _same, second or _same
    return lambda a, b: operation(before(a), after(b))


def _spreading(labels: Labels, result: Labels) -> Unary | None:
    """To the order of the result, with an axis of length one for what is missing."""
    kept = [label for label in result if label in labels]
    turn = _turning([labels.index(label) for label in kept])
    index = tuple(slice(None) if label in labels else None for label in result)
    leading = index.index(slice(None)) if kept else len(index)
    if None not in index[leading:]:
        return turn
    if turn is None:
        return lambda a: a[index]
    return lambda a: turn(a)[index]


def _summing(axes: tuple[int, ...]) -> Unary | None:
    if not axes:
        return None
    return lambda a: np.add.reduce(a, axes, a.dtype)


def _turning(order: Sequence[int]) -> Unary | None:
    axes = tuple(order)
    if axes == tuple(range(len(axes))):
        return None
    return lambda a: a.transpose(axes)


def _after(first: Unary | None, second: Unary | None) -> Unary:
    if first is None or second is None:
        return first or second or _same
    return lambda a: second(first(a))


def _same(array: Array) -> Array:
    return array
