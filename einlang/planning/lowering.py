"""From the diagram of a definition to steps of a dataflow.

Tensors lie on wires as factors, numbers gather in a coefficient, index maps become views,
and the product is contracted two factors at a time. What is the same along a wire does not
carry it, until somebody needs it to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import prod

from einlang.checking.typed import Qualifier
from einlang.diagrams.diagram import (
    Bubble,
    Diagram,
    FoldBox,
    MapBox,
    Node,
    NumberBox,
    SumBox,
    TensorBox,
)
from einlang.planning.dataflow import (
    Add,
    Apply,
    AxisMap,
    Builder,
    Constant,
    Contract,
    Fold,
    Operation,
    Type,
    View,
)
from einlang.planning.factors import Factor, expanded, plain, relation, substitution
from einlang.planning.order import order
from einlang.planning.ranges import bounds


@dataclass(frozen=True)
class Term:
    """A coefficient and, unless it is a mere number, a factor."""

    coefficient: float | int
    factor: Factor | None = None


@dataclass
class Lowering:
    """Puts the steps of one statement into a builder; `values` says where each tensor is."""

    build: Builder
    values: Mapping[str, int]
    label: str = ""
    memory: int | None = None
    _sizes: dict[int, int] = field(default_factory=dict)

    def definition(self, diagram: Diagram) -> int:
        """The value of a diagram, all wires of its codomain carried."""
        term = self.term(diagram)
        names = [diagram.name(wire) for wire in diagram.cod]
        return self.dense(term, range(len(diagram.cod)), diagram.cod_sizes, names)

    # -- steps --------------------------------------------------------------------------

    def step(
        self,
        operation: Operation,
        arguments: Sequence[int],
        shape: Sequence[int],
        names: Sequence[str] = (),
    ) -> int:
        """A step whose qualifier and range follow from its arguments.

        `names` are those of its axes; without any, they are those of the first argument.
        """
        types = [self.build.type(value) for value in arguments]
        qualifier = max((type.qualifier for type in types), default=Qualifier.PARAM)
        known = bounds(operation, types, tuple(shape))
        inherited = types[0].axes if types and isinstance(operation, (Add, Apply)) else ()
        type = Type(tuple(shape), qualifier, known, tuple(names) or inherited)
        return self.build.add(operation, tuple(arguments), type, self.label)

    def scaled(self, value: int, coefficient: float | int, names: Sequence[str] = ()) -> int:
        """A value times a number."""
        if coefficient == 1:
            return value
        return self.step(Add((coefficient,)), (value,), self.build.type(value).shape, names)

    def view(
        self, factor: Factor, wires: Sequence[int], sizes: Sequence[int], names: Sequence[str] = ()
    ) -> int:
        """A factor as a value whose axes are those wires, broadcast along those it lacks."""
        place = {wire: number for number, wire in enumerate(wires)}
        axes = factor.moved(place).axes
        source = self.build.type(factor.value).shape
        if axes == plain(range(len(wires))) and source == tuple(sizes):
            return factor.value
        return self.step(View(axes), (factor.value,), sizes, names)

    def dense(
        self, term: Term, wires: Sequence[int], sizes: Sequence[int], names: Sequence[str] = ()
    ) -> int:
        """A term as a value whose axes are those wires."""
        if term.factor is None:
            constant = self.step(Constant(term.coefficient), (), ())
            return self.view(Factor(constant, ()), wires, sizes, names)
        factor = term.factor
        if term.coefficient != 1 and factor.linear and self._smaller(factor.value, sizes):
            value = self.scaled(factor.value, term.coefficient)
            return self.view(Factor(value, factor.axes), wires, sizes, names)
        return self.scaled(self.view(factor, wires, sizes, names), term.coefficient, names)

    def _smaller(self, value: int, sizes: Sequence[int]) -> bool:
        return self.build.type(value).size < prod(sizes)

    # -- diagrams -----------------------------------------------------------------------

    def term(self, diagram: Diagram) -> Term:
        """A diagram as a term; the wires of the factor are positions in the codomain."""
        position = {wire: number for number, wire in enumerate(diagram.cod)}
        if len(position) < len(diagram.cod):
            return self.term(_opened(diagram))
        coefficient, factors = self._factors(diagram)
        held = {wire for factor in factors for wire in factor.wires}
        places, apart = substitution(diagram, held)
        factors += [Factor(self._identity(diagram.sizes[n.legs[0]]), relation(n)) for n in apart]
        factors = [
            replace(f, axes=tuple(expanded(axis, places) for axis in f.axes)) for f in factors
        ]
        carried = {wire for factor in factors for wire in factor.wires}
        alone = set(range(len(diagram.sizes))) - carried - set(position) - set(places)
        coefficient *= prod(diagram.sizes[wire] for wire in alone)
        if not factors:
            return Term(coefficient)
        if len(factors) == 1 and carried <= set(position):
            return Term(coefficient, factors[0].moved(position))
        result = [wire for wire in diagram.cod if wire in carried]
        coefficient, factors = self._absorbed(coefficient, factors)
        names = [diagram.name(wire) for wire in range(len(diagram.sizes))]
        value = self.contracted(factors, result, diagram.sizes, names=names)
        return Term(coefficient, Factor(value, plain([position[wire] for wire in result])))

    def _factors(self, diagram: Diagram) -> tuple[float | int, list[Factor]]:
        """The numbers together, and the tensors."""
        coefficient: float | int = 1
        factors: list[Factor] = []
        for node in diagram.nodes:
            if isinstance(node.box, MapBox):
                continue
            term = self._node(node)
            coefficient *= term.coefficient
            factors += [term.factor] if term.factor else []
        return coefficient, factors

    def _node(self, node: Node) -> Term:
        """What a node contributes, on the wires at its legs."""
        box = node.box
        if isinstance(box, NumberBox):
            return Term(box.value)
        if isinstance(box, TensorBox):
            return Term(1, Factor(self.values[box.name], plain(node.legs)))
        if isinstance(box, Bubble):
            term = self._bubble(box)
        elif isinstance(box, FoldBox):
            term = self._fold(box)
        else:
            assert isinstance(box, SumBox)
            term = self._sum(box)
        return Term(term.coefficient, term.factor and term.factor.moved(node.legs))

    def _bubble(self, box: Bubble) -> Term:
        term = self.term(box.inside)
        wires, sizes, names = _carried([term], box.inside)
        value = self.dense(term, wires, sizes, names)
        self.build.narrow(value, box.range)
        value = self.step(Apply(box.function, box.range), (value,), sizes, names)
        return Term(1, Factor(value, plain(wires)))

    def _fold(self, box: FoldBox) -> Term:
        term, kept = self.term(box.inside), len(box.inside.cod) - box.count
        wires, *_ = _carried([term], box.inside)
        wires = [w for w in wires if w < kept] + list(range(kept, kept + box.count))
        sizes = [box.inside.sizes[box.inside.cod[wire]] for wire in wires]
        names = [box.inside.name(box.inside.cod[wire]) for wire in wires]
        value = self.dense(term, wires, sizes, names)
        self.build.narrow(value, box.range)
        left = len(wires) - box.count
        operation = Fold(box.operator, tuple(range(left, len(wires))), box.range)
        value = self.step(operation, (value,), sizes[:left], names[:left])
        return Term(1, Factor(value, plain(wires[:left])))

    def _sum(self, box: SumBox) -> Term:
        terms = [self.term(diagram) for diagram in box.terms]
        wires, sizes, names = _carried(terms, box.terms[0])
        number = sum(term.coefficient for term in terms if term.factor is None)
        known: dict[int, float | int] = {}
        for term in terms:
            if term.factor is not None:
                value = self.view(term.factor, wires, sizes, names)
                known[value] = known.get(value, 0) + term.coefficient
        if not known:
            return Term(number)
        if number:
            known[self.dense(Term(number), wires, sizes, names)] = 1
        if len(known) == 1:
            ((value, coefficient),) = known.items()
            return Term(coefficient, Factor(value, plain(wires)))
        value = self.step(Add(tuple(known.values())), tuple(known), sizes, names)
        return Term(1, Factor(value, plain(wires)))

    def _identity(self, size: int) -> int:
        one = self.step(
            View(
                (),
            ),
            (self.step(Constant(1), (), ()),),
            (1,),
        )
        diagonal = AxisMap(((0, 1), (1, -1)), 0, "pad")
        return self.step(View((diagonal,)), (one,), (size, size))

    # -- products -----------------------------------------------------------------------

    def _absorbed(
        self, coefficient: float | int, factors: list[Factor]
    ) -> tuple[float | int, list[Factor]]:
        """The coefficient drawn into a factor that is less secret than another, if any."""
        levels = [self.build.type(factor.value).qualifier for factor in factors]
        highest = max(levels)
        open_ = [
            (level, self.build.type(factor.value).size, number)
            for number, (level, factor) in enumerate(zip(levels, factors, strict=True))
            if level < highest and factor.linear
        ]
        if coefficient in (1, -1) or not open_:
            return coefficient, factors
        number = min(open_)[2]
        changed = Factor(self.scaled(factors[number].value, coefficient), factors[number].axes)
        return 1, [*factors[:number], changed, *factors[number + 1 :]]

    def contracted(
        self,
        factors: Sequence[Factor],
        result: Sequence[int],
        sizes: Sequence[int],
        pairs: Sequence[tuple[int, int]] | None = None,
        names: Sequence[str] = (),
    ) -> int:
        """The product of the factors, summed over every wire but those of the result.

        `pairs` says in which order, as `order` does, which is asked otherwise. `names` are
        those of the wires.
        """
        uses = Counter(wire for factor in factors for wire in factor.wires)
        uses.update(result)
        values: list[int] = []
        labels: list[tuple[int, ...]] = []
        for factor in factors:
            kept = result if len(factors) == 1 else None
            value, wires = self._alone(factor, uses, sizes, kept, names)
            values.append(value)
            labels.append(wires)
        if pairs is None:
            pairs = order(labels, result, dict(enumerate(sizes)), self.memory)
        for number, (a, b) in enumerate(pairs, 1):
            uses.subtract(labels[a])
            uses.subtract(labels[b])
            both = dict.fromkeys((*labels[a], *labels[b]))
            kept = tuple(wire for wire in both if uses[wire] > 0)
            kept = tuple(result) if number == len(pairs) else kept
            uses.update(kept)
            shape = [sizes[wire] for wire in kept]
            operation = contraction((labels[a], labels[b]), kept)
            values.append(self.step(operation, (values[a], values[b]), shape, _at(names, kept)))
            labels.append(kept)
        return values[-1]

    def _alone(
        self,
        factor: Factor,
        uses: Counter[int],
        sizes: Sequence[int],
        result: Sequence[int] | None,
        names: Sequence[str],
    ) -> tuple[int, tuple[int, ...]]:
        """A factor as a value, summed over the wires that it is alone on, or to a result."""
        wires = factor.wires
        value = self.view(factor, wires, [sizes[wire] for wire in wires], _at(names, wires))
        shared = tuple(wire for wire in wires if uses[wire] > 1)
        kept = shared if result is None else tuple(result)
        if kept == wires:
            return value, wires
        uses.subtract(wire for wire in wires if wire not in kept)
        shape = [sizes[wire] for wire in kept]
        return self.step(contraction((wires,), kept), (value,), shape, _at(names, kept)), kept


def _at(names: Sequence[str], wires: Sequence[int]) -> list[str]:
    """The names of some wires, where there are any."""
    return [names[wire] for wire in wires] if names else []


def contraction(arguments: Sequence[Sequence[int]], result: Sequence[int]) -> Contract:
    """A contraction with its labels counted from 0 in order of first appearance.

    >>> contraction([(7, 3), (3, 9)], (7, 9))
    Contract(arguments=((0, 1), (1, 2)), result=(0, 2))
    """
    seen = dict.fromkeys(label for labels in arguments for label in labels)
    number = {label: count for count, label in enumerate(seen)}
    return Contract(
        tuple(tuple(number[label] for label in labels) for labels in arguments),
        tuple(number[label] for label in result),
    )


def _carried(terms: Sequence[Term], diagram: Diagram) -> tuple[list[int], list[int], list[str]]:
    """The positions that some term carries, the sizes there, and the names."""
    factors = [term.factor.wires for term in terms if term.factor]
    wires = sorted(reduce(set[int].union, factors, set()))
    there = [diagram.cod[wire] for wire in wires]
    return wires, [diagram.sizes[w] for w in there], [diagram.name(w) for w in there]


def _opened(diagram: Diagram) -> Diagram:
    """The same with distinct wires in the codomain: a repeated one is joined by a map."""
    sizes, nodes, cod = list(diagram.sizes), list(diagram.nodes), list(diagram.cod)
    for number, wire in enumerate(diagram.cod):
        if wire in diagram.cod[:number]:
            nodes.append(Node(MapBox((1,)), (len(sizes), wire)))
            cod[number] = len(sizes)
            sizes.append(diagram.sizes[wire])
    return Diagram(tuple(sizes), tuple(nodes), diagram.dom, tuple(cod))
