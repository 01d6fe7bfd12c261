"""Circuits as DisCoPy's, and so for all that it goes on to.

Preparations of zeros are kets and post-selections bras; data and matrices are boxes with
arrays, on wires that were swapped side by side. The scale is a scalar in front.

>>> from einlang_quantum.circuits import Circuit
>>> print(diagram(Circuit.cap(1)))
scalar(1.41-0j) >> Ket(0, 0) >> H @ qubit >> CX
>>> diagram(Circuit.cap(1)).eval().array.real.round(9).tolist()
[[1.0, 0.0], [0.0, 1.0]]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from einlang_quantum.circuits import (
    Circuit,
    Gate,
    Operation,
    PostSelect,
    Prepare,
    Values,
    matrix,
    value,
)
from einlang_quantum.circuits.operations import NONE

NAMED = {"h": "H", "x": "X", "y": "Y", "z": "Z", "s": "S", "t": "T", "cx": "CX", "cz": "CZ"}
TURNS = {"rx": "Rx", "ry": "Ry", "rz": "Rz", "crx": "CRx", "crz": "CRz"}


def diagram(circuit: Circuit, values: Values = NONE) -> Any:
    """A `discopy.quantum.Circuit` from `dom` to `cod`; `ValueError` where it measures."""
    discopy = _discopy()
    layers = _Layers(list(circuit.dom))
    if circuit.scale != 1:
        layers.put(discopy.gates.Scalar(complex(circuit.scale)), (), ())
    for operation in circuit.operations:
        before, after = _legs(operation)
        layers.put(_box(operation, values), before, after)
    layers.gather(circuit.cod, 0)
    domain, codomain = (discopy.qubit ** len(wires) for wires in (circuit.dom, circuit.cod))
    return discopy.circuit.Circuit(tuple(layers.inside), domain, codomain)


class _Layers:
    """Layers under construction, and the wires that hang out of the last one."""

    def __init__(self, wires: list[int]) -> None:
        self.wires = wires
        self.inside: list[Any] = []

    def put(self, box: Any, before: Sequence[int], after: Sequence[int]) -> None:
        """A box on wires made neighbours; a box without any goes to the right of all."""
        place = self.gather(before, min(map(self.wires.index, before), default=len(self.wires)))
        self._layer(box, place, len(before))
        self.wires[place : place + len(before)] = after

    def gather(self, wanted: Sequence[int], place: int) -> int:
        """Swaps neighbours until these wires stand side by side, in order, from a place on."""
        discopy = _discopy()
        crossing = discopy.circuit.Swap(discopy.qubit, discopy.qubit)
        place = min(place, len(self.wires) - len(wanted))
        for target, wire in enumerate(wanted, place):
            where = self.wires.index(wire)
            step = -1 if where > target else 1
            for at in range(where, target, step):
                low = min(at, at + step)
                self._layer(crossing, low, 2)
                self.wires[low : low + 2] = self.wires[low : low + 2][::-1]
        return place

    def _layer(self, box: Any, place: int, width: int) -> None:
        discopy = _discopy()
        right = discopy.qubit ** (len(self.wires) - place - width)
        self.inside.append(discopy.circuit.Circuit.layer_factory(discopy.qubit**place, box, right))


def _legs(operation: Operation) -> tuple[Sequence[int], Sequence[int]]:
    """The wires that enter and leave."""
    if isinstance(operation, Prepare):
        return (), operation.qubits
    if isinstance(operation, PostSelect):
        return operation.qubits, ()
    if isinstance(operation, Gate):
        return operation.wires, operation.wires
    raise ValueError("a circuit that measures or resets is no linear map")


def _box(operation: Operation, values: Values) -> Any:
    """DisCoPy's box for an operation."""
    gates = _discopy().gates
    if isinstance(operation, Gate):
        return _gate(operation, values)
    assert isinstance(operation, Prepare | PostSelect)
    count = len(operation.qubits)
    if operation.state is None:
        return (gates.Ket if isinstance(operation, Prepare) else gates.Bra)(*[0] * count)
    array = operation.state.array
    if isinstance(operation, Prepare):
        return _given("state", 0, count, array)
    return _given("effect", count, 0, array.conj())


def _gate(gate: Gate, values: Values) -> Any:
    """By name where DisCoPy has one, else by its matrix."""
    gates = _discopy().gates
    name = "c" * len(gate.controls) + gate.name
    if name in NAMED:
        return getattr(gates, NAMED[name])
    if name in TURNS:
        turns = value(gate.angles[0], values) / (2 * math.pi)
        return getattr(gates, TURNS[name])(turns)
    count = len(gate.wires)
    return _given(name, count, count, matrix(gate, values).T)


def _given(name: str, before: int, after: int, array: Any) -> Any:
    """A box with an array, axes of what enters first."""
    discopy = _discopy()
    shaped = np.asarray(array, complex).reshape((2,) * (before + after))
    domain, codomain = discopy.qubit**before, discopy.qubit**after
    return discopy.circuit.Box(name, domain, codomain, shaped, is_mixed=False)


def _discopy() -> Any:
    """DisCoPy's circuits, whose types say less than they can."""
    from discopy import quantum

    return quantum
