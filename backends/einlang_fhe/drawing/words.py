"""A whole program as text: for every encrypted tensor its bits, and what its first slots hold.

>>> from einlang_fhe.layout import arrange
>>> print("\\n".join(bits(Named.of(arrange((3, 4), (1, 0), slots=32), "A", ("i", "k")))))
             | copy | i: 3 | k: 4
in the index |  *   | 2 1  | 2 1
    in slots | 16   | 8 4  | 2 1
>>> print("\\n".join(slots(Named.of(arrange((3,), (0,), slots=8), "x", ("i",)))))
slots 0–7: 0 1 2 . * * * .
"""

from __future__ import annotations

from collections.abc import Sequence

from einlang_fhe.compiling import Compiled
from einlang_fhe.drawing.named import MARK, Group, Named
from einlang_fhe.drawing.page import captions
from einlang_fhe.drawing.rows import FEW, SEEN, contents, seen
from einlang_fhe.drawing.steps import steps
from einlang_fhe.drawing.strip import caption, values, worths
from einlang_fhe.layout import Digit, Layout

IN_INDEX, IN_SLOTS = "in the index", "in slots"
LEGEND = (
    "The bits of a slot number, the highest first: how much each counts in its index, and how\n"
    "many slots away the next value is. In slots * is a copy, . is zero, ? is anything. An index\n"
    "i + j is rolled: it is stored at i + j, counted modulo its size. A level is how many primes\n"
    "of the modulus are used up."
)


def page(compiled: Compiled) -> str:
    """The text of `einlang draw --layouts`."""
    shown: set[tuple[Layout, tuple[str, ...]]] = set()
    parts = []
    for step in steps(compiled):
        named = step.named
        lines = [f"{named.title}: {named.shape} in {named.room}", *captions(step)]
        key = named.layout, named.axes
        lines += [*bits(named), *(slots(named) if key not in shown else ())]
        shown.add(key)
        parts.append("\n    ".join(lines))
    return "\n\n".join([*parts, LEGEND])


Column = tuple[str, list[str], list[str]]
"""What stands above, and two lines of cells."""


def columns(named: Named) -> list[Column]:
    """What each bit is of; how much it counts in its index, and how far apart values are."""
    found = [_digit(named, digit, worth) for digit, worth in worths(named)]
    found += [_group(named, group) for group in named.groups]
    if named.layout.imaginary:
        found.append(("imaginary part", ["?"], ["im"]))
    if named.part >= 0:
        found.append((f"complex, {named.caption(named.part)}", ["1"], [named.sides]))
    return found


def bits(named: Named) -> list[str]:
    """The same as three lines."""
    table = [("", [IN_INDEX], [IN_SLOTS]), *columns(named)]
    lines = zip(*(_aligned(*column) for column in table), strict=True)
    return [" | ".join(line).rstrip() for line in lines]


def _digit(named: Named, digit: Digit, worth: int) -> Column:
    far = "1 ciphertext" if worth == 1 else f"{worth} ciphertexts"
    return named.caption(digit.axis), [values(digit)], [far]


def _group(named: Named, group: Group) -> Column:
    counted = range(group.count)[::-1]
    marks = [
        str(1 << (group.low + n)) if group.kind == "index" else MARK[group.kind] for n in counted
    ]
    return caption(named, group), marks, [str(1 << (group.position + n)) for n in counted]


def _aligned(head: str, above: Sequence[str], below: Sequence[str]) -> tuple[str, str, str]:
    """The lines of a column, equally wide."""
    pairs = list(zip(above, below, strict=True))
    top = " ".join(a.rjust(max(len(a), len(b))) for a, b in pairs)
    low = " ".join(b.rjust(max(len(a), len(b))) for a, b in pairs)
    broad = max(len(head), len(top))
    return head.ljust(broad), top.ljust(broad), low.ljust(broad)


def slots(named: Named) -> list[str]:
    """A line for each of the first ciphertexts: what its first slots hold."""
    shown = [contents(named, n, SEEN) for n in range(min(named.layout.count, FEW))]
    lines = [[MARK.get(kind, text) for kind, text in row] for row in shown]
    widest = max(len(word) for line in lines for word in line)
    labels = [f"{seen(named, number)}:" for number in range(len(lines))]
    room = max(map(len, labels))
    return [
        f"{label.ljust(room)} " + " ".join(word.rjust(widest) for word in line)
        for label, line in zip(labels, lines, strict=True)
    ] + ["..."] * (named.layout.count > FEW)
