"""An ansatz: what makes a circuit, with named angles, out of a box with qubits on both sides.

A box with more qubits below than above begins with fresh zeros, one with fewer ends with
qubits found to be zero, as in lambeq's functor.

>>> ansatz = Ansatz("sim15", layers=2)
>>> state = ansatz.circuit("cat", 0, 1)
>>> state.parameters, state.amplitudes({"cat_0": 0.1, "cat_1": 0.2, "cat_2": 0.3}).shape
(('cat_0', 'cat_1', 'cat_2'), (2,))
>>> len(ansatz.circuit("verb", 0, 3).parameters)
12
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import count

from einlang.errors import BackendMistake, fail
from einlang_quantum.ansaetze import layers
from einlang_quantum.circuits.circuit import Circuit
from einlang_quantum.circuits.operations import (
    Angle,
    Gate,
    Operation,
    Parameter,
    PostSelect,
    Prepare,
)

ANSAETZE: dict[str, Callable[[int, int, Iterator[Angle]], list[Gate]]] = {
    "iqp": layers.iqp,
    "sim14": layers.sim14,
    "sim15": layers.sim15,
    "strongly_entangling": layers.strongly_entangling,
    "mps": layers.mps,
    "ttn": layers.ttn,
    "mera": layers.mera,
}
"""Gates for a number of qubits (two or more), a number of layers, and a supply of angles."""


@dataclass(frozen=True)
class Ansatz:
    """A kind of circuit by name, its layers, and the number of turns of a lone qubit."""

    name: str
    layers: int = 1
    turns: int = 3

    def circuit(self, label: str, dom: int, cod: int) -> Circuit:
        """The circuit of a box with so many qubits coming in and going out.

        Its angles are the parameters `label_0`, `label_1` and so on, in radians.
        """
        qubits = max(dom, cod)
        angles = (Parameter(f"{label}_{number}") for number in count())
        gates: list[Operation] = [*self._gates(qubits, angles)]
        if cod > dom:
            gates.insert(0, Prepare(tuple(range(dom, cod))))
        if cod < dom:
            gates.append(PostSelect(tuple(range(cod, dom))))
        return Circuit(qubits, tuple(gates), tuple(range(dom)), tuple(range(cod)))

    def _gates(self, qubits: int, angles: Iterator[Angle]) -> list[Gate]:
        if qubits > 1:
            return ANSAETZE[self.name](qubits, self.layers, angles)
        axes = "zy" if self.name == "strongly_entangling" else "xz"
        return layers.single(self.turns, angles, axes) if qubits else []


def named(name: str, layers: int = 1, turns: int = 3) -> Ansatz:
    """The ansatz of that name. Raises `BackendMistake` E0850 where there is none."""
    if name in ANSAETZE:
        return Ansatz(name, layers, turns)
    close = get_close_matches(name, ANSAETZE, n=1)
    known = f"there are {', '.join(sorted(ANSAETZE))}"
    hint = f"did you mean `{close[0]}`?" if close else known
    raise fail(BackendMistake, "E0850", f"there is no ansatz `{name}`", hint=hint)
