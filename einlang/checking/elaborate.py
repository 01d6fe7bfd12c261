"""From loose expressions and sizes to the core of `typed`.

Numbers are computed, products and sums within their like opened, and a summed index that
is in scope already gets a name of its own, so that no index means two things at a place.

>>> from einlang.checking.loose import Number, Product
>>> Elaboration({}, {}, Mistakes()).expression(Product((Number(2), Number(3))))
Number(value=6)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, isfinite, prod

from einlang.checking import loose, typed
from einlang.checking.constants import constant
from einlang.checking.constraints import Axis
from einlang.checking.intervals import image, meets
from einlang.checking.mistakes import Mistakes
from einlang.checking.typed import At, Function, Index
from einlang.errors import Label, Span
from einlang.syntax import nodes

LARGEST_EXACT = 2**53
LARGEST = 2**1023


@dataclass
class Elaboration:
    """Sizes of indices, axes of tensors by indices; `scope` gives bound indices their names."""

    sizes: Mapping[str, int]
    axes: Mapping[str, Sequence[Axis]]
    mistakes: Mistakes
    scope: _Scope = field(default_factory=lambda: _Scope({}, frozenset()))

    def definition(
        self, node: loose.Definition
    ) -> tuple[tuple[tuple[Index, ...], ...], typed.Expression]:
        """The left side and the value of a definition."""
        left = tuple(tuple(map(self.index, loose.names_of(place))) for place in node.places)
        indices = {index.name: index for axis in left for index in axis}
        self.scope = _Scope(indices, frozenset(indices))
        return left, self.expression(node.value)

    def index(self, name: str) -> Index:
        """An index with its size."""
        return Index(name, self.sizes[name])

    def expression(self, node: loose.Expression) -> typed.Expression:
        """An expression of the core."""
        match node:
            case loose.Number(value):
                return self.constant(value, node.span)
            case loose.Size(name):
                return typed.Number(self.sizes[name])
            case loose.Read():
                return self.read(node)
            case loose.Product():
                return self.product(node)
            case loose.Sum():
                return self.sum(node)
            case loose.Apply():
                return self.apply(Function(node.function), node.argument, node.span)
            case loose.Power():
                return self.power(node)
            case loose.Fold():
                over, outer = self.bind(node.over)
                body = self.expression(node.body)
                self.scope = outer
                return typed.Fold(node.operator, over, body, span=node.span)
        raise TypeError(node)

    def bind(self, names: Iterable[str]) -> tuple[tuple[Index, ...], _Scope]:
        """Indices that are bound from here on, and the scope to go back to."""
        outer = self.scope
        bound = {name: Index(_unused(name, outer.taken), self.sizes[name]) for name in names}
        if bound:
            taken = outer.taken.union(index.name for index in bound.values())
            self.scope = _Scope({**outer.indices, **bound}, taken)
        return tuple(bound.values()), outer

    def bound(self, name: str) -> Index:
        """The index that a name means here."""
        return self.scope.indices.get(name) or self.index(name)

    def read(self, node: loose.Read) -> typed.Read:
        """An access, its places resolved."""
        axes = self.axes[node.tensor]
        places = tuple(
            self.place(place, prod(self.sizes[name] for name in axis))
            for place, axis in zip(node.places, axes, strict=True)
        )
        return typed.Read(node.tensor, places, span=node.span)

    def place(self, place: loose.Place, length: int) -> At:
        """A place on an axis of that length; a border that is never crossed is dropped."""
        if isinstance(place, nodes.Group):
            return self.group(place.indices)
        if isinstance(place, loose.Stretch) and length == 1:
            return At((), 0)
        name = loose.plain(place)
        if name is not None:
            return typed.at(self.bound(name))
        place = place.resolved(self.sizes)
        merged: dict[Index, int] = {}
        for name, factor in place.terms:
            index = self.bound(name)
            merged[index] = merged.get(index, 0) + factor
        terms = tuple((index, factor) for index, factor in merged.items() if factor)
        low = place.offset + sum(min(0, f * (i.size - 1)) for i, f in terms)
        high = place.offset + sum(max(0, f * (i.size - 1)) for i, f in terms)
        free = At(terms, place.offset)
        within = low >= 0 and high < length
        if place.border is None or (within and (free.plain is None or free.plain.size == length)):
            return free
        return At(terms, place.offset, place.border, place.fill)

    def group(self, names: Sequence[str]) -> At:
        """Several indices on one axis, the last one fastest."""
        terms: list[tuple[Index, int]] = []
        stride = 1
        for name in reversed(names):
            index = self.bound(name)
            terms.insert(0, (index, stride))
            stride *= index.size
        return At(tuple(terms))

    def product(self, node: loose.Product) -> typed.Expression:
        """A product with its numbers in front as one."""
        summed, outer = self.bind(node.summed)
        number = Fraction(1)
        exact: list[Fraction] = []
        rough: list[float] = []
        factors: list[typed.Expression] = []
        for factor in self.opened(node.factors):
            if isinstance(factor, _Below):
                _collect(1 / Fraction(factor.value), exact, rough)
            elif isinstance(factor, typed.Number):
                _collect(factor.value, exact, rough)
            else:
                factors.append(factor)
        self.scope = outer
        for part in exact:
            number *= part
        value = self.number(number, rough, node.span)
        if not factors and not summed:
            return value
        if value.value != 1 or isinstance(value.value, float) or not factors:
            factors.insert(0, value)
        return (
            factors[0]
            if len(factors) == 1 and not summed
            else typed.Product(tuple(factors), summed)
        )

    def opened(self, nodes: Iterable[loose.Expression]) -> Iterator[typed.Expression | _Below]:
        """The factors of the core, products among them opened."""
        for node in nodes:
            factor = self.factor(node)
            if isinstance(factor, typed.Product) and not factor.summed:
                yield from factor.factors
            else:
                yield factor

    def factor(self, node: loose.Expression) -> typed.Expression | _Below:
        """A factor; a divisor that is a whole number stays exact."""
        if isinstance(node, loose.Apply) and node.function == "inverse":
            inner = self.expression(node.argument)
            if isinstance(inner, typed.Number) and isinstance(inner.value, int) and inner.value:
                return _Below(inner.value)
            return self.applied(Function("inverse"), inner, node.span)
        return self.expression(node)

    def sum(self, node: loose.Sum) -> typed.Expression:
        """A sum with its numbers at the end as one."""
        terms: list[typed.Expression] = []
        numbers: list[float | int] = []
        for part in node.terms:
            term = self.expression(part)
            if isinstance(term, typed.Number):
                numbers.append(term.value)
            elif isinstance(term, typed.Sum):
                numbers += [t.value for t in term.terms if isinstance(t, typed.Number)]
                terms += [t for t in term.terms if not isinstance(t, typed.Number)]
            else:
                terms.append(term)
        total = sum(numbers)
        if total or not terms:
            terms.append(self.constant(total, node.span))
        return terms[0] if len(terms) == 1 else typed.Sum(tuple(terms))

    def power(self, node: loose.Power) -> typed.Expression:
        """A power; the common ones have functions of their own."""
        exponent = constant(node.exponent, self.sizes)
        if exponent is None:
            self.mistakes.error(
                "E0218",
                "an exponent must be a number that is known when compiling",
                Label(node.exponent.span, "this is not"),
            )
            return typed.Number(1)
        exponent = int(exponent) if exponent == int(exponent) else exponent
        match exponent:
            case 0:
                return typed.Number(1)
            case 1:
                return self.expression(node.base)
            case 2:
                return self.apply(Function("square"), node.base, node.span)
            case -1:
                return self.apply(Function("inverse"), node.base, node.span)
            case 0.5:
                return self.apply(Function("sqrt"), node.base, node.span)
        return self.apply(Function("power", (exponent,)), node.base, node.span)

    def apply(self, function: Function, node: loose.Expression, span: Span) -> typed.Expression:
        """A function of a loose expression."""
        return self.applied(function, self.expression(node), span)

    def applied(
        self, function: Function, argument: typed.Expression, span: Span
    ) -> typed.Expression:
        """A function of an expression, computed where that is a number."""
        if not isinstance(argument, typed.Number):
            return typed.Apply(function, argument, span=span)
        value = argument.value
        if not meets(function, (value, value)):
            self.mistakes.error(
                "E0501",
                "division by zero"
                if function.name == "inverse"
                else f"{_called(function)} of {value:g} is not a number",
                Label(span, "here"),
            )
            return typed.Number(1)
        if function.name == "square" and isinstance(value, int):
            return self.constant(value * value, span)
        if function.name == "power" and isinstance(value, int) and _whole(function.parameters[0]):
            return self.constant(value ** int(function.parameters[0]), span)
        result = image(function, (value, value))[0]
        return self.constant(int(result) if _step(function) else result, span)

    def number(self, exact: Fraction, rough: list[float], span: Span) -> typed.Number:
        """The product of numbers: whole while it can be told exactly."""
        if not rough and exact.denominator == 1:
            return self.constant(exact.numerator, span)
        try:
            return self.constant(prod(rough, start=float(exact)), span)
        except OverflowError:
            return self.constant(inf, span)

    def constant(self, value: float | int, span: Span) -> typed.Number:
        """A number that float64 can hold; whole ones are kept while they are exact there."""
        if isinstance(value, int) and abs(value) > LARGEST_EXACT:
            value = float(value) if abs(value) < LARGEST else inf
        if isfinite(value):
            return typed.Number(value)
        label = Label(span, "here")
        self.mistakes.error("E0501", "this number is too large for 64 bits", label)
        return typed.Number(1)


@dataclass(frozen=True)
class _Below:
    value: int


@dataclass(frozen=True)
class _Scope:
    """What names mean at a place, and which names are taken there."""

    indices: Mapping[str, Index]
    taken: frozenset[str]


def _collect(value: float | int | Fraction, exact: list[Fraction], rough: list[float]) -> None:
    if isinstance(value, int | Fraction):
        exact.append(Fraction(value))
    else:
        rough.append(value)


def _called(function: Function) -> str:
    return "this power" if function.name == "power" else f"`{function.name}`"


def _unused(name: str, taken: frozenset[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}~{number}" in taken:
        number += 1
    return f"{name}~{number}"


def _whole(number: float) -> bool:
    return number == int(number) and 0 <= number < 64


def _step(function: Function) -> bool:
    return function.name in ("lt0", "le0", "gt0", "ge0", "eq0", "ne0", "sign")
