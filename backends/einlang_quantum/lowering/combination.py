"""Sums of circuits as one circuit: a linear combination of unitaries.

A register in the state of the roots of all weights controls which circuit is run, and is found
in that state again (Childs and Wiebe, 2012): the scale is the sum of all weights.

>>> from einlang_quantum.circuits import Circuit
>>> both = combined([(2.0, Circuit.state([3.0, 4.0])), (-1.0, Circuit.state([0.0, 1.0]))])
>>> (both.scale * both.amplitudes()).real.round(9).tolist(), round(both.scale, 9)
([6.0, 7.0], 11.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from einlang.errors import BackendMistake, fail
from einlang_quantum.circuits import Circuit, Gate, Numbers, Operation, PostSelect, Prepare, x
from einlang_quantum.execution.straight import Straight, rotation, straighten
from einlang_quantum.lowering.network import bits

LARGE = 8
"""The qubits of the largest state that is made by a controlled gate of its own."""
MOST = 22
"""The qubits of the largest state that is written down."""


@dataclass(frozen=True)
class Branch:
    """One summand: large states that are there from the start, then gates."""

    states: tuple[Prepare, ...]
    gates: tuple[Gate, ...]

    @staticmethod
    def of(each: Straight) -> Branch:
        """The summand with what goes out on the first wires."""
        first = [*each.cod, *(wire for wire in range(each.width) if wire not in each.cod)]
        place = {wire: number for number, wire in enumerate(first)}
        states, gates = [], []
        for made in (prepare.on(place) for prepare in each.prepares if prepare.state):
            if len(made.qubits) > LARGE:
                states.append(made)
            elif made.state is not None:
                gates.append(rotation(made.state.array, made.qubits))
        gates += (gate.on(place) for gate in each.gates)
        return Branch(tuple(states), tuple(gates))


def combined(summands: Sequence[tuple[complex, Circuit]]) -> Circuit:
    """The sum of numbers times circuits, in which the same qubits come in and go out.

    What comes in is bent, and goes through Bell effects. Raises `BackendMistake` E0752 where
    the states of the summands together are too large to be chosen from.
    """
    parts = [replace(circuit, scale=circuit.scale * number) for number, circuit in summands]
    if len(parts) == 1:
        return parts[0]
    straight = [straighten(part) for part in parts]
    weights = np.array([each.scale for each in straight])
    total = float(abs(weights).sum())
    if not total:
        return replace(parts[0], scale=0.0)
    count, choice = len(straight[0].cod), bits(len(straight))
    width = max(each.width for each in straight)
    register = tuple(range(width, width + choice))
    branches = [Branch.of(each) for each in straight]
    operations = _start(weights / total, branches, register)
    for number, branch in enumerate(branches):
        operations += _chosen(branch.gates, register, number)
    operations.append(PostSelect(register, Numbers.of(_roots(abs(weights) / total, choice))))
    if width > count:
        operations.append(PostSelect(tuple(range(count, width))))
    whole = Circuit(width + choice, tuple(operations), (), tuple(range(count)), total)
    return _unbent(whole, len(parts[0].dom))


def _roots(weights: np.ndarray, choice: int) -> np.ndarray:
    """The roots of the weights, with their phases, as amplitudes of the register."""
    state = np.zeros(1 << choice, complex)
    state[: len(weights)] = weights / np.sqrt(np.where(weights, abs(weights), 1))
    return state


def _start(
    weights: np.ndarray, branches: Sequence[Branch], register: tuple[int, ...]
) -> list[Operation]:
    """The register and the large states, each beside the number of its branch; zeros."""
    held = sorted({wire for branch in branches for p in branch.states for wire in p.qubits})
    size = len(held) + len(register)
    if size > MOST:
        message = f"the terms of the sum have states of {len(held)} qubits to choose from"
        hint = "`strategy = auto`, smaller indices, or `--backend numpy`"
        raise fail(BackendMistake, "E0752", message, hint=hint)
    rows = _roots(weights, len(register))[:, None] * np.eye(1, 1 << len(held))
    for number, branch in enumerate(branches):
        if branch.states:
            rows[number] = rows[number, 0] * _product(branch.states, held)
    rest = tuple(wire for wire in range(register[0]) if wire not in held)
    operations: list[Operation] = [Prepare(rest)] if rest else []
    return [*operations, Prepare((*register, *held), Numbers.of(rows.reshape(-1)))]


def _product(states: Sequence[Prepare], held: Sequence[int]) -> np.ndarray:
    """States side by side, and zeros on what is left of the wires, as amplitudes of these."""
    whole, wires = np.ones(1, complex), list[int]()
    for made in states:
        assert made.state is not None
        whole = np.outer(whole, made.state.array.reshape(-1)).reshape(-1)
        wires += made.qubits
    wide = np.zeros((2,) * len(held), complex)
    inside = tuple(slice(None) if wire in wires else 0 for wire in held)
    order = [wires.index(wire) for wire in held if wire in wires]
    wide[inside] = whole.reshape((2,) * len(wires)).transpose(order)
    return wide.reshape(-1)


def _chosen(gates: Sequence[Gate], register: tuple[int, ...], number: int) -> list[Operation]:
    """The gates, done where the register holds a number."""
    ones = format(number, f"0{len(register)}b")
    flips = [x(wire) for wire, one in zip(register, ones, strict=True) if one == "0"]
    return [*flips, *(gate.controlled(*register) for gate in gates), *flips]


def _unbent(circuit: Circuit, count: int) -> Circuit:
    """The first qubits that go out as some that come in."""
    if not count:
        return circuit
    inner = len(circuit.cod)
    pairs = [n + side for n in range(count) for side in (0, count)]
    order = [*pairs, *range(2 * count, count + inner)]
    cups = Circuit.id().tensor(*[Circuit.cup(1)] * count)
    crossed = Circuit.id(count) @ circuit >> Circuit.permutation(order)
    return crossed >> cups @ Circuit.id(inner - count)
