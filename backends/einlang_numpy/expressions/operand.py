"""An array as its labels and strides: what is known of it before it is there.

>>> x = contiguous((0, 1), {0: 2, 1: 3}, 8)
>>> x
Operand(labels=(0, 1), strides=(24, 8), word=8)
>>> fused(x, [(1,), (0,)], {0: 2, 1: 3})
(8, 24)
>>> fused(x, [(1, 0)], {0: 2, 1: 3}) is None
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

Array = Any
Labels = tuple[int, ...]
Sizes = Mapping[int, int]
Unary = Callable[[Array], Array]
Binary = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Operand:
    """Distinct labels, one an axis, the strides of the axes, and the bytes of an element."""

    labels: Labels
    strides: tuple[int, ...]
    word: int

    def inward(self, labels: Iterable[int]) -> Labels:
        """Some of the labels, those of long strides first."""
        stride = dict(zip(self.labels, self.strides, strict=True))
        return tuple(sorted(labels, key=lambda label: -abs(stride[label])))


def contiguous(labels: Labels, sizes: Sizes, word: int) -> Operand:
    """The operand whose axes lie in the order of its labels, without gaps."""
    strides = [word]
    for label in reversed(labels[1:]):
        strides.append(strides[-1] * sizes[label])
    return Operand(labels, tuple(reversed(strides))[: len(labels)], word)


def turned(x: Operand, order: Labels) -> Operand:
    """The operand with its axes in another order."""
    stride = dict(zip(x.labels, x.strides, strict=True))
    return Operand(order, tuple(stride[label] for label in order), x.word)


def fused(x: Operand, groups: Sequence[Labels], sizes: Sizes) -> tuple[int, ...] | None:
    """The strides of a view with an axis per group; None where it takes a copy."""
    stride = dict(zip(x.labels, x.strides, strict=True))
    strides: list[int] = []
    for group in groups:
        for outer, inner in pairwise(group):
            if stride[outer] != stride[inner] * sizes[inner]:
                return None
        strides.append(stride[group[-1]] if group else x.word)
    return tuple(strides)


def multiplies(x: Operand, groups: Sequence[Labels], sizes: Sizes) -> bool:
    """Whether BLAS takes a view whose last two axes are the last two groups."""
    strides = fused(x, groups, sizes)
    if strides is None:
        return False
    rows, columns = (prod(sizes[label] for label in group) for group in groups[-2:])
    down, along = strides[-2:]
    return _leads(down, along, columns, x.word) or _leads(along, down, rows, x.word)


def _leads(long: int, short: int, count: int, word: int) -> bool:
    return short == word and long % word == 0 and long >= count * word


def arranging(
    x: Operand, groups: Sequence[Labels], sizes: Sizes, split: int = 0
) -> tuple[Unary | None, bool]:
    """What brings an array to an axis per group, and whether BLAS needs no copy for it.

    The first `split` groups are of one label each, and stay as they are.
    """
    order = tuple(label for group in groups for label in group)
    turn = turning(x.labels, order)
    shape = tuple(prod(sizes[label] for label in group) for group in groups)
    plain = all(len(group) == 1 for group in groups)
    free = multiplies(x, groups, sizes) if len(groups) > 1 else fused(x, groups, sizes) is not None
    copying = len(groups) > 2 and not free and fused(x, groups, sizes) is not None
    return chained(turn, None if plain else reshaping(shape), packed if copying else None), free


def packed(array: Array) -> Array:
    """A copy without gaps."""
    return array.copy("C")


def reshaping(shape: tuple[int, ...]) -> Unary:
    """To another shape."""
    return lambda array: array.reshape(shape)


def turning(labels: Labels, order: Labels) -> Unary | None:
    """To another order of the axes; nothing where it is the same."""
    if labels == order:
        return None
    axes = tuple(labels.index(label) for label in order)
    return lambda array: array.transpose(axes)


def chained(*steps: Unary | None) -> Unary | None:
    """One after the other; nothing where there is nothing."""
    taken = [step for step in steps if step is not None]
    if len(taken) < 2:
        return taken[0] if taken else None
    first, second, *rest = taken
    together: Unary = lambda array: second(first(array))  # noqa: E731
    return chained(together, *rest)


def around(before: Unary | None, after: Unary | None, call: Binary, back: Unary | None) -> Binary:
    """A call with its arguments arranged before, and its value after."""
    if before is None and after is None:
        return call if back is None else lambda a, b: back(call(a, b))
    if after is None and before is not None:
        return (
            (lambda a, b: call(before(a), b))
            if back is None
            else (lambda a, b: back(call(before(a), b)))
        )
    if before is None and after is not None:
        return (
            (lambda a, b: call(a, after(b)))
            if back is None
            else (lambda a, b: back(call(a, after(b))))
        )
    assert before is not None
    assert after is not None
    if back is None:
        return lambda a, b: call(before(a), after(b))
    return lambda a, b: back(call(before(a), after(b)))


def loops() -> Callable[..., Array]:
    """NumPy's own loops, without what `numpy.einsum` does before it calls them."""
    return getattr(np._core.multiarray, "c_einsum", np.einsum)  # pyright: ignore
