"""Linear maps of tensors as slot vectors: which rotations meet which coefficients.

A map `out[result] = sum of W[weights] * x[view]`, the source in one layout and the target
in another, is `sum over r of P_r * rotate(x, r)` for every pair of ciphertexts: `P_r` holds
the coefficients that join slot `s + r` of the source to slot `s` of the target. These are
the diagonals of Halevi and Shoup ("Algorithms in HElib", 2014) when a matrix meets a
vector, and the taps when an image is convolved.

Where the source has copies, a slot may be read from any of them; where the target has bits
for partial sums (`folds`), a term may be added up at any of them, and they are summed
afterwards ("hybrid": Juvekar, Vaikuntanathan and Chandrakasan, "Gazelle", 2018). Both
freedoms are used to make bits of the rotation zero, so that fewer are different.

>>> from einlang_fhe.layout import Bit, Copy, Gap, arrange
>>> square = LinearMap((4, 4), view=(1,), weights=(0, 1), result=(0,))
>>> x = Layout((4,), (Copy(), Bit(0, 0), Bit(0, 1)))
>>> Diagonals(square, x, arrange((4,), (0,), 8)).moves.tolist()
[[0, 0, 0], [0, 0, 2], [0, 0, 4], [0, 0, 6]]
>>> halves = Diagonals(square, x, Layout((4,), (Bit(0, 0), Bit(0, 1), Gap())), folds=(2,))
>>> halves.moves.tolist()
[[0, 0, 0], [0, 0, 2]]
>>> halves.vector((0, 0, 2), 0, np.arange(16.0))
array([ 1.,  5., 10., 14.,  3.,  7.,  8., 12.])
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import Any

import numpy as np

from einlang_fhe.addresses import address_parts, addresses, outer_sum
from einlang_fhe.layout import Copy, Layout

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...]

MANY = 1 << 18
"""More differences than so many are found by a Fourier transform."""
LARGE = 1 << 24
"""Among more numbers than so many those that occur are found by sorting."""


@dataclass(frozen=True)
class LinearMap:
    """`out[result] = sum of W[weights] * x'[view]`, labels as in `dataflow.Contract`.

    `sizes`: of every label. `weights` are labels of the view or of the result; None: all
    coefficients are 1. `x'` is the tensor x
    seen through `origin`: the element of x behind each element of x' (64-bit integers, -1
    for zero); None where they are the same. `paired`: the coefficients are complex, and the
    tensor W holds all real parts before all imaginary ones.
    """

    sizes: tuple[int, ...]
    view: Axes
    weights: Axes | None
    result: Axes
    origin: bytes | None = None
    paired: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what is read."""
        return tuple(self.sizes[label] for label in self.view)

    @property
    def new(self) -> Axes:
        """The labels of the result that only the coefficients have."""
        return tuple(label for label in self.result if label not in self.view)

    @cached_property
    def read(self) -> Array:
        """The element of x behind each element that is read."""
        if self.origin is None:
            return np.arange(prod(self.shape))
        return np.frombuffer(self.origin, dtype=np.int64)

    @cached_property
    def strides(self) -> dict[int, int]:
        """What counting a label up adds to the number of a coefficient."""
        found, stride = {}, 1
        for label in reversed(self.weights or ()):
            found[label] = stride
            stride *= self.sizes[label]
        return found

    @cached_property
    def _hash(self) -> int:
        return hash((self.sizes, self.view, self.weights, self.result, self.origin, self.paired))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Run:
    """Neighbouring bits of a rotation that are made zero: by the choice of a copy in the
    source, or (`folded`) of a partial sum in the target."""

    low: int
    bits: int
    folded: bool

    def field(self, distance: Array) -> Array:
        """The bits of the run, where they stand."""
        return distance & (((1 << self.bits) - 1) << self.low)

    def zeroed(self, distance: Array) -> Array:
        """The distance with the run made zero."""
        field = self.field(distance)
        if self.folded:
            return distance - field
        return distance + (-field & (((1 << self.bits) - 1) << self.low))

    @property
    def offsets(self) -> Array:
        """What the run may have taken off a distance."""
        taken = np.arange(1 << self.bits) << self.low
        return taken if self.folded else -taken


