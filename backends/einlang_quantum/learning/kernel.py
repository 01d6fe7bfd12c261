"""What is done at one place of a contraction tree, forward and backward, for many at once.

Arrays have two axes in front: which of the places that are alike, and which network of the
batch. An axis of length one there is shared by all.

>>> pair = Pair((0, 1), (1, 2), (0, 2), (2, 3, 4))
>>> left, right = np.ones((5, 7, 2, 3)), np.ones((1, 1, 3, 4))
>>> pair.forward(left, right).shape
(5, 7, 2, 4)
>>> [gradient.shape for gradient in pair.backward(np.ones((5, 7, 2, 4)), left, right)]
[(5, 7, 2, 3), (1, 1, 3, 4)]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

Array = Any
Labels = tuple[int, ...]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Pair:
    """A contraction of two tensors as a batched matrix product.

    `kept` are the labels of the result; its axes are ordered as `result` says.
    """

    left: Labels
    right: Labels
    kept: Labels
    sizes: Shape

    @cached_property
    def groups(self) -> tuple[Labels, Labels, Labels, Labels]:
        """The labels of both that stay, of the left alone, of the right alone, and the summed."""
        kept, left, right = set(self.kept), set(self.left), set(self.right)
        both = tuple(x for x in self.left if x in right and x in kept)
        summed = tuple(x for x in self.left if x in right and x not in kept)
        rows = tuple(x for x in self.left if x not in right)
        columns = tuple(x for x in self.right if x not in left)
        return both, rows, columns, summed

    @cached_property
    def result(self) -> Labels:
        """The labels of the result, in order."""
        both, rows, columns, _ = self.groups
        return both + rows + columns

    @cached_property
    def _left(self) -> tuple[Shape, Shape]:
        both, rows, _, summed = self.groups
        return self._matrix(self.left, (both, rows, summed))

    @cached_property
    def _right(self) -> tuple[Shape, Shape]:
        both, _, columns, summed = self.groups
        return self._matrix(self.right, (both, summed, columns))

    def _matrix(self, labels: Labels, groups: Sequence[Labels]) -> tuple[Shape, Shape]:
        """The order of axes and the shape under which a tensor is a stack of matrices."""
        order = (0, 1, *(2 + labels.index(x) for group in groups for x in group))
        return order, tuple(self._size(group) for group in groups)

    def _size(self, labels: Labels) -> int:
        return prod(self.sizes[label] for label in labels)

    @cached_property
    def _shape(self) -> Shape:
        return tuple(self.sizes[label] for label in self.result)

    def _matrices(self, left: Array, right: Array) -> tuple[Array, Array]:
        (a, m), (b, n) = self._left, self._right
        return (
            left.transpose(a).reshape(*left.shape[:2], *m),
            right.transpose(b).reshape(*right.shape[:2], *n),
        )

    def _single(self, right: Array) -> bool:
        """Whether one matrix stands on the right of all."""
        return right.shape[:3] == (1, 1, 1)

    def forward(self, left: Array, right: Array) -> Array:
        """The products."""
        a, b = self._matrices(left, right)
        value = a.reshape(-1, a.shape[-1]) @ b[0, 0, 0] if self._single(b) else a @ b
        return value.reshape(*np.maximum(left.shape[:2], right.shape[:2]), *self._shape)

    def backward(self, gradient: Array, left: Array, right: Array) -> tuple[Array, Array]:
        """The gradients by both factors; where one is shared, the sum."""
        a, b = self._matrices(left, right)
        out = gradient.reshape(*gradient.shape[:2], *a.shape[2:4], b.shape[-1])
        if self._single(b):
            flat = out.reshape(-1, out.shape[-1])
            by_left = (flat @ b[0, 0, 0].T).reshape(a.shape)
            by_right = (a.reshape(-1, a.shape[-1]).T @ flat).reshape(b.shape)
        else:
            by_left = _sum_to(out @ b.swapaxes(-1, -2), a.shape)
            by_right = _sum_to(a.swapaxes(-1, -2) @ out, b.shape)
        return self._back(by_left, self.left, self._left), self._back(
            by_right, self.right, self._right
        )

    def _back(self, matrices: Array, labels: Labels, matrix: tuple[Shape, Shape]) -> Array:
        order, _ = matrix
        shape = tuple(self.sizes[labels[axis - 2]] for axis in order[2:])
        return matrices.reshape(*matrices.shape[:2], *shape).transpose(np.argsort(order))


def _sum_to(array: Array, shape: Shape) -> Array:
    axes = tuple(axis for axis in (0, 1) if shape[axis] == 1 and array.shape[axis] != 1)
    return array.sum(axes, keepdims=True) if axes else array


@dataclass(frozen=True)
class Leaf:
    """A tensor as it enters: of a label that comes twice the diagonal, of a lone one the sum."""

    labels: Labels
    kept: Labels

    @cached_property
    def trivial(self) -> bool:
        """Whether it enters as it is."""
        return self.labels == self.kept

    def forward(self, array: Array) -> Array:
        """The diagonals and sums."""
        if self.trivial:
            return array
        diagonal, labels = self._diagonal(array)
        lone = tuple(2 + n for n, label in enumerate(labels) if label not in self.kept)
        return diagonal.sum(lone)

    def backward(self, gradient: Array, shape: Shape) -> Array:
        """The gradient by the tensor, whose shape is given without the two axes in front."""
        if self.trivial:
            return gradient
        whole = np.zeros((*gradient.shape[:2], *shape), gradient.dtype)
        diagonal, labels = self._diagonal(whole)
        lone = tuple(2 + n for n, label in enumerate(labels) if label not in self.kept)
        diagonal[...] = np.expand_dims(gradient, lone)
        return whole

    def _diagonal(self, array: Array) -> tuple[Array, Labels]:
        """A view of the places where axes of one label agree, and its labels."""
        labels = tuple(dict.fromkeys(self.labels))
        own = [2 + labels.index(label) for label in self.labels]
        view = np.einsum(array, [0, 1, *own], [0, 1, *range(2, 2 + len(labels))])
        return view, labels
