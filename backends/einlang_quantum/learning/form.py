"""The form of a circuit with parameters: a network whose slots are gates.

Circuits of one form differ in their angles only; their tensors are found, and differentiated,
as one batch: an array of angles of shape `(batch, parameters)` in, tensors out.

>>> from einlang_quantum.ansaetze import named
>>> form = Form.of(named("iqp").circuit("W", 0, 2))
>>> tensors, pull = form.differentiate(np.array([[0.1], [0.2], [0.3]]))
>>> tensors.shape, pull(np.ones((3, 2, 2))).shape
((3, 2, 2), (3, 1))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from einlang_quantum.circuits.amplitudes import network as tensors
from einlang_quantum.circuits.circuit import Circuit
from einlang_quantum.circuits.operations import Gate, Parameter
from einlang_quantum.learning.gates import turns
from einlang_quantum.learning.network import Network

Array = Any
Kind = tuple[str, int]
"""The name of a turn, and how many controls it has."""


@dataclass(frozen=True)
class Turn:
    """A slot with a gate whose angle is `factor * angles[:, column] + offset`."""

    slot: int
    column: int
    factor: float
    offset: float


@dataclass(frozen=True)
class Form:
    """A circuit, its parameters in order: the columns of the angles."""

    circuit: Circuit

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(circuit: Circuit) -> Form:
        """The form of a circuit; a circuit's form is made once."""
        return Form(circuit)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the angles."""
        return self.circuit.parameters

    @cached_property
    def _tensors(self) -> tuple[list[Array], Network]:
        """The tensors at zero angles, and the network."""
        operands, result = tensors(self.circuit, dict.fromkeys(self.parameters, 0.0))
        terms = tuple(tuple(labels) for _, labels in operands)
        size = 1 + max((label for term in terms for label in term), default=-1)
        return [array for array, _ in operands], Network(terms, tuple(result), (2,) * size)

    @property
    def network(self) -> Network:
        """The network: one slot per operation, the axes that leave it first."""
        return self._tensors[1]

    @cached_property
    def turns(self) -> dict[Kind, list[Turn]]:
        """The slots with angles, gates of a kind together."""
        column = {name: number for number, name in enumerate(self.parameters)}
        kinds: dict[Kind, list[Turn]] = {}
        for slot, gate in enumerate(self.circuit.operations):
            if isinstance(gate, Gate) and gate.angles and isinstance(gate.angles[0], Parameter):
                angle = gate.angles[0]
                turn = Turn(slot, column[angle.name], angle.factor, angle.offset)
                kinds.setdefault((gate.name, len(gate.controls)), []).append(turn)
        return kinds

    @cached_property
    def _fixed(self) -> tuple[list[Array], list[int]]:
        """A table for each constant that occurs, and the table of every slot."""
        turning = {
            turn.slot: number for number, turns in enumerate(self.turns.values()) for turn in turns
        }
        known: dict[Any, int] = {}
        tables: list[Array] = []
        slots: list[int] = []
        for slot, array in enumerate(self._tensors[0]):
            if slot in turning:
                slots.append(turning[slot])
                continue
            key = array.shape, array.tobytes()
            if key not in known:
                known[key] = len(self.turns) + len(tables)
                tables.append(array[None])
            slots.append(known[key])
        return tables, slots

    def tensors(self, angles: Array) -> Array:
        """The tensors of circuits with those angles, scale included: `(batch, dom..., cod...)`."""
        return self.differentiate(angles)[0]

    def differentiate(self, angles: Array) -> tuple[Array, Callable[[Array], Array]]:
        """The tensors, and what pulls a derivative by them back to the angles.

        As in `Network.differentiate`, nothing is conjugated; the gradient by the angles is
        real: that of the real function whose derivative is given.
        """
        angles = np.asarray(angles, float)
        batch, scale = len(angles), self.circuit.scale
        if not self.circuit.width:
            return np.full(batch, scale), lambda _: np.zeros(angles.shape)
        gates = [self._gates(kind, angles) for kind in self.turns]
        fixed, slots = self._fixed
        tables = [value for value, _ in gates] + fixed
        value, pull = self.network.differentiate(tables, self._rows(batch), slots)

        def back(gradient: Array) -> Array:
            by_gates = pull(np.asarray(gradient) * scale)
            total = np.zeros(angles.shape)
            for turning, (_, slope), part in zip(
                self.turns.values(), gates, by_gates, strict=False
            ):
                steps = (slope * part).sum(tuple(range(1, part.ndim))).real
                for turn, step in zip(turning, steps.reshape(batch, -1).T, strict=True):
                    total[:, turn.column] += turn.factor * step
            return total

        return value * scale, back

    def _gates(self, kind: Kind, angles: Array) -> tuple[Array, Array]:
        """The gates of a kind and their derivatives, those of a circuit together."""
        given = self.turns[kind]
        factors = np.array([turn.factor for turn in given])
        offsets = np.array([turn.offset for turn in given])
        at = factors * angles[:, [turn.column for turn in given]] + offsets
        value, slope = turns(*kind, at.ravel())
        shape = (len(value), *(2,) * (2 * (kind[1] + 1)))
        return value.reshape(shape), slope.reshape(shape)

    def _rows(self, batch: int) -> Array:
        """Which row of its table stands in each slot."""
        rows = np.zeros((batch, len(self._tensors[0])), int)
        for given in self.turns.values():
            for place, turn in enumerate(given):
                rows[:, turn.slot] = np.arange(batch) * len(given) + place
        return rows
