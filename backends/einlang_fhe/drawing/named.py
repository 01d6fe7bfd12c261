"""A layout with names, and its bits in groups that mean one thing.

>>> from einlang_fhe.layout import arrange
>>> rows = Named.of(arrange((3, 4), first=(1, 0), slots=32), "A", ("i", "k"))
>>> rows.title, rows.room
('A[i, k]', '1 ciphertext of 32 slots')
>>> for group in rows.groups:
...     print(rows.meaning(group))
copies
i, 3 of 4
k, 4 values
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from einlang_fhe.layout import Bit, Copy, Layout, Place, width

Kind = Literal["index", "copy", "zero", "junk"]
Known = tuple[int, int]
"""Bits of an index that are known, as a mask, and what they are."""
MARK: dict[Kind, str] = {"copy": "*", "zero": ".", "junk": "?"}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Group:
    """Neighbouring bits of the slot number, the lowest at `position`.

    Of an index they are its bits from `low` on.
    """

    kind: Kind
    position: int
    count: int
    axis: int = -1
    low: int = 0

    @property
    def step(self) -> int:
        """How far the next value of the group is away, in slots."""
        return 1 << self.position


@dataclass(frozen=True)
class Named:
    """A layout, the name of its tensor and those of its axes."""

    layout: Layout
    name: str
    axes: tuple[str, ...]

    @staticmethod
    def of(layout: Layout, name: str = "", axes: tuple[str, ...] = ()) -> Named:
        """With a letter for every axis that has no name, or that of another."""
        return Named(layout, name, spelled(axes, len(layout.shape)))

    @property
    def title(self) -> str:
        """The tensor as a program writes it."""
        return f"{self.name}[{', '.join(self.axes)}]" if self.axes else self.name

    @property
    def shape(self) -> str:
        """The sizes of its axes."""
        return " × ".join(map(str, self.layout.shape)) or "one number"

    @property
    def room(self) -> str:
        """How many ciphertexts it takes."""
        count = self.layout.count
        word = "ciphertext" if count == 1 else "ciphertexts"
        return f"{count:,} {word} of {self.layout.slots:,} slots"

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The bits of the slot number in groups, the highest first."""
        found: list[Group] = []
        for position, place in enumerate(self.layout.places):
            new = _single(place, position)
            if found and _continues(found[-1], new):
                last = found.pop()
                new = Group(last.kind, last.position, last.count + 1, last.axis, last.low)
            found.append(new)
        return tuple(reversed(found))

    @property
    def line(self) -> str:
        """Its bits in one line, the highest first, those of the ciphertext number before a bar.

        >>> from einlang_fhe.layout import arrange
        >>> Named.of(arrange((3, 4), (1, 0), slots=32), "A", ("i", "k")).line
        '*2 i k'
        >>> Named.of(arrange((100, 200), (1, 0), slots=4096), "A", ("i", "k")).line
        'i>>4 | i[3:0] k'
        """
        digits = [
            f"{self._index(d.axis)}{f'>>{d.low}' if d.low else ''}" for d in self.layout.digits
        ]
        words = " ".join(map(self._word, self.groups))
        end = f", {self.sides} {self._index(self.part)}[0]" if self.part >= 0 else ""
        end = ", im ?" if self.layout.imaginary else end
        return f"{' '.join(digits)} | {words}{end}" if digits else f"{words}{end}"

    @property
    def part(self) -> int:
        """The axis whose lowest bit says real or imaginary, -1 where slots are real."""
        return self.layout.part.axis if self.layout.part else -1

    @property
    def sides(self) -> str:
        """What the two values of that bit are."""
        return "re/-im" if self.layout.conjugate else "re/im"

    def _word(self, group: Group) -> str:
        if group.kind != "index":
            return f"{MARK[group.kind]}{1 << group.count}"
        whole = group.count == width(self.layout.shape[group.axis])
        high = group.low + group.count - 1
        bits = f"[{high}:{group.low}]" if group.count > 1 else f"[{high}]"
        return f"{self._index(group.axis)}{'' if whole else bits}"

    def _index(self, axis: int) -> str:
        rolled = self.rolled(axis)
        return f"({self.axes[axis]}{rolled})" if rolled else self.axes[axis]

    def rolled(self, axis: int) -> str:
        """What an index is rolled by, as ` + j`; nothing where it is not."""
        rolls = (roll for roll in self.layout.rolls if roll.axis == axis)
        return "".join(f" + {self.axes[roll.by]}" for roll in rolls)

    def caption(self, axis: int) -> str:
        """An index and its size, as `i: 4`."""
        return f"{self.axes[axis]}{self.rolled(axis)}: {self.layout.shape[axis]}"

    def meaning(self, group: Group) -> str:
        """What a group stands for, in words."""
        if group.kind != "index":
            return {"copy": "copies", "zero": "zeros", "junk": "not used"}[group.kind]
        words = f"{self.axes[group.axis]}{self.rolled(group.axis)}"
        size = self.layout.shape[group.axis]
        if group.count == width(size):
            whole = 1 << group.count
            return f"{words}, {size} values" if size == whole else f"{words}, {size} of {whole}"
        high = group.low + group.count - 1
        return f"{words}, bits {high}–{group.low}" if group.count > 1 else f"{words}, bit {high}"

    def element(self, flat: int) -> str:
        """The indices of an element that is counted row by row; of the only one, its name."""
        if not self.layout.shape:
            return self.name or "x"
        places: list[int] = []
        for size in reversed(self.layout.shape):
            flat, place = divmod(flat, size)
            places.append(place)
        return ",".join(map(str, reversed(places)))

    def digits(self, number: int) -> str:
        """What a ciphertext number says of the indices: `i = 0, j = 2`, or nothing."""
        known = self.known(number)
        return ", ".join(f"{self.axes[a]}{self.rolled(a)} = {self.span(a, known)}" for a in known)

    def known(self, number: int) -> dict[int, Known]:
        """The bits of indices that a ciphertext number fixes."""
        known: dict[int, Known] = {}
        for digit, value in zip(self.layout.digits, self.layout.values(number), strict=True):
            fix(known, digit.axis, digit.low, width(digit.extent), value)
        return known

    def span(self, axis: int, known: Mapping[int, Known]) -> str:
        """The values that an index can have where some of its bits are known; none: empty."""
        mask, start = known.get(axis, (0, 0))
        size = self.layout.shape[axis]
        free = (1 << width(size)) - 1 & ~mask
        if start >= size or not free:
            return str(start) if start < size else ""
        if free & (free + 1):
            return f"{start}, {start + (free & -free)}, …"
        end = min(start + free, size - 1)
        return f"{start}–{end}" if end > start else str(start)


