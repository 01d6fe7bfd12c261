"""A layout in a notebook: a table of its bits, and its picture.

>>> from einlang_fhe.layout import arrange
>>> html(arrange((3,), first=(0,), slots=8)).startswith("<table><caption>3 in 1 ciphertext")
True
"""

from __future__ import annotations

from html import escape

from einlang.diagrams.drawing.svg import markup
from einlang_fhe.drawing.named import Named
from einlang_fhe.drawing.panel import panel
from einlang_fhe.drawing.words import IN_INDEX, IN_SLOTS, columns
from einlang_fhe.layout import Layout

EDGE = ' style="border-left: 1px solid"'


def svg(layout: Layout, name: str = "", axes: tuple[str, ...] = ()) -> str:
    """The picture alone."""
    return markup(panel(Named.of(layout, name, axes)))


def html(layout: Layout, name: str = "", axes: tuple[str, ...] = ()) -> str:
    """Both; names stand in it as they are given, whatever is in them."""
    named = Named.of(layout, name, axes)
    heads, above, below = "<th></th>", f"<th>{IN_INDEX}</th>", f"<th>{IN_SLOTS}</th>"
    for head, top, low in columns(named):
        heads += f'<th colspan="{len(top)}"{EDGE}>{escape(head)}</th>'
        above += _cells(top)
        below += _cells(low)
    caption = escape(
        f"{named.title}: {named.shape} in {named.room}"
        if name
        else f"{named.shape} in {named.room}"
    )
    rows = "".join(f"<tr>{row}</tr>" for row in (heads, above, below))
    return f"<table><caption>{caption}</caption>{rows}</table>{svg(layout, name, axes)}"


def _cells(texts: list[str]) -> str:
    edges = [EDGE, *("" for _ in texts[1:])]
    return "".join(
        f"<td{edge}>{escape(text)}</td>" for edge, text in zip(edges, texts, strict=True)
    )
