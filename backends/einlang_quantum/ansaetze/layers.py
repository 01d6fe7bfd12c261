"""What stands on the qubits of an ansatz, layer by layer: gates, for angles in radians.

Each function takes the number of qubits, the number of layers and a supply of angles. IQP,
Sim14, Sim15 and strongly entangling circuits are those of lambeq's ansaetze, gate by gate,
angles in the same order (lambeq counts them in full turns).

>>> from itertools import count
>>> [gate.name for gate in iqp(2, 1, count(1.0))]
['h', 'h', 'rz', 'h', 'h']
>>> [gate.wires for gate in ttn(4, 1, count(1.0)) if gate.controls]
[(0, 2), (0, 1), (2, 3)]
"""

from __future__ import annotations

from collections.abc import Iterator

from einlang_quantum.circuits.operations import Angle, Gate, crx, crz, cx, h, rx, ry, rz

Angles = Iterator[Angle]
Gates = list[Gate]


def single(count: int, angles: Angles, names: str = "xz") -> Gates:
    """Turns of one qubit about two axes in alternation."""
    turns = {"x": rx, "y": ry, "z": rz}
    return [turns[names[n % 2]](next(angles), 0) for n in range(count)]


def iqp(qubits: int, layers: int, angles: Angles) -> Gates:
    """Hadamard gates and controlled turns of neighbours in alternation.

    Source: Havlicek et al., Nature 567 (2019), as lambeq has it.
    """
    gates: Gates = []
    for _ in range(layers):
        gates += [h(qubit) for qubit in range(qubits)]
        gates += [crz(next(angles), qubit, qubit + 1) for qubit in range(qubits - 1)]
    return gates + [h(qubit) for qubit in range(qubits)] if layers else gates


def sim14(qubits: int, layers: int, angles: Angles) -> Gates:
    """Turns, and rings of controlled turns in both directions.

    Source: Sim, Johnson, Aspuru-Guzik, arXiv 1905.10876, circuit 14 with lambeq's rings.
    """
    gates: Gates = []
    for _ in range(layers):
        given = [next(angles) for _ in range(4 * qubits)]
        gates += [ry(given[q], q) for q in range(qubits)]
        gates += [crx(given[qubits + q], q, (q - 1) % qubits) for q in range(qubits)]
        gates += [ry(given[2 * qubits + q], q) for q in range(qubits)]
        for q in range(qubits, 0, -1):
            gates.append(crx(given[-q], q % qubits, (q + 1) % qubits))
    return gates


def sim15(qubits: int, layers: int, angles: Angles) -> Gates:
    """Turns, and rings of controlled nots in both directions.

    Source: Sim, Johnson, Aspuru-Guzik, arXiv 1905.10876, circuit 15 with lambeq's rings.
    """
    gates: Gates = []
    for _ in range(layers):
        gates += [ry(next(angles), q) for q in range(qubits)]
        gates += [cx(q, (q - 1) % qubits) for q in range(qubits)]
        gates += [ry(next(angles), q) for q in range(qubits)]
        gates += [cx(q % qubits, (q + 1) % qubits) for q in range(qubits, 0, -1)]
    return gates


def strongly_entangling(qubits: int, layers: int, angles: Angles) -> Gates:
    """Any turn of each qubit, and a ring of controlled nots, wider from layer to layer.

    Source: Schuld, Bocharov, Svore, Wiebe, arXiv 1804.00633.
    """
    gates: Gates = []
    for layer in range(layers):
        for q in range(qubits):
            gates += _turn(q, angles)
        step = layer % (qubits - 1) + 1
        gates += [cx(q, (q + step) % qubits) for q in range(qubits)]
    return gates


def mps(qubits: int, layers: int, angles: Angles) -> Gates:
    """Blocks of two neighbours, one after another: a matrix product state from zeros.

    Source: Huggins et al., arXiv 1803.11537.
    """
    pairs = [(q, q + 1) for q in range(qubits - 1)]
    return _blocks(pairs * layers, angles)


def ttn(qubits: int, layers: int, angles: Angles) -> Gates:
    """Blocks from the root of a binary tree to its leaves: a tree tensor network from zeros.

    Source: Huggins et al., arXiv 1803.11537.
    """
    pairs = [pair for step in _steps(qubits) for pair in _level(qubits, step)]
    return _blocks(pairs * layers, angles)


def mera(qubits: int, layers: int, angles: Angles) -> Gates:
    """A tree whose branches are joined by blocks in between, level by level.

    Source: Vidal, Phys. Rev. Lett. 101 (2008).
    """
    pairs: list[tuple[int, int]] = []
    for step in _steps(qubits):
        pairs += _level(qubits, step)
        pairs += [(q, q + step) for q in range(step, qubits - step, 2 * step)]
    return _blocks(pairs * layers, angles)


def _steps(qubits: int) -> list[int]:
    """The distances of siblings in a binary tree, the root's first."""
    steps = [1]
    while 2 * steps[-1] < qubits:
        steps.append(2 * steps[-1])
    return steps[::-1]


def _level(qubits: int, step: int) -> list[tuple[int, int]]:
    return [(q, q + step) for q in range(0, qubits - step, 2 * step)]


def _blocks(pairs: list[tuple[int, int]], angles: Angles) -> Gates:
    gates: Gates = []
    for left, right in pairs:
        gates += [*_turn(left, angles), *_turn(right, angles), cx(left, right)]
    return gates


def _turn(qubit: int, angles: Angles) -> Gates:
    return [turn(next(angles), qubit) for turn in (rz, ry, rz)]
