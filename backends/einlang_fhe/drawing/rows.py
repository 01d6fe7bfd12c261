"""What there is to show of a layout: a ciphertext magnified step by step, and single slots.

Every row shows one group of bits of the slot number; the first block of a row is the next
row as a whole.

>>> from einlang_fhe.layout import arrange
>>> named = Named.of(arrange((2, 3), first=(1, 0), slots=16), "A", ("i", "k"))
>>> for row in rows(named, count=3):
...     print(row.label, [(block.kind, block.text) for block in row.blocks])
copies [('index', 'A'), ('copy', 'copy')]
i, 2 values [('index', 'i = 0'), ('index', '1')]
k, 3 of 4 [('index', 'k = 0'), ('index', '1'), ('index', '2'), ('zero', '0')]
>>> seen(named, 0), [text for _, text in contents(named, 0, 5)]
('slots 0–15', ['0,0', '0,1', '0,2', '0', '1,0'])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from einlang_fhe.drawing.named import Group, Kind, Known, Named, fix

MOST = 16
"""Blocks in a row; where there are more, the first and the last are shown."""
LAST = 2
LETTERS = 180
"""So many letters in a row can be read."""
SEEN = 16
"""Slots that are shown one by one, of so many ciphertexts:"""
FEW = 4


@dataclass(frozen=True)
class Block:
    """What stands in a row: of an index (by number, else -1), a copy, zeros or junk; `…`."""

    kind: Kind
    text: str
    axis: int = -1
    left_out: bool = False


@dataclass(frozen=True)
class Row:
    """The blocks of one group of bits, and what they are."""

    label: str
    blocks: tuple[Block, ...]


def rows(named: Named, count: int) -> list[Row]:
    """The ciphertexts, where there are several, and at most `count` groups of slots."""
    found = []
    if named.layout.count > 1:
        found.append(_ciphertexts(named))
    known = named.known(0)
    for group in named.groups[:count]:
        found.append(_row(named, group, known))
        if group.kind == "index":
            fix(known, group.axis, group.low, group.count, 0)
    return found


def shown(count: int, most: int = MOST) -> list[int]:
    """Which blocks of a row are shown.

    >>> shown(3), shown(64)[-4:]
    ([0, 1, 2], [11, 12, 62, 63])
    """
    if count <= most:
        return list(range(count))
    return [*range(most - LAST - 1), *range(count - LAST, count)]


def _blocks(count: int, make: Callable[[int], Block], most: int = MOST) -> tuple[Block, ...]:
    """So many blocks, with a mark where some are left out."""
    blocks = tuple(make(number) for number in shown(count, most))
    if count <= most:
        return blocks
    return (*blocks[:-LAST], Block("zero", "…", left_out=True), *blocks[-LAST:])


def _ciphertexts(named: Named) -> Row:
    count, axis = named.layout.count, named.layout.digits[0].axis
    longest = max(len(named.digits(number)) for number in (0, count - 1))
    most = max(4, min(MOST, LETTERS // longest))
    blocks = _blocks(count, lambda number: Block("index", named.digits(number), axis), most)
    return Row(f"{count:,} ciphertexts", blocks)


def _row(named: Named, group: Group, known: dict[int, Known]) -> Row:
    blocks = _blocks(1 << group.count, lambda value: _block(named, group, known, value))
    return Row(named.meaning(group), blocks)


def _block(named: Named, group: Group, known: dict[int, Known], value: int) -> Block:
    if group.kind != "index":
        text = {"copy": "copy", "zero": "0", "junk": "?"}[group.kind]
        return Block(group.kind, text) if value else Block("index", named.name)
    here = dict(known)
    fix(here, group.axis, group.low, group.count, value)
    span = named.span(group.axis, here)
    if not span:
        dirty = group.axis in named.layout.dirty
        return Block("junk", "?") if dirty else Block("zero", "0")
    name = f"{named.axes[group.axis]}{named.rolled(group.axis)} = "
    return Block("index", span if value else name + span, group.axis)


def seen(named: Named, number: int) -> str:
    """Which slots those are."""
    last, digits = min(SEEN, named.layout.slots) - 1, named.digits(number)
    return f"slots 0–{last}{', ' * bool(digits)}{digits}"


def contents(named: Named, number: int, count: int) -> Iterator[tuple[Kind, str]]:
    """What the first slots of a ciphertext hold: elements by their indices, `real&imaginary`."""
    layout = named.layout
    real, imaginary = (layout.table(number, side)[:count].tolist() for side in (False, True))
    for slot, (flat, other) in enumerate(zip(real, imaginary, strict=True)):
        kinds = {g.kind for g in named.groups if slot & (g.step * ((1 << g.count) - 1))}
        if "junk" in kinds or (flat < 0 and "zero" not in kinds and layout.dirty):
            yield "junk", "?"
        elif flat < 0:
            yield "zero", "0"
        else:
            beside = f"&{named.element(other)}" if layout.part else ""
            yield "copy" if "copy" in kinds else "index", f"{named.element(flat)}{beside}"
