"""Where the result of a linear map may sit: layouts worth trying, with room for partial sums.

Axes that the map leaves alone stay where they are, so that no rotation is spent on them;
windows with a stride stay at the places they are taken from ("multiplexed" packing: Lee et
al., ICML 2022). New axes go where summed ones were. What is left of those can hold partial
sums, and what was copied remains so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import numpy as np

from einlang_fhe.addresses import addresses
from einlang_fhe.diagonals import Array, LinearMap
from einlang_fhe.layout import Bit, Copy, Digit, Gap, Layout, Place, arrange, width

LabelBit = tuple[int, int]
"""An axis of the result and a bit of its index."""


@dataclass(frozen=True)
class Target:
    """A layout of the result with zeros at the bits `folds`, which are for partial sums."""

    layout: Layout
    folds: tuple[int, ...] = ()

    @property
    def folded(self) -> Layout:
        """Where the sum over the partial sums sits: copies at the top, else junk."""
        places = list(self.layout.places)
        top = True
        for position in reversed(range(len(places))):
            if position in self.folds:
                places[position] = Copy() if top else Gap(junk=True)
            top = top and isinstance(places[position], Copy)
        return replace(self.layout, places=tuple(places))


@lru_cache(maxsize=64)
def targets(map: LinearMap, source: Layout) -> tuple[tuple[Layout, tuple[int, ...]], ...]:
    """Layouts for the result, and for each the bits that could hold partial sums, the ones to
    take first first."""
    shape = tuple(map.sizes[label] for label in map.result)
    first = arrange(shape, tuple(reversed(range(len(shape)))), source.slots)
    layouts = [first, *_in_place(map, source, shape)]
    return tuple(dict.fromkeys(_free(layout, source) for layout in layouts))


def _free(layout: Layout, source: Layout) -> tuple[Layout, tuple[int, ...]]:
    """Bits without an element hold copies where the source has them; the others are free."""
    free = [n for n, place in enumerate(layout.places) if not isinstance(place, Bit)]
    copied = {n for n in free if isinstance(source.places[n], Copy)}
    places = [
        place if isinstance(place, Bit) else Copy() if n in copied else Gap()
        for n, place in enumerate(layout.places)
    ]
    others = tuple(n for n in reversed(free) if n not in copied)
    return replace(layout, places=tuple(places)), others


def _in_place(map: LinearMap, source: Layout, shape: tuple[int, ...]) -> Iterator[Layout]:
    """Layouts in which what can stays where it is, and the rest takes the free bits in turn."""
    homes, apart = _homes(map, source)
    rest = [
        (axis, bit)
        for axis in reversed(range(len(shape)))
        for bit in range(width(shape[axis]))
        if (axis, bit) not in homes and (axis, bit) not in apart
    ]
    taken = set(homes.values())
    free = [n for n in range(len(source.places)) if n not in taken]
    for positions in dict.fromkeys(_orders(free, source, len(rest))):
        yield _placed(shape, source, homes, rest, positions)


def _orders(free: list[int], source: Layout, count: int) -> Iterator[tuple[int, ...]]:
    """Which of the free bits the further index bits take: the lowest, the highest, those of
    copies first or last; with the gaps of the source or without."""
    gaps = {n for n in free if isinstance(source.places[n], Gap)}
    copies = {n for n in free if isinstance(source.places[n], Copy)}
    for allowed in (free, [n for n in free if n not in gaps]):
        for preferred in (set[int](), copies, set(allowed) - copies):
            ranked = sorted(allowed, key=lambda n: n not in preferred)
            yield tuple(sorted(ranked[:count]))
        yield tuple(allowed[max(0, len(allowed) - count) :])


def _placed(
    shape: tuple[int, ...],
    source: Layout,
    homes: dict[LabelBit, int],
    rest: Sequence[LabelBit],
    positions: Sequence[int],
) -> Layout:
    """The layout with these homes, and the rest at these positions as far as they go."""
    found = {position: Bit(*bit) for bit, position in homes.items()}
    found |= {position: Bit(*bit) for position, bit in zip(positions, rest, strict=False)}
    places: list[Place] = [found.get(n, Gap()) for n in range(len(source.places))]
    held = {(place.axis, place.bit) for place in found.values()}
    digits = [digit for axis in range(len(shape)) for digit in _digits(axis, shape[axis], held)]
    return Layout(shape, tuple(places), tuple(digits))


def _digits(axis: int, size: int, held: set[LabelBit]) -> Iterator[Digit]:
    """Digits for the bits of an axis that have no place in the slots, high ones first."""
    missing = [bit for bit in range(width(size)) if (axis, bit) not in held]
    groups = np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1) if missing else []
    for group in reversed(groups):
        low, top = int(group[0]), int(group[-1]) + 1
        yield Digit(axis, low, -(-size >> low) if top == width(size) else 1 << (top - low))


def _homes(map: LinearMap, source: Layout) -> tuple[dict[LabelBit, int], set[LabelBit]]:
    """The slot bit that a bit of the result is read from, where that is one, and the bits
    that are read from the ciphertext number alone."""
    read, spots = map.read.reshape(map.shape), addresses(source)
    homes: dict[LabelBit, int] = {}
    apart: set[LabelBit] = set()
    for axis, label in enumerate(map.result):
        if label not in map.view or prod(map.shape) == 0:
            continue
        line = _line(read, map.view.index(label))
        places = np.where(line >= 0, spots[line], -1)
        for bit in range(width(map.sizes[label])):
            number, slot = divmod(_step(places, bit), source.slots)
            position = slot.bit_length() - 1
            if slot == 0 and number > 0:
                apart.add((axis, bit))
            elif slot > 0 and number == 0 and position not in homes.values():
                homes[axis, bit] = position
    return homes, apart


def _line(read: Array, axis: int) -> Array:
    """What is read along an axis, through the middle of the others."""
    middle = tuple(
        slice(None) if number == axis else size // 2 for number, size in enumerate(read.shape)
    )
    return read[middle]


def _step(places: Array, bit: int) -> int:
    """What setting a bit of the index mostly adds to the address; 0 where nothing is known."""
    start = np.arange(len(places) - (1 << bit))
    start = start[(start >> bit) & 1 == 0]
    here, there = places[start], places[start + (1 << bit)]
    valid = (here >= 0) & (there >= 0)
    if not valid.any():
        return 0
    steps, counts = np.unique(there[valid] - here[valid], return_counts=True)
    return int(steps[counts.argmax()])
