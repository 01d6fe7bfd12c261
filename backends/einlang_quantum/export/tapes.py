"""Circuits for PennyLane: tapes, and QNodes whose angles are their arguments.

>>> from einlang_quantum.circuits import Circuit, Parameter, ry
>>> turned = qnode(Circuit.zeros(1) >> Circuit.gates(1, [ry(Parameter("a"), 0)]))
>>> turned(a=0.0).tolist()
[1.0, 0.0]
>>> tape(Circuit.cap(1)).operations
[H(0), CNOT(wires=[0, 1])]
"""

from __future__ import annotations

from typing import Any

from einlang_quantum.circuits import Circuit, Values
from einlang_quantum.circuits.operations import NONE
from einlang_quantum.execution.operators import Plan, deferred, pennylane, reusing


def tape(
    circuit: Circuit, values: Values = NONE, shots: int | None = None, reuse: bool = False
) -> Any:
    """A `QuantumScript` that looks at the flags (to be zero), then at what goes out."""
    qml = pennylane()
    plan = reusing(circuit, values) if reuse else deferred(circuit, values)
    looked = [*plan.flags, *plan.kept]
    with qml.QueuingManager.stop_recording():
        found = [_probabilities(plan)] if looked else []
        return qml.tape.QuantumScript(plan.operators, found, shots=shots)


def qnode(circuit: Circuit, device: str = "default.qubit", **options: Any) -> Any:
    """A QNode from angles by name to probabilities of flags and of what goes out.

    Those of success are the first 2^n of them, n the qubits that go out. `options` are those
    of `pennylane.QNode`.
    """
    qml = pennylane()
    plan = deferred(circuit, dict.fromkeys(circuit.parameters, 0.0))

    def function(**values: Any) -> Any:
        made = deferred(circuit, values)
        for operator in made.operators:
            qml.apply(operator)
        return _probabilities(made)

    return qml.QNode(function, qml.device(device, wires=plan.width), **options)


def _probabilities(plan: Plan) -> Any:
    qml = pennylane()
    looked = [*plan.flags, *plan.kept]
    return qml.probs(op=looked) if plan.measured else qml.probs(wires=looked)
