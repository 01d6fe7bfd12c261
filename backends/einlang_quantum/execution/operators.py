"""Operations as PennyLane's.

The rest of the package says what is to be done in its own words; this is the dictionary. The
operators are made outside of any queue, so that the same code serves tapes and QNodes.

>>> from einlang_quantum.circuits import Circuit, h
>>> plan = deferred(Circuit.state([0.6, 0.8]) >> Circuit.gates(1, [h(0)]))
>>> [operator.name for operator in plan.operators], plan.kept, plan.flags
(['StatePrep', 'Hadamard'], (0,), ())
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from einlang.errors import BackendMistake, fail
from einlang_quantum.circuits import Circuit, Gate, Measure, Operation, PostSelect, Prepare, Values
from einlang_quantum.circuits.operations import NONE, value
from einlang_quantum.execution.straight import bent, rotation, straighten, undone

NAMES = {
    "h": "Hadamard",
    "x": "PauliX",
    "y": "PauliY",
    "z": "PauliZ",
    "s": "S",
    "t": "T",
    "rx": "RX",
    "ry": "RY",
    "rz": "RZ",
    "p": "PhaseShift",
    "swap": "SWAP",
}


@dataclass(frozen=True)
class Plan:
    """PennyLane's operators on `width` wires; what is looked at, and what has to be zero.

    `kept` and `flags` are wires, or the values of measurements in the middle (`measured`).
    """

    operators: tuple[Any, ...]
    width: int
    kept: tuple[Any, ...]
    flags: tuple[Any, ...]
    measured: bool = False

    @property
    def looks(self) -> int:
        """How many outcomes there are."""
        return len(self.kept) + len(self.flags)


def pennylane() -> Any:
    """The library. Raises `BackendMistake` E0851 where it is not installed."""
    try:
        import pennylane
    except ImportError as error:
        message = "devices for circuits come with PennyLane, which is not installed"
        hint = "pip install 'einlang[quantum]', or run exactly: `device = contraction`"
        raise fail(BackendMistake, "E0851", message, hint=hint) from error
    return pennylane


def deferred(circuit: Circuit, values: Values = NONE, merge: bool = True) -> Plan:
    """A plan without measurements in the middle: every preparation has wires of its own.

    Where `merge`, all data is loaded at once, as one state: exact and fast in simulators.
    """
    straight = straighten(circuit)
    qml = pennylane()
    given = [each for each in straight.prepares if each.state is not None]
    with qml.QueuingManager.stop_recording():
        if merge and given:
            state = reduce(np.kron, (each.state.array for each in given if each.state))
            wires = [wire for each in given for wire in each.qubits]
            loaded = [qml.StatePrep(state, wires=wires)]
        else:
            loaded = [qml.StatePrep(e.state.array, wires=e.qubits) for e in given if e.state]
    gates = [operator(gate, values) for gate in straight.gates]
    return Plan((*loaded, *gates), straight.width, straight.cod, straight.flags)


def reusing(circuit: Circuit, values: Values = NONE) -> Plan:
    """A plan that measures in the middle, and resets wires that are used again."""
    return _Middle(values).plan(bent(circuit))


def operator(gate: Gate, values: Values = NONE) -> Any:
    """A gate."""
    qml = pennylane()
    with qml.QueuingManager.stop_recording():
        base = _uncontrolled(gate, values)
        return qml.ctrl(base, control=list(gate.controls)) if gate.controls else base


def _uncontrolled(gate: Gate, values: Values) -> Any:
    qml, wires = pennylane(), list(gate.qubits)
    if gate.numbers is not None:
        return qml.QubitUnitary(gate.numbers.array, wires=wires)
    if gate.name in ("sdg", "tdg"):
        return qml.adjoint(getattr(qml, NAMES[gate.name[0]])(wires=wires))
    angles = [value(angle, values) for angle in gate.angles]
    return getattr(qml, NAMES[gate.name])(*angles, wires=wires)


class _Middle:
    """Goes through the operations of a circuit and writes down the measurements."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.operators: list[Any] = []

    def plan(self, circuit: Circuit) -> Plan:
        """All of a circuit; those wires that go out are measured at the end."""
        kept: list[Any] = []
        flags: list[Any] = []
        for operation in circuit.operations:
            if isinstance(operation, Prepare | Gate):
                self._do(_made(operation))
            elif isinstance(operation, PostSelect):
                self._do(undone(operation))
                flags += [self._measured(wire) for wire in operation.qubits]
            elif isinstance(operation, Measure):
                kept.append(self._measured(operation.qubit, reset=False))
            else:
                self._measured(operation.qubit)
        kept += [self._measured(wire, reset=False) for wire in circuit.cod]
        return Plan(tuple(self.operators), circuit.width, tuple(kept), tuple(flags), True)

    def _do(self, gates: Sequence[Gate]) -> None:
        self.operators += [operator(gate, self.values) for gate in gates]

    def _measured(self, wire: int, reset: bool = True) -> Any:
        qml = pennylane()
        with qml.QueuingManager.stop_recording():
            outcome = qml.measure(wire, reset=reset)
        self.operators += outcome.measurements
        return outcome


def _made(operation: Operation) -> tuple[Gate, ...]:
    """A gate, or the gate that prepares a state."""
    if isinstance(operation, Gate):
        return (operation,)
    assert isinstance(operation, Prepare)
    if operation.state is None:
        return ()
    return (rotation(operation.state.array, operation.qubits),)
