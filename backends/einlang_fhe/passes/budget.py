"""Rotations by few distances: others are made of several, so that fewer keys are needed.

The keys are powers of a radix, and then, one by one, whatever distance saves most rotations.
Rotations of one value that begin alike share what they begin with.

>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=16)
>>> x = build.input(0)
>>> program = build.program(tuple(build.rotate(x, distance) for distance in (1, 4, 5, 6)))
>>> print(BoundKeys(2).apply(program))
%0 = input 0
%1 = rotate %0, 1
%2 = rotate %0, 4
%3 = rotate %2, 1
%4 = rotate %3, 1
output %1
output %2
output %3
output %4
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np

from einlang.errors import BackendMistake, fail
from einlang_fhe.slots import Builder, Instruction, SlotProgram

Array = np.ndarray[Any, Any]
RADICES = (2, 4, 8, 16)
MOST = 16
"""Rotations that one is made of, at most: each makes noise."""
UNREACHED = 1e6
"""What counts for the rotations of a distance that would take more."""


@dataclass(frozen=True)
class BoundKeys:
    """At most so many rotation keys."""

    keys: int
    name = "bound-keys"

    def apply(self, program: SlotProgram) -> SlotProgram:
        """The program, its rotations made of others; E0706 where that takes too many."""
        wanted = Counter(turn for step in program.instructions for turn in step.distances if turn)
        if len(wanted) <= self.keys:
            return program
        paths = _paths(tuple(sorted(wanted.items())), program.slots, self.keys)
        build, names = Builder(program.slots), list[int]()
        for step in program.instructions:
            build.origin = step.origin
            names.append(_written(build, step, [names[value] for value in step.arguments], paths))
        return build.program(tuple(names[value] for value in program.outputs))


def in_a_row(program: SlotProgram) -> int:
    """The most rotations that follow each other with nothing between."""
    rows: list[int] = []
    for step in program.instructions:
        before = max((rows[value] for value in step.arguments), default=0)
        rows.append(before + 1 if any(step.distances) else before * (step.verb == "hoist"))
    return max(rows, default=0)


Paths = dict[int, tuple[int, ...]]
"""The distances that each one is made of, the largest first."""


def _written(build: Builder, step: Instruction, values: list[int], paths: Paths) -> int:
    """An instruction, all of its rotations made of others."""
    if not step.distances:
        return build.emit(step.verb, *values, attribute=step.attribute)
    ways = [paths[turn] if turn else (0,) for turn in step.distances]
    turned = [_turned(build, value, way[:-1]) for value, way in zip(values, ways, strict=True)]
    last = tuple(way[-1] for way in ways)
    if step.verb == "rotate_sum":
        return build.rotate_sum(turned, last)
    return build.rotate(turned[0], last[0])


def _turned(build: Builder, value: int, way: Sequence[int]) -> int:
    for turn in way:
        value = build.rotate(value, turn)
    return value


Wanted = tuple[tuple[int, int], ...]
"""Distances, and how often each is rotated by."""


@lru_cache(maxsize=64)
def _paths(wanted: Wanted, slots: int, keys: int) -> Paths:
    """Of what each distance is made, for the fewest rotations that were found."""
    distances = np.array([distance for distance, _ in wanted])
    often = np.array([count for _, count in wanted])
    found = []
    for base in _bases(distances, slots):
        if len(base) <= keys:
            chosen = _filled(base, distances, often, slots, keys)
            found.append((float((often * _steps(chosen, slots)[distances]).sum()), chosen))
    total, chosen = min(found, default=(UNREACHED, []))
    if total >= UNREACHED:
        raise _too_few(distances, slots, keys)
    steps = _steps(chosen, slots)
    return {int(distance): _path(int(distance), chosen, steps) for distance in distances}


def _bases(distances: Array, slots: int) -> Iterator[list[int]]:
    """Powers of each radix that reach as far as is wanted, in one direction or in both; none."""
    yield []
    unit = gcd(slots, *map(int, distances))
    signed = np.where(distances > slots // 2, distances - slots, distances)
    for radix in RADICES:
        yield _powers(unit, radix, int(distances.max()))
        back = [slots - turn for turn in _powers(unit, radix, -int(signed.min()))]
        yield sorted({*_powers(unit, radix, int(signed.max())), *back})


def _powers(unit: int, radix: int, most: int) -> list[int]:
    found = []
    while unit <= most:
        found.append(unit)
        unit *= radix
    return found


def _filled(base: list[int], distances: Array, often: Array, slots: int, keys: int) -> list[int]:
    """With further keys, each the one of the distances that saves most."""
    chosen = list(base)
    while len(chosen) < keys:
        steps = _steps(chosen, slots)
        shorter = steps[(distances[:, None] - distances) % slots] + 1
        left = often @ np.minimum(steps[distances][:, None], shorter)
        chosen.append(int(distances[int(left.argmin())]))
    return sorted(set(chosen))


def _steps(keys: Sequence[int], slots: int) -> Array:
    """How many rotations by one of the keys make each distance."""
    steps = np.full(slots, UNREACHED)
    front = np.zeros(slots, dtype=bool)
    front[0] = True
    for count in range(MOST + 1):
        steps[front] = count
        reached = np.flatnonzero(front)
        front = np.zeros(slots, dtype=bool)
        for key in keys:
            front[(reached + key) % slots] = True
        front &= steps == UNREACHED
    return steps


def _path(distance: int, keys: Sequence[int], steps: Array) -> tuple[int, ...]:
    """One of the shortest ways."""
    slots, way = len(steps), []
    while distance:
        before = ((distance - key) % slots for key in keys)
        after = next(left for left in before if steps[left] < steps[distance])
        way.append((distance - after) % slots)
        distance = after
    return tuple(sorted(way, reverse=True))


def _too_few(distances: Array, slots: int, keys: int) -> BackendMistake:
    bases = list(_bases(distances, slots))
    enough = [len(base) for base in bases if _steps(base, slots)[distances].max() <= MOST]
    mistake = fail(
        BackendMistake,
        "E0706",
        f"setting `keys` cannot be `{keys}`: rotations by {len(distances)} distances are needed",
        hint=f"{min([*enough, len(distances)])} keys are enough to make them",
    )
    assert isinstance(mistake, BackendMistake)
    return mistake
