"""One tensor in an order of events: which of its wires are new, go through, or end at it.

At a tensor, a wire that nothing was at before goes out; one that is needed again goes through,
as the index of a multiplexer; one that is needed no more comes in and ends. No other direction
makes the norm smaller: a cap costs sqrt(d), which is no less than what stacking d slices costs.

>>> step = Step(np.array([[3.0, 0.0], [0.0, 4.0]]), (1,), (), (0,), False)
>>> step.norm, step.width
(4.0, 2)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from einlang_quantum.lowering.dilation import qubits, singular
from einlang_quantum.lowering.network import bits

Array = Any
LARGEST = 9
"""The qubits of the largest matrix that is written down as one."""


@dataclass(frozen=True, eq=False)
class Step:
    """An array, and its axes by what happens to their wires.

    `bent`: a state is prepared of it and post-selected with what is there, as is done for
    what is too large a matrix as well.
    """

    array: Array
    new: tuple[int, ...]
    through: tuple[int, ...]
    ending: tuple[int, ...]
    bent: bool

    @cached_property
    def blocks(self) -> Array:
        """A matrix from what ends to what is new, for every value of what goes through."""
        order = [*self.through, *self.new, *self.ending]
        sizes = [self._size(axes) for axes in (self.through, self.new, self.ending)]
        return self.array.transpose(order).reshape(sizes)

    def _size(self, axes: tuple[int, ...]) -> int:
        return math.prod(self.array.shape[axis] for axis in axes)

    def bits(self, axes: tuple[int, ...]) -> int:
        """The qubits of some axes."""
        return sum(bits(self.array.shape[axis]) for axis in axes)

    @cached_property
    def bends(self) -> bool:
        """Whether it is a state that is post-selected with what is there."""
        pure = not self.through and not self.ending
        around = self.bits(self.through)
        least = around + max(self.bits(self.new), self.bits(self.ending))
        return not pure and (self.bent or least > LARGEST or around + self.width > LARGEST)

    @cached_property
    def _values(self) -> Array:
        return singular(self.blocks)

    @cached_property
    def width(self) -> int:
        """The qubits of the dilation, those that go through aside."""
        into, out = self.bits(self.ending), self.bits(self.new)
        if not self.through and not (into and out):
            return into + out
        columns = self.blocks.shape[2]
        return max(into, out, qubits(self._values, 1 << out, columns))

    @cached_property
    def norm(self) -> float:
        """What the scale is multiplied with."""
        if not self.bends:
            return float(self._values.max())
        return float(np.linalg.norm(self.array)) * 2 ** (self.bits(self.ending) / 2)

    @property
    def fresh(self) -> int:
        """The qubits that are prepared for it."""
        if self.bends:
            return self.bits(self.new + self.through + self.ending)
        return self.width - self.bits(self.ending)

    @property
    def change(self) -> int:
        """How many more qubits are live after it."""
        return self.bits(self.new) - self.bits(self.ending)
