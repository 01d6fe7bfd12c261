"""The wires of one level: cups and spiders below the boxes, then lines to where they go out.

>>> wiring = Wiring({0: [0.0], 1: [0.6, 1.6], 2: [2.2]}, (0, 2), ("i", "k", "j"), 0.0)
>>> wiring.ends
[0.0, 2.2]
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from einlang.diagrams.drawing.order import levels, spread
from einlang.diagrams.drawing.scene import INDEX, Dot, Item, Text, arc, cup, line, width

GAP = 0.6
FIRST = 0.42
LEVEL = 0.6
CLEAR = 0.14
REACH = 16
"""How far a dot or a name moves to get clear of wires, in tenths."""


class Wiring:
    """Wires below a row of boxes.

    `strands` says where each wire hangs down to `base`, `cod` which ones go out; a wire has
    a joint if it does anything but go on: a cup if it joins two legs, else a dot. Between
    `base` and `shuffle` wires run straight down past the joints, from there to `bottom`
    (which is `below` the base at least) they cross over to their ends.
    """

    def __init__(
        self,
        strands: Mapping[int, list[float]],
        cod: Sequence[int],
        names: Sequence[str],
        base: float,
        below: float = 0.0,
    ) -> None:
        self.strands = strands
        self.cod = cod
        self.names = names
        self.base = base
        self.out = {wire: cod.count(wire) for wire in dict.fromkeys(cod)}
        joints = {wire: None for wire in strands if self._bent(wire)}
        self.posts = sorted((x, wire) for wire, places in strands.items() for x in places)
        self.dots = self._dots({wire: None for wire in joints if strands[wire]})
        self.ends = self._ends()
        self._loose(joints)
        spans = [self._span(wire) for wire in joints]
        self.level = dict(zip(joints, levels(spans), strict=True))
        deep = max(self.level.values(), default=-1) + 1
        self.shuffle = base + (FIRST + LEVEL * (deep - 1) if deep else 0)
        self.bottom = max(self.shuffle + self._slant(), base + below)

    def _bent(self, wire: int) -> bool:
        return len(self.strands[wire]) != 1 or self.out.get(wire, 0) != 1

    def _cup(self, wire: int) -> bool:
        return len(self.strands[wire]) == 2 and not self.out.get(wire)

    def _dots(self, joints: Mapping[int, None]) -> dict[int, float]:
        """Where joints stand: in the middle of their legs, but not on another wire."""
        dots = {w: sum(self.strands[w]) / 2 for w in joints if self._cup(w)}
        lines = {w: self.strands[w][0] for w in self.out if not self._bent(w)}
        rank = {wire: place for place, wire in enumerate(self.out)}
        for wire in sorted(set(joints) - set(dots), key=lambda w: rank.get(w, len(rank))):
            middle = sum(self.strands[wire]) / len(self.strands[wire])
            busy = [x for x, w in self._near(middle) if w != wire]
            shifts = [sign * step * 0.1 for step in range(REACH) for sign in (1, -1)]
            clear = [
                middle + s for s in shifts if all(abs(middle + s - x) > CLEAR for x in busy)
            ] or [middle]
            order = [(rank[w] < rank[wire], x) for w, x in lines.items() if wire in rank]
            dots[wire] = min(clear, key=lambda x: abs(x - middle) + 1.2 * _crossed(x, order))
            lines[wire] = dots[wire]
            insort(self.posts, (dots[wire], wire))
        return dots

    def _near(self, x: float) -> list[tuple[float, int]]:
        """The wires that hang down around a place."""
        reach = 0.1 * REACH + 1
        first, last = (bisect_left(self.posts, (x + shift, -1)) for shift in (-reach, reach))
        return self.posts[first:last]

    def _ends(self) -> list[float]:
        """Where the wires go out: in order, and as straight below as can be."""
        starts = [self._start(wire) for wire in self.cod]
        targets: list[float] = []
        for start in starts[::-1]:
            before = targets[-1] - GAP if targets else GAP * len(starts)
            targets.append(before if start is None else start)
        weights = [0.01 if start is None else 1.0 for start in starts]
        broad = [width(self.names[wire], INDEX) for wire in self.cod]
        gaps = [max(GAP, (a + b) / 2 + 0.18) for a, b in pairwise(broad)]
        return spread(targets[::-1], gaps, weights)

    def _loose(self, joints: Iterable[int]) -> None:
        """Dots of wires that no leg carries: above where they go out, or to the right."""
        right = max([0.0, *self.ends, *(x for places in self.strands.values() for x in places)])
        for wire in joints:
            if self.strands[wire]:
                continue
            ends = self._ends_of(wire)
            right += 0 if ends else GAP
            self.dots[wire] = sum(ends) / len(ends) if ends else right

    def _ends_of(self, wire: int) -> list[float]:
        return [x for other, x in zip(self.cod, self.ends, strict=True) if other == wire]

    def _start(self, wire: int) -> float | None:
        """Where a wire stands above the place where it goes out."""
        above = self.strands.get(wire, [])
        return self.dots.get(wire, above[0] if above else None)

    def _span(self, wire: int) -> tuple[float, float]:
        places = [*self.strands[wire], self.dots[wire]]
        named = 0 if self._cup(wire) or self.out.get(wire) else width(self.names[wire], INDEX) + 0.2
        return min(places) - 0.1, max(places) + 0.1 + named

    def _slant(self) -> float:
        """How much room the wires need to cross over to their ends, or the names of joints."""
        if not self.cod:
            return 0.4 if self.level else 0.0
        starts = [self._start(wire) or 0.0 for wire in self.cod]
        shifts = [abs(a - b) for a, b in zip(starts, self.ends, strict=True)]
        return min(0.4 + 0.35 * max(shifts, default=0.0), 2.5)

    def items(self) -> list[Item]:
        """Everything but the names at the ends."""
        items: list[Item] = []
        ends = {wire: self._ends_of(wire) for wire in self.out}
        for wire, places in self.strands.items():
            if wire not in self.level:
                items += self._down(places[0], self.base, ends[wire][0])
                continue
            x, y = self.dots[wire], self.base + FIRST + LEVEL * self.level[wire]
            if not places and wire in ends:
                y = self.bottom - FIRST
            if self._cup(wire):
                items.append(cup(min(places), max(places), self.base, y - self.base))
                items.append(Text(self._beside(wire), y + 0.2, self.names[wire], INDEX, True))
                continue
            for place in places:
                straight = abs(place - x) < 1e-9
                start = (place, self.base)
                items.append(line(start, (x, y)) if straight else arc(start, (x, y)))
            for end in ends.get(wire, []):
                items += self._down(x, y, end)
            items.append(Dot(x, y))
            if wire not in ends:
                name = self.names[wire]
                items.append(Text(x + 0.18, y + 0.1, name, INDEX, True, "start"))
        return items

    def _beside(self, wire: int) -> float:
        """Where below a cup there is room for its name, between the lines that cross it."""
        left, right = min(self.strands[wire]), max(self.strands[wire])
        middle, half = (left + right) / 2, width(self.names[wire], INDEX) / 2 + 0.08
        busy = [x for x, other in self._near(middle) if other != wire]
        shifts = [sign * step * 0.05 for step in range(2 * REACH) for sign in (1, -1)]
        clear = (middle + s for s in shifts if all(abs(middle + s - x) > half for x in busy))
        place = next(clear, middle)
        return place if left + half < place < right - half else middle

    def _down(self, x: float, y: float, end: float) -> list[Item]:
        """Straight down, then over to an end."""
        straight = [line((x, y), (x, self.shuffle))] if self.shuffle > y else []
        return [*straight, line((x, max(y, self.shuffle)), (end, self.bottom))]


def _crossed(x: float, order: Sequence[tuple[bool, float]]) -> int:
    """How many wires are on the wrong side; each is said to go out before, or not."""
    return sum(before != (other < x) for before, other in order)
