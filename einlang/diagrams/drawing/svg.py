"""Pictures as SVG, written out: text stays text, the same picture gives the same bytes.

>>> from einlang.diagrams.drawing.scene import Dot, Picture
>>> print(markup(Picture((Dot(1, 1),), 2, 2)).splitlines()[-2])
<circle cx="1" cy="1" r="0.09" fill="#1b2733"/>
"""

from __future__ import annotations

from html import escape

from einlang.diagrams.drawing.scene import (
    INK,
    Curve,
    Dot,
    Frame,
    Item,
    Picture,
    Shape,
    Strokes,
    Text,
)

UNIT = 40
"""Pixels."""
EDGE = 0.3
FONTS = "STIX Two Text, STIXGeneral, Times New Roman, Times, serif"
STYLE = {
    "tensor": f'fill="#e6eef8" stroke="{INK}"',
    "number": 'fill="#fff" stroke="#8894a0"',
    "map": 'fill="#fbf1d9" stroke="#8a6a1f"',
    "apply": 'fill="#eef6ee" stroke="#3f7a4f"',
    "fold": 'fill="#f9eeea" stroke="#a0522d"',
    "sum": 'fill="#fafafa" stroke="#8894a0" stroke-dasharray="0.14 0.07"',
}


def markup(picture: Picture) -> str:
    """A whole SVG file."""
    broad, high = picture.width + 2 * EDGE, picture.height + 2 * EDGE
    box = f"{_p(-EDGE)} {_p(-EDGE)} {_p(broad)} {_p(high)}"
    size = f'width="{_p(broad * UNIT)}" height="{_p(high * UNIT)}" viewBox="{box}"'
    back = f'x="{_p(-EDGE)}" y="{_p(-EDGE)}" width="{_p(broad)}" height="{_p(high)}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} stroke-width="0.036" '
        f'stroke-linecap="round" font-family="{FONTS}">',
        f'<rect {back} fill="#fff"/>',
    ]
    return "\n".join([*head, *(_draw(item) for item in picture.items), "</svg>", ""])


def _draw(item: Item) -> str:
    match item:
        case Frame(x, y, width, height, kind):
            corner = 0.2 if kind in ("apply", "fold", "sum") else 0.12
            place = f'x="{_p(x)}" y="{_p(y)}" width="{_p(width)}" height="{_p(height)}"'
            return f'<rect {place} rx="{corner}" {STYLE[kind]}/>'
        case Curve(points):
            (x, y), *rest = points
            bends = " ".join(f"{_p(a)} {_p(b)}" for a, b in rest)
            return f'<path d="M{_p(x)} {_p(y)}C{bends}" fill="none" stroke="{INK}"/>'
        case Dot(x, y, square):
            if square:
                place = f'x="{_p(x - 0.085)}" y="{_p(y - 0.085)}" width="0.17" height="0.17"'
                return f'<rect {place} fill="{INK}"/>'
            return f'<circle cx="{_p(x)}" cy="{_p(y)}" r="0.09" fill="{INK}"/>'
        case Shape(points, fill, edge):
            corners = " ".join(f"{_p(x)},{_p(y)}" for x, y in points)
            stroke = f' stroke="{edge}"' if edge else ""
            return f'<polygon points="{corners}" fill="{fill or "none"}"{stroke}/>'
        case Strokes(lines, colour, thick):
            ways = "".join(f"M{_p(a)} {_p(b)}L{_p(c)} {_p(d)}" for (a, b), (c, d) in lines)
            return f'<path d="{ways}" stroke="{colour}" stroke-width="{_p(thick)}"/>'
        case Text(x, y, text, height, italic, anchor, colour, bold):
            place = f'x="{_p(x)}" y="{_p(y + height * 0.3)}" font-size="{_p(height * 0.95)}"'
            middle = ' text-anchor="middle"' if anchor == "middle" else ""
            style = ' font-style="italic"' if italic else ""
            style += ' font-weight="bold"' if bold else ""
            return f'<text {place} fill="{colour}"{middle}{style}>{escape(text)}</text>'


def _p(number: float) -> str:
    return f"{round(number, 3) + 0.0:g}" if abs(number) < 1000 else f"{number:.2f}"
