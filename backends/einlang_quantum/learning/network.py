"""Tensor networks as values; those of one shape are contracted and differentiated at once.

A network is the shape of a diagram: slots for tensors, and which of their axes are joined. The
tensors come as *tables*: an array of shape `(rows, *shape)` holds tensors that may stand in a
slot, `rows[b, s]` says which one stands in slot `s` of the `b`-th network of the batch. A
table of a single row is shared by the whole batch, its products are taken once.

>>> network = Network.parse("i,ijk,j->k", [(2,), (2, 2, 2), (2,)])
>>> words, verb = np.eye(2), np.arange(8.0).reshape(1, 2, 2, 2)
>>> rows = np.array([[0, 0, 1], [1, 0, 1]])             # two sentences: a batch
>>> network.evaluate([words, verb], rows, slots=(0, 1, 0))
array([[2., 3.],
       [6., 7.]])

The gradient of a diagram is a sum of diagrams, one for each slot: the same network with that
slot left open. All are found in one backward pass along the tree of contraction (reverse
mode), one array per table. Nothing is conjugated: for a real loss of a complex value, give
`pull` the derivative `dL/dRe - 1j * dL/dIm`.

>>> value, pull = network.differentiate([words, verb], rows, slots=(0, 1, 0))
>>> gradients = pull(np.ones_like(value))
>>> [gradient.shape for gradient in gradients], gradients[0].tolist()
([(2, 2), (1, 2, 2, 2)], [[5.0, 13.0], [15.0, 31.0]])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang.equation import parse
from einlang_quantum.learning.schedule import schedule

Array = Any
Labels = tuple[int, ...]
Shape = tuple[int, ...]
Pull = Callable[[Array], list[Array]]


@dataclass(frozen=True)
class Network:
    """Slots by the labels of their axes, the labels of the result, and the size of each label.

    Labels are whole numbers from 0; one may occur in any number of places (a spider), also
    twice in one slot (a trace), and is summed unless it is in the result.
    """

    terms: tuple[Labels, ...]
    result: Labels
    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.terms:
            raise ValueError("a network with no slots")
        labels = {label for term in self.terms for label in term}
        if len(set(self.result)) < len(self.result) or not labels.issuperset(self.result):
            raise ValueError(f"the result {self.result} of slots {self.terms}")

    @staticmethod
    def parse(equation: str, shapes: Sequence[Shape]) -> Network:
        """The network of an einsum equation, for slots of those shapes."""
        read = parse((equation, *shapes), shapes)
        sizes = read.sizes(shapes, equation)
        number = {label: place for place, label in enumerate(sizes)}
        terms = tuple(tuple(number[label] for label in term) for term in read.terms)
        return Network(terms, tuple(number[x] for x in read.result), tuple(sizes.values()))

    @property
    def shape(self) -> Shape:
        """The shape of the value of one network."""
        return tuple(self.sizes[label] for label in self.result)

    def slot(self, number: int) -> Shape:
        """The shape of the tensor in a slot."""
        return tuple(self.sizes[label] for label in self.terms[number])

    def contract(self, *tensors: Array) -> Array:
        """The value of a single network, one tensor per slot."""
        tables = [np.asarray(tensor)[None] for tensor in tensors]
        return self.evaluate(tables, np.zeros((1, len(tables)), int))[0]

    def evaluate(
        self, tables: Sequence[Array], rows: Array, slots: Sequence[int] | None = None
    ) -> Array:
        """The values of a batch, of shape `(batch, *shape)`.

        `tables[slots[s]][rows[b, s]]` stands in slot `s` of network `b`; without `slots`,
        there is one table per slot. Raises ValueError where a table does not fit its slot.
        """
        return self._run(tables, rows, slots).value()

    def differentiate(
        self, tables: Sequence[Array], rows: Array, slots: Sequence[int] | None = None
    ) -> tuple[Array, Pull]:
        """The values of a batch, and what pulls a derivative by them back to the tables."""
        run = self._run(tables, rows, slots)
        return run.value(), run.pull

    def _run(self, tables: Sequence[Array], rows: Array, slots: Sequence[int] | None) -> Any:
        chosen = tuple(range(len(self.terms)) if slots is None else slots)
        rows = np.asarray(rows)
        if len(chosen) != len(self.terms) or rows.shape[1:] != (len(chosen),):
            shapes = f"{len(chosen)} tables and rows of shape {rows.shape}"
            raise ValueError(f"{shapes} for {len(self.terms)} slots")
        arrays = [np.asarray(table) for table in tables]
        for slot, table in enumerate(chosen):
            if arrays[table].shape[1:] != self.slot(slot):
                shape = arrays[table].shape[1:]
                raise ValueError(f"slot {slot} has shape {self.slot(slot)}, its table {shape}")
        shared = tuple(len(array) == 1 for array in arrays)
        return schedule(self, chosen, shared).run(arrays, rows)
