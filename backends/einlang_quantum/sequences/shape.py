"""The shape of a network for sequences of one length.

A letter is a vector. On a *path*, what has been read goes through a matrix and meets the next
letter in a spider (recurrent); in a *tree*, two neighbours go through a matrix each and meet in
a spider, level by level (convolutional). What is left goes through `READ` to the outputs.
*Uniform* networks have the same matrices everywhere, *hierarchical* ones have their own at
each step of a path, and at each level of a tree.

Source: the families of arXiv 2403.06890, with cells of this factored form.

>>> path = Shape("path", length=3, bond=2, letters=4)
>>> [(node.box.name, node.legs) for node in path.diagram("abc").nodes]
[('a', (0,)), ('b', (1,)), ('STEP', (0, 1)), ('c', (2,)), ('STEP', (1, 2)), ('READ', (2, 3))]
>>> path.tables
{'STEP': (2, 2), 'READ': (2, 2)}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal

from einlang.diagrams import Diagram, Gluing, TensorBox
from einlang_quantum.learning.network import Network


@dataclass(frozen=True)
class Shape:
    """A family, the number of letters read, the size of wires, the letters that there are."""

    kind: Literal["path", "tree"]
    length: int
    bond: int
    letters: int
    hierarchical: bool = False
    outputs: int = 2

    def diagram(self, word: Sequence[str]) -> Diagram:
        """The network of one sequence, whose letters are tensors of shape `(bond,)`."""
        if len(word) != self.length:
            raise ValueError(f"{len(word)} letters for a network of {self.length}")
        weaving = _Weaving(self)
        last = weaving.path(word) if self.kind == "path" else weaving.tree(word)
        out = weaving.wire(self.outputs)
        weaving.node(TensorBox("READ"), (last, out))
        return weaving.diagram((), (out,))

    @cached_property
    def _open(self) -> Diagram:
        return self.diagram([""] * self.length)

    @cached_property
    def tables(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the matrices by name, in the order in which they come."""
        nodes = [(getattr(node.box, "name", ""), node.legs) for node in self._open.nodes]
        return {name: tuple(self._open.sizes[leg] for leg in legs) for name, legs in nodes if name}

    @property
    def parameters(self) -> int:
        """The numbers in all tensors: those of letters, and the matrices."""
        return self.letters * self.bond + sum(prod(shape) for shape in self.tables.values())

    @property
    def qubits(self) -> int:
        """Qubits per wire."""
        return (self.bond - 1).bit_length()

    @cached_property
    def network(self) -> Network:
        """The network of a batch; its slots are the nodes of a diagram."""
        diagram = self._open
        terms = tuple(node.legs for node in diagram.nodes)
        return Network(terms, diagram.cod, diagram.sizes)

    @cached_property
    def slots(self) -> tuple[int, ...]:
        """Which table stands in each slot: 0 is that of letters, then those of `tables`."""
        number = {name: n for n, name in enumerate(("", *self.tables))}
        return tuple(number[getattr(node.box, "name", "")] for node in self._open.nodes)


class _Weaving(Gluing):
    """A network under construction."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def letter(self, name: str) -> int:
        """The wire of a letter."""
        wire = self.wire(self.shape.bond)
        self.node(TensorBox(name), (wire,))
        return wire

    def name(self, word: str, number: int) -> str:
        """A matrix of a step or level."""
        return f"{word}{number}" if self.shape.hierarchical else word

    def path(self, word: Sequence[str]) -> int:
        """The wire that leaves a path."""
        last = self.letter(word[0])
        for step, name in enumerate(word[1:]):
            new = self.letter(name)
            self.node(TensorBox(self.name("STEP", step)), (last, new))
            last = new
        return last

    def tree(self, word: Sequence[str]) -> int:
        """The wire that leaves a tree; what has no neighbour goes up as it is."""
        wires = [self.letter(name) for name in word]
        level = 0
        while len(wires) > 1:
            pairs = zip(wires[::2], wires[1::2], strict=False)
            joined = [self.meet(left, right, level) for left, right in pairs]
            wires = joined + wires[len(wires) - len(wires) % 2 :]
            level += 1
        return wires[0]

    def meet(self, left: int, right: int, level: int) -> int:
        """The wire of two neighbours."""
        wire = self.wire(self.shape.bond)
        self.node(TensorBox(self.name("LEFT", level)), (left, wire))
        self.node(TensorBox(self.name("RIGHT", level)), (right, wire))
        return wire
