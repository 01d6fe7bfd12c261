"""Random circuits with parameters: ansaetze side by side, joined, post-selected, conjugated."""

from __future__ import annotations

from typing import Any

import numpy as np
from einlang_quantum.ansaetze import ANSAETZE, Ansatz
from einlang_quantum.circuits import Circuit, Parameter, crx, crz, cx, h, phase, rx, ry, rz

Array = Any


def random_circuit(rng: np.random.Generator) -> tuple[Circuit, dict[str, float], Array]:
    """A circuit of at most six qubits, values of its angles, and weights of its outcomes."""
    circuit = _box(rng, "a", 0, int(rng.integers(1, 4)))
    for number in range(int(rng.integers(0, 3))):
        wires = len(circuit.cod)
        circuit = circuit >> Circuit.gates(wires, _gates(rng, wires, number))
        circuit = circuit >> _box(rng, "ab"[int(rng.integers(2))], wires, int(rng.integers(1, 4)))
    if rng.integers(2) and len(circuit.cod) > 1:
        circuit = circuit >> Circuit.cup(1) @ Circuit.id(len(circuit.cod) - 2)
    values = {name: float(rng.uniform(0, 2 * np.pi)) for name in circuit.parameters}
    return circuit, values, rng.normal(size=(2,) * len(circuit.cod))


def _box(rng: np.random.Generator, label: str, dom: int, cod: int) -> Circuit:
    name = sorted(ANSAETZE)[int(rng.integers(len(ANSAETZE)))]
    return Ansatz(name, int(rng.integers(1, 3))).circuit(label, dom, cod)


def _gates(rng: np.random.Generator, wires: int, number: int) -> list[Any]:
    """Gates that share angles, with factors and offsets."""
    angle = Parameter(f"c{number}", float(rng.normal()), float(rng.normal()))
    gates: list[Any] = [turn(angle, 0) for turn in (rx, ry, rz, phase)][: int(rng.integers(5))]
    if wires > 1:
        gates += [h(1), crx(angle, 1, 0), crz(angle, 0, 1), phase(angle, 1).controlled(0)]
        gates += [cx(0, 1)]
    return gates
