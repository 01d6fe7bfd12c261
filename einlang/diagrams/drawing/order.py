"""Where things go on a line: the order of boxes, the places of wires, the levels of arcs.

>>> spread([0.0, 0.1, 5.0], [1.0, 1.0])
[-0.45, 0.55, 5.0]
>>> levels([(0, 9), (1, 2), (3, 4), (2, 3)])
[2, 0, 0, 1]
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise, permutations

from einlang.diagrams.diagram import Diagram, Node, NumberBox
from einlang.diagrams.schedule import schedule

FEW = 6
"""Up to so many boxes, every order is tried."""


def arrange(diagram: Diagram, nodes: Sequence[Node]) -> list[Node]:
    """The nodes from left to right, so that wires are short and cross little; numbers first."""
    numbers = [node for node in nodes if isinstance(node.box, NumberBox)]
    others = [node for node in nodes if not isinstance(node.box, NumberBox)]
    if len(others) <= FEW:
        orders = [list(order) for order in permutations(others)]
    else:
        chosen = {id(node) for node in others}
        orders = [others, [node for node in schedule(diagram) if id(node) in chosen]]
    return numbers + min(orders, key=lambda order: _stretch(diagram, order), default=[])


def _stretch(diagram: Diagram, order: Sequence[Node]) -> float:
    """How long the wires are when the legs stand side by side."""
    ends: dict[int, list[int]] = {}
    place = 0
    for wire in diagram.dom:
        ends.setdefault(wire, []).append(place)
        place += 1
    for node in order:
        for leg in node.legs:
            ends.setdefault(leg, []).append(place)
            place += 1
        place += 1
    inner = sum(places[-1] - places[0] for places in ends.values())
    outer = [sum(ends[wire]) / len(ends[wire]) for wire in diagram.cod if wire in ends]
    return inner + sum(max(left - right, 0) for left, right in pairwise(outer))


def spread(
    targets: Sequence[float], gaps: Sequence[float], weights: Sequence[float] | None = None
) -> list[float]:
    """Places in this order, `gaps` apart at least, as close to the targets as can be.

    Weighted least squares by pooling adjacent violators (Barlow et al., 1972).
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    blocks: list[tuple[float, float, int]] = []
    for number, target in enumerate(targets):
        weight = weights[number] if weights else 1.0
        total, count = (target - offsets[number]) * weight, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / weight:
            more, heavier, others = blocks.pop()
            total, weight, count = total + more, weight + heavier, count + others
        blocks.append((total, weight, count))
    level = [total / weight for total, weight, count in blocks for _ in range(count)]
    return [round(place + offset, 6) for place, offset in zip(level, offsets, strict=False)]


def levels(intervals: Sequence[tuple[float, float]]) -> list[int]:
    """The smallest levels at which no two intervals overlap, short ones first."""
    taken: list[list[tuple[float, float]]] = []
    result = [0] * len(intervals)
    for number in sorted(range(len(intervals)), key=lambda n: _length(intervals[n])):
        interval = intervals[number]
        level = next((n for n, row in enumerate(taken) if _free(row, interval)), len(taken))
        if level == len(taken):
            taken.append([])
        taken[level].insert(bisect_left(taken[level], interval), interval)
        result[number] = level
    return result


def _length(interval: tuple[float, float]) -> float:
    return interval[1] - interval[0]


def _free(row: list[tuple[float, float]], interval: tuple[float, float]) -> bool:
    place = bisect_left(row, interval)
    before, after = row[place - 1 : place], row[place : place + 1]
    return all(b[1] < interval[0] for b in before) and all(a[0] > interval[1] for a in after)
