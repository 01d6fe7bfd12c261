"""How elements, copies, zeros and junk look.

>>> [type(item).__name__ for item in filled("copy", 0, 0, 1, 1, "")]
['Shape', 'Strokes', 'Shape']
"""

from __future__ import annotations

from einlang.diagrams.drawing.scene import Item, Point, Strokes, block
from einlang_fhe.drawing.colours import COPY, JUNK, LINE, ZERO
from einlang_fhe.drawing.named import Kind

SPACE = 0.13
"""Between the lines of a hatch."""
THIN = 0.022


def filled(kind: Kind, x: float, y: float, broad: float, high: float, fill: str) -> list[Item]:
    """A rectangle that says what is in it; `fill` is the tint of an index, or of nothing."""
    if kind == "index":
        return [block(x, y, broad, high, fill)]
    if kind == "copy":
        lines = hatch(x, y, broad, high)
        return [block(x, y, broad, high, fill or COPY, ""), lines, block(x, y, broad, high, "")]
    return [block(x, y, broad, high, ZERO if kind == "zero" else JUNK)]


def hatch(x: float, y: float, broad: float, high: float) -> Strokes:
    """Lines that rise to the right, clipped to a rectangle.

    >>> hatch(0, 0, 0.2, 0.1).lines
    (((0.03, 0.1), (0.13, 0.0)), ((0.16, 0.1), (0.2, 0.06)))
    """
    lines: list[tuple[Point, Point]] = []
    offset = SPACE
    while offset < broad + high - 1e-9:
        low = (max(0.0, offset - high), min(high, offset))
        top = (min(broad, offset), max(0.0, offset - broad))
        lines.append((_at(x, y, low), _at(x, y, top)))
        offset += SPACE
    return Strokes(tuple(lines), LINE, THIN)


def _at(x: float, y: float, point: Point) -> Point:
    return round(x + point[0], 4), round(y + point[1], 4)
