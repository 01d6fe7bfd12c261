"""Contractions as parts of unitaries: the smallest dilation, block by block.

A matrix K of norm at most one with r rows, c columns and u singular values of one is a part of
a unitary of N by N as soon as N >= r + c - u: isometries (u = c) take no qubit more (after
Halmos, 1950). Indices that are padded to powers of two have fewer columns than places.

>>> part = np.diag([1.0, 0.5])
>>> qubits(singular(part[None]), 2, 2)
2
>>> unitary = completed(part, 4, into=np.array([0, 2]), out=np.array([0, 2]))
>>> np.allclose(unitary[::2, ::2], part), np.allclose(unitary @ unitary.conj().T, np.eye(4))
(True, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from einlang_quantum.lowering.network import bits

Array = Any
UNIT = 1e-13
"""Singular values that are this near to one are one."""


def singular(blocks: Array) -> Array:
    """The singular values of each matrix of a stack."""
    if min(blocks.shape[1:]) == 1:
        return np.linalg.norm(blocks, axis=(1, 2))[:, None]
    return np.linalg.svd(blocks, compute_uv=False)


def qubits(values: Array, rows: int, columns: int) -> int:
    """The qubits of a dilation of matrices with these singular values, scaled to norm one.

    `rows` counts those of a whole register, `columns` the inputs that are ever reached.
    """
    ones = (values > (1 - UNIT) * values.max()).sum(axis=1)
    return bits(int(rows + columns - ones.min()))


def positions(sizes: Sequence[int]) -> Array:
    """Where the elements of a tensor are among the states of its qubits, in row-major order.

    >>> positions((2, 3)).tolist()
    [0, 1, 2, 4, 5, 6]
    """
    found = np.zeros(1, int)
    for size in sizes:
        found = ((found[:, None] << bits(size)) + np.arange(size)).reshape(-1)
    return found


def completed(block: Array, size: int, into: Array, out: Array) -> Array:
    """A unitary of this size with a matrix of norm at most one in those columns and rows."""
    rows, columns = block.shape
    values, right = np.linalg.svd(block, full_matrices=True)[1:]
    padded = np.zeros(columns)
    padded[: len(values)] = np.where(values > 1 - UNIT, 1.0, values)
    rest = np.sqrt(1 - padded**2)
    below = (rest[:, None] * right)[rest > 0]
    isometry = np.zeros((size, columns), complex)
    isometry[out[:rows]] = block
    isometry[np.setdiff1d(np.arange(size), out)[: len(below)]] = below
    others = np.setdiff1d(np.arange(size), into)
    unitary = np.zeros((size, size), complex)
    unitary[:, into] = isometry
    unitary[:, others] = np.linalg.qr(isometry, mode="complete")[0][:, columns:]
    return unitary
