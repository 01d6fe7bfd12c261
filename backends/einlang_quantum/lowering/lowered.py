"""A circuit that means a tensor, and what it costs to read it.

>>> from einlang_quantum.circuits import Circuit
>>> lowered = Lowered(Circuit.state([3.0, 4.0, 0.0, 0.0]), (3,), "bend", 5.0)
>>> lowered.tensor().real.round(9).tolist(), lowered.scale, lowered.success_probability
([3.0, 4.0, 0.0], 5.0, 1.0)
>>> lowered.qubits, lowered.depth, lowered.gates
(2, 1, 1)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from einlang_quantum.circuits import Circuit, PostSelect, Prepare
from einlang_quantum.lowering.network import bits

Array = Any


@dataclass(frozen=True)
class Lowered:
    """A circuit; the sizes of what comes in, then of what goes out; how it was made; and the
    norm of the tensor: the root of the sum of all squared magnitudes."""

    circuit: Circuit
    shape: tuple[int, ...]
    strategy: str
    norm: float

    @property
    def scale(self) -> complex:
        """What amplitudes are multiplied with."""
        return self.circuit.scale

    @property
    def success_probability(self) -> float:
        """How probably all post-selections succeed; the mean over a basis of what comes in.

        One for a tensor of zeros whose scale says so already.
        """
        incoming = math.prod(self._incoming())
        if not self.circuit.scale:
            return 1.0
        return min(1.0, self.norm**2 / abs(self.circuit.scale) ** 2 / incoming)

    def _incoming(self) -> tuple[int, ...]:
        """The sizes of what comes in."""
        left, count = len(self.circuit.dom), 0
        while left:
            left -= bits(self.shape[count])
            count += 1
        return self.shape[:count]

    @property
    def qubits(self) -> int:
        """How many wires the circuit has."""
        return self.circuit.width

    @property
    def depth(self) -> int:
        """The longest row of operations that wait for one another."""
        return self.circuit.depth

    @property
    def gates(self) -> int:
        """The operations, preparations of zeros and what is found zero aside."""
        plain = (o for o in self.circuit.operations if isinstance(o, Prepare | PostSelect))
        return len(self.circuit.operations) - sum(o.state is None for o in plain)

    def shots_for(self, precision: float, reading: str = "magnitude") -> int:
        """The shots for which the expected error, relative to the norm of the tensor, is this.

        This is `execution.shots_for` of its probability and of all its elements, those of what
        comes in, and of padding, among them: they are read as well. `reading` is `magnitude`,
        `real` or `complex`. Raises `ValueError` where the circuit never succeeds.
        """
        from einlang_quantum.execution.estimates import shots_for

        elements = 1 << len(self.circuit.dom + self.circuit.cod)
        return shots_for(precision, self.success_probability, reading, elements)

    def tensor(self, amplitudes: Array = None, scale: complex | None = None) -> Array:
        """The tensor, from the amplitudes of the circuit (by default from their simulation):
        the qubits of every index put together, what is padded cut off.

        `scale` overrides the circuit's, for values that hold it already.
        """
        if amplitudes is None:
            amplitudes = self.circuit.amplitudes()
        whole = amplitudes.reshape([1 << bits(size) for size in self.shape])
        factor = self.circuit.scale if scale is None else scale
        return factor * whole[tuple(slice(size) for size in self.shape)]
