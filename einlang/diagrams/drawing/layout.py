"""Where everything in a diagram goes: boxes in a row, wires below them, ends at the bottom.

A wire with two ends is a line, bent into a cup where both are legs; one with more, or with
fewer, has a dot. An index map hangs below the leg that it reads. Functions and reductions
are frames around what is inside, the terms of a sum stand side by side.

>>> from einlang.diagrams.diagram import TensorBox
>>> a = Diagram.box(TensorBox("A"), [2, 2], ["i", "k"])
>>> [item.text for item in picture(a).items if isinstance(item, Text)]
['A', 'i', 'k']
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

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
from einlang.diagrams.drawing.order import arrange
from einlang.diagrams.drawing.scene import (
    INDEX,
    Curve,
    Dot,
    Frame,
    Item,
    Kind,
    Picture,
    Text,
    line,
    width,
)
from einlang.diagrams.drawing.wiring import GAP, Wiring
from einlang.diagrams.labels import label

HEIGHT = 0.85
MARGIN = 0.55
LABEL = 0.45
PAD = 0.3
HEAD = 0.55


def picture(
    diagram: Diagram, *, named: bool = True, sizes: bool = False, below: float = 0.0
) -> Picture:
    """The picture of a diagram; `named` writes index names at the ends of wires.

    `sizes` writes sizes behind them; wires go `below` the boxes at least so far.
    """
    terms = _plain_sum(diagram)
    if terms:
        return _row(terms, len(diagram.cod), sizes)
    return _Level(diagram, named, sizes).draw(below)


def _plain_sum(diagram: Diagram) -> tuple[Diagram, ...]:
    """The terms of a diagram that is nothing but a formal sum."""
    if len(diagram.nodes) != 1 or diagram.dom or diagram.nodes[0].legs != diagram.cod:
        return ()
    box = diagram.nodes[0].box
    whole = len(set(diagram.cod)) == len(diagram.sizes)
    return box.terms if isinstance(box, SumBox) and whole else ()


# -- boxes ----------------------------------------------------------------------------------


def _row(terms: Sequence[Diagram], legs: int, sizes: bool) -> Picture:
    """Terms side by side on one base line, with signs between them."""
    signed = sorted((_signed(term) for term in terms), key=lambda pair: pair[0] == "−")
    parts = [picture(term, sizes=sizes) for _, term in signed]
    base = max(part.base for part in parts)
    below = max(part.height - part.base for part in parts)
    items: list[Item] = []
    x = 0.0
    for number, (sign, term) in enumerate(signed):
        part = picture(term, sizes=sizes, below=below - (LABEL if legs else 0))
        if number or sign == "−":
            items.append(Text(x + 0.35, base - HEIGHT / 2, sign, 0.5))
            x += 0.75
        items += part.at(x, base - part.base)
        x += part.width + 0.05
    middle = [x / 2 + (leg - (legs - 1) / 2) * GAP for leg in range(legs)]
    return Picture(tuple(items), x, base + below, tuple(middle), base, closed=True)


def _signed(term: Diagram) -> tuple[str, Diagram]:
    """A term without its sign."""
    for place, node in enumerate(term.nodes):
        if isinstance(node.box, NumberBox) and node.box.value < 0:
            value = -node.box.value
            rest = () if value == 1 and len(term.nodes) > 1 else (Node(NumberBox(value), ()),)
            nodes = term.nodes[:place] + rest + term.nodes[place + 1 :]
            return "−", Diagram(term.sizes, nodes, term.dom, term.cod, term.names)
    return "+", term


def _box(node: Node, columns: Sequence[float], names: Sequence[str], sizes: bool) -> Picture:
    """A box whose legs are this far apart, or a frame around what is inside."""
    match node.box:
        case Bubble(inside=inside):
            return _frame("apply", label(node.box), picture(inside, named=False, sizes=sizes))
        case FoldBox(inside=inside, count=count):
            return _frame("fold", label(node.box), _folded(inside, count, sizes))
        case SumBox(terms=terms):
            return _frame("sum", "", _row(terms, len(node.legs), sizes))
        case TensorBox():
            return _plain("tensor", label(node.box), columns)
        case NumberBox():
            return _plain("number", label(node.box), columns)
        case MapBox():
            return _plain("map", label(node.box, names), columns)


def _plain(kind: Kind, text: str, columns: Sequence[float]) -> Picture:
    """A box with a word in it; the legs stand in the middle of their columns."""
    letters = INDEX if kind == "map" else 0.42
    height = 0.62 if kind in ("map", "number") else HEIGHT
    broad = max(sum(columns), width(text, letters) + 0.35, 0.75)
    extra = (broad - sum(columns)) / max(len(columns), 1)
    legs: list[float] = []
    x = 0.0
    for column in columns:
        legs.append(x + (column + extra) / 2)
        x += column + extra
    shape = Frame(0, 0, broad, height, kind)
    word = Text(broad / 2, height / 2, text, letters, italic=kind == "tensor")
    return Picture((shape, word), broad, height, tuple(legs))


def _frame(kind: Kind, text: str, inside: Picture) -> Picture:
    """A frame around a picture, with a word in its corner; wires go on below."""
    head = HEAD if text else PAD
    broad = max(inside.width, width(text) if text else 0) + 2 * PAD
    x = (broad - inside.width) / 2
    height = head + inside.height + PAD * 0.6
    items: list[Item] = [Frame(0, 0, broad, height, kind)]
    if text:
        items.append(Text(PAD * 0.6, HEAD * 0.52, text, 0.38, anchor="start"))
    items += inside.at(x, head)
    bottoms = tuple(x + place for place in inside.bottoms)
    if not inside.closed:
        items += [line((place, head + inside.height), (place, height)) for place in bottoms]
    return Picture(tuple(items), broad, height, bottoms)


def _folded(diagram: Diagram, count: int, sizes: bool) -> Picture:
    """The inside of a reduction: the last wires end in a square."""
    inside = picture(diagram, named=False, sizes=sizes)
    items = list(inside.items)
    places = inside.bottoms
    kept = len(places) - count
    for place, wire in zip(places[kept:], diagram.cod[kept:], strict=True):
        items.append(Dot(place, inside.height, square=True))
        items.append(Text(place, inside.height + 0.3, diagram.name(wire), INDEX, True))
    height = inside.height + 0.4
    if not inside.closed:
        items += [line((place, inside.height), (place, height)) for place in places[:kept]]
    return Picture(tuple(items), inside.width, height, places[:kept], closed=inside.closed)


# -- one level ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Strand:
    """An end of a wire that hangs down, and where."""

    wire: int
    x: float
    y: float


class _Level:
    """A hypergraph without the insides of its boxes, under construction."""

    def __init__(self, diagram: Diagram, named: bool, sizes: bool) -> None:
        self.diagram = diagram
        self.named = named
        self.sizes = sizes
        self.items: list[Item] = []
        self.strands: list[_Strand] = []
        self.hung = _hung(diagram)

    def name(self, wire: int) -> str:
        """What is written at a wire."""
        name = self.diagram.name(wire)
        return f"{name}:{self.diagram.sizes[wire]}" if self.sizes else name

    def draw(self, below: float) -> Picture:
        """The boxes, the wires, and the ends."""
        base = self.boxes()
        low = max([base, *(strand.y for strand in self.strands)]) + (0.1 if self.strands else 0)
        strands: dict[int, list[float]] = {wire: [] for wire in self.loose()}
        for strand in self.strands:
            strands.setdefault(strand.wire, []).append(strand.x)
            if strand.y < low:
                self.items.append(line((strand.x, strand.y), (strand.x, low)))
        names = [self.name(wire) for wire in range(len(self.diagram.sizes))]
        wiring = Wiring(strands, self.diagram.cod, names, low, below - (low - base))
        self.items += wiring.items()
        return self.finish(wiring, base)

    def loose(self) -> list[int]:
        """The wires that no box carries."""
        carried = {*self.diagram.dom, *(leg for node in self.diagram.nodes for leg in node.legs)}
        return [wire for wire in range(len(self.diagram.sizes)) if wire not in carried]

    def boxes(self) -> float:
        """Draws what comes in and the row of boxes; how far down they reach."""
        hung = {id(node) for node in self.hung.values()}
        row = [node for node in self.diagram.nodes if id(node) not in hung]
        blocks = [self.block(node) for node in arrange(self.diagram, row)]
        top = max((part.height for part, *_ in blocks), default=0.0)
        x = 0.0
        for wire in self.diagram.dom:
            self.strands.append(_Strand(wire, x + GAP / 2, 0))
            if self.named:
                self.items.append(Text(x + GAP / 2, -0.25, self.name(wire), INDEX, True))
            x += GAP
        for part, below, strands in blocks:
            y = top - part.height
            self.items += part.at(x, y)
            self.items += [item.moved(x, y) for item in below]
            self.strands += [_Strand(s.wire, s.x + x, s.y + y) for s in strands]
            x += part.width + MARGIN
        return top

    def block(self, node: Node) -> tuple[Picture, list[Item], list[_Strand]]:
        """A box, the index maps that hang below it, and the wires that leave them."""
        maps = [self.hung.get((id(node), place)) for place in range(len(node.legs))]
        parts = [self.map(below) if below else None for below in maps]
        columns = [part.width + 0.15 if part else GAP for part in parts]
        names = [self.diagram.name(leg) for leg in node.legs[1:]]
        box = _box(node, columns, names, self.sizes)
        items: list[Item] = []
        strands: list[_Strand] = []
        for leg, x, below, part in zip(node.legs, box.bottoms, maps, parts, strict=True):
            if below is None or part is None:
                strands.append(_Strand(leg, x, box.height))
                continue
            y, left = box.height + 0.35, x - part.width / 2
            items += [line((x, box.height), (x, y)), *part.at(left, y)]
            strands += [
                _Strand(wire, left + place, y + part.height)
                for wire, place in zip(below.legs[1:], part.bottoms, strict=True)
            ]
        return box, items, strands

    def map(self, node: Node) -> Picture:
        """An index map below the leg that it reads."""
        legs = node.legs[1:]
        return _box(node, [GAP] * len(legs), [self.diagram.name(leg) for leg in legs], False)

    def finish(self, wiring: Wiring, base: float) -> Picture:
        """Moves everything to the right of zero, and writes the names at the ends."""
        height = wiring.bottom
        if self.named and wiring.ends:
            height += LABEL
            for wire, x in zip(self.diagram.cod, wiring.ends, strict=True):
                self.items.append(Text(x, wiring.bottom + 0.24, self.name(wire), INDEX, True))
        left, right, top = _bounds(self.items)
        moved = tuple(item.moved(-left, -top) for item in self.items)
        bottoms = tuple(x - left for x in wiring.ends)
        return Picture(moved, right - left, height - top, bottoms, base - top)


def _hung(diagram: Diagram) -> dict[tuple[int, int], Node]:
    """The index maps that hang below a leg of a tensor, by tensor and place."""
    legs: defaultdict[int, list[tuple[Node, int]]] = defaultdict(list)
    for node in diagram.nodes:
        for place, leg in enumerate(node.legs):
            legs[leg].append((node, place))
    ends = {*diagram.dom, *diagram.cod}
    hung: dict[tuple[int, int], Node] = {}
    for wire, pair in legs.items():
        if wire in ends or len(pair) != 2:
            continue
        for (node, place), (below, first) in (pair, pair[::-1]):
            if isinstance(node.box, TensorBox) and isinstance(below.box, MapBox) and not first:
                hung[id(node), place] = below
    return hung


def _bounds(items: list[Item]) -> tuple[float, float, float]:
    """The least and greatest x, and the least y."""
    xs, ys = [0.0], [0.0]
    for item in items:
        match item:
            case Frame():
                xs += [item.x, item.x + item.width]
            case Text():
                half = width(item.text, item.height) / 2
                middle = item.anchor == "middle"
                xs += [item.x - half, item.x + half] if middle else [item.x, item.x + 2 * half]
                ys.append(item.y - item.height * 0.6)
            case Dot():
                xs += [item.x - 0.1, item.x + 0.1]
            case Curve():
                xs += [x for x, _ in item.points[::3]]
    return min(xs), max(xs), min(ys)
