"""A whole program: a panel for every encrypted tensor, arrows from what it is computed of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from einlang.diagrams.drawing.scene import SOFT, Curve, Dot, Item, Picture, Shape, Text, width
from einlang.units import duration
from einlang_fhe.compiling import Compiled
from einlang_fhe.drawing.colours import Colours
from einlang_fhe.drawing.marks import filled
from einlang_fhe.drawing.named import Kind
from einlang_fhe.drawing.panel import panel
from einlang_fhe.drawing.steps import Taken, steps
from einlang_fhe.layout import Layout

RAIL = 1.8
"""The room at the left, where arrows run."""
GAP = 0.85
WORD = 0.28
INK = "#1b2733"


def page(compiled: Compiled) -> Picture:
    """The picture of `einlang draw --layouts`."""
    taken = steps(compiled)
    colours = Colours(tuple(dict.fromkeys(name for step in taken for name in step.named.axes)))
    items: list[Item] = []
    shown: set[tuple[Layout, tuple[str, ...]]] = set()
    heights: list[float] = []
    right = y = 0.0
    for step in taken:
        key = step.named.layout, step.named.axes
        drawn = panel(step.named, colours, captions(step), whole=key not in shown)
        shown.add(key)
        heights.append(y + 0.27)
        items += drawn.at(RAIL, y)
        right, y = max(right, RAIL + drawn.width), y + drawn.height + GAP
    items += _arrows(taken, heights)
    key = legend()
    items += key.at(RAIL, y)
    return Picture(tuple(items), max(right, RAIL + key.width), y + key.height)


def captions(step: Taken) -> list[str]:
    """How a tensor came about, and what that took."""
    end = "returned to the client" if step.returned else ""
    if not step.sources:
        return [" · ".join(word for word in (step.how, f"level {step.level}", end) if word)]
    time = f"about {duration(step.seconds)}" if step.work else ""
    words = (step.work or "nothing to do", f"level {step.level}", time, end)
    return [f"= {step.how}", " · ".join(word for word in words if word)]


def _arrows(taken: Sequence[Taken], heights: Sequence[float]) -> Iterator[Item]:
    x = RAIL - 0.35
    for number, step in enumerate(taken):
        for source in step.sources:
            yield _bow(x, heights[source], heights[number] - 0.3, number - source)
        if step.sources:
            tip, y = (x, heights[number] - 0.1), heights[number] - 0.34
            yield Shape((tip, (x - 0.09, y), (x + 0.09, y)), INK)
    for height in heights:
        yield Dot(x, height)


def _bow(x: float, top: float, bottom: float, apart: int) -> Curve:
    """From one panel to one below it; the further, the wider it swings to the left."""
    reach = min(0.35 + 0.3 * (apart - 1), RAIL - 0.4)
    left = x - reach
    bend = min(0.9, (bottom - top) / 2)
    return Curve(
        (
            *((x, top), (left, top), (left, top), (left, top + bend)),
            *((left, top + bend), (left, bottom - bend), (left, bottom - bend)),
            *((left, bottom - 0.3), (x, bottom - 0.5), (x, bottom)),
        )
    )


LEGEND: tuple[tuple[Kind, str], ...] = (
    ("copy", "a copy of other slots"),
    ("zero", "zeros"),
    ("junk", "anything: nobody reads it"),
)


EXPLAINED = (
    "A slot number is written in bits, the highest first. In a cell: how much the bit counts in "
    "its index; below it: how many slots the next value is away.",
    "The first block of a row is magnified in the row below; the last rows show the first "
    "slots one by one, of the first ciphertexts, with the indices of what is in them.",
    "An index i + j is rolled: it is stored at i + j, counted modulo its size. A level is how many "
    "primes of the modulus are used up.",
)


def legend() -> Picture:
    """What the marks mean."""
    items: list[Item] = []
    x = 0.0
    for kind, text in LEGEND:
        items += filled(kind, x, 0.05, 0.66, 0.4, "")
        items.append(Text(x + 0.8, 0.25, text, WORD, anchor="start"))
        x += 0.8 + width(text, WORD) + 0.7
    for number, line in enumerate(EXPLAINED):
        items.append(Text(0, 0.8 + 0.42 * number, line, WORD, anchor="start", colour=SOFT))
    return Picture(
        tuple(items),
        max(x, *(width(line, WORD) for line in EXPLAINED)),
        0.8 + 0.42 * len(EXPLAINED),
    )
