"""Diagrams to DisCoPy's and back: `from_discopy(to_discopy(d))` is isomorphic to `d`.

A box is a DisCoPy box out of nothing whose `data` is our box, a function or a reduction a
DisCoPy bubble, a formal sum a DisCoPy sum; types are named after the sizes of wires. Both
ways take time linear in the number of layers times their width. This module imports
DisCoPy (two seconds): import it when it is needed.

>>> from einlang.diagrams.diagram import Diagram, TensorBox
>>> a = Diagram.box(TensorBox("A"), [2, 2])
>>> print(to_discopy(a >> Diagram.cup([2])))
A >> Cup(2, 2)
>>> from_discopy(to_discopy(a)) == a
True
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

import discopy.frobenius
import discopy.markov
import discopy.monoidal

from einlang.diagrams.diagram import (
    Box,
    Bubble,
    Diagram,
    FoldBox,
    Gluing,
    Node,
    SumBox,
    TensorBox,
    insides,
    legs_of,
    refill,
)
from einlang.diagrams.labels import label
from einlang.diagrams.schedule import schedule

# DisCoPy's classes are built at import, so that type checkers know too little of them.
frobenius: Any = discopy.frobenius
markov: Any = discopy.markov
monoidal: Any = discopy.monoidal
EMPTY = frobenius.Ty()


def to_discopy(diagram: Diagram) -> discopy.frobenius.Diagram:
    """The same morphism in layers of one box each, few wires wide where that is possible."""
    weaving = _Weaving(diagram)
    weaving.open()
    for node in schedule(diagram):
        weaving.place(node)
    weaving.close()
    dom, cod = (weaving.type(wires) for wires in (diagram.dom, diagram.cod))
    return frobenius.Diagram(tuple(weaving.layers), dom, cod, _scan=False)


class _Weaving:
    """Layers under construction, and the wires that hang out of the last one, left to right.

    A wire hangs out once as long as a node is still to be placed on it.
    """

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.layers: list[Any] = []
        self.front = list(diagram.dom)
        self.types: dict[tuple[int, ...], Any] = {}
        self.boxes: dict[tuple[Any, ...], Any] = {}
        self.due = [0] * len(diagram.sizes)
        for node in diagram.nodes:
            for leg in node.legs:
                self.due[leg] += 1
        self.ends = [0] * len(diagram.sizes)
        for wire in diagram.cod:
            self.ends[wire] += 1

    def type(self, wires: Any) -> Any:
        """Wires as a DisCoPy type."""
        sizes = tuple(self.diagram.sizes[wire] for wire in wires)
        if sizes not in self.types:
            self.types[sizes] = frobenius.Ty(*map(str, sizes))
        return self.types[sizes]

    def made(self, kind: Any, *arguments: Any) -> Any:
        """A DisCoPy box, the same one every time it is asked for."""
        key = (kind, *(str(argument) for argument in arguments))
        if key not in self.boxes:
            self.boxes[key] = kind(*arguments)
        return self.boxes[key]

    def emit(self, box: Any, place: int, legs_in: int, out: list[int]) -> None:
        """A layer with this box, on the wires from `place` on."""
        left, right = self.front[:place], self.front[place + legs_in :]
        self.layers.append(monoidal.Layer(self.type(left), box, self.type(right)))
        self.front = [*left, *out, *right]

    def swap(self, place: int) -> None:
        """Crosses the wire at `place` and the next one."""
        left, right = self.front[place : place + 2]
        box = self.made(frobenius.Swap, self.type([left]), self.type([right]))
        self.emit(box, place, 2, [right, left])

    def open(self) -> None:
        """The wires that come in, and those that no node is on."""
        for wire in dict.fromkeys(self.diagram.dom):
            self.settle(wire)
        inside = set(self.diagram.dom)
        for wire, due in enumerate(self.due):
            if not due and wire not in inside:
                self.spider(wire, len(self.front), 0, self.ends[wire])

    def place(self, node: Node) -> None:
        """A node, next to a wire that it is on if there is one."""
        self.emit(to_box(node.box, self.type(node.legs)), self.spot(node), 0, list(node.legs))
        for leg in node.legs:
            self.due[leg] -= 1
        for wire in dict.fromkeys(node.legs):
            self.settle(wire)

    def spot(self, node: Node) -> int:
        """Where the legs of a node are closest to the wires that they join."""
        hanging = {wire: place for place, wire in enumerate(self.front)}
        partners = [(n, hanging[leg]) for n, leg in enumerate(node.legs) if leg in hanging]
        spots = {place + side for _, place in partners for side in (1, 0)}
        count = len(node.legs)

        def crossings(spot: int) -> int:
            return sum(
                abs(spot + n - place if place < spot else place + count - spot - n)
                for n, place in partners
            )

        return min(sorted(spots, reverse=True), key=crossings, default=len(self.front))

    def settle(self, wire: int) -> None:
        """Joins the ends of a wire that hang out, to as many as are needed from here on."""
        places = [place for place, other in enumerate(self.front) if other == wire]
        for number, place in enumerate(places):
            for step in range(place, places[0] + number, -1):
                self.swap(step - 1)
        self.spider(wire, places[0], len(places), 1 if self.due[wire] else self.ends[wire])

    def spider(self, wire: int, place: int, legs_in: int, legs_out: int) -> None:
        """A spider on the wires from `place` on, or a cup or a cap."""
        if legs_in == legs_out == 1:
            return
        if legs_in == legs_out == 0:  # DisCoPy takes its spider without legs for one
            self.spider(wire, place, 0, 1)
            self.spider(wire, place, 1, 0)
            return
        kind = self.type([wire])
        if (legs_in, legs_out) == (2, 0):
            box = self.made(frobenius.Cup, kind, kind)
        elif (legs_in, legs_out) == (0, 2):
            box = self.made(frobenius.Cap, kind, kind)
        else:
            box = self.made(frobenius.Spider, legs_in, legs_out, kind)
        self.emit(box, place, legs_in, [wire] * legs_out)

    def close(self) -> None:
        """Puts the wires that are left in the order in which they go out."""
        for place, wire in enumerate(self.diagram.cod):
            for step in range(self.front.index(wire, place), place, -1):
                self.swap(step - 1)


def to_box(box: Box, cod: Any) -> Any:
    """A box whose legs have these types."""
    if isinstance(box, SumBox):
        return markov.Sum(tuple(to_discopy(term) for term in box.terms), EMPTY, cod)
    if isinstance(box, Bubble | FoldBox):
        name = label(box)
        word = box.function.name if isinstance(box, Bubble) else box.operator
        method = f"{'apply' if isinstance(box, Bubble) else 'fold'}_{word}"
        inside = to_discopy(box.inside)
        bubble = frobenius.Bubble(
            inside, dom=EMPTY, cod=cod, name=name, method=method, drawing_name=name
        )
        bubble.data = refill(box, lambda _: Diagram.id())
        return bubble
    return frobenius.Box(label(box), EMPTY, cod, data=box)


# -- back -----------------------------------------------------------------------------------


def from_discopy(diagram: Any, sizes: Mapping[str, int] | None = None) -> Diagram:
    """The morphism that a DisCoPy diagram stands for.

    `sizes` says how large the types with names are; the others are named after their sizes.
    A box that is not ours becomes a tensor whose legs are its domain, then its codomain.
    Spiders with phases are refused with a `ValueError`: they are no wires.
    """
    reading = _Reading(sizes or {})
    dom = reading.new(diagram.dom)
    front = list(dom)
    inside = () if isinstance(diagram, markov.Sum) else diagram.inside
    if isinstance(diagram, markov.Sum):
        front = reading.box(diagram, front)
    for layer in inside:
        front = reading.layer(layer, front)
    return reading.diagram(dom, front)


class _Reading(Gluing):
    """A diagram under construction, layer by layer."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self.known = sizes

    def new(self, kind: Any) -> list[int]:
        """New wires for a type."""
        return [self.wire(self.size(ob)) for ob in kind.inside]

    def size(self, ob: Any) -> int:
        """The size of an atomic type."""
        name = str(getattr(ob, "name", ob))
        if name in self.known:
            return self.known[name]
        if not name.isdecimal():
            raise ValueError(f"how large is the type {name!r}? say so in `sizes`")
        return int(name)

    def layer(self, layer: Any, front: list[int]) -> list[int]:
        """The wires that hang out after a layer, which may have several boxes."""
        out: list[int] = []
        place = 0
        for number, part in enumerate(layer):
            if number % 2:
                out += self.box(part, front[place : place + len(part.dom)])
                place += len(part.dom)
            else:
                out += front[place : place + len(part)]
                place += len(part)
        return out

    def box(self, box: Any, dom: list[int]) -> list[int]:
        """The wires that leave a box which these ones enter."""
        if isinstance(box, frobenius.Swap):
            count = len(box.left)
            return dom[count:] + dom[:count]
        if isinstance(box, frobenius.Spider | markov.Copy | markov.Merge):
            return self.spider(box, dom)
        cod = self.new(box.cod)
        if isinstance(box, frobenius.Cup | frobenius.Cap):
            self.join(*dom, *cod)
        else:
            inner = from_box(box, self.known)
            self.node(inner, _legs(box, dom, cod))
            _fits(inner, self.nodes[-1], self)
        return cod

    def spider(self, box: Any, dom: list[int]) -> list[int]:
        """One wire for all legs."""
        if getattr(box, "data", None) is not None:
            raise ValueError(f"a spider with a phase is not a wire: {box}")
        kind = box.typ if isinstance(box, frobenius.Spider) else (box.dom @ box.cod)[:1]
        wire = self.new(kind)[0]
        for other in dom:
            self.join(wire, other)
        return [wire] * len(box.cod)


