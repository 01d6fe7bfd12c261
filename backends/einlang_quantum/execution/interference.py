"""Signs and phases by a Hadamard test, all elements of a tensor at once.

A qubit in `|0> + |1>` chooses between a reference and the circuit. In the reference all
outcomes are alike, with the amplitude r = 2^(-n/2) for n qubits. Where the qubit is then
found in `|0> + |1>` or `|0> - |1>`, an outcome x has the probability |r + a(x)|^2 / 4 or
|r - a(x)|^2 / 4, so the difference is r Re a(x): linear, and its estimates have no bias. With
`|0> + i|1>` and its like it is r Im a(x). (Aharonov, Jones and Landau, 2009, section 2.2, is
the case of one amplitude.)

>>> test = interfering(Circuit.state([0.6, -0.8]))
>>> found = abs(test.amplitudes()) ** 2
>>> ((found[0] - found[1]) * 2**0.5).round(12).tolist()
[0.6, -0.8]
"""

from __future__ import annotations

from einlang_quantum.circuits import (
    Circuit,
    Gate,
    Operation,
    PostSelect,
    Prepare,
    h,
    matrix,
    s,
    x,
)
from einlang_quantum.circuits.operations import NONE, Values
from einlang_quantum.execution.straight import rotation, undone


def interfering(circuit: Circuit, imaginary: bool = False) -> Circuit:
    """The test as a circuit: a qubit more, which goes out in front of the others.

    The circuit is one that nothing comes into.
    """
    chooser = circuit.width
    operations: list[Operation] = [Prepare((chooser,)), h(chooser)]
    for operation in circuit.operations:
        operations += _chosen(operation, chooser)
    if circuit.cod:
        reference = (h(wire).controlled(chooser) for wire in circuit.cod)
        operations += [x(chooser), *reference, x(chooser)]
    operations += [s(chooser).dagger()] * imaginary
    operations.append(h(chooser))
    return Circuit(circuit.width + 1, tuple(operations), (), (chooser, *circuit.cod))


def _chosen(operation: Operation, chooser: int) -> list[Operation]:
    """An operation where the qubit is one; zeros stay zeros where it is not."""
    if isinstance(operation, Gate):
        return [operation.controlled(chooser)]
    if isinstance(operation, Prepare):
        fresh: list[Operation] = [Prepare(operation.qubits)]
        if operation.state is not None:
            made = rotation(operation.state.array, operation.qubits)
            fresh.append(made.controlled(chooser))
        return fresh
    if isinstance(operation, PostSelect):
        turned = [gate.controlled(chooser) for gate in undone(operation)]
        return [*turned, PostSelect(operation.qubits)]
    raise ValueError("a circuit that measures or resets has no amplitudes")


def real(circuit: Circuit, values: Values = NONE) -> bool:
    """Whether all amplitudes are real, as far as its gates and states show."""
    return not any(_imaginary(operation, values) for operation in circuit.operations)


def _imaginary(operation: Operation, values: Values) -> bool:
    if isinstance(operation, Gate):
        return bool(matrix(operation, values).imag.any())
    state = getattr(operation, "state", None)
    return state is not None and bool(state.array.imag.any())
