"""String diagrams of the free hypergraph category, held as cospans of hypergraphs.

A wire is an index with a size, a node is a box with the wires at its legs. Wires that a
spider connects are one wire; a wire that nothing on the boundary carries is summed. This
is the normal form: two diagrams are equal as morphisms of the hypergraph category when
their hypergraphs are isomorphic (Bonchi, Gadducci, Kissinger, Sobocinski, Zanasi, "String
diagram rewrite theory I", 2022).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Union

from einlang.checking.typed import Function


@dataclass(frozen=True)
class TensorBox:
    """A tensor by name: one leg per axis."""

    name: str


@dataclass(frozen=True)
class NumberBox:
    """A scalar: no legs."""

    value: float | int


@dataclass(frozen=True)
class MapBox:
    """An affine index map as a relation: legs are the axis that is read, then the indices.

    The axis stands at `sum(coefficient * index) + offset`; `border` as in `typed.At`.
    A split axis `(h d)` is the map `size(d) * h + d`.
    """

    coefficients: tuple[int, ...]
    offset: int = 0
    border: Literal["pad", "wrap", "clamp"] | None = None
    fill: float = 0.0


@dataclass(frozen=True)
class Bubble:
    """An elementwise function around a diagram: legs are the codomain of the inside."""

    function: Function
    inside: Diagram
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class FoldBox:
    """A reduction around a diagram: the last `count` wires of its codomain are folded away."""

    operator: str
    inside: Diagram
    count: int
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class SumBox:
    """A formal sum: legs are the codomain that all the terms share (broadcasts written out)."""

    terms: tuple[Diagram, ...]


Box = Union[TensorBox, NumberBox, MapBox, Bubble, FoldBox, SumBox]


@dataclass(frozen=True)
class Node:
    """A box and the wires at its legs, in order (a wire may come twice: a diagonal)."""

    box: Box
    legs: tuple[int, ...]


@dataclass(frozen=True)
class Diagram:
    """A morphism: wires with sizes (and names, for drawing), nodes, and two boundaries."""

    sizes: tuple[int, ...]
    nodes: tuple[Node, ...]
    dom: tuple[int, ...]
    cod: tuple[int, ...]
    names: tuple[str, ...] = field(default=(), compare=False)
