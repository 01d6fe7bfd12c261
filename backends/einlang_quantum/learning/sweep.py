"""A circuit as a row of gates between states and effects, to be run forwards and backwards.

>>> from einlang_quantum.circuits import Circuit
>>> sweep = Sweep.of(Circuit.cap(1))
>>> abs(sweep.project(sweep.forward({}))).round(3).tolist()
[[0.707, 0.0], [0.0, 0.707]]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from einlang_quantum.circuits.circuit import Circuit
from einlang_quantum.circuits.operations import (
    Gate,
    Parameter,
    PostSelect,
    Prepare,
    Values,
    matrix,
    value,
)
from einlang_quantum.learning.gates import turns

Array = Any
Ends = tuple[tuple[Array, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Sweep:
    """Gates on wires that are all there from the start to the end.

    `states` are vectors with the wires they stand on, `effects` are conjugated already;
    wires that come in stand twice: as an axis of their own, in front, and as a wire.
    """

    width: int
    dom: tuple[int, ...]
    cod: tuple[int, ...]
    states: Ends
    gates: tuple[Gate, ...]
    effects: Ends

    @staticmethod
    def of(circuit: Circuit) -> Sweep:
        """The circuit with a wire of its own for everything that is prepared."""
        current = {wire: number for number, wire in enumerate(circuit.dom)}
        width = len(current)
        states, gates, effects = [], [], []
        for operation in circuit.operations:
            if isinstance(operation, Prepare):
                for wire in operation.qubits:
                    current[wire], width = width, width + 1
            wires = tuple(current[wire] for wire in operation.wires)
            if isinstance(operation, Prepare):
                states.append((_vector(operation), wires))
            elif isinstance(operation, PostSelect):
                effects.append((_vector(operation).conj(), wires))
            elif isinstance(operation, Gate):
                gates.append(operation.on(current))
            else:
                raise ValueError("a circuit that measures or resets has no gradient")
        cod = tuple(current[wire] for wire in circuit.cod)
        dom = tuple(range(len(circuit.dom)))
        return Sweep(width, dom, cod, tuple(states), tuple(gates), tuple(effects))

    def forward(self, values: Values) -> Array:
        """The state after all gates: axes of `dom`, then one for each wire."""
        count = len(self.dom)
        parts = [np.eye(1 << count, dtype=complex).reshape((2,) * (2 * count))]
        parts += [vector for vector, _ in self.states]
        state = reduce(np.multiply.outer, parts)
        order = [*self.dom, *(wire for _, wires in self.states for wire in wires)]
        axes = [count + place for place in np.argsort(order)]
        state = state.transpose([*range(count), *axes])
        for gate in self.gates:
            state = self._applied(state, matrix(gate, values), gate)
        return state

    def _applied(self, state: Array, unitary: Array, gate: Gate) -> Array:
        axes = [len(self.dom) + wire for wire in gate.wires]
        count = len(axes)
        tensor = unitary.reshape((2,) * (2 * count))
        moved = np.tensordot(tensor, state, (range(count, 2 * count), axes))
        return np.moveaxis(moved, range(count), axes)

    def project(self, state: Array) -> Array:
        """The amplitudes that are left: axes of `dom`, then of `cod`."""
        count = len(self.dom)
        labels = [*range(count), *range(count, count + self.width)]
        operands: list[Any] = [state, labels]
        for vector, wires in self.effects:
            operands += [vector, [count + wire for wire in wires]]
        return np.einsum(*operands, [*range(count), *(count + wire for wire in self.cod)])

    def spread(self, amplitudes: Array) -> Array:
        """The mirror image of `project`."""
        count = len(self.dom)
        operands: list[Any] = [amplitudes, [*range(count), *(count + wire for wire in self.cod)]]
        for vector, wires in self.effects:
            operands += [vector.conj(), [count + wire for wire in wires]]
        return np.einsum(*operands, [*range(count + self.width)])

    def backward(self, values: Values, state: Array, costate: Array) -> dict[str, float]:
        """Twice the real part of `<costate| d state>` by each angle; states after all gates."""
        gradient: dict[str, float] = {}
        for gate in reversed(self.gates):
            inverse = matrix(gate, values).conj().T
            state = self._applied(state, inverse, gate)
            if gate.angles and isinstance(angle := gate.angles[0], Parameter):
                at = np.array([value(angle, values)])
                slope = turns(gate.name, len(gate.controls), at)[1][0]
                moved = self._applied(state, slope, gate)
                step = 2 * angle.factor * float(np.vdot(costate, moved).real)
                gradient[angle.name] = gradient.get(angle.name, 0.0) + step
            costate = self._applied(costate, inverse, gate)
        return gradient


def _vector(operation: Prepare | PostSelect) -> Array:
    shape = (2,) * len(operation.qubits)
    if operation.state is not None:
        return operation.state.array.reshape(shape)
    zero = np.zeros(shape, complex)
    zero[(0,) * len(shape)] = 1
    return zero