def spelled(axes: Sequence[str], count: int) -> tuple[str, ...]:
    """A name for every axis, each a different one.

    >>> spelled(("i", "", "i"), 4)
    ('i', 'b', 'c', 'd')
    """
    found: list[str] = []
    for number in range(count):
        given = axes[number] if number < len(axes) else ""
        letters = LETTERS[number % 26 :] + LETTERS
        spare = [letter for letter in letters if letter not in (*found, *axes)]
        found.append(given if given and given not in found else (spare or [f"x{number}"])[0])
    return tuple(found)


def fix(known: dict[int, Known], axis: int, low: int, bits: int, value: int) -> None:
    """Notes that the bits of an index from `low` on have a value.

    >>> known: dict[int, Known] = {}
    >>> fix(known, 0, low=2, bits=3, value=5)
    >>> known
    {0: (28, 20)}
    """
    mask, start = known.get(axis, (0, 0))
    known[axis] = (mask | ((1 << bits) - 1) << low, start | value << low)


def _single(place: Place, position: int) -> Group:
    if isinstance(place, Bit):
        return Group("index", position, 1, place.axis, place.bit)
    if isinstance(place, Copy):
        return Group("copy", position, 1)
    return Group("junk" if place.junk else "zero", position, 1)


def _continues(low: Group, high: Group) -> bool:
    same = low.kind == high.kind and low.axis == high.axis
    return same and (low.kind != "index" or high.low == low.low + low.count)
