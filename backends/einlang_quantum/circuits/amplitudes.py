"""What circuits mean: linear maps, by contraction with NumPy.

`amplitudes` goes through the operations in order and holds the open wires only; `network`
gives the tensors, for a planner to contract in an order of its own.

>>> from einlang_quantum.circuits.circuit import Circuit
>>> amplitudes(Circuit.state([3, 4j]))
array([0.6+0.j , 0. +0.8j])
>>> operands, result = network(Circuit.cap(1))
>>> np.einsum(*[part for pair in operands for part in pair], result).real.round(3).tolist()
[[0.707, 0.0], [0.0, 0.707]]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from einlang_quantum.circuits.circuit import Circuit
from einlang_quantum.circuits.operations import (
    NONE,
    Gate,
    Operation,
    PostSelect,
    Prepare,
    Values,
    Wires,
    matrix,
)

Array = Any
Operand = tuple[Array, list[int]]


def amplitudes(circuit: Circuit, values: Values = NONE) -> Array:
    """The linear map of a circuit without its scale: axes of `dom`, then of `cod`.

    Raises `ValueError` where it measures: then it is no linear map.
    """
    count = len(circuit.dom)
    tensor = np.eye(1 << count, dtype=complex).reshape((2,) * (2 * count))
    opened = list(circuit.dom)
    for operation in circuit.operations:
        tensor = _applied(tensor, opened, count, operation, values)
    order = [count + opened.index(wire) for wire in circuit.cod]
    return tensor.transpose([*range(count), *order])


def _applied(
    tensor: Array, opened: list[int], count: int, operation: Operation, values: Values
) -> Array:
    """The state after an operation; `opened` are the wires of its axes from `count` on."""
    if isinstance(operation, Prepare):
        opened += operation.qubits
        return np.multiply.outer(tensor, _vector(operation))
    if not isinstance(operation, Gate | PostSelect):
        raise ValueError("a circuit that measures or resets is no linear map")
    wires = operation.wires
    axes = [count + opened.index(wire) for wire in wires]
    for wire in wires:
        opened.remove(wire)
    if isinstance(operation, PostSelect):
        return np.tensordot(tensor, _vector(operation).conj(), (axes, range(len(axes))))
    opened += wires
    gate = matrix(operation, values).T.reshape((2,) * (2 * len(wires)))
    return np.tensordot(tensor, gate, (axes, range(len(axes))))


def _vector(operation: Prepare | PostSelect) -> Array:
    """The state that is prepared or found."""
    shape = (2,) * len(operation.qubits)
    if operation.state is not None:
        return operation.state.array.reshape(shape)
    zero = np.zeros(shape, complex)
    zero[(0,) * len(shape)] = 1
    return zero


def network(circuit: Circuit, values: Values = NONE) -> tuple[list[Operand], list[int]]:
    """The tensors of a circuit, each with its labels, and the labels that are left.

    Wires that go straight from `dom` to `cod` are identity matrices.
    """
    labels = dict(zip(circuit.dom, range(len(circuit.dom)), strict=True))
    fresh = len(circuit.dom)
    operands: list[Operand] = []
    for operation in circuit.operations:
        wires = operation.wires
        before = [] if isinstance(operation, Prepare) else [labels.pop(wire) for wire in wires]
        after: list[int] = []
        if not isinstance(operation, PostSelect):
            after = list(range(fresh, fresh + len(wires)))
            fresh += len(wires)
            labels |= dict(zip(wires, after, strict=True))
        operands.append((_tensor(operation, wires, values), after + before))
    result = [*range(len(circuit.dom))]
    for wire in circuit.cod:
        if labels[wire] < len(circuit.dom):
            operands.append((np.eye(2, dtype=complex), [fresh, labels[wire]]))
            labels[wire], fresh = fresh, fresh + 1
        result.append(labels[wire])
    return operands, result


def _tensor(operation: Operation, wires: Wires, values: Values) -> Array:
    """An operation as a tensor: the axes that leave, then those that enter."""
    if isinstance(operation, Prepare):
        return _vector(operation)
    if isinstance(operation, PostSelect):
        return _vector(operation).conj()
    if isinstance(operation, Gate):
        return matrix(operation, values).reshape((2,) * (2 * len(wires)))
    raise ValueError("a circuit that measures or resets is no linear map")