@dataclass(frozen=True)
class Diagonals:
    """A linear map between layouts. `folds`: slot bits of the target for partial sums.

    The target has no rolls along labels that only the coefficients have.
    """

    map: LinearMap
    source: Layout
    target: Layout
    folds: tuple[int, ...] = ()

    @cached_property
    def _hash(self) -> int:
        return hash((self.map, self.source, self.target, self.folds))

    def __hash__(self) -> int:
        return self._hash

    @property
    def slots(self) -> int:
        """The number of slots of a ciphertext."""
        return self.source.slots

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The bits of rotations that are made zero, lowest first."""
        found: list[Run] = []
        for position, place in enumerate(self.source.places):
            folded = position in self.folds
            if not folded and not isinstance(place, Copy):
                continue
            last = found[-1] if found else None
            if last and last.folded == folded and last.low + last.bits == position:
                found[-1] = Run(last.low, last.bits + 1, folded)
            else:
                found.append(Run(position, 1, folded))
        return tuple(found)

    @cached_property
    def near(self) -> Near:
        """What is read, and where it is added up as far as that decides."""
        return near(self.map, self.source, self.target)

    @cached_property
    def far(self) -> tuple[Array, Array]:
        """For every setting of the other labels of the result, and for every copy in the
        target: `ciphertext * slots + slot`, and the number of the coefficient."""
        labels, parts = self.map.new, address_parts(self.target)
        steps = [np.arange(self.map.sizes[n]) * self.map.strides.get(n, 0) for n in labels]
        copies = [1 << n for n, place in enumerate(self.target.places) if isinstance(place, Copy)]
        spots = [parts[self.map.result.index(n)] for n in labels]
        spots += [np.array([0, step]) for step in copies]
        return outer_sum(spots), outer_sum([*steps, *(np.zeros(2, dtype=int) for _ in copies)])

    @cached_property
    def moves(self) -> Array:
        """The rows (ciphertext of the target, of the source, rotation) that are not empty."""
        slots, number = self.slots, self.target.count
        codes = [
            (target * self.source.count + source) * slots + self.settled(distances)[0]
            for target, source, distances in self._differences()
        ]
        distinct = np.unique(np.concatenate(codes)) if codes else np.zeros(0, dtype=int)
        pairs, distances = distinct // slots, distinct % slots
        assert not len(pairs) or pairs[-1] < number * self.source.count
        columns = [pairs // self.source.count, pairs % self.source.count, distances]
        return np.stack(columns, axis=1)

    def settled(self, distances: Array) -> tuple[Array, Array]:
        """Rotations after the choice of copies and partial sums, and the partial sums chosen."""
        taken = np.zeros_like(distances)
        for run in self.runs:
            taken += run.field(distances) * run.folded
            distances = run.zeroed(distances)
        return distances % self.slots, taken

    def _differences(self) -> Iterator[tuple[int, int, Array]]:
        """Per pair of ciphertexts the rotations before that choice."""
        return iter(_differences(self.map, self.source, self.target))

    @cached_property
    def partial(self) -> Array:
        """Which settings of the bits for partial sums are used, as parts of slot numbers."""
        found: list[Array] = [np.zeros(1, dtype=np.int64)]
        for _, _, distances in self._differences():
            found.append(self.settled(distances)[1])
        return np.unique(np.concatenate(found))

    def terms(self, move: tuple[int, int, int]) -> tuple[Array, Array]:
        """The slots of the target that a move adds to, and the coefficient for each."""
        target, source, distance = move
        slots, near = self.slots, self.near
        spots, weights = self.far
        found: list[tuple[Array, Array]] = []
        for number in distinct(spots // slots, self.target.count).tolist():
            lookup = near.lookup.get((source, target - number))
            if lookup is None:
                continue
            here = np.flatnonzero(spots // slots == number)
            row, taken, met = self._met(lookup, spots[here], distance)
            elements, which = near.members(lookup[met])
            row = here[row[which]]
            slot = near.slot[elements] + spots[row] % slots + taken[which]
            found.append((slot % slots, near.weight[elements] + weights[row]))
        if not found:
            return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
        slot, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return slot, weight

    def _met(self, lookup: Array, spots: Array, distance: int) -> tuple[Array, Array, Array]:
        """Which of the places meet which rotations of a lookup at a distance, and by which
        partial sum: looking from what is there, or from what the choices may have taken off,
        whichever is less."""
        there = np.flatnonzero(lookup >= 0)
        if len(there) <= prod(1 << run.bits for run in self.runs):
            turned, taken = self.settled(there - spots[:, None])
            row, column = np.nonzero(turned == distance)
            return row, taken[row, column], there[column]
        offsets = outer_sum([run.offsets for run in self.runs])
        kept = outer_sum([run.offsets * run.folded for run in self.runs])
        wanted = (distance + spots[:, None] + offsets) % self.slots
        row, column = np.nonzero(lookup[wanted] >= 0)
        return row, kept[column], wanted[row, column]

    def vector(self, move: tuple[int, int, int], shift: int, weights: Array | None) -> Array:
        """The plaintext of a move, rotated by `shift` to the right."""
        slot, weight = self.terms(move)
        slot = (slot + shift) % self.slots

        def placed(values: Array | None) -> Array:
            return np.bincount(slot, values, minlength=self.slots).astype(np.float64)

        if weights is None:
            return placed(None)
        if not self.map.paired:
            return placed(np.asarray(weights).ravel()[weight])
        real, imaginary = np.asarray(weights).reshape(2, -1)[:, weight]
        return placed(real) + 1j * placed(imaginary)


@dataclass(frozen=True)
class Near:
    """The elements that are read, in groups of one rotation.

    `lookup[source, target]` says for every distance which group has it, or -1; group `g`
    holds `order[starts[g]:starts[g + 1]]`. `slot` and `weight`: what an element adds to the
    slot of the target and to the number of the coefficient.
    """

    slot: Array
    weight: Array
    order: Array
    starts: Array
    lookup: dict[tuple[int, int], Array]

    def members(self, groups: Array) -> tuple[Array, Array]:
        """The elements of groups one after another, and which group of the list each is of."""
        counts = self.starts[groups + 1] - self.starts[groups]
        which = np.repeat(np.arange(len(groups)), counts)
        first = np.cumsum(counts) - counts
        place = np.arange(len(which)) - first[which] + self.starts[groups][which]
        return self.order[place], which


@lru_cache(maxsize=64)
def near(map: LinearMap, source: Layout, target: Layout) -> Near:
    """The elements of a map that are read, grouped."""
    slots = source.slots
    held, distances, numbers, spots = _read(map, source, target)
    codes = numbers * slots + distances
    order = np.argsort(codes, kind="stable")
    distinct, starts = np.unique(codes[order], return_index=True)
    lookup: dict[tuple[int, int], Array] = {}
    for group, code in enumerate(distinct.tolist()):
        pair, distance = divmod(code, slots)
        key = (pair // target.count, pair % target.count)
        lookup.setdefault(key, np.full(slots, -1, dtype=np.int64))[distance] = group
    steps = [np.arange(map.sizes[label]) * map.strides.get(label, 0) for label in map.view]
    weight = outer_sum(steps)[held]
    ends: Array = np.array([*starts.tolist(), len(order)])
    return Near(spots % slots, weight, order, ends, lookup)


def _read(map: LinearMap, source: Layout, target: Layout) -> tuple[Array, Array, Array, Array]:
    """The elements that are read and not zero, and for each the rotation to its place,
    `source * targets + target` as numbers of ciphertexts, and its place in the target."""
    slots, read = source.slots, map.read
    held = np.flatnonzero(read >= 0)
    address = addresses(source)[read[held]]
    place = _places(map, target)[held]
    distance = (address - place) % slots
    return held, distance, address // slots * target.count + place // slots, place


def _places(map: LinearMap, target: Layout) -> Array:
    """`ciphertext * slots + slot` of what each element that is read is added to, as far as
    the labels of the view decide."""
    if target.rolls:
        return _rolled_places(map, target)
    parts = address_parts(target)
    found = [
        parts[map.result.index(label)] if label in map.result else np.zeros(size, dtype=np.int64)
        for label, size in zip(map.view, map.shape, strict=True)
    ]
    return outer_sum(found)


def _rolled_places(map: LinearMap, target: Layout) -> Array:
    """The same for a layout with rolls, where the other labels are 0."""
    grid = addresses(target).reshape(target.shape)
    index = tuple(slice(None) if label in map.view else 0 for label in map.result)
    kept = [label for label in map.result if label in map.view]
    order = [kept.index(label) for label in map.view if label in kept]
    shape = [map.sizes[label] if label in kept else 1 for label in map.view]
    return np.broadcast_to(grid[index].transpose(order).reshape(shape), map.shape).ravel()


@lru_cache(maxsize=64)
def _differences(
    map: LinearMap, source: Layout, target: Layout
) -> tuple[tuple[int, int, Array], ...]:
    """(target, source, rotations before copies are chosen) for every pair of ciphertexts."""
    slots = source.slots
    _, distances, numbers, _ = _read(map, source, target)
    codes = distinct(numbers * slots + distances, source.count * target.count * slots)
    pairs, starts = np.unique(codes // slots, return_index=True)
    spots = np.unique(Diagonals(map, source, target).far[0])
    found: dict[tuple[int, int], list[Array]] = {}
    for pair, here in zip(pairs.tolist(), np.split(codes % slots, starts[1:]), strict=False):
        origin, part = divmod(pair, target.count)
        for further in np.unique(spots // slots).tolist():
            there = spots[spots // slots == further] % slots
            found.setdefault((part + further, origin), []).append(subtracted(here, there, slots))
    return tuple(
        (number, origin, np.unique(np.concatenate(parts)))
        for (number, origin), parts in sorted(found.items())
    )


def distinct(values: Array, bound: int) -> Array:
    """The numbers from 0 to `bound - 1` that occur."""
    if bound > LARGE:
        return np.unique(values)
    seen = np.zeros(bound, dtype=bool)
    seen[values] = True
    return np.flatnonzero(seen)


def subtracted(left: Array, right: Array, slots: int) -> Array:
    """The differences of two sets of numbers modulo `slots`.

    >>> subtracted(np.array([0, 1]), np.array([0, 3]), 8).tolist()
    [0, 1, 5, 6]
    """
    if len(left) * len(right) <= MANY:
        return distinct((left[:, None] - right).ravel() % slots, slots)
    one, other = np.zeros((2, slots))
    one[left] = other[right] = 1.0
    met = np.fft.irfft(np.fft.rfft(one) * np.fft.rfft(other).conj(), slots)
    return np.flatnonzero(met > 0.5)
