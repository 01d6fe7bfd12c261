"""Amplitude amplification: fewer shots fail, for a deeper circuit.

With p = sin^2 t, k rounds of reflections turn the amplitude sin t of success into
sin((2k + 1) t); what is found after success stays the same (Brassard, Høyer, Mosca and Tapp,
2000, section 2).

>>> rare = Circuit.state([0.2, 0.96**0.5]) >> Circuit.effect([1, 0])
>>> best(0.04)
3
>>> loud = amplified(rare, 3, 0.04)
>>> round(abs(loud.amplitudes()) ** 2, 3), round((loud.scale * loud.amplitudes()).real, 9)
(np.float64(0.974), np.float64(0.2))
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from einlang_quantum.circuits import Circuit, Gate, PostSelect, Prepare, x, z
from einlang_quantum.execution.straight import straighten


def best(probability: float) -> int:
    """The number of rounds after which success is most probable, without going past it."""
    if not 0 < probability < 1:
        return 0
    return max(0, math.floor(math.pi / (4 * math.asin(math.sqrt(probability))) - 0.5 + 1e-9))


def gain(rounds: int, probability: float) -> float:
    """What an amplitude of success is multiplied with."""
    angle = math.asin(math.sqrt(min(1.0, probability)))
    return math.sin((2 * rounds + 1) * angle) / math.sin(angle) if angle else 2 * rounds + 1.0


def amplified(circuit: Circuit, rounds: int, probability: float) -> Circuit:
    """The circuit after so many rounds, of the same meaning, for its probability of success.

    Its amplitudes are larger, and its scale smaller, by `gain`.
    """
    straight = straighten(circuit)
    if not rounds or not straight.flags:
        return circuit
    forth = straight.unitary
    back = tuple(gate.dagger() for gate in reversed(forth))
    wires = tuple(range(straight.width))
    turn = (*reflection(straight.flags), *back, *reflection(wires), *forth)
    # Each round turns the state by pi, too, beside what it is to do.
    scale = straight.scale * (-1) ** rounds / gain(rounds, probability)
    operations = (Prepare(wires), *forth, *turn * rounds, PostSelect(straight.flags))
    return Circuit(straight.width, operations, (), straight.cod, scale)


def reflection(wires: Sequence[int]) -> tuple[Gate, ...]:
    """A phase of -1 where all of these wires are zero."""
    flips = tuple(x(wire) for wire in wires)
    return (*flips, z(wires[-1]).controlled(*wires[:-1]), *flips)
