"""Circuits made straight: all preparations in front, then gates, then all post-selections.

What was post-selected and prepared again becomes another wire, so that one look at the end
sees every outcome. Wires that come in are bent, and go out in front of the others.

>>> circuit = Circuit.state([0.6, 0.8]) >> Circuit.effect([1, 1])
>>> straight = straighten(circuit)
>>> straight.width, straight.flags, straight.cod
(1, (0,), ())
>>> np.allclose(straight.circuit.amplitudes(), circuit.amplitudes())
True
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang.errors import BackendMistake, DataMistake, fail
from einlang_quantum.circuits import (
    Circuit,
    Gate,
    Measure,
    PostSelect,
    Prepare,
    Reset,
    cx,
    h,
    unitary,
)

Array = Any
Wires = tuple[int, ...]
LARGE = 12
"""The qubits of the largest state whose reflection is written down."""


@dataclass(frozen=True)
class Straight:
    """Preparations, gates on `width` wires, and the wires (`flags`) to be found zero."""

    width: int
    prepares: tuple[Prepare, ...]
    gates: tuple[Gate, ...]
    flags: Wires
    cod: Wires
    scale: complex

    @property
    def circuit(self) -> Circuit:
        """The same as a circuit."""
        selected = (PostSelect(self.flags),) if self.flags else ()
        operations = (*self.prepares, *self.gates, *selected)
        return Circuit(self.width, operations, (), self.cod, self.scale)

    @property
    def unitary(self) -> tuple[Gate, ...]:
        """The gates that make the state, out of zeros on all wires."""
        made = (rotation(each.state.array, each.qubits) for each in self.prepares if each.state)
        return (*made, *self.gates)


def straighten(circuit: Circuit) -> Straight:
    """The circuit with nothing in the middle.

    Raises `DataMistake` E0740 where data makes no state, `ValueError` where it measures.
    """
    closed = bent(circuit)
    check(closed)
    names: dict[int, int] = {}
    width = 0
    prepares: list[Prepare] = []
    gates: list[Gate] = []
    flags: list[int] = []
    for operation in closed.operations:
        if isinstance(operation, Prepare):
            names |= {wire: width + place for place, wire in enumerate(operation.qubits)}
            width += len(operation.qubits)
            prepares.append(operation.on(names))
        elif isinstance(operation, Gate):
            gates.append(operation.on(names))
        elif isinstance(operation, PostSelect):
            gates += undone(operation.on(names))
            flags += operation.on(names).qubits
        else:
            raise ValueError("a circuit that measures or resets has no amplitudes")
    cod = tuple(names[wire] for wire in closed.cod)
    return Straight(width, tuple(prepares), tuple(gates), tuple(flags), cod, closed.scale)


def measures(circuit: Circuit) -> bool:
    """Whether there are measurements or resets in the middle."""
    return any(isinstance(operation, Measure | Reset) for operation in circuit.operations)


def bent(circuit: Circuit) -> Circuit:
    """Nothing comes in: what did is entangled with qubits that go out in front, and each
    pair's norm goes into the scale."""
    count = len(circuit.dom)
    if not count:
        return circuit
    wires = tuple(range(2 * count))
    pairs = [gate for wire in range(count) for gate in (h(wire), cx(wire, count + wire))]
    bells = Circuit(2 * count, (Prepare(wires), *pairs), (), wires, 2 ** (count / 2))
    return bells >> Circuit.id(count) @ circuit


def undone(effect: PostSelect) -> tuple[Gate, ...]:
    """The gates that turn the state of an effect into zeros."""
    if effect.state is None:
        return ()
    return (rotation(effect.state.array, effect.qubits).dagger(),)


def rotation(state: Array, qubits: Wires) -> Gate:
    """A reflection (Householder), up to a phase, that makes a state of zeros.

    Raises `BackendMistake` E0741 for a state of so many qubits that its matrix has no room.
    """
    if len(qubits) > LARGE:
        message = f"a state of {len(qubits)} qubits is too large to be made, or found, by a gate"
        hint = "exact values (no `shots`), another strategy, or smaller indices"
        raise fail(BackendMistake, "E0741", message, hint=hint)
    vector = np.asarray(state).reshape(-1)
    turn = vector[0] / abs(vector[0]) if vector[0] else 1.0
    mirror = vector / turn
    mirror[0] += 1
    mirror /= np.linalg.norm(mirror)
    return unitary(turn * (2 * np.outer(mirror, mirror.conj()) - np.eye(len(vector))), qubits)


def check(circuit: Circuit) -> None:
    """Raises `DataMistake` E0740 for what has no norm, or another than one."""
    hint = "look for NaN, infinity and overflow in the data of the program"
    if not np.isfinite(circuit.scale):
        message = f"the data has no norm: the circuit's scale is {circuit.scale}"
        raise fail(DataMistake, "E0740", message, hint=hint)
    for operation in circuit.operations:
        if isinstance(operation, Prepare | PostSelect) and operation.state is not None:
            norm = float(np.linalg.norm(operation.state.array))
            if not abs(norm - 1) < 1e-6:
                wires = ", ".join(map(str, operation.qubits))
                message = f"the data on qubits {wires} is no state: its norm is {norm:.6g}"
                raise fail(DataMistake, "E0740", message, hint=hint)
