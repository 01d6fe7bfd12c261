"""String diagrams of the free hypergraph category, held as cospans of hypergraphs.

A wire is an index with a size, a node is a box with the wires at its legs. Wires that a
spider connects are one wire; a wire that nothing on the boundary carries is summed. This
is the normal form: two diagrams are equal as morphisms of the hypergraph category when
their hypergraphs are isomorphic (Bonchi, Gadducci, Kissinger, Sobocinski, Zanasi, "String
diagram rewrite theory I", 2022).

>>> a, b = Diagram.box(TensorBox("A"), [2, 3]), Diagram.box(TensorBox("B"), [3, 4])
>>> product = a @ b >> Diagram.id([2]) @ Diagram.cup([3]) @ Diagram.id([4])
>>> product.cod_sizes, [node.legs for node in product.nodes]
((2, 4), [(0, 1), (1, 2)])
>>> split, merge = Diagram.spider(1, 2, 2), Diagram.spider(2, 1, 2)
>>> split >> merge == Diagram.id([2])
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Union

from einlang.checking.typed import Function

if TYPE_CHECKING:
    import discopy.frobenius


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
    """A morphism: wires with sizes (and names, for drawing), nodes, and two boundaries.

    `==` compares the numbering too; `isomorphic` does not.
    """

    sizes: tuple[int, ...]
    nodes: tuple[Node, ...]
    dom: tuple[int, ...]
    cod: tuple[int, ...]
    names: tuple[str, ...] = field(default=(), compare=False)

    # -- the generators ---------------------------------------------------------------------

    @staticmethod
    def id(sizes: Sequence[int] = (), names: Sequence[str] = ()) -> Diagram:
        """Wires that go straight through."""
        wires = tuple(range(len(sizes)))
        return Diagram(tuple(sizes), (), wires, wires, tuple(names))

    @staticmethod
    def spider(legs_in: int, legs_out: int, size: int, name: str = "") -> Diagram:
        """One wire with many ends; with none at all, the number `size`."""
        names = (name,) if name else ()
        return Diagram((size,), (), (0,) * legs_in, (0,) * legs_out, names)

    @staticmethod
    def permutation(order: Sequence[int], sizes: Sequence[int]) -> Diagram:
        """Wires of these sizes; the one that leaves at `i` came in at `order[i]`."""
        if sorted(order) != list(range(len(sizes))):
            raise ValueError(f"{tuple(order)} is not a permutation of {len(sizes)} wires")
        return Diagram(tuple(sizes), (), tuple(range(len(sizes))), tuple(order))

    @staticmethod
    def swap(left: Sequence[int], right: Sequence[int]) -> Diagram:
        """Two bundles of wires that cross."""
        count = len(left)
        order = [*range(count, count + len(right)), *range(count)]
        return Diagram.permutation(order, (*left, *right))

    @staticmethod
    def cup(sizes: Sequence[int]) -> Diagram:
        """A bundle and its mirror image, joined: nested, as a snake asks for."""
        wires = tuple(range(len(sizes)))
        return Diagram(tuple(sizes), (), wires + wires[::-1], ())

    @staticmethod
    def cap(sizes: Sequence[int]) -> Diagram:
        """A bundle and its mirror image, out of nothing."""
        return Diagram.cup(sizes[::-1]).dagger()

    @staticmethod
    def box(box: Box, sizes: Sequence[int], names: Sequence[str] = ()) -> Diagram:
        """A single box, all of whose legs go out."""
        wires = tuple(range(len(sizes)))
        return Diagram(tuple(sizes), (Node(box, wires),), (), wires, tuple(names))

    # -- the operations ---------------------------------------------------------------------

    def then(self, *others: Diagram) -> Diagram:
        """One after another: `self >> other`."""
        return compose((self, *others))

    def tensor(self, *others: Diagram) -> Diagram:
        """Side by side: `self @ other`."""
        return tensor((self, *others))

    def dagger(self) -> Diagram:
        """Upside down."""
        return replace(self, dom=self.cod, cod=self.dom)

    def __rshift__(self, other: Diagram) -> Diagram:
        return compose((self, other))

    def __matmul__(self, other: Diagram) -> Diagram:
        return tensor((self, other))

    @property
    def dom_sizes(self) -> tuple[int, ...]:
        """The sizes of the wires that come in."""
        return tuple(self.sizes[wire] for wire in self.dom)

    @property
    def cod_sizes(self) -> tuple[int, ...]:
        """The sizes of the wires that go out."""
        return tuple(self.sizes[wire] for wire in self.cod)

    def name(self, wire: int) -> str:
        """The name of a wire, empty if it has none."""
        return self.names[wire] if self.names else ""

    # -- other rooms, imported when asked for -----------------------------------------------

    def canonical(self) -> Diagram:
        """The same morphism, numbered in a way that depends on nothing but its shape."""
        from einlang.diagrams.canonical import canonical

        return canonical(self)

    def isomorphic(self, other: Diagram) -> bool:
        """Equal as morphisms of the free hypergraph category (formal sums commute)."""
        return self.canonical() == other.canonical()

    def to_discopy(self) -> discopy.frobenius.Diagram:
        """The same morphism in layers of DisCoPy boxes."""
        from einlang.diagrams.interchange import to_discopy

        return to_discopy(self)

    def draw(self, path: str | Path, *, title: str = "", sizes: bool = False) -> None:
        """Writes a picture: `.svg`, `.png`, `.pdf`, or `.tikz` / `.tex`."""
        from einlang.diagrams.drawing import draw

        draw(self, path, title=title, sizes=sizes)

    def _repr_svg_(self) -> str:
        from einlang.diagrams.drawing import text

        return text(self, "svg")


class Gluing:
    """Wires and nodes under construction; wires that are joined become one.

    The pushout of cospans by union-find: time nearly linear in what is put in.

    >>> gluing = Gluing()
    >>> a, b = gluing.wire(2, "i"), gluing.wire(2)
    >>> gluing.join(a, b)
    >>> gluing.diagram((a,), (b,)) == Diagram.id([2])
    True
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.names: list[str] = []
        self.nodes: list[Node] = []
        self._parent: list[int] = []
        self._count: list[int] = []

    def wire(self, size: int, name: str = "") -> int:
        """A new wire."""
        self.sizes.append(size)
        self.names.append(name)
        self._parent.append(len(self._parent))
        self._count.append(1)
        return len(self.sizes) - 1

    def node(self, box: Box, legs: Iterable[int]) -> None:
        """A new node on wires that are there."""
        self.nodes.append(Node(box, tuple(legs)))

    def wires(self, diagram: Diagram) -> int:
        """The wires of a diagram; its wire `w` becomes the one at `w` plus what is returned."""
        shift = len(self.sizes)
        for wire, size in enumerate(diagram.sizes):
            self.wire(size, diagram.name(wire))
        return shift

    def add(self, diagram: Diagram) -> int:
        """A whole diagram; its wire `w` becomes the one at `w` plus what is returned."""
        shift = self.wires(diagram)
        for node in diagram.nodes:
            self.node(node.box, (leg + shift for leg in node.legs))
        return shift

    def find(self, wire: int) -> int:
        """The wire that stands for this one and all that it is joined to."""
        parent = self._parent
        while parent[wire] != wire:
            parent[wire] = wire = parent[parent[wire]]
        return wire

    def join(self, left: int, right: int) -> None:
        """Makes two wires one."""
        left, right = self.find(left), self.find(right)
        if left == right:
            return
        if self.sizes[left] != self.sizes[right]:
            sizes = f"size {self.sizes[left]} is joined to one of size {self.sizes[right]}"
            raise ValueError(f"a wire of {sizes}")
        if self._count[left] < self._count[right]:
            left, right = right, left
        self._parent[right] = left
        self._count[left] += self._count[right]

    def diagram(self, dom: Iterable[int], cod: Iterable[int]) -> Diagram:
        """What has been built, its wires numbered in the order in which they came."""
        number: dict[int, int] = {}
        sizes: list[int] = []
        names: list[str] = []
        for wire, size in enumerate(self.sizes):
            new = number.setdefault(self.find(wire), len(sizes))
            if new == len(sizes):
                sizes.append(size)
                names.append("")
            names[new] = names[new] or self.names[wire]

        def wires(old: Iterable[int]) -> tuple[int, ...]:
            return tuple(number[self.find(wire)] for wire in old)

        nodes = tuple(Node(node.box, wires(node.legs)) for node in self.nodes)
        named = tuple(names) if any(names) else ()
        return Diagram(tuple(sizes), nodes, wires(dom), wires(cod), named)


