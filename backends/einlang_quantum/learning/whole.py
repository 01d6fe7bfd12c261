"""Programs with ansaetze as circuits: angles stay parameters, data goes into gates.

What a program does with the tensors that are sought is itself a circuit, which these come into.
Where an output has several terms, or one with several copies, each has copies of its own, and
they share their angles.

>>> from einlang.planning.dataflow import Builder, Contract, Port, Type
>>> from einlang_quantum.ansaetze import named
>>> build = Builder([Port("W", Type((2, 2))), Port("x", Type((2,)))])
>>> y = build.add(Contract(((0, 1), (1,)), (0,)), (0, 1), Type((2,)))
>>> states = {"W": named("iqp").circuit("W", 0, 2)}
>>> whole = circuits(build.flow({"y": y}), states, {"x": np.array([1.0, -1.0])})["y"]
>>> whole.circuit.parameters, whole.tensor({"W_0": 0.3}).shape
(('W_0',), (2,))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from einlang_numpy import NumpyBackend

from einlang.backend import Arrays
from einlang.diagrams import Diagram, Gluing, TensorBox
from einlang.planning.dataflow import Dataflow
from einlang_quantum.circuits import Circuit, Values
from einlang_quantum.lowering import lower_terms, terms
from einlang_quantum.lowering.combination import combined
from einlang_quantum.lowering.dataflow import Reading
from einlang_quantum.lowering.network import bits
from einlang_quantum.lowering.search import refused
from einlang_quantum.lowering.strategies import Options
from einlang_quantum.lowering.terms import Term

Array = Any
INSIDE = "%inside {}"
"""The name of what cuts the padding off an index of that size."""


@dataclass(frozen=True)
class Whole:
    """An output as a circuit that nothing comes into, and the sizes of the indices that go out."""

    circuit: Circuit
    shape: tuple[int, ...]

    def tensor(self, values: Values) -> Array:
        """The output at some angles, without rounding by shots: `scale` times amplitudes."""
        return self.circuit.scale * self.cut(self.circuit.amplitudes(values))

    def cut(self, array: Array) -> Array:
        """What the qubits hold, without the padding."""
        return array.reshape(self._wide)[self._inside]

    def spread(self, array: Array) -> Array:
        """The elements of an output on an axis of two for every qubit, zero in the padding."""
        wide = np.zeros(self._wide)
        wide[self._inside] = array.reshape(self.shape)
        return wide.reshape((2,) * len(self.circuit.cod))

    @property
    def _wide(self) -> list[int]:
        return [1 << bits(size) for size in self.shape]

    @property
    def _inside(self) -> tuple[slice, ...]:
        return tuple(slice(size) for size in self.shape)


def circuits(
    flow: Dataflow, states: Mapping[str, Circuit], inputs: Arrays, options: Options | None = None
) -> dict[str, Whole]:
    """Every output as a circuit; `states` prepare the tensors that are sought, an axis after
    another on the qubits of the next power of two, and `inputs` are all others.

    Raises `BackendMistake` E0750 and E0752 for what is no polynomial of the states, E0751 for
    too many qubits.
    """
    asked = options or Options()
    known = {port.name for port in flow.inputs} - states.keys()
    reading = Reading(flow, known)
    # What NumPy computes does not depend on what is sought, which it is only told the shape of.
    shapes = {port.name: port.type.shape for port in flow.inputs}
    given = {name: inputs[name] if name in known else np.zeros(shapes[name]) for name in shapes}
    before = reading.before()
    if before.names:
        given |= NumpyBackend().compile(before, {}, {}).run(given)
    found = {}
    for name, diagram in reading.diagrams.items():
        summands = terms(diagram, name)
        parts = [(1.0, _term(summand, states, given, asked)) for summand in summands]
        whole = combined(parts)
        if whole.width > asked.qubits:
            raise refused(whole.width, asked.qubits, asked.reuse)
        found[name] = Whole(whole, diagram.cod_sizes)
    return found


def _term(term: Term, states: Mapping[str, Circuit], given: Arrays, options: Options) -> Circuit:
    """One term: its copies of the states, and what is done with them."""
    diagram, copies = opened(term.diagram, states.keys())
    cuts = {INSIDE.format(size): np.eye(1 << bits(size), size) for size in diagram.sizes}
    rest = lower_terms([Term(term.coefficient, diagram)], {**given, **cuts}, options).circuit
    return Circuit.id().tensor(*(states[name] for name in copies)) >> rest


def opened(diagram: Diagram, names: Any) -> tuple[Diagram, Sequence[str]]:
    """The diagram with the tensors of these names left out: what they stood on comes in, one
    index after another, as wide as its qubits."""
    gluing = Gluing()
    gluing.wires(diagram)
    incoming: list[int] = []
    copies: list[str] = []
    for node in diagram.nodes:
        if not (isinstance(node.box, TensorBox) and node.box.name in names):
            gluing.node(node.box, node.legs)
            continue
        copies.append(node.box.name)
        for leg in node.legs:
            size = diagram.sizes[leg]
            wide = gluing.wire(1 << bits(size))
            gluing.node(TensorBox(INSIDE.format(size)), (wide, leg))
            incoming.append(wide)
    return gluing.diagram(incoming, diagram.cod), copies
