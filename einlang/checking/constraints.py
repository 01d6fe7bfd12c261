"""What a program says about sizes: equations between products of indices, and windows.

>>> from einlang.errors import NOWHERE
>>> Equation(("m",), ("h", "d"), NOWHERE, "").solve({"h": 4, "d": 8})
('m', 32)
>>> Equation(("h",), ("m",), NOWHERE, "").solve({}) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan, prod
from typing import Union

from einlang.checking import loose
from einlang.checking.constants import constant, unknown
from einlang.errors import Span
from einlang.syntax import nodes

Axis = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Equation:
    """The product of the sizes on both sides is the same; `why` says where that is from."""

    left: Axis
    right: Axis
    span: Span
    why: str

    @property
    def names(self) -> Axis:
        """All the indices in it."""
        return self.left + self.right

    def solve(self, sizes: Mapping[str, int]) -> tuple[str, float] | None:
        """The one size that is missing, if one is (a fraction where it does not fit)."""
        missing = [name for name in self.names if name not in sizes]
        if len(missing) != 1:
            return None
        name = missing[0]
        this, other = (self.left, self.right) if name in self.left else (self.right, self.left)
        known = prod(sizes[n] for n in this if n != name)
        total = prod(sizes[n] for n in other)
        return name, total // known if total % known == 0 else total / known


@dataclass(frozen=True, eq=False)
class Derived:
    """`index m = h*d + 1`: a size from other sizes."""

    name: str
    value: nodes.Expression
    span: Span
    why: str = "by this declaration"

    @property
    def names(self) -> Axis:
        """All the indices in it."""
        return (self.name, *_names(self.value))

    def solve(self, sizes: Mapping[str, int]) -> tuple[str, float] | None:
        """The size, once the others are known."""
        if self.name in sizes or any(name not in sizes for name in _names(self.value)):
            return None
        value = constant(self.value, sizes)
        return self.name, nan if value is None else value


@dataclass(frozen=True, eq=False)
class Stretched:
    """A label of an `einsum` on all its axes: they agree, but for those of length one."""

    name: str
    axes: tuple[Axis, ...]
    span: Span
    label: str
    why: str = "by this `einsum`"

    @property
    def names(self) -> Axis:
        """All the indices in it."""
        return (self.name, *(name for axis in self.axes for name in axis))

    def solve(self, sizes: Mapping[str, int]) -> tuple[str, float] | None:
        """The longest axis, once all are known."""
        if self.name in sizes or any(name not in sizes for axis in self.axes for name in axis):
            return None
        return self.name, max(self.lengths(sizes))

    def lengths(self, sizes: Mapping[str, int]) -> list[int]:
        """The length of each axis."""
        return [prod(sizes[name] for name in axis) for axis in self.axes]


@dataclass(frozen=True, eq=False)
class Window:
    """A position that is computed and must stay inside of an axis."""

    place: nodes.Affine
    axis: Axis
    span: Span
    tensor: str
    number: int

    @property
    def names(self) -> Axis:
        """All the indices that must be known before anything can be said."""
        return (*self.axis, *loose.sizes_of(self.place), *loose.names_of(self.place))

    def reach(self, sizes: Mapping[str, int], still: str = "") -> tuple[int, int]:
        """The lowest and the highest position, with the index `still` at zero."""
        low = high = (place := self.place.resolved(sizes)).offset
        for name, factor in place.terms:
            last = factor * (sizes[name] - 1) if name != still else 0
            low, high = low + min(last, 0), high + max(last, 0)
        return low, high

    def largest(self, name: str, sizes: Mapping[str, int]) -> int | None:
        """The largest size of an index that stays inside, when all else is known."""
        others = [n for n in self.names if n != name]
        if name in (*self.axis, *loose.sizes_of(self.place)) or any(n not in sizes for n in others):
            return None
        low, high = self.reach(sizes, name)
        length = prod(sizes[n] for n in self.axis)
        factor = dict(self.place.resolved(sizes).terms).get(name, 0)
        if low < 0 or high >= length or factor == 0:
            return 0
        room = length - 1 - high if factor > 0 else low
        return room // abs(factor) + 1


Rule = Union[Equation, Derived, Stretched]


@dataclass
class Constraints:
    """All that a program says about sizes, and the axes of its tensors by indices."""

    rules: list[Rule] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    bordered: list[Window] = field(default_factory=list)
    axes: dict[str, tuple[Axis, ...]] = field(default_factory=dict)

    def declare(self, node: nodes.Index) -> None:
        """Takes in an `index` statement (numbers are facts, not rules)."""
        if node.size is None or not (names := _names(node.size)):
            return
        if _product(node.size):
            self.rules.append(Equation((node.name,), names, node.span, "by this declaration"))
        else:
            self.rules.append(Derived(node.name, node.size, node.span))

    def define(self, node: loose.Definition) -> None:
        """Takes in the accesses of a definition, and the tensor that it makes."""
        stretched: dict[str, list[tuple[Axis, Span, str]]] = {}
        for read in node.reads:
            for number, place in enumerate(read.places):
                axis = self.axes[read.tensor][number]
                span = place.span if place.span.source.text else read.span
                if isinstance(place, loose.Stretch):
                    stretched.setdefault(place.terms[0][0], []).append((axis, span, place.label))
                else:
                    self.place(place, axis, span, read.tensor, number)
        for name, found in stretched.items():
            axes = tuple(axis for axis, _, _ in found)
            self.rules.append(Stretched(name, axes, *found[0][1:]))
        if node.kind == "let":
            for number, place in enumerate(node.places):
                self.place(place, self.axes[node.name][number], node.span, node.name, number)
        elif node.kind == "definition":
            self.axes[node.name] = tuple(loose.names_of(place) for place in node.places)

    def place(self, place: loose.Place, axis: Axis, span: Span, tensor: str, number: int) -> None:
        """Takes in one subscript."""
        name = loose.plain(place)
        if name is not None or isinstance(place, nodes.Group):
            names = (name,) if name is not None else loose.names_of(place)
            if names != axis:
                why = f"axis {number + 1} of `{tensor}`"
                self.rules.append(Equation(names, axis, span, why))
        elif isinstance(place, nodes.Affine):
            window = Window(place, axis, span, tensor, number)
            (self.windows if place.border is None else self.bordered).append(window)


def _names(node: nodes.Expression) -> Axis:
    return tuple(p.tensor if isinstance(p, nodes.Access) else p.index for p in unknown(node))


def _product(node: nodes.Expression) -> bool:
    match node:
        case nodes.Binary():
            first, links = node.chain
            return _product(first) and all(x.operator == "*" and _product(x.right) for x in links)
        case nodes.Access() | nodes.SizeOf():
            return True
    return False
