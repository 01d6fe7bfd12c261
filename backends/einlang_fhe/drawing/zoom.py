"""A ciphertext magnified row by row, and its first slots, as a picture.

>>> from einlang_fhe.layout import arrange
>>> named = Named.of(arrange((2, 3), first=(1, 0), slots=32), "A", ("i", "k"))
>>> drawn = magnified(named, Colours(named.axes), left=3, broad=16)
>>> [item.text for item in drawn.items if isinstance(item, Text) and item.x == 0]
['copies', 'slots 0–15']
"""

from __future__ import annotations

from collections.abc import Iterator

from einlang.diagrams.drawing.scene import SOFT, Item, Picture, Shape, Strokes, Text, width
from einlang_fhe.drawing.colours import LINE, PLAIN, ZOOM, Colours
from einlang_fhe.drawing.marks import filled
from einlang_fhe.drawing.named import Named
from einlang_fhe.drawing.rows import FEW, SEEN, Row, contents, rows, seen

HIGH = 0.5
DEEP = 0.34
"""Between two rows."""
DOTS = 0.7
"""The room of blocks that are left out."""
WORD = 0.28
FINE = 8
"""A group of slots fewer than this apart is seen among the single slots, and needs no row."""
DEEPEST = 4


def magnified(named: Named, colours: Colours, left: float, broad: float) -> Picture:
    """The rows, labels at 0, blocks from `left` on."""
    items: list[Item] = []
    y = 0.0
    coarse = [group for group in named.groups if group.step >= FINE]
    for row in rows(named, min(len(coarse), DEEPEST) if named.layout.slots > SEEN else 0):
        items.append(label(y, row.label, left))
        items += _drawn(named, row, colours, left, broad, y)
        items += funnel(left, broad, each(row, broad), y + HIGH)
        y += HIGH + DEEP
    slots, high = excerpt(named, colours, left, broad)
    items += (item.moved(0, y) for item in slots)
    return Picture(tuple(items), left + broad, y + high)


def _drawn(
    named: Named, row: Row, colours: Colours, left: float, broad: float, y: float
) -> Iterator[Item]:
    x, usual = left, each(row, broad)
    for part in row.blocks:
        room = DOTS if part.left_out else usual
        if not part.left_out:
            tint = colours.of(named.axes[part.axis]) if part.axis >= 0 else PLAIN
            yield from filled(part.kind, x, y, room, HIGH, tint if part.kind == "index" else "")
        yield fitted(x, y, room, HIGH, part.text)
        x += room


def each(row: Row, broad: float) -> float:
    """How broad a block of a row is."""
    dots = sum(part.left_out for part in row.blocks)
    return (broad - dots * DOTS) / (len(row.blocks) - dots)


def label(y: float, text: str, left: float) -> Text:
    """What a row is, beside it, as large as fits."""
    height = min(WORD, WORD * (left - 0.2) / width(text, WORD))
    return Text(0, y + HIGH / 2, text, round(height, 3), anchor="start", colour=SOFT)


def fitted(x: float, y: float, broad: float, high: float, text: str) -> Text:
    """A word in the middle of a place, as large as fits."""
    room = broad - 0.08
    height = min(WORD, WORD * room / max(width(text, WORD), 0.01))
    return Text(x + broad / 2, y + high / 2, text, round(height, 3))


def funnel(left: float, broad: float, first: float, y: float) -> tuple[Item, Item]:
    """From the first block of a row to the whole of the row below."""
    top, low = y + 0.03, y + DEEP - 0.03
    start, end = (left + first, top), (left + broad, low)
    sides = Strokes((((left, top), (left, low)), (start, end)), LINE, 0.025)
    return Shape(((left, top), start, end, (left, low)), ZOOM), sides


def excerpt(named: Named, colours: Colours, left: float, broad: float) -> tuple[list[Item], float]:
    """The first slots of the first ciphertexts, one by one, and how high that is."""
    items: list[Item] = []
    y = 0.0
    count = min(SEEN, named.layout.slots)
    each = min(broad / count, 1.4)
    tint = _tint(named, colours)
    for number in range(min(named.layout.count, FEW)):
        items.append(label(y, seen(named, number), left))
        for slot, (kind, text) in enumerate(contents(named, number, count)):
            x = left + slot * each
            items += filled(kind, x, y, each, HIGH, tint if kind == "index" else "")
            items.append(fitted(x, y, each, HIGH, text))
        y += HIGH
    if named.layout.count > FEW:
        items.append(Text(0, y + 0.16, "…", WORD, anchor="start", colour=SOFT))
        y += 0.3
    return items, y


def _tint(named: Named, colours: Colours) -> str:
    """That of the index that changes fastest."""
    lowest = [group.axis for group in reversed(named.groups) if group.kind == "index"]
    return colours.of(named.axes[lowest[0]]) if lowest else PLAIN
