"""The normal form of a diagram: wires and nodes numbered by nothing but their shape.

`f.canonical() == g.canonical()` exactly when some renumbering makes `f` into `g`, terms of
formal sums in any order. Colours are refined until they are stable (Cardon, Crochemore,
"Partitioning a graph in O(|A| log2 |V|)", 1982), ties are broken by trying every
choice, and skipping those that an automorphism makes equal (McKay, Piperno, "Practical graph
isomorphism, II", 2014). Beyond `BUDGET` steps of that search the first choice is
taken, which is exact wherever a stable colour is an orbit (all forests, for one).

>>> from einlang.diagrams.diagram import TensorBox
>>> a, b = (Diagram.box(TensorBox(name), [2]) for name in "AB")
>>> a @ b == b @ a >> Diagram.swap([2], [2])
False
>>> canonical(a @ b) == canonical(b @ a >> Diagram.swap([2], [2]))
True
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from einlang.diagrams.diagram import (
    Box,
    Bubble,
    Diagram,
    FoldBox,
    Gluing,
    MapBox,
    Node,
    NumberBox,
    SumBox,
    TensorBox,
    refill,
)
from einlang.diagrams.refinement import Graph, label

BUDGET = 1_000_000
"""How many vertices the exact search may colour, in each diagram."""

Key = tuple[Any, ...]


def canonical(diagram: Diagram) -> Diagram:
    """The same morphism under the numbering that depends on its shape alone."""
    boxes = [_canonical_box(node.box) for node in diagram.nodes]
    ranks = _ranks([box_key(box) for box in boxes])
    graph, twins = _graph(diagram, ranks)
    order = label(graph, BUDGET)
    nodes = [
        Node(boxes[twin], diagram.nodes[twin].legs)
        for vertex in order
        if vertex >= len(diagram.sizes)
        for twin in twins[vertex - len(diagram.sizes)]
    ]
    return _renumbered(diagram, nodes, [v for v in order if v < len(diagram.sizes)])


def box_key(box: Box) -> Key:
    """What boxes are sorted by; equal for equal boxes, and comparable for all."""
    match box:
        case TensorBox(name):
            return (0, name)
        case NumberBox(value):
            return (1, value)
        case MapBox(coefficients, offset, border, fill):
            return (2, coefficients, offset, border or "", fill)
        case Bubble(function, inside, span):
            return (3, function.name, function.parameters, span or (), diagram_key(inside))
        case FoldBox(operator, inside, count, span):
            return (4, operator, count, span or (), diagram_key(inside))
        case SumBox(terms):
            return (5, tuple(diagram_key(term) for term in terms))


def diagram_key(diagram: Diagram) -> Key:
    """What diagrams are sorted by; equal for equal diagrams."""
    nodes = tuple((box_key(node.box), node.legs) for node in diagram.nodes)
    return (diagram.sizes, diagram.dom, diagram.cod, nodes)


def _canonical_box(box: Box) -> Box:
    box = refill(box, canonical)
    return SumBox(tuple(sorted(box.terms, key=diagram_key))) if isinstance(box, SumBox) else box


def _ranks(keys: list[Key]) -> list[int]:
    """The place of each among the distinct ones, in order."""
    place = {key: number for number, key in enumerate(sorted(set(keys)))}
    return [place[key] for key in keys]


def _graph(diagram: Diagram, ranks: list[int]) -> tuple[Graph, list[list[int]]]:
    """Wires, then nodes; equal boxes on equal legs are one vertex, and counted.

    Sizes, boxes and places on the boundary are colours, a leg is an edge with its position.
    """
    twins: defaultdict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    for number, node in enumerate(diagram.nodes):
        twins[ranks[number], node.legs].append(number)
    ends: list[tuple[list[int], list[int]]] = [([], []) for _ in diagram.sizes]
    for side, wires in enumerate((diagram.dom, diagram.cod)):
        for position, wire in enumerate(wires):
            ends[wire][side].append(position)
    colours: list[Key] = [
        (0, size, tuple(dom), tuple(cod))
        for size, (dom, cod) in zip(diagram.sizes, ends, strict=True)
    ]
    edges: list[tuple[int, int, int]] = []
    for (rank, legs), members in twins.items():
        edges += ((len(colours), leg, position) for position, leg in enumerate(legs))
        colours.append((1, rank, len(members)))
    return Graph(_ranks(colours), edges), list(twins.values())


def _renumbered(diagram: Diagram, nodes: list[Node], wires: list[int]) -> Diagram:
    """Wires in the order in which the boundary and the nodes name them, then the others."""
    ends = [*diagram.dom, *diagram.cod, *(leg for node in nodes for leg in node.legs), *wires]
    gluing = Gluing()
    number = {
        wire: gluing.wire(diagram.sizes[wire], diagram.name(wire)) for wire in dict.fromkeys(ends)
    }
    for node in nodes:
        gluing.node(node.box, (number[leg] for leg in node.legs))
    return gluing.diagram((number[w] for w in diagram.dom), (number[w] for w in diagram.cod))