def compose(diagrams: Iterable[Diagram]) -> Diagram:
    """All of them, one after another (at least one); time nearly linear in their sizes."""
    parts = tuple(diagrams)
    if not parts:
        raise ValueError("a composition has at least one diagram")
    gluing = Gluing()
    last: list[int] | None = None
    first: list[int] = []
    for number, part in enumerate(parts):
        shift = gluing.add(part)
        dom = [wire + shift for wire in part.dom]
        if last is None:
            first = dom
        elif len(last) != len(dom):
            raise ValueError(f"{len(last)} wires leave part {number}, {len(dom)} enter the next")
        for left, right in zip(last or dom, dom, strict=True):
            gluing.join(left, right)
        last = [wire + shift for wire in part.cod]
    return gluing.diagram(first, last or ())


def tensor(diagrams: Iterable[Diagram]) -> Diagram:
    """All of them, side by side; time linear in their sizes."""
    gluing = Gluing()
    dom: list[int] = []
    cod: list[int] = []
    for part in diagrams:
        shift = gluing.add(part)
        dom += (wire + shift for wire in part.dom)
        cod += (wire + shift for wire in part.cod)
    return gluing.diagram(dom, cod)


def legs_of(box: Box) -> tuple[int, ...] | None:
    """The sizes of the legs of a box, where the box says them."""
    match box:
        case NumberBox():
            return ()
        case Bubble(inside=inside):
            return inside.cod_sizes
        case FoldBox(inside=inside, count=count):
            return inside.cod_sizes[: len(inside.cod) - count]
        case SumBox(terms=terms) if terms:
            return terms[0].cod_sizes
        case _:
            return None


