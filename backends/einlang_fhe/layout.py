"""A layout says where every element of a tensor sits: in which ciphertext, in which slots.

The size of every axis is padded to a power of two, so that an index is a string of bits.
Every bit has one place: it is a bit of the slot number, or belongs to a digit of the
ciphertext number. The bits of the slot number that no index claims hold copies
(`Copy`), zeros (`Gap`) or anything (`Gap(junk=True)`). Compare the bit-level layouts of
Fhelipe (Krastev et al., PLDI 2024) and the rolls of Rotom (2025).

The law: `unpack(pack(x, L), L) == x` for every layout.

>>> layout = Layout((2, 3), places=(Bit(1, 0), Bit(0, 0), Copy()), digits=(Digit(1, 1, 2),))
>>> layout
(2, 3) in 2 ciphertexts of 8 slots: * a0 b0 | b>>1
>>> x = np.arange(6.0).reshape(2, 3)
>>> pack(x, layout)
array([[0., 1., 3., 4., 0., 1., 3., 4.],
       [2., 0., 5., 0., 2., 0., 5., 0.]])
>>> bool((unpack(pack(x, layout), layout) == x).all())
True
>>> pack(np.arange(4.0), Layout((4,), (Bit(0, 1),), part=Bit(0, 0)))
array([[0.+1.j, 2.+3.j]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any, Union

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Bit:
    """A bit of an index: bit 0 is the one that counts singly."""

    axis: int
    bit: int


@dataclass(frozen=True)
class Copy:
    """The same values for both settings of this bit of the slot number."""


@dataclass(frozen=True)
class Gap:
    """Values where this bit of the slot number is 0; where it is 1, zeros (or junk)."""

    junk: bool = False


Place = Union[Bit, Copy, Gap]


@dataclass(frozen=True)
class Digit:
    """A digit of the ciphertext number, from 0 to `extent - 1`: it counts `2**low` of its axis."""

    axis: int
    low: int
    extent: int


@dataclass(frozen=True)
class Roll:
    """Index `axis` is stored at `(axis + by) mod size`: diagonals become rows."""

    axis: int
    by: int


def width(size: int) -> int:
    """How many bits an index of that size has.

    >>> [width(n) for n in (1, 2, 3, 4, 5)]
    [0, 1, 2, 2, 3]
    """
    return (size - 1).bit_length()


@dataclass(frozen=True)
class Layout:
    """Where the elements of a tensor of `shape` sit.

    `places`: what each bit of the slot number is, lowest first. `digits`: the ciphertext
    number, its first digit counting most. `dirty`: axes whose padding (positions from the
    size up to the power of two) may hold anything instead of zeros.

    Slots are complex numbers: `part` is the index bit that is 0 in the real part and 1 in
    the imaginary part, which is stored negated if `conjugate`. It is the lowest bit of an
    axis of even size. Without it, `imaginary` says that the imaginary parts may hold
    anything instead of zeros, and that nobody reads them.
    """

    shape: tuple[int, ...]
    places: tuple[Place, ...]
    digits: tuple[Digit, ...] = ()
    rolls: tuple[Roll, ...] = ()
    dirty: frozenset[int] = frozenset()
    part: Bit | None = None
    conjugate: bool = False
    imaginary: bool = False

    def __post_init__(self) -> None:
        if self.part is not None and (self.part.bit or self.shape[self.part.axis] % 2):
            raise ValueError(f"{self.part} of shape {self.shape} cannot be the complex part")
        padded = {axis for axis in self.dirty if self.shape[axis] & (self.shape[axis] - 1)}
        object.__setattr__(self, "dirty", frozenset(padded))
        seen: set[tuple[int, int]] = set()
        for axis, bit in self._bits():
            if (axis, bit) in seen:
                raise ValueError(f"bit {bit} of axis {axis} has two places")
            seen.add((axis, bit))
        for axis, size in enumerate(self.shape):
            missing = [bit for bit in range(width(size)) if (axis, bit) not in seen]
            if missing:
                raise ValueError(f"bits {missing} of axis {axis} have no place")

    def _bits(self) -> list[tuple[int, int]]:
        slots = [(place.axis, place.bit) for place in self.places if isinstance(place, Bit)]
        numbers = [
            (digit.axis, digit.low + bit)
            for digit in self.digits
            for bit in range(width(digit.extent))
        ]
        return slots + numbers + ([(self.part.axis, self.part.bit)] if self.part else [])

    def __repr__(self) -> str:
        names = "abcdefghijklmnopqrstuvwxyz"
        words = []
        for place in reversed(self.places):
            if isinstance(place, Bit):
                words.append(f"{names[place.axis % 26]}{place.bit}")
            elif isinstance(place, Copy):
                words.append("*")
            else:
                words.append("?" if place.junk else ".")
        numbers = [f"{names[digit.axis % 26]}>>{digit.low}" for digit in self.digits]
        rolls = [f"{names[roll.axis % 26]}+={names[roll.by % 26]}" for roll in self.rolls]
        kind = "ciphertext" if self.count == 1 else "ciphertexts"
        line = f"{self.shape} in {self.count} {kind} of {self.slots} slots: {' '.join(words)}"
        line += f" | {' '.join(numbers)}" if numbers else ""
        if self.part:
            line += f" {'-' if self.conjugate else '+'} i {names[self.part.axis % 26]}0"
        return line + (f" rolled {' '.join(rolls)}" if rolls else "")

    def _repr_html_(self) -> str:
        from einlang_fhe.drawing.markup import html

        return html(self)

    def _repr_svg_(self) -> str:
        from einlang_fhe.drawing.markup import svg

        return svg(self)

    @property
    def slots(self) -> int:
        """The number of slots of a ciphertext."""
        return 1 << len(self.places)

    @property
    def count(self) -> int:
        """The number of ciphertexts."""
        return prod(digit.extent for digit in self.digits)

    @property
    def clean(self) -> bool:
        """Whether all that is not an element or a copy of one is zero."""
        junk = any(isinstance(place, Gap) and place.junk for place in self.places)
        return not junk and not self.dirty

    @property
    def full(self) -> bool:
        """Whether every slot of every ciphertext holds an element."""
        return all(bool((self.table(number) >= 0).all()) for number in range(self.count))

    @property
    def complex(self) -> bool:
        """Whether the imaginary parts hold anything."""
        return self.imaginary or self.part is not None

    def values(self, number: int) -> tuple[int, ...]:
        """The digits of a ciphertext number.

        >>> Layout((3, 5), (), (Digit(0, 0, 3), Digit(1, 0, 5))).values(7)
        (1, 2)
        """
        values: list[int] = []
        for digit in reversed(self.digits):
            number, value = divmod(number, digit.extent)
            values.append(value)
        return tuple(reversed(values))

    def number(self, values: Sequence[int]) -> int:
        """The ciphertext number with these digits."""
        number = 0
        for digit, value in zip(self.digits, values, strict=True):
            number = number * digit.extent + value
        return number

    @cached_property
    def _slot_parts(self) -> tuple[list[Array], Array]:
        """What the slot number adds to each axis, and where no gap is."""
        slot = np.arange(self.slots)
        parts = [np.zeros(self.slots, dtype=np.int64) for _ in self.shape]
        held = np.ones(self.slots, dtype=bool)
        for position, place in enumerate(self.places):
            bit = (slot >> position) & 1
            if isinstance(place, Bit):
                parts[place.axis] += bit << place.bit
            elif isinstance(place, Gap):
                held &= bit == 0
        return parts, held

    @cached_property
    def _strides(self) -> tuple[int, ...]:
        """How far apart neighbours along each axis are, counted row by row."""
        return tuple(prod(self.shape[axis + 1 :]) for axis in range(len(self.shape)))

    @cached_property
    def _slot_elements(self) -> tuple[Array, tuple[int, ...]]:
        """What the slot number adds to the element, and at most to each axis."""
        parts, _ = self._slot_parts
        elements = np.zeros(self.slots, dtype=np.int64)
        for part, stride in zip(parts, self._strides, strict=True):
            elements += part * stride
        return elements, tuple(int(part.max()) for part in parts)

    def table(self, number: int, imaginary: bool = False) -> Array:
        """For each slot of a ciphertext the element it holds, counted row by row, or -1.

        The one in its real part, or in its imaginary part.
        """
        parts, valid = self._slot_parts
        elements, most = self._slot_elements
        starts = [0] * len(self.shape)
        if imaginary and self.part is not None:
            starts[self.part.axis] += 1
        for digit, value in zip(self.digits, self.values(number), strict=True):
            starts[digit.axis] += value << digit.low
        for axis, size in enumerate(self.shape):
            if starts[axis] + most[axis] >= size:
                valid = valid & (parts[axis] < size - starts[axis])
        if self.rolls:
            elements = self._rolled([p + start for p, start in zip(parts, starts, strict=True)])
        else:
            first = sum(start * by for start, by in zip(starts, self._strides, strict=True))
            elements = elements + first
        return np.where(valid, elements, -1)

    def _rolled(self, stored: list[Array]) -> Array:
        """The elements at these positions of each axis."""
        for roll in reversed(self.rolls):
            size = self.shape[roll.axis]
            stored[roll.axis] = (stored[roll.axis] - stored[roll.by]) % size
        return np.ravel_multi_index(stored, self.shape, mode="wrap")

    def project(self, axes: Sequence[int]) -> Layout:
        """The layout of a tensor with only these axes, copied along all the others."""
        order = {axis: position for position, axis in enumerate(axes)}
        places = tuple(_project(place, order) for place in self.places)
        digits = tuple(
            replace(digit, axis=order[digit.axis]) for digit in self.digits if digit.axis in order
        )
        dirty = frozenset(order[axis] for axis in self.dirty if axis in order)
        part = _project(self.part, order) if self.part else None
        return Layout(
            tuple(self.shape[axis] for axis in axes),
            places,
            digits,
            dirty=dirty,
            part=part if isinstance(part, Bit) else None,
            conjugate=self.conjugate and isinstance(part, Bit),
        )

    def projected(self, number: int, axes: Sequence[int]) -> int:
        """Which ciphertext of `project(axes)` meets a ciphertext of this layout."""
        chosen = set(axes)
        result = 0
        for digit, value in zip(self.digits, self.values(number), strict=True):
            if digit.axis in chosen:
                result = result * digit.extent + value
        return result


def _project(place: Place, order: dict[int, int]) -> Place:
    if not isinstance(place, Bit):
        return place
    return Bit(order[place.axis], place.bit) if place.axis in order else Copy()


def pack(tensor: Array, layout: Layout) -> Array:
    """The slot vectors of a tensor, one row per ciphertext; zeros where no element is."""
    return np.stack([pack_one(tensor, layout, number) for number in range(layout.count)])


def pack_one(tensor: Array, layout: Layout, number: int) -> Array:
    """The slot vector of one ciphertext: complex where the layout has a `part`."""
    row = _picked(tensor, layout.table(number))
    if layout.part is None:
        return row
    imaginary = _picked(tensor, layout.table(number, imaginary=True))
    return row + (-1j if layout.conjugate else 1j) * imaginary


def _picked(tensor: Array, table: Array) -> Array:
    """The elements in a table, zeros where there are none."""
    row = np.asarray(tensor, dtype=np.float64).ravel()[table]
    row[table < 0] = 0.0
    return row


def unpack(vectors: Array, layout: Layout) -> Array:
    """The tensor in the slot vectors (rows: ciphertexts); axes between these two stay in front.

    >>> layout = arrange((4,), first=(0,), slots=4)
    >>> unpack(np.arange(8.0).reshape(1, 2, 4), layout)
    array([[0., 1., 2., 3.],
           [4., 5., 6., 7.]])
    """
    front = np.shape(vectors)[1:-1]
    flat = np.zeros((*front, prod(layout.shape)))
    for number in range(layout.count):
        table = layout.table(number)
        held = table >= 0
        row = np.asarray(vectors[number], dtype=np.complex128)[..., held]
        flat[..., table[held]] = row.real
        if layout.part is not None:
            signed = -row.imag if layout.conjugate else row.imag
            flat[..., layout.table(number, imaginary=True)[held]] = signed
    return flat.reshape((*front, *layout.shape))


def arrange(shape: Sequence[int], first: Sequence[int], slots: int) -> Layout:
    """A layout that fills the slots with the axes in the order `first`, lowest bits first.

    What does not fit goes to the ciphertext number: whole axes and high bits of the last
    ones in the order. Slots that are left hold copies.

    >>> arrange((4, 4), first=(1, 0), slots=8)
    (4, 4) in 2 ciphertexts of 8 slots: a0 b1 b0 | a>>1
    >>> arrange((3,), first=(0,), slots=8)
    (3,) in 1 ciphertext of 8 slots: * a1 a0
    """
    room = slots.bit_length() - 1
    places: list[Place] = []
    digits: list[Digit] = []
    for axis in first:
        bits = min(width(shape[axis]), room - len(places))
        places += [Bit(axis, bit) for bit in range(bits)]
        if bits < width(shape[axis]):
            digits.append(Digit(axis, bits, -(-shape[axis] // (1 << bits))))
    places += [Copy()] * (room - len(places))
    return Layout(tuple(shape), tuple(places), tuple(reversed(digits)))
