"""Ansaetze: unitary, of the stated size, and gate by gate what lambeq makes."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_quantum.ansaetze import ANSAETZE, Ansatz, named
from einlang_quantum.circuits import Gate

from einlang.errors import BackendMistake

COUNTS = {"iqp": 2, "sim14": 12, "sim15": 6, "strongly_entangling": 9, "mps": 12, "ttn": 12}


@pytest.mark.parametrize("name", sorted(ANSAETZE))
@pytest.mark.parametrize("qubits", [1, 2, 3, 5])
def test_ansaetze_are_unitary(name: str, qubits: int) -> None:
    circuit = Ansatz(name, 2).circuit("W", qubits, qubits)
    values = {p: float(n) for n, p in enumerate(circuit.parameters)}
    matrix = circuit.amplitudes(values).reshape(1 << qubits, 1 << qubits)
    assert np.allclose(matrix.conj().T @ matrix, np.eye(1 << qubits))


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_parameters_of_three_qubits(name: str) -> None:
    assert len(named(name).circuit("W", 0, 3).parameters) == COUNTS[name]
    assert len(named(name, layers=2).circuit("W", 0, 3).parameters) == 2 * COUNTS[name]


def test_iqp_is_lambeqs() -> None:
    """H on all, CRz of neighbours, layer by layer, and H on all; a lone qubit turns x, z, x."""
    gates = [o for o in named("iqp", layers=2).circuit("W", 0, 3).operations if isinstance(o, Gate)]
    layer = [("h", (0,)), ("h", (1,)), ("h", (2,)), ("rz", (0, 1)), ("rz", (1, 2))]
    assert [(g.name, g.wires) for g in gates] == layer * 2 + layer[:3]
    lone = [o for o in named("iqp").circuit("W", 0, 1).operations if isinstance(o, Gate)]
    assert [g.name for g in lone] == ["rx", "rz", "rx"]


def test_rings_of_sim14() -> None:
    gates = [o for o in named("sim14").circuit("W", 3, 3).operations if isinstance(o, Gate)]
    rings = [(g.wires, g.angles[0].name) for g in gates if g.controls]
    assert [wires for wires, _ in rings] == [(0, 2), (1, 0), (2, 1), (0, 1), (2, 0), (1, 2)]
    assert [name for _, name in rings] == [f"W_{n}" for n in (3, 4, 5, 9, 10, 11)]


def test_an_ansatz_that_is_not_there() -> None:
    with pytest.raises(BackendMistake, match="E0850"):
        named("sim41")
