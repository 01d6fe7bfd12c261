"""The bits of a ciphertext number and of a slot number, side by side, the highest first.

In each cell stands how much the bit counts in its index, below it how much in the slot
number.

>>> from einlang_fhe.layout import arrange
>>> named = Named.of(arrange((2, 4), first=(1, 0), slots=16), "A", ("i", "k"))
>>> drawn = strip(named, Colours(named.axes))
>>> [item.text for item in drawn.items if isinstance(item, Text)]
['slot number', 'copy', '8', 'i: 2', '1', '4', 'k: 4', '2', '2', '1', '1']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from einlang.diagrams.drawing.scene import SOFT, Item, Picture, Text, block, width
from einlang_fhe.drawing.colours import Colours
from einlang_fhe.drawing.marks import filled
from einlang_fhe.drawing.named import Group, Named
from einlang_fhe.layout import Digit

CELL = 0.66
HIGH = 0.5
GAP = 0.14
WORD = 0.3
TINY = 0.21
TOP = 0.92
"""Above the cells: what they are bits of, and of which index."""


Cell = tuple[str, object]
"""What stands in a cell, and below it."""


def strip(named: Named, colours: Colours) -> Picture:
    """The digits of the ciphertext number, where there is more than one, and the bits of a slot."""
    items: list[Item] = []
    x = 0.0
    if named.layout.digits:
        items.append(_head(x, "ciphertext number"))
        for digit, worth in worths(named):
            x = _digit(items, x, named, colours, digit, worth)
        x = max(x, width("ciphertext number", WORD)) + 3 * GAP
    items.append(_head(x, "slot number"))
    for group in named.groups:
        x = _group(items, x, named, colours, group)
    x = max(x, width("slot number", WORD))
    if named.layout.complex:
        x = _complex(items, x + 2 * GAP, named, colours)
    return Picture(tuple(items), x - GAP, TOP + HIGH + 0.34)


def _head(x: float, text: str) -> Text:
    return Text(x, 0.2, text, WORD * 0.9, anchor="start", colour=SOFT)


def worths(named: Named) -> Iterator[tuple[Digit, int]]:
    """The digits of the ciphertext number, and how far the next value of each is away."""
    worth = named.layout.count
    for digit in named.layout.digits:
        worth //= digit.extent
        yield digit, worth


def values(digit: Digit) -> str:
    """The values of a digit: `0–3`, or `8 × (0–3)` where it counts eight."""
    span = "0" if digit.extent == 1 else f"0–{digit.extent - 1}"
    return span if digit.low == 0 else f"{1 << digit.low} × ({span})"


def _digit(
    items: list[Item], x: float, named: Named, colours: Colours, digit: Digit, worth: int
) -> float:
    name, above, text = named.axes[digit.axis], named.caption(digit.axis), values(digit)
    broad = max(2 * CELL, width(text, WORD) + 0.3)
    items.append(block(x, TOP, broad, HIGH, colours.of(name)))
    items += _words(x, [(text, worth)], broad, above)
    return x + max(broad, width(above, WORD)) + GAP


def _complex(items: list[Item], x: float, named: Named, colours: Colours) -> float:
    """What the imaginary parts hold."""
    items.append(_head(x, "complex part"))
    above = named.caption(named.part) if named.part >= 0 else "imaginary"
    fill = colours.of(named.axes[named.part]) if named.part >= 0 else ""
    broad = 2 * CELL
    items += filled("index" if fill else "junk", x, TOP, broad, HIGH, fill)
    items += _words(x, [("1" if fill else "", named.sides)], broad, above)
    return x + max(broad, width("complex part", WORD)) + GAP


def _group(items: list[Item], x: float, named: Named, colours: Colours, group: Group) -> float:
    counted = range(group.count)[::-1]
    above = caption(named, group)
    room = max(group.count * CELL, width(above, WORD))
    for number in range(group.count):
        fill = colours.of(named.axes[group.axis]) if group.kind == "index" else ""
        items += filled(group.kind, x + number * CELL, TOP, CELL, HIGH, fill)
    texts = [str(1 << (group.low + n)) if group.kind == "index" else "" for n in counted]
    worths = [1 << (group.position + n) for n in counted]
    items += _words(x, list(zip(texts, worths, strict=True)), CELL, above)
    return x + room + GAP


def caption(named: Named, group: Group) -> str:
    """What the bits of a group are of, in a word or two."""
    if group.kind != "index":
        words = {"copy": ("copy", "copies"), "zero": ("zero", "zeros"), "junk": ("junk", "junk")}
        return words[group.kind][group.count > 1]
    return named.caption(group.axis)


def _words(x: float, cells: Sequence[Cell], broad: float, above: str) -> Iterator[Text]:
    """A caption over cells that stand side by side, and what stands in and below each."""
    start = max(x + len(cells) * broad / 2, x + width(above, WORD) / 2)
    yield Text(start, TOP - 0.22, above, WORD)
    for number, (text, worth) in enumerate(cells):
        centre = x + (number + 0.5) * broad
        if text:
            yield Text(centre, TOP + HIGH / 2, text, WORD if len(text) < 4 else TINY)
        yield Text(centre, TOP + HIGH + 0.18, f"{worth}", TINY, colour=SOFT)
