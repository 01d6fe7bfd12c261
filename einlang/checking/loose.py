"""Expressions between reading and sizing: sums and products of any length, sizes unknown.

A chain `a + b - c` is one `Sum` of three terms and `a * b / c` one `Product` of three
factors, so that no chain is deep, however long. After `sums`, the `summed` of every
product says what is summed where.

>>> from einlang.syntax.nodes import Affine
>>> k = Affine((("k", 1),))
>>> Product((Read("A", (k,)), Read("x", (k,))), summed=("k",)).carries
()
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Union

from einlang.errors import NOWHERE, Span
from einlang.syntax import nodes
from einlang.syntax.nodes import Affine, Group


@dataclass(frozen=True)
class Stretch(Affine):
    """A label of an `einsum`: an axis of length one is stretched to the size of the label."""

    label: str = ""


Place = Union[Affine, Group]


@dataclass(frozen=True, eq=False)
class Loose:
    """Anything that is written somewhere; compared by identity."""

    span: Span = field(default=NOWHERE, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        """Looks at the parts, which are there already: nothing goes down far later on."""
        if not isinstance(self, Definition):
            _ = self.depth, self.carries, self.calls

    @cached_property
    def depth(self) -> int:
        """How many functions and sums stand inside of one another."""
        inner = max((part.depth for part in parts(self)), default=0)
        return inner + isinstance(self, Sum | Apply | Power | Fold | Call)

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The free indices, in order of first appearance."""
        return ()

    @cached_property
    def calls(self) -> bool:
        """Whether there is a call inside."""
        return isinstance(self, Call) or any(part.calls for part in parts(self))


@dataclass(frozen=True, eq=False)
class Number(Loose):
    """A constant."""

    value: float | int


@dataclass(frozen=True, eq=False)
class Size(Loose):
    """The size of an index."""

    index: str


@dataclass(frozen=True, eq=False)
class Read(Loose):
    """An element of a tensor."""

    tensor: str
    places: tuple[Place, ...]

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The indices of the places, in order of first appearance."""
        return tuple(dict.fromkeys([name for place in self.places for name in names_of(place)]))


@dataclass(frozen=True, eq=False)
class Product(Loose):
    """The product of the factors, summed over `summed`."""

    factors: tuple[Expression, ...]
    summed: tuple[str, ...] = ()

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The indices of the factors that are not summed."""
        summed = set(self.summed)
        return tuple(name for name in union(self.factors) if name not in summed)


@dataclass(frozen=True, eq=False)
class Sum(Loose):
    """The sum of the terms."""

    terms: tuple[Expression, ...]

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The indices of all terms."""
        return union(self.terms)


@dataclass(frozen=True, eq=False)
class Apply(Loose):
    """An elementwise function, by name."""

    function: str
    argument: Expression

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The indices of the argument."""
        return self.argument.carries


@dataclass(frozen=True, eq=False)
class Power(Loose):
    """A power; the exponent is written with numbers and sizes only."""

    base: Expression
    exponent: nodes.Expression

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The indices of the base."""
        return self.base.carries


@dataclass(frozen=True, eq=False)
class Fold(Loose):
    """A reduction as it is written; `sum` and `mean` become products in `sums`."""

    operator: str
    over: tuple[str, ...]
    body: Expression

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The indices of the body that are left."""
        return tuple(name for name in self.body.carries if name not in self.over)


@dataclass(frozen=True, eq=False)
class Call(Loose):
    """A `def`, applied; `function` is what `expand` puts in its place."""

    function: Any
    arguments: tuple[Expression, ...]
    indices: tuple[str, ...]
    bound: tuple[str, ...]

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The indices of the result: the ones named, and the further ones of the arguments."""
        found = dict.fromkeys((*self.indices, *union(self.arguments)))
        return tuple(name for name in found if name not in self.bound)


Expression = Union[Number, Size, Read, Product, Sum, Apply, Power, Fold, Call]


@dataclass(frozen=True, eq=False)
class Definition(Loose):
    """`name[places] = value`, with the qualifier words of the surface."""

    name: str
    places: tuple[Place, ...]
    value: Expression
    client: bool = False
    range: tuple[float, float] | None = None
    kind: Literal["definition", "let", "side"] = "definition"

    @cached_property
    def indices(self) -> tuple[str, ...]:
        """The indices on the left, groups opened."""
        return tuple(name for place in self.places for name in names_of(place))

    @cached_property
    def reads(self) -> list[Read]:
        """All accesses on the right, in order."""
        return reads(self.value)


def names_of(place: Place) -> tuple[str, ...]:
    """The indices of a subscript."""
    if isinstance(place, Group):
        return place.indices
    if not place.scaled:
        return tuple([name for name, _ in place.terms])
    scaled = (name for _, _, name in place.scaled if name is not None)
    return tuple(dict.fromkeys((*(name for name, _ in place.terms), *scaled)))


def sizes_of(place: Place) -> tuple[str, ...]:
    """The indices whose sizes a subscript is computed with."""
    return () if isinstance(place, Group) else tuple(n for ns, _, _ in place.scaled for n in ns)


def plain(place: Place) -> str | None:
    """The index, where a subscript is nothing but one."""
    if isinstance(place, Group) or place.border or place.offset or place.scaled:
        return None
    if len(place.terms) != 1:
        return None
    name, coefficient = place.terms[0]
    return name if coefficient == 1 else None


def union(parts: Iterable[Expression]) -> tuple[str, ...]:
    """The indices of all parts, in order of first appearance."""
    return tuple(dict.fromkeys(name for part in parts for name in part.carries))


def reads(expression: Expression) -> list[Read]:
    """All accesses in an expression, in order."""
    found: list[Read] = []
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Read):
            found.append(node)
        stack.extend(reversed(parts(node)))
    return found


def parts(node: Loose) -> tuple[Expression, ...]:
    """The expressions right under this one."""
    match node:
        case Product():
            return node.factors
        case Sum():
            return node.terms
        case Apply():
            return (node.argument,)
        case Power():
            return (node.base,)
        case Fold():
            return (node.body,)
        case Call():
            return node.arguments
    return ()
