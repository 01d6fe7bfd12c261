"""The plaintext operands of a slot program: what each holds, said before it is known.

>>> table = Plaintexts()
>>> table.mask(np.array([1.0, 0.0])), table.mask(np.array([0.0, 1.0])), len(table.entries)
(0, 1, 2)
>>> table.mask(np.array([1.0, 0.0]))
0
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Union

import numpy as np

from einlang_fhe.layout import Layout

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Mask:
    """A vector that is known when compiling."""

    data: bytes

    @property
    def vector(self) -> Array:
        """One number per slot."""
        return np.frombuffer(self.data, dtype=np.float64)


@dataclass(frozen=True)
class Packed:
    """Ciphertext number `number` of a plain tensor under a layout, times `factor`.

    `value` is the number of the tensor in the dataflow.
    """

    value: int
    layout: Layout
    number: int
    factor: float


Entry = Union[Mask, Packed]


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
