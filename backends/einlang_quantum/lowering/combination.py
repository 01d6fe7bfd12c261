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
from dataclasses import replace

import numpy as np

from einlang_quantum.circuits import Circuit, Gate, Numbers, Operation, PostSelect, Prepare, x
from einlang_quantum.execution.straight import Straight, straighten
from einlang_quantum.lowering.network import bits


def combined(summands: Sequence[tuple[complex, Circuit]]) -> Circuit:
    """The sum of numbers times circuits, in which the same qubits come in and go out.

    What comes in is bent, and goes through Bell effects.
    """
    straight = [straighten(replace(c, scale=complex(c.scale) * n)) for n, c in summands]
    weights = np.array([each.scale for each in straight])
    total = float(abs(weights).sum())
    if not total:
        return replace(summands[0][1], scale=0.0)
    count, choice = len(straight[0].cod), bits(len(straight))
    width = max(each.width for each in straight)
    register = tuple(range(width, width + choice))
    operations: list[Operation] = [Prepare(tuple(range(width)))] if width else []
    operations += _state(weights / total, register)
    for number, each in enumerate(straight):
        operations += _chosen(_placed(each), register, number)
    operations += (operation.dagger() for operation in _state(abs(weights) / total, register))
    if width > count:
        operations.append(PostSelect(tuple(range(count, width))))
    whole = Circuit(width + choice, tuple(operations), (), tuple(range(count)), total)
    return _unbent(whole, len(summands[0][1].dom))


def _state(weights: np.ndarray, register: tuple[int, ...]) -> list[Operation]:
    """The roots of the weights, with their phases."""
    if not register:
        return []
    state = np.zeros(1 << len(register), complex)
    state[: len(weights)] = weights / np.sqrt(np.where(weights, abs(weights), 1))
    return [Prepare(register, Numbers.of(state))]


def _placed(each: Straight) -> tuple[Gate, ...]:
    """The gates that make the state, what goes out on the first wires."""
    first = [*each.cod, *(wire for wire in range(each.width) if wire not in each.cod)]
    place = {wire: number for number, wire in enumerate(first)}
    return tuple(gate.on(place) for gate in each.unitary)


def _chosen(gates: Sequence[Gate], register: tuple[int, ...], number: int) -> list[Operation]:
    """The gates, done where the register holds a number."""
    ones = format(number, f"0{len(register)}b") if register else ""
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
