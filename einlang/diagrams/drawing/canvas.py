"""Pictures as PNG or PDF, by matplotlib; the same picture gives the same bytes.

>>> from einlang.diagrams.drawing.scene import Dot, Picture
>>> render(Picture((Dot(1, 1),), 2, 2), "png").startswith(b"\\x89PNG")
True
"""

from __future__ import annotations

import io
import warnings
from typing import Any

from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from einlang.diagrams.drawing.scene import (
    INDEX,
    INK,
    Curve,
    Dot,
    Frame,
    Picture,
    Shape,
    Strokes,
    Text,
)

UNIT = 0.42
"""Inches."""
EDGE = 0.3
DOTS = 220
LARGEST = 30_000
"""Pixels along one side; a larger picture is made coarser, and"""
LEGIBLE = 4
"""words that would be no more pixels high than this are left out."""

STYLE: dict[str, dict[str, Any]] = {
    "tensor": {"facecolor": "#e6eef8", "edgecolor": INK},
    "number": {"facecolor": "#ffffff", "edgecolor": "#8894a0"},
    "map": {"facecolor": "#fbf1d9", "edgecolor": "#8a6a1f"},
    "apply": {"facecolor": "#eef6ee", "edgecolor": "#3f7a4f"},
    "fold": {"facecolor": "#f9eeea", "edgecolor": "#a0522d"},
    "sum": {"facecolor": "#fafafa", "edgecolor": "#8894a0", "linestyle": (0, (4, 2))},
}
FONTS = ["STIXGeneral", "DejaVu Sans"]
HALO = withStroke(linewidth=2.2, foreground="white", alpha=0.75)


def render(picture: Picture, kind: str) -> bytes:
    """The bytes of a file of this kind."""
    broad, high = picture.width + 2 * EDGE, picture.height + 2 * EDGE
    figure = Figure(figsize=(max(broad, 1) * UNIT, max(high, 1) * UNIT), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(-EDGE, -EDGE + max(broad, 1))
    axes.set_ylim(-EDGE + max(high, 1), -EDGE)
    dots = DOTS * min(1.0, LARGEST / (DOTS * UNIT * max(broad, high)))
    words = INDEX * UNIT * dots > LEGIBLE
    for depth, item in enumerate(picture.items):
        if words or not isinstance(item, Text):
            _paint(axes, item, depth + 1)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(out, format=kind, dpi=dots, metadata=_METADATA[kind])
    return out.getvalue()


_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": "einlang"},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": "einlang", "Producer": None},
}


def _paint(axes: Any, item: Any, depth: int) -> None:
    match item:
        case Frame(x, y, width, height, kind):
            corner = 0.2 if kind in ("apply", "fold", "sum") else 0.12
            style = f"round,pad=0,rounding_size={corner}"
            patch = FancyBboxPatch(
                (x, y), width, height, boxstyle=style, linewidth=0.9, zorder=depth, **STYLE[kind]
            )
            axes.add_patch(patch)
        case Curve(points):
            codes = [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1)
            path = Path(points, codes)
            axes.add_patch(
                PathPatch(
                    path, fill=False, edgecolor=INK, linewidth=1.1, capstyle="round", zorder=depth
                )
            )
        case Dot(x, y, square):
            side = 0.17
            shape: Any = Circle((x, y), 0.09)
            if square:
                shape = Rectangle((x - side / 2, y - side / 2), side, side)
            shape.set(facecolor=INK, edgecolor=INK, linewidth=0.5, zorder=depth)
            axes.add_patch(shape)
        case Shape(points, fill, edge):
            polygon = Polygon(points, facecolor=fill or "none", edgecolor=edge or "none")
            polygon.set(linewidth=0.7, zorder=depth)
            axes.add_artist(polygon)
        case Strokes(lines, colour, thick):
            wide = thick * UNIT * 72
            axes.add_artist(LineCollection(lines, colors=colour, linewidths=wide, zorder=depth))
        case Text(x, y, text, height, italic, anchor, colour, bold):
            axes.text(
                x,
                y,
                text,
                parse_math=False,
                fontsize=height * UNIT * 72 * 0.93,
                fontfamily=FONTS,
                style="italic" if italic else "normal",
                weight="bold" if bold else "normal",
                color=colour,
                ha="center" if anchor == "middle" else "left",
                va="center_baseline",
                zorder=depth,
                path_effects=[HALO] if italic and height < 0.4 else None,
            )
