"""Random circuits with data, post-selection and wires that are used again."""

from __future__ import annotations

import numpy as np
from einlang_quantum.circuits import (
    Circuit,
    crx,
    cx,
    h,
    phase,
    rx,
    ry,
    rz,
    s,
    swap,
    unitary,
    x,
    z,
)


def vector(random: np.random.Generator, size: int, plain: bool = False) -> np.ndarray:
    """A row of random numbers, complex unless `plain`."""
    array = random.normal(size=size)
    return array if plain else array + 1j * random.normal(size=size)


def circuit(seed: int, qubits: int = 2, out: int = 1, plain: bool = False) -> Circuit:
    """Some data, gates, a qubit post-selected, and prepared again, and gates once more."""
    random = np.random.default_rng(seed)
    width = qubits + 1
    first = Circuit.state(vector(random, 2**width, plain)) >> gates(random, width, plain)
    found = Circuit.effect(vector(random, 2, plain))
    fresh = Circuit.state(vector(random, 2, plain))
    more = gates(random, width, plain)
    again = [each.on({0: qubits}) for each in (*found.operations, *fresh.operations)]
    operations = (*first.operations, *again, *more.operations)
    wires = tuple(range(width))
    scale = first.scale * found.scale * fresh.scale
    whole = Circuit(width, operations, (), wires, scale)
    return whole >> Circuit.id(out) @ Circuit.zeros(width - out).dagger()


def gates(random: np.random.Generator, width: int, plain: bool) -> Circuit:
    """A few gates of all kinds."""
    made = []
    for _ in range(6):
        one, other = (int(wire) for wire in random.permutation(width)[:2])
        angle = float(random.normal())
        both = np.linalg.qr(vector(random, 16, plain).reshape(4, 4))[0]
        choices = [h(one), x(one), z(one), ry(angle, one), cx(one, other), swap(one, other)]
        choices += [unitary(both, (one, other))]
        if not plain:
            turns = [rx(angle, one), rz(angle, one), crx(angle, one, other)]
            choices += [*turns, s(one), s(one).dagger(), phase(angle, one).controlled(other)]
        made.append(choices[random.integers(len(choices))])
    return Circuit.gates(width, made)
