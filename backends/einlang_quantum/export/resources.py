"""What a circuit takes: qubits, depth and gates, as it is and out of basic gates.

>>> from einlang_quantum.circuits import Circuit
>>> table = resources(Circuit.cap(1))
>>> [(row["circuit"], row["qubits"], row["depth"], row["gates"]) for row in table]
[('as written', 2, 2, 2), ('basic gates', 2, 2, 2)]
"""

from __future__ import annotations

from typing import Any

from einlang_quantum.circuits import Circuit, Gate, Values
from einlang_quantum.circuits.operations import NONE
from einlang_quantum.execution.operators import Plan, deferred, reusing
from einlang_quantum.execution.straight import bent
from einlang_quantum.export.decomposition import decomposed


def resources(circuit: Circuit, values: Values = NONE, reuse: bool = False) -> list[dict[str, Any]]:
    """Rows for a table: qubits, depth, gates, those on two qubits or more, what is flagged."""
    plan = reusing(circuit, values) if reuse else deferred(circuit, values, merge=False)
    gates = [each for each in bent(circuit).operations if isinstance(each, Gate)]
    many = sum(len(gate.wires) > 1 for gate in gates)
    written = _row("as written", plan, circuit.depth, len(gates), many)
    return [written, _basic(plan)]


def _basic(plan: Plan) -> dict[str, Any]:
    """The same out of controlled nots and gates on single qubits."""
    tape = decomposed(plan)
    gates = [
        operation
        for operation in tape.operations
        if not type(operation).__name__.startswith("Mid") and operation.name != "GlobalPhase"
    ]
    reached = [0] * plan.width
    for operation in tape.operations:
        if operation.name != "GlobalPhase":
            level = 1 + max(reached[wire] for wire in operation.wires)
            for wire in operation.wires:
                reached[wire] = level
    many = sum(len(gate.wires) > 1 for gate in gates)
    return _row("basic gates", plan, max(reached, default=0), len(gates), many)


def _row(name: str, plan: Plan, depth: int, gates: int, many: int) -> dict[str, Any]:
    return {
        "circuit": name,
        "qubits": plan.width,
        "depth": depth,
        "gates": gates,
        "on two or more": many,
        "post-selected": len(plan.flags),
    }
