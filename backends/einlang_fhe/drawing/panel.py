"""One tensor: its name and sizes, its bits, and its ciphertexts magnified.

>>> from einlang_fhe.layout import arrange
>>> drawn = panel(Named.of(arrange((2, 4), first=(1, 0), slots=16), "A", ("i", "k")))
>>> [item.text for item in drawn.items if isinstance(item, Text)][:2]
['A[i, k]', '2 × 4 in 1 ciphertext of 16 slots']
"""

from __future__ import annotations

from collections.abc import Sequence

from einlang.diagrams.drawing.scene import SOFT, Item, Picture, Text, width
from einlang_fhe.drawing.colours import Colours
from einlang_fhe.drawing.named import Named
from einlang_fhe.drawing.strip import strip
from einlang_fhe.drawing.zoom import magnified

TITLE = 0.38
WORD = 0.28
LEFT = 3.2
BROAD = 16.0


def panel(
    named: Named,
    colours: Colours | None = None,
    captions: Sequence[str] = (),
    *,
    whole: bool = True,
) -> Picture:
    """Everything of a layout; without `whole`, its bits alone. Captions stand below the title."""
    colours = colours or Colours(named.axes)
    sizes = f"{named.shape} in {named.room}"
    along = width(named.title, TITLE) + 0.4 if named.title else 0.0
    items: list[Item] = [Text(along, 0.27, sizes, WORD, anchor="start", colour=SOFT)]
    if named.title:
        items.insert(0, Text(0, 0.25, named.title, TITLE, anchor="start", bold=True))
    right, y = along + width(sizes, WORD), 0.6
    for caption in captions:
        items.append(Text(0, y + 0.15, caption, WORD, anchor="start"))
        right, y = max(right, width(caption, WORD)), y + 0.42
    bits = strip(named, colours)
    left = 0 if bits.width > BROAD else LEFT
    items += bits.at(left, y)
    right, y = max(left + bits.width, right), y + bits.height
    if whole:
        ciphers = magnified(named, colours, LEFT, BROAD)
        items += ciphers.at(0, y + 0.25)
        right, y = max(right, ciphers.width), y + 0.25 + ciphers.height
    return Picture(tuple(items), right, y)
