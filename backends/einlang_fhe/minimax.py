"""Polynomials that come near the sign of x, composed to come nearer.

One odd polynomial of small degree cannot tell 0.01 from -0.01. Several in a row can: each
is the best approximation (Remez) to the sign on the set that the one before leaves, as in
Lee, Lee, No and Kim, "Minimax approximation of sign function by composite polynomial"
(IEEE TDSC 2021, ePrint 2020/834).

>>> stages, error = sign(1 / 64, 1e-4)
>>> [len(stage) - 1 for stage in stages], error < 1e-4
([31, 31], True)
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

DEGREES = {2: 3, 3: 7, 4: 15, 5: 31}
"""Levels to the degree of one stage: all odd degrees that fill their levels."""
DEEPEST = 24
SLACK = 1e-6
"""What noise may add to the values between two stages, relative to 1."""

Array = np.ndarray[Any, Any]
Coefficients = tuple[float, ...]


@lru_cache(maxsize=64)
def sign(gap: float, error: float) -> tuple[tuple[Coefficients, ...], float]:
    """Chebyshev coefficients of the stages on [-1, 1], with the error they reach for
    gap <= |x| <= 1: the fewest levels, then the fewest coefficients.

    Raises ValueError when 24 levels do not reach the error.
    """
    for levels in range(2, DEEPEST + 1):
        chains = (_chain(gap, shape) for shape in _shapes(levels))
        fitting = [found for found in chains if found[1] <= error]
        if fitting:
            return min(fitting, key=lambda found: sum(map(len, found[0])))
    raise ValueError(f"no composition of {DEEPEST} levels reaches {error:g}")


def _shapes(levels: int) -> list[tuple[int, ...]]:
    """Stages, as levels, that take that many together; increasing, which is best."""
    found: list[tuple[int, ...]] = []
    for count in range(1, levels // 2 + 1):
        shapes = product(DEGREES, repeat=count) if count <= 2 else _increasing(count, levels)
        found += [s for s in shapes if sum(s) == levels and list(s) == sorted(s)]
    return found


def _increasing(count: int, levels: int) -> list[tuple[int, ...]]:
    """Increasing tuples of 2 to 5 with a given sum."""
    tuples: list[tuple[int, ...]] = [()]
    for _ in range(count):
        tuples = [
            (*t, part)
            for t in tuples
            for part in DEGREES
            if part >= (t[-1] if t else 2) and sum(t) + part <= levels
        ]
    return [t for t in tuples if sum(t) == levels]


def _chain(gap: float, shape: tuple[int, ...]) -> tuple[tuple[Coefficients, ...], float]:
    low, high, error = gap, 1.0, 1.0
    stages: list[Coefficients] = []
    for number, levels in enumerate(shape):
        coefficients, error = remez(low / high, DEGREES[levels])
        scale = 1.0 if number == len(shape) - 1 else 1 / (1 + error + SLACK)
        stages.append(tuple(scale * c for c in coefficients))
        low, high = (1 - error - SLACK) * scale, 1.0
        if low <= 0:
            return tuple(stages), np.inf
    return tuple(stages), error


@lru_cache(maxsize=4096)
def remez(low: float, degree: int) -> tuple[Coefficients, float]:
    """The odd polynomial of that degree nearest to 1 on [low, 1], and its largest error."""
    odd = np.arange(1, degree + 1, 2)
    grid = low + (1 - low) * (np.cos(np.linspace(np.pi, 0, 60 * len(odd) + 61)) + 1) / 2
    coefficients = np.zeros(degree + 1)
    coefficients[odd] = exchange(grid, np.ones_like(grid), odd)
    return tuple(float(c) for c in coefficients), _largest(coefficients, grid)


def exchange(grid: Array, target: Array, indices: Array) -> Array:
    """The factors of T_k, k in `indices`, that come nearest to the target on the grid.

    Exchange of all extrema (Remez 1934); the grid increases and is dense at its ends.
    """
    count = len(indices) + 1
    basis = np.cos(np.outer(np.arccos(np.clip(grid, -1, 1)), indices))
    nodes = np.linspace(0, len(grid) - 1, count).astype(int)
    signs = (-1.0) ** np.arange(count)[:, None]
    factors = np.zeros(len(indices))
    for _ in range(30):
        solved = np.linalg.solve(np.hstack([basis[nodes], signs]), target[nodes])
        factors = solved[:-1]
        residual = basis @ factors - target
        if np.abs(residual).max() <= abs(solved[-1]) * (1 + 1e-4) + 1e-15:
            break
        nodes = _extrema(residual, count)
    return factors


def _largest(coefficients: Array, grid: Array) -> float:
    """The largest residual, looked for again between the neighbours of each extremum."""
    residual = np.abs(chebyshev.chebval(grid, coefficients) - 1)
    inner = (residual[1:-1] >= residual[:-2]) & (residual[1:-1] >= residual[2:])
    tops = np.nonzero(inner)[0] + 1
    steps = np.linspace(0, 1, 65)[:, None]
    close = grid[tops - 1] + steps * (grid[tops + 1] - grid[tops - 1])
    again = np.abs(chebyshev.chebval(close.ravel(), coefficients) - 1)
    return float(max(residual.max(), again.max(initial=0.0)))


def _extrema(residual: Array, count: int) -> Array:
    """Where the residual is largest between two changes of sign; `count` neighbours of them."""
    changes = np.nonzero(np.diff(np.sign(residual)))[0] + 1
    parts = np.split(np.arange(len(residual)), changes)
    tops = [int(part[np.argmax(np.abs(residual[part]))]) for part in parts]
    while len(tops) > count:
        tops.pop(0 if abs(residual[tops[0]]) < abs(residual[tops[-1]]) else -1)
    spare = np.linspace(0, len(residual) - 1, 4 * count).astype(int)
    rest = [int(place) for place in np.setdiff1d(spare, tops)]
    return np.asarray(sorted([*tops, *rest[: count - len(tops)]]))