def insides(box: Box) -> tuple[Diagram, ...]:
    """The diagrams that a box stands around."""
    match box:
        case Bubble(inside=inside) | FoldBox(inside=inside):
            return (inside,)
        case SumBox(terms=terms):
            return terms
        case _:
            return ()


def refill(box: Box, change: Callable[[Diagram], Diagram]) -> Box:
    """The same box with every diagram inside it changed."""
    match box:
        case Bubble(inside=inside) | FoldBox(inside=inside):
            return replace(box, inside=change(inside))
        case SumBox(terms=terms):
            return SumBox(tuple(change(term) for term in terms))
        case _:
            return box


def verify(diagram: Diagram) -> None:
    """Refuses, with a `ValueError`, a diagram whose parts do not fit together."""
    count = len(diagram.sizes)
    if diagram.names and len(diagram.names) != count:
        raise ValueError(f"{count} wires have {len(diagram.names)} names")
    ends = [*diagram.dom, *diagram.cod, *(leg for node in diagram.nodes for leg in node.legs)]
    if any(not 0 <= wire < count for wire in ends):
        raise ValueError("an end of a wire that is not there")
    for node in diagram.nodes:
        sizes = tuple(diagram.sizes[leg] for leg in node.legs)
        if legs_of(node.box) not in (None, sizes):
            raise ValueError(f"legs of sizes {sizes} on a box with {legs_of(node.box)}")
        if isinstance(node.box, MapBox) and len(node.legs) != len(node.box.coefficients) + 1:
            raise ValueError(f"{len(node.legs)} legs on an index map")
        folded = node.box.count if isinstance(node.box, FoldBox) else 0
        for inside in insides(node.box):
            kept = inside.cod_sizes[: len(inside.cod) - folded]
            if inside.dom or folded > len(inside.cod) or kept != sizes:
                raise ValueError("the inside of a box does not fit its legs")
            verify(inside)
