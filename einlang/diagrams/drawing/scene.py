"""What a picture is made of, before it is known how it is written down.

Lengths are in units of about a centimetre; x runs to the right and y downwards.

>>> dot = Dot(1, 2)
>>> dot.moved(1, 0)
Dot(x=2, y=2)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Union

Point = tuple[float, float]
Kind = Literal["tensor", "number", "map", "apply", "fold", "sum"]

NAME = 0.42
"""The height of the letters of a name, and"""
INDEX = 0.34
"""of those of an index."""
INK = "#1b2733"
SOFT = "#5c6873"
"""The colour of what is said in passing."""


@dataclass(frozen=True)
class Frame:
    """A rounded rectangle: a box, or what stands around the inside of one."""

    x: float
    y: float
    width: float
    height: float
    kind: Kind

    def moved(self, x: float, y: float) -> Frame:
        """The same elsewhere."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True)
class Curve:
    """A wire: a point, then three for each cubic Bézier curve."""

    points: tuple[Point, ...]

    def moved(self, x: float, y: float) -> Curve:
        """The same elsewhere."""
        return Curve(tuple((a + x, b + y) for a, b in self.points))


@dataclass(frozen=True)
class Dot:
    """A spider; `square` where a wire is folded away."""

    x: float
    y: float
    square: bool = False

    def moved(self, x: float, y: float) -> Dot:
        """The same elsewhere."""
        return replace(self, x=self.x + x, y=self.y + y)

    def __repr__(self) -> str:
        return f"Dot(x={self.x:g}, y={self.y:g})"


@dataclass(frozen=True)
class Text:
    """A word in the middle of a place, or to the right of it."""

    x: float
    y: float
    text: str
    height: float = NAME
    italic: bool = False
    anchor: Literal["middle", "start"] = "middle"
    colour: str = INK
    bold: bool = False

    def moved(self, x: float, y: float) -> Text:
        """The same elsewhere."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True)
class Shape:
    """A polygon, filled, with a thin edge; colours as `#rrggbb`, or none."""

    points: tuple[Point, ...]
    fill: str = ""
    edge: str = ""

    def moved(self, x: float, y: float) -> Shape:
        """The same elsewhere."""
        return replace(self, points=tuple((a + x, b + y) for a, b in self.points))


@dataclass(frozen=True)
class Strokes:
    """Straight lines of one colour, each from one point to another."""

    lines: tuple[tuple[Point, Point], ...]
    colour: str = INK
    thick: float = 0.036

    def moved(self, x: float, y: float) -> Strokes:
        """The same elsewhere."""
        lines = (((a + x, b + y), (c + x, d + y)) for (a, b), (c, d) in self.lines)
        return replace(self, lines=tuple(lines))


Item = Union[Frame, Curve, Dot, Text, Shape, Strokes]


@dataclass(frozen=True)
class Picture:
    """Items between (0, 0) and (width, height).

    `bottoms` are where wires go out; they reach the lower edge unless it is `closed`.
    Boxes end at `base`, below are wires only.
    """

    items: tuple[Item, ...]
    width: float
    height: float
    bottoms: tuple[float, ...] = ()
    base: float = 0.0
    closed: bool = False

    def at(self, x: float, y: float) -> list[Item]:
        """The items, moved."""
        return [item.moved(x, y) for item in self.items]


def width(text: str, height: float = NAME) -> float:
    """About how wide a word is: narrow, wide and other letters, whatever the font."""
    narrow, wide = sum(c in "iljtfr.,:;'|!()[] " for c in text), sum(c in "mwMW—" for c in text)
    capital = sum(c.isupper() or not c.isascii() for c in text)
    rest = len(text) - narrow - wide
    return height * (0.36 * narrow + 0.85 * wide + 0.56 * rest + 0.14 * capital)


def block(x: float, y: float, width: float, height: float, fill: str, edge: str = INK) -> Shape:
    """A filled rectangle."""
    points = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return Shape(points, fill, edge)


def line(start: Point, end: Point) -> Curve:
    """From one point to another, upright at both ends."""
    (a, b), (c, d) = start, end
    return Curve((start, (a, b + (d - b) * 0.55), (c, d - (d - b) * 0.55), end))


def arc(start: Point, end: Point) -> Curve:
    """From one point, upright, to another, level."""
    (a, b), (c, d) = start, end
    bend = 0.6
    return Curve((start, (a, b + (d - b) * bend), (c + (a - c) * (1 - bend), d), end))


def cup(left: float, right: float, y: float, depth: float) -> Curve:
    """From (left, y) down and up again to (right, y)."""
    low, turn = y + depth, min(0.5, (right - left) / 2)
    bend = y + depth * 0.45
    start = ((left, y), (left, bend), (left + turn * 0.4, low), (left + turn, low))
    along = ((left + turn, low), (right - turn, low), (right - turn, low))
    end = ((right - turn * 0.4, low), (right, bend), (right, y))
    return Curve((*start, *along, *end))


def stack(pictures: Iterable[Picture], gap: float) -> Picture:
    """One below the other, at the left."""
    items: list[Item] = []
    broad = y = 0.0
    for picture in pictures:
        y += gap if items else 0
        items += picture.at(0, y)
        broad, y = max(broad, picture.width), y + picture.height
    return Picture(tuple(items), broad, y)
