"""Random einsums with data for circuits: hyperedges, traces, axes of length one, complex numbers.

>>> case = random_case(1)
>>> case.diagram.cod_sizes == case.value().shape
True
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from einlang.diagrams import Diagram, Node, TensorBox

Array = np.ndarray


@dataclass(frozen=True)
class Case:
    """A diagram of tensors, and their arrays."""

    diagram: Diagram
    data: dict[str, Array]

    @property
    def qubits(self) -> int:
        """What all legs of all tensors take, every index on qubits of its own."""
        sizes = self.diagram.sizes
        legs = [leg for node in self.diagram.nodes for leg in node.legs] + [*self.diagram.cod]
        return sum((sizes[leg] - 1).bit_length() for leg in legs)

    def value(self) -> Array:
        """What `numpy.einsum` gives."""
        wires = [part for node in self.diagram.nodes for part in self._operand(node)]
        return np.asarray(np.einsum(*wires, self.diagram.cod, optimize=False))

    def _operand(self, node: Node) -> tuple[Array, list[int]]:
        assert isinstance(node.box, TensorBox)
        return self.data[node.box.name], [*node.legs]


def random_case(seed: int, most: int = 16, largest: int = 5) -> Case:
    """An einsum of one to five tensors of at most so many qubits."""
    random = np.random.default_rng(seed)
    while True:
        case = _drawn(random, largest)
        if case.qubits <= most:
            return case


def _drawn(random: np.random.Generator, largest: int) -> Case:
    sizes = [int(n) for n in random.integers(1, largest + 1, random.integers(1, 6))]
    plain = random.random() < 0.5
    nodes, data = [], {}
    for number in range(random.integers(1, 6)):
        legs = tuple(int(wire) for wire in random.integers(0, len(sizes), random.integers(0, 4)))
        name = f"T{number}"
        shape = [sizes[leg] for leg in legs]
        array = random.normal(size=shape) + (not plain) * 1j * random.normal(size=shape)
        data[name] = np.asarray(array.real if plain else array)
        nodes.append(Node(TensorBox(name), legs))
    used = sorted({leg for node in nodes for leg in node.legs})
    number = {wire: new for new, wire in enumerate(used)}
    moved = tuple(Node(n.box, tuple(number[leg] for leg in n.legs)) for n in nodes)
    cod = [int(w) for w in random.permutation(len(used)) if random.random() < 0.4][:3]
    return Case(Diagram(tuple(sizes[w] for w in used), moved, (), tuple(cod)), data)


def chain(seed: int, size: int, length: int) -> Case:
    """A product of so many random square matrices, both ends open."""
    random = np.random.default_rng(seed)
    data = {f"A{n}": random.normal(size=(size, size)) for n in range(length)}
    nodes = tuple(Node(TensorBox(f"A{n}"), (n, n + 1)) for n in range(length))
    return Case(Diagram((size,) * (length + 1), nodes, (), (0, length)), data)


def product_state(seed: int, length: int, physical: int = 2, bond: int = 3) -> Case:
    """A random matrix product state with open ends, of complex numbers."""
    random = np.random.default_rng(seed)
    inner = [physical] * length + [bond] * (length - 1)
    nodes, data = [], {}
    for n in range(length):
        bonds = [length + n - 1] * (n > 0) + [length + n] * (n < length - 1)
        legs = (n, *bonds)
        shape = [inner[leg] for leg in legs]
        data[f"M{n}"] = random.normal(size=shape) + 1j * random.normal(size=shape)
        nodes.append(Node(TensorBox(f"M{n}"), legs))
    return Case(Diagram(tuple(inner), tuple(nodes), (), tuple(range(length))), data)


def tree(seed: int, depth: int, physical: int = 2, bond: int = 3) -> Case:
    """A random binary tree tensor network over 2^depth indices."""
    random = np.random.default_rng(seed)
    sizes = [physical] * 2**depth
    level, nodes, data = list(range(2**depth)), [], {}
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=True):
            legs = (left, right)
            if len(level) > 2:
                sizes.append(bond)
                above.append(len(sizes) - 1)
                legs += (above[-1],)
            name = f"T{len(nodes)}"
            data[name] = random.normal(size=[sizes[leg] for leg in legs])
            nodes.append(Node(TensorBox(name), legs))
        level = above
    return Case(Diagram(tuple(sizes), tuple(nodes), (), tuple(range(2**depth))), data)
