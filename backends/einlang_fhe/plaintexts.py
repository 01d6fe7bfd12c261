"""The plaintext operands of a slot program: what each holds, said before it is known.

>>> table = Plaintexts()
>>> table.mask(np.array([1.0, 0.0])), table.mask(np.array([0.0, 1.0])), len(table.entries)
(0, 1, 2)
>>> table.mask(np.array([1.0, 0.0]))
0
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Union

import numpy as np

from einlang_fhe.diagonals import Diagonals
from einlang_fhe.layout import Layout, pack_one

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Mask:
    """A vector that is known when compiling."""

    data: bytes

    @property
    def vector(self) -> Array:
        """One number per slot."""
        return np.frombuffer(self.data, dtype=np.float64)

    @property
    def reads(self) -> int | None:
        """The tensor it is made of: none."""
        return None

    def row(self, tensors: Mapping[int, Array]) -> Array:
        """One number per slot."""
        return self.vector

    def times(self, factor: float) -> Mask:
        """The same, multiplied by a number."""
        return Mask((self.vector * factor).tobytes())


@dataclass(frozen=True)
class Packed:
    """Ciphertext number `number` of a plain tensor under a layout, times `factor`.

    `value` is the number of the tensor in the dataflow.
    """

    value: int
    layout: Layout
    number: int
    factor: float

    @property
    def reads(self) -> int | None:
        """The tensor it is made of."""
        return self.value

    def row(self, tensors: Mapping[int, Array]) -> Array:
        """One number per slot."""
        return pack_one(tensors[self.value], self.layout, self.number) * self.factor

    def times(self, factor: float) -> Packed:
        """The same, multiplied by a number."""
        return replace(self, factor=self.factor * factor)


@dataclass(frozen=True)
class Diagonal:
    """The coefficients of a linear map that go with one of its moves, `shift` slots further.

    They are elements of a plain tensor, or all 1 (`value` None), times `factor`.
    """

    value: int | None
    diagonals: Diagonals
    move: tuple[int, int, int]
    shift: int
    factor: float = 1.0

    @property
    def reads(self) -> int | None:
        """The tensor it is made of, if any."""
        return self.value

    def row(self, tensors: Mapping[int, Array]) -> Array:
        """One number per slot."""
        weights = None if self.value is None else tensors[self.value]
        return self.diagonals.vector(self.move, self.shift, weights) * self.factor

    def times(self, factor: float) -> Diagonal:
        """The same, multiplied by a number."""
        return replace(self, factor=self.factor * factor)


Entry = Union[Mask, Packed, Diagonal]
"""Every entry has `reads`, `row(tensors)`, the tensors by their numbers, and `times(factor)`."""


@dataclass
class Plaintexts:
    """Entries by number; equal entries share one."""

    entries: list[Entry] = field(default_factory=list)
    known: dict[Hashable, int] = field(default_factory=dict)

    def mask(self, vector: Array) -> int:
        """The number of a vector known now."""
        return self._number(Mask(np.ascontiguousarray(vector, dtype=np.float64).tobytes()))

    def packed(self, value: int, layout: Layout, number: int, factor: float = 1.0) -> int:
        """The number of a part of a plain tensor."""
        return self._number(Packed(value, layout, number, factor))

    def diagonal(
        self, value: int | None, diagonals: Diagonals, move: tuple[int, int, int], shift: int
    ) -> int:
        """The number of the coefficients of a move."""
        return self._number(Diagonal(value, diagonals, move, shift))

    def _number(self, entry: Entry) -> int:
        if entry not in self.known:
            self.known[entry] = len(self.entries)
            self.entries.append(entry)
        return self.known[entry]

    def undo(self, count: int) -> None:
        """Forgets all but the first entries."""
        for entry in self.entries[count:]:
            del self.known[entry]
        del self.entries[count:]
