"""A tensor placed on the wires of a diagram, and how index maps are drawn into its place.

>>> from einlang.diagrams.diagram import Diagram, MapBox, Node, TensorBox
>>> nodes = Node(TensorBox("x"), (0,)), Node(MapBox((1, 1)), (0, 1, 2))
>>> window = Diagram((9, 3, 7), nodes, (), ())
>>> places, apart = substitution(window, carried={0})
>>> places[0]
AxisMap(terms=((1, 1), (2, 1)), offset=0, border=None, fill=0.0)
>>> apart
[]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from einlang.diagrams.diagram import Diagram, MapBox, Node
from einlang.planning.dataflow import AxisMap

Places = Mapping[int, AxisMap]


@dataclass(frozen=True)
class Factor:
    """A value and where each of its axes is read; `terms` name wires."""

    value: int
    axes: tuple[AxisMap, ...]

    @property
    def wires(self) -> tuple[int, ...]:
        """The wires that it is on, in order of first appearance."""
        return tuple(dict.fromkeys(wire for axis in self.axes for wire, _ in axis.terms))

    @property
    def linear(self) -> bool:
        """Whether scaling the source scales the factor: nothing but zero is filled in."""
        return not any(axis.border == "pad" and axis.fill for axis in self.axes)

    def moved(self, wires: Mapping[int, int] | Sequence[int]) -> Factor:
        """The same on other wires."""
        axes = tuple(
            replace(axis, terms=merged([(wires[w], c) for w, c in axis.terms]))
            for axis in self.axes
        )
        return Factor(self.value, axes)


def plain(wires: Sequence[int]) -> tuple[AxisMap, ...]:
    """Axes that lie on wires as they are."""
    return tuple(AxisMap(((wire, 1),)) for wire in wires)


def merged(terms: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Every wire once, in order of first appearance, without zeros.

    >>> merged([(0, 1), (1, 2), (0, 3)])
    ((0, 4), (1, 2))
    """
    total: Counter[int] = Counter()
    for wire, coefficient in terms:
        total[wire] += coefficient
    return tuple((wire, coefficient) for wire, coefficient in total.items() if coefficient)


def substitution(
    diagram: Diagram, carried: Collection[int]
) -> tuple[dict[int, AxisMap], list[Node]]:
    """What to read in place of the axis wires of index maps, and the maps that stay apart.

    `carried` are the wires that some tensor lies on. A map is drawn into the tensors at its
    axis; it stays when its axis is seen elsewhere: on the boundary, by a second map, by
    nothing, or by a map where it has a border.
    """
    maps = [node for node in diagram.nodes if isinstance(node.box, MapBox)]
    axes = Counter(node.legs[0] for node in maps)
    fed = {wire for node in maps for wire in node.legs[1:]}
    boundary = {*diagram.dom, *diagram.cod}
    places: dict[int, AxisMap] = {}
    apart: list[Node] = []
    for node in maps:
        wire, place = node.legs[0], expanded(_axis(node), places)
        alone = axes[wire] == 1 and wire not in boundary and (wire in carried or wire in fed)
        blocked = wire in fed and place.border is not None
        if alone and not blocked and wire not in dict(place.terms):
            places[wire] = place
        else:
            apart.append(node)
    return places, apart


def _axis(node: Node) -> AxisMap:
    box = node.box
    assert isinstance(box, MapBox)
    terms = merged(list(zip(node.legs[1:], box.coefficients, strict=True)))
    return AxisMap(terms, box.offset, box.border, box.fill)


def expanded(axis: AxisMap, places: Places) -> AxisMap:
    """An axis with places put in for the wires that have one."""
    if len(axis.terms) == 1 and axis == AxisMap(((axis.terms[0][0], 1),)):
        wire = axis.terms[0][0]
        return expanded(places[wire], places) if wire in places else axis
    while any(wire in places for wire, _ in axis.terms):
        terms, offset = [], axis.offset
        for wire, coefficient in axis.terms:
            inner = places.get(wire, AxisMap(((wire, 1),)))
            terms += [(w, coefficient * c) for w, c in inner.terms]
            offset += coefficient * inner.offset
        axis = replace(axis, terms=merged(terms), offset=offset)
    return axis


def relation(node: Node) -> tuple[AxisMap, AxisMap]:
    """An index map as a factor of its own: where to read the identity matrix."""
    axis = _axis(node)
    if axis.border == "pad" and axis.fill:
        raise ValueError("a map that fills in numbers is no relation")
    border = axis.border or "pad"
    return AxisMap(((node.legs[0], 1),)), replace(axis, border=border)
