"""The order of tensors whose circuit succeeds most probably, within a number of qubits.

What a tensor costs (the logarithm of its norm) depends on the set of tensors before it and
not on their order, so that the search goes through sets: all of them for up to ten tensors,
the most promising ones for more. The probability is the norm of the result over the product
of all norms, squared.

>>> from einlang_quantum.lowering.network import Network, Tensor
>>> a, b = Tensor(np.diag([3.0, 4.0]), (0, 1)), Tensor(np.array([0.6, 0.8]), (1,))
>>> found = best(Network((2, 2), (a, b), (), (0,)), limit=4)
>>> found.plan.order, round(found.cost, 9) == round(float(np.log(4)), 9), found.qubits
((1, 0), True, 2)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from einlang.errors import BackendMistake, fail
from einlang_quantum.lowering.emission import Plan
from einlang_quantum.lowering.network import Network
from einlang_quantum.lowering.step import Step

EXACT = 10
WIDTH = 256
KEPT = 4


@dataclass(frozen=True)
class Found:
    """A plan, the logarithm of its scale, and its qubits."""

    plan: Plan
    cost: float
    qubits: int


@dataclass(frozen=True)
class Label:
    """A way to a set of tensors: its cost, the qubits so far, those that are live."""

    cost: float
    qubits: int
    live: int
    order: tuple[int, ...]


def measured(network: Network, plan: Plan) -> Found:
    """What a plan costs."""
    search = Search(network, plan.bent, plan.reuse)
    label = search.start
    done = 0
    for number in plan.order:
        label = search.after(label, done, number)
        done |= 1 << number
    label = search.end(label)
    return Found(plan, label.cost, label.qubits)


def best(network: Network, limit: int, reuse: bool = False) -> Found:
    """The plan of the most probable success. Raises `BackendMistake` E0751 where none that
    was found keeps to the limit."""
    search = Search(network, False, reuse)
    labels = [search.end(label) for label in search.labels()]
    fitting = [label for label in labels if label.qubits <= limit]
    if not fitting:
        raise refused(min(label.qubits for label in labels), limit, reuse)
    label = min(fitting, key=lambda one: (round(one.cost, 9), one.qubits, one.order))
    return Found(Plan(label.order, False, reuse), label.cost, label.qubits)


def refused(needed: int, limit: int, reuse: bool = False) -> BackendMistake:
    """The complaint that a circuit is too wide."""
    more = "" if reuse else ", or `reuse = true`, by which qubits serve again"
    message = f"the circuit takes {needed} qubits, and {limit} are allowed"
    hint = f"a higher limit (`qubits`), smaller indices{more}"
    error = fail(BackendMistake, "E0751", message, hint=hint)
    assert isinstance(error, BackendMistake)
    return error


class Search:
    """The sets of tensors of a network, as bit masks."""

    def __init__(self, network: Network, bent: bool, reuse: bool) -> None:
        self.network, self.bent, self.reuse = network, bent, reuse
        self.count = len(network.tensors)
        self.users = [sum(1 << number for number in some) for some in network.users()]
        self._steps: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Step] = {}
        self._bounds = [math.log(float(np.max(abs(t.array)))) for t in network.tensors]

    @property
    def start(self) -> Label:
        """Before the first tensor."""
        entered = self.network.qubits(self.network.dom)
        return Label(0.0, entered, self.network.qubits(set(self.network.dom)), ())

    def labels(self) -> list[Label]:
        """The ways to all tensors that none other is better than, of those looked at."""
        level = {0: [self.start]}
        for _ in range(self.count):
            following: dict[int, list[Label]] = {}
            for done, labels in level.items():
                for number in self._next(done):
                    some = following.setdefault(done | 1 << number, [])
                    for label in labels:
                        _insert(some, self.after(label, done, number))
            level = self._promising(following)
        return next(iter(level.values()))

    def _next(self, done: int) -> Iterable[int]:
        """The tensors that may come next: where there are many, those next to what is there."""
        rest = [number for number in range(self.count) if not done >> number & 1]
        if self.count <= EXACT or not done:
            return rest
        near = [number for number in rest if any(self._live(done, number))]
        return near or rest

    def _promising(self, level: dict[int, list[Label]]) -> dict[int, list[Label]]:
        """The sets from which the whole can still become cheapest."""
        width = WIDTH if self.count <= EXACT else max(8, WIDTH * EXACT // self.count // 2)
        if len(level) <= width:
            return level

        def least(item: tuple[int, list[Label]]) -> float:
            bounds = sum(self._bounds[n] for n in range(self.count) if item[0] >> n & 1)
            return min(label.cost for label in item[1]) - bounds

        return dict(sorted(level.items(), key=least)[:width])

    def after(self, label: Label, done: int, number: int) -> Label:
        """The label after one tensor more."""
        step = self.step(done, number)
        cost = label.cost + math.log(step.norm)
        peak = label.live + step.fresh
        qubits = max(label.qubits, peak) if self.reuse else label.qubits + step.fresh
        return Label(cost, qubits, label.live + step.change, (*label.order, number))

    def end(self, label: Label) -> Label:
        """The label after the copies of what goes out more than once."""
        cod = self.network.cod
        copies = self.network.qubits(cod) - self.network.qubits(set(cod))
        qubits = label.qubits + copies
        if self.reuse:
            qubits = max(label.qubits, label.live + copies)
        return Label(label.cost, qubits, label.live, label.order)

    def step(self, done: int, number: int) -> Step:
        """What happens at a tensor after some others."""
        live = self._live(done, number)
        after = done | 1 << number
        cod = self.network.cod
        kinds: list[list[int]] = [[], [], []]
        for axis, leg in enumerate(self.network.tensors[number].legs):
            needed = leg in cod or self.users[leg] & ~after
            kinds[0 if not live[axis] else 1 if needed else 2].append(axis)
        key = number, tuple(kinds[1]), tuple(kinds[2])
        if key not in self._steps:
            new, through, ending = map(tuple, kinds)
            array = self.network.tensors[number].array
            self._steps[key] = Step(array, new, through, ending, self.bent)
        return self._steps[key]

    def _live(self, done: int, number: int) -> list[bool]:
        """Which wires of a tensor are there already."""
        legs = self.network.tensors[number].legs
        return [bool(self.users[leg] & done) or leg in self.network.dom for leg in legs]


def _insert(labels: list[Label], new: Label) -> None:
    """Keeps the labels that are better than all others in cost or in qubits."""
    if any(o.cost <= new.cost + 1e-12 and o.qubits <= new.qubits for o in labels):
        return
    labels[:] = [o for o in labels if o.cost < new.cost - 1e-12 or o.qubits < new.qubits]
    labels.append(new)
    if len(labels) > KEPT:
        labels.sort(key=lambda label: label.cost)
        del labels[KEPT - 1 : -1]
