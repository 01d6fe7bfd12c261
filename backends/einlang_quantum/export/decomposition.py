"""Plans as gates that everybody has: turns, phases, a few by name, and controlled nots.

>>> from einlang_quantum.circuits import Circuit, crz
>>> from einlang_quantum.execution import deferred
>>> tape = decomposed(deferred(Circuit.zeros(2) >> Circuit.gates(2, [crz(0.3, 0, 1)])))
>>> len(tape.operations), tape.operations[1].name
(4, 'CNOT')
"""

from __future__ import annotations

from typing import Any

from einlang_quantum.execution.operators import Plan, pennylane

BASIC = frozenset(
    {
        *("CNOT", "CZ", "Hadamard", "PauliX", "PauliY", "PauliZ", "S", "T", "Adjoint(S)"),
        *("Adjoint(T)", "RX", "RY", "RZ", "PhaseShift", "GlobalPhase"),
        *("MidMeasureMP", "MidMeasure"),
    }
)


def decomposed(plan: Plan) -> Any:
    """A tape of these gates alone; measurements in the middle stay what they are."""
    qml = pennylane()
    with qml.QueuingManager.stop_recording():
        tape = qml.tape.QuantumScript(plan.operators, [])
        (basic,), whole = qml.transforms.decompose(tape, gate_set=BASIC)
    return whole((basic,))
