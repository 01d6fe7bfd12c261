"""From a checked program to string diagrams: one per definition, in linear time.

Products become wires and nodes of one hypergraph, whatever is not linear a box around a
diagram of its own:

>>> from einlang.checking.typed import Index, Product, Read, at
>>> i, j, k = Index("i", 2), Index("j", 3), Index("k", 4)
>>> matmul = Product((Read("A", (at(i), at(k))), Read("B", (at(k), at(j)))), summed=(k,))
>>> diagram = expression(matmul, (i, j))
>>> diagram.cod_sizes, [(node.box.name, node.legs) for node in diagram.nodes]
((2, 3), [('A', (0, 2)), ('B', (2, 1))])
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from einlang.checking.typed import (
    Apply,
    At,
    Expression,
    Fold,
    Index,
    Number,
    Product,
    Read,
    Sum,
    Typed,
)
from einlang.diagrams.diagram import (
    Box,
    Bubble,
    Diagram,
    FoldBox,
    Gluing,
    MapBox,
    NumberBox,
    SumBox,
    TensorBox,
)

Shapes = Mapping[str, tuple[int, ...]]
Scope = Mapping[Index, int]
"""Which wire an index is, where an expression stands."""

UNKNOWN: Shapes = MappingProxyType({})


def build(typed: Typed, *, fuse: bool = False) -> dict[str, Diagram]:
    """The diagram of each definition: nothing comes in, the indices on its left go out.

    The indices of a group `(h d)` go out one by one, or, with `fuse`, as the one axis that
    readers of the tensor see (which is what `inline` asks for).
    """
    shapes = {name: tensor.shape for name, tensor in typed.tensors.items()}
    diagrams: dict[str, Diagram] = {}
    for definition in typed.definitions:
        building = _Building(shapes)
        scope = building.scope(definition.indices)
        building.multiply((definition.value,), scope)
        wires = [scope[index] for index in definition.indices]
        cod = [building.axis(axis, scope) for axis in definition.left] if fuse else wires
        diagrams[definition.tensor.name] = building.diagram((), cod)
    return diagrams


def expression(value: Expression, indices: tuple[Index, ...], shapes: Shapes = UNKNOWN) -> Diagram:
    """The diagram whose codomain is `indices`; the ones that `value` lacks are broadcast.

    `shapes` gives the lengths of axes that are read elsewhere than at a plain index; such
    a read of a tensor that is not in it is a `KeyError`.
    """
    building = _Building(shapes)
    scope = building.scope(indices)
    building.multiply((value,), scope)
    return building.diagram((), (scope[index] for index in indices))


class _Building(Gluing):
    """A product under construction."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self.shapes = shapes

    def scope(self, indices: Iterable[Index]) -> dict[Index, int]:
        """New wires for these indices."""
        return {index: self.wire(index.size, index.name) for index in dict.fromkeys(indices)}

    def multiply(self, factors: Iterable[Expression], scope: Scope) -> None:
        """The factors, those of products among them too: a sum may be pulled out of a product.

        The summed indices of each product have wires of their own.
        """
        todo = [(factor, scope) for factor in factors][::-1]
        while todo:
            factor, scope = todo.pop()
            if isinstance(factor, Product):
                inner = {**scope, **self.scope(factor.summed)} if factor.summed else scope
                todo += [(part, inner) for part in factor.factors[::-1]]
            else:
                self.factor(factor, scope)

    def factor(self, value: Expression, scope: Scope) -> None:
        """One node, and the index maps that it is read through."""
        match value:
            case Number():
                self.node(NumberBox(value.value), ())
            case Read():
                self.read(value, scope)
            case Product():
                self.multiply((value,), scope)
            case _:
                free = tuple(sorted(value.free, key=scope.__getitem__))
                self.node(self.around(value, free), (scope[index] for index in free))

    def around(self, value: Sum | Apply | Fold, free: tuple[Index, ...]) -> Box:
        """A box around diagrams; `free` are its legs, in the order of the wires outside."""
        match value:
            case Sum():
                terms = _terms(value)
                return SumBox(tuple(expression(term, free, self.shapes) for term in terms))
            case Apply():
                inside = expression(value.argument, free, self.shapes)
                return Bubble(value.function, inside, value.range)
            case Fold():
                inside = expression(value.body, (*free, *value.over), self.shapes)
                return FoldBox(value.operator, inside, len(value.over), value.range)

    def read(self, value: Read, scope: Scope) -> None:
        """A tensor, with an index map at each axis that is not read at a plain index."""
        legs: list[int] = []
        maps: list[tuple[At, int]] = []
        for axis, place in enumerate(value.places):
            plain = place.plain
            if plain is not None and plain.size == self.size(value.tensor, axis, plain.size):
                legs.append(scope[plain])
                continue
            legs.append(self.wire(self.shapes[value.tensor][axis]))
            maps.append((place, legs[-1]))
        self.node(TensorBox(value.tensor), legs)
        for place, leg in maps:
            coefficients = tuple(coefficient for _, coefficient in place.terms)
            box = MapBox(coefficients, place.offset, place.border, place.fill)
            self.node(box, (leg, *(scope[index] for index, _ in place.terms)))

    def size(self, tensor: str, axis: int, otherwise: int) -> int:
        """The length of an axis, where the shape of the tensor is known."""
        return self.shapes[tensor][axis] if tensor in self.shapes else otherwise

    def axis(self, group: tuple[Index, ...], scope: Scope) -> int:
        """The wire of an axis that several indices share, the last one running fastest."""
        if len(group) == 1:
            return scope[group[0]]
        strides = [1]
        for index in group[:0:-1]:
            strides.append(strides[-1] * index.size)
        strides = strides[::-1] if group else []
        wire = self.wire(math.prod(index.size for index in group))
        self.node(MapBox(tuple(strides)), (wire, *(scope[index] for index in group)))
        return wire


def _terms(value: Sum) -> list[Expression]:
    """The terms, those of sums among them too, in order."""
    todo, terms = [*value.terms[::-1]], []
    while todo:
        term = todo.pop()
        if isinstance(term, Sum):
            todo += term.terms[::-1]
        else:
            terms.append(term)
    return terms