def from_box(box: Any, sizes: Mapping[str, int]) -> Box:
    """Our box in a DisCoPy box, or a tensor by its name."""
    if isinstance(box, markov.Sum):
        return SumBox(tuple(_state(from_discopy(term, sizes)) for term in box.terms))
    if not isinstance(box.data, get_args(Box)):
        return TensorBox(box.name)
    if isinstance(box, frobenius.Bubble):
        return refill(box.data, lambda _: from_discopy(box.arg, sizes))
    return box.data


def _state(diagram: Diagram) -> Diagram:
    """The wires that come in bent down, to the left of those that go out."""
    return dataclasses.replace(diagram, dom=(), cod=diagram.dom + diagram.cod)


def _legs(box: Any, dom: list[int], cod: list[int]) -> list[int]:
    """The legs of a box before it was turned around or upside down."""
    if getattr(box, "z", 0) % 2:
        dom, cod = cod[::-1], dom[::-1]
    return cod + dom if box.is_dagger else dom + cod


def _fits(box: Box, node: Node, gluing: Gluing) -> None:
    sizes = tuple(gluing.sizes[leg] for leg in node.legs)
    if legs_of(box) not in (None, sizes):
        raise ValueError(f"legs of sizes {sizes} on a box with {legs_of(box)}")
    if any(inside.dom for inside in insides(box)):
        raise ValueError("wires come into the inside of a bubble")
