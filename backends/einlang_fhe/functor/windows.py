"""Sums of rotations without masks: pooling, traces, slices, shifts.

Where every element of the result is the sum of as many elements as there are rotations, and
each rotation brings the right one, nothing has to be multiplied: no level is taken. What
the rotations bring to other slots is junk, unless it is zero. Rotations in progression are
summed by doubling: a window of 4 by 4 takes 4 rotations.

>>> factors([0, 1, 2, 3, 32, 33, 34, 35], 64)
([(1, 2), (2, 2), (32, 2)], [0])
>>> factors([5, 7, 20], 64)
([], [5, 7, 20])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from einlang_fhe.diagonals import Diagonals, LinearMap
from einlang_fhe.functor.targets import targets
from einlang_fhe.layout import Gap, Layout
from einlang_fhe.slots import Builder

MOST = 256
"""No more rotations per ciphertext than so many are looked at."""

Group = tuple[tuple[int, ...], tuple[int, ...]]
"""Ciphertexts of the source, and the rotations of their sum."""


@dataclass(frozen=True)
class Window:
    """Where the result sits, and for each of its ciphertexts what is rotated and summed."""

    layout: Layout
    groups: tuple[tuple[Group, ...], ...]

    @property
    def rotations(self) -> int:
        """How many are written."""
        sums = {group for groups in self.groups for group in groups}
        return sum(_rotations(group[1], self.layout.slots) for group in sums)


@lru_cache(maxsize=128)
def windows(map: LinearMap, source: Layout) -> tuple[Window, ...]:
    """The ways to apply a map without coefficients that need no mask; often there are none."""
    layouts = dict.fromkeys(layout for layout, _ in targets(map, source))
    found = (_window(Diagonals(map, source, layout)) for layout in layouts)
    return tuple(window for window in found if window is not None)


def _window(diagonals: Diagonals) -> Window | None:
    target, moves = diagonals.target, diagonals.moves
    if len(moves) > MOST * target.count or len(set(moves[:, 0].tolist())) < target.count:
        return None
    clean = all(_exact(diagonals, tuple(move)) for move in moves.tolist())
    right = clean or all(_right(diagonals, tuple(move)) for move in moves.tolist())
    if not right:
        return None
    layout = target if clean else _junk(target)
    numbers = range(target.count)
    return Window(layout, tuple(_groups(moves[moves[:, 0] == n][:, 1:]) for n in numbers))


def _junk(layout: Layout) -> Layout:
    places = tuple(Gap(junk=True) if isinstance(p, Gap) else p for p in layout.places)
    return replace(layout, places=places, dirty=frozenset(range(len(layout.shape))))


def _right(diagonals: Diagonals, move: tuple[int, int, int]) -> bool:
    """Whether a rotation brings to every element of the result one that belongs to it."""
    wanted = diagonals.vector(move, 0, None)
    held = diagonals.target.table(move[0]) >= 0
    brought = _brought(diagonals, move)
    return bool((wanted[held] <= 1).all() and ((wanted[held] == 1) | ~brought[held]).all())


def _exact(diagonals: Diagonals, move: tuple[int, int, int]) -> bool:
    """Whether it brings zeros everywhere else."""
    wanted = diagonals.vector(move, 0, None)
    return bool((wanted == _brought(diagonals, move)).all())


def _brought(diagonals: Diagonals, move: tuple[int, int, int]) -> np.ndarray:
    """Where a rotation brings something that need not be zero."""
    source = diagonals.source
    if not source.clean:
        return np.ones(source.slots, dtype=bool)
    return np.roll(source.table(move[1]) >= 0, -move[2])


def _groups(rows: np.ndarray) -> tuple[Group, ...]:
    """Ciphertexts that are rotated alike are summed first."""
    turns: dict[int, list[int]] = {}
    for source, distance in rows.tolist():
        turns.setdefault(source, []).append(distance)
    alike: dict[tuple[int, ...], list[int]] = {}
    for source, distances in turns.items():
        alike.setdefault(tuple(sorted(distances)), []).append(source)
    return tuple((tuple(sources), distances) for distances, sources in alike.items())


def _rotations(distances: Sequence[int], slots: int) -> int:
    progressions, starts = factors(distances, slots)
    return sum(count - 1 for _, count in progressions) + sum(start != 0 for start in starts)


def factors(distances: Sequence[int], slots: int) -> tuple[list[tuple[int, int]], list[int]]:
    """Progressions `(step, count)` and starts, such that every distance is in one way a start
    and a member of each progression from 0 on."""
    left, found = sorted(distances), list[tuple[int, int]]()
    while (part := next(_divided(left, slots), None)) is not None:
        step, count, left = part
        found.append((step, count))
    return found, left


def _divided(distances: list[int], slots: int) -> Iterator[tuple[int, int, list[int]]]:
    """Ways to split off a progression: its step, its count, and what is left."""
    for count in (2, 3, 5, 7):
        if len(distances) % count or len(distances) < count:
            continue
        for other in distances[1:]:
            step = other - distances[0]
            left = _starts(distances, step, count, slots)
            if left is not None:
                yield step, count, left


def _starts(distances: list[int], step: int, count: int, slots: int) -> list[int] | None:
    """What is left of a set without a progression from each of its members on."""
    waiting, starts = dict.fromkeys(distances), list[int]()
    while waiting:
        start = next(iter(waiting))
        for k in range(count):
            if (start + k * step) % slots not in waiting:
                return None
            del waiting[(start + k * step) % slots]
        starts.append(start)
    return starts


def slide(build: Builder, values: Sequence[int], window: Window) -> list[int]:
    """The instructions of a window."""

    def summed(group: Group) -> int:
        sources, distances = group
        return _slid(build, build.add_all([values[n] for n in sources]), distances)

    return [build.add_all([summed(group) for group in groups]) for groups in window.groups]


def _slid(build: Builder, value: int, distances: Sequence[int]) -> int:
    """The sum of rotations of a value."""
    progressions, starts = factors(distances, build.slots)
    for step, count in progressions:
        value = build.add_all([build.rotate(value, k * step) for k in range(count)])
    return build.add_all([build.rotate(value, start) for start in starts])
