"""The four ways to lay out a network as a circuit.

`bend` prepares every tensor as a state, and finds every contracted pair in a Bell state (or
more, in a GHZ one); `orient` gives every tensor a direction, in the order that succeeds most
probably; `isometric` makes all that hangs on the rest like a leaf an isometry before; `auto`
takes the most probable of these, and of what they become when neighbours are multiplied
beforehand whose product takes no more qubits than `group`.

>>> from einlang_quantum.lowering.network import Network, Tensor
>>> a, b = Tensor(np.eye(2) + 1, (0, 1)), Tensor(np.eye(2) - 3, (1, 2))
>>> chain = Network((2, 2, 2), (a, b), (), (0, 2))
>>> [round(float(np.exp(-2 * found.cost)) * 226, 3) for found in
...  (arranged(chain, Options(way))[1] for way in ("bend", "orient", "isometric"))]
[0.435, 0.966, 1.0]
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from einlang.errors import BackendMistake
from einlang_quantum.lowering.canonical import canonical, grouped, pairs
from einlang_quantum.lowering.emission import Plan
from einlang_quantum.lowering.network import Network, overlap
from einlang_quantum.lowering.search import EXACT, Found, best, measured, refused

STRATEGIES = ("auto", "bend", "orient", "isometric")
QUBITS = 24
Arranged = tuple[Network, Found]


@dataclass(frozen=True)
class Options:
    """How circuits are laid out. `qubits` is the most that one may take; with `reuse`, those
    that were post-selected serve again. `group`: neighbours are multiplied beforehand where the
    product takes at most so many qubits; as many as the largest tensor given takes, if None."""

    strategy: str = "auto"
    qubits: int = QUBITS
    reuse: bool = False
    group: int | None = None


def arranged(network: Network, options: Options) -> Arranged:
    """The network as it is to be laid out, and the plan. No tensor is all zeros.

    Raises `BackendMistake` E0751 where the circuit takes more qubits than the limit.
    """
    if options.strategy == "bend":
        plan = Plan(tuple(range(len(network.tensors))), True, options.reuse)
        return _within(network, plan, options.qubits)
    if options.strategy == "orient":
        return network, best(network, options.qubits, options.reuse)
    if options.strategy == "isometric":
        return _isometric(network, options)
    return _auto(network, options)


def vanishes(network: Network) -> bool:
    """Whether one of the factors is zero."""
    return not network.factor or any(not np.any(tensor.array) for tensor in network.tensors)


def _within(network: Network, plan: Plan, limit: int) -> Arranged:
    found = measured(network, plan)
    if found.qubits > limit:
        raise refused(found.qubits, limit, plan.reuse)
    return network, found


def _isometric(network: Network, options: Options) -> Arranged:
    """Leaves last, the other way round; the rest in the best order."""
    made, leaves = canonical(network)
    if vanishes(made):
        return made, Found(Plan(()), -np.inf, 0)
    core = [number for number in range(len(made.tensors)) if number not in leaves]
    order = best(_part(made, core), 1 << 30, options.reuse).plan.order
    plan = Plan((*(core[number] for number in order), *reversed(leaves)), False, options.reuse)
    return _within(made, plan, options.qubits)


def _part(network: Network, numbers: list[int]) -> Network:
    """Some of the tensors: the wires to all others go out."""
    users = network.users()
    rest = set(range(len(network.tensors))) - set(numbers)
    tensors = tuple(network.tensors[number] for number in numbers)
    inside = {wire for tensor in tensors for wire in tensor.legs}
    outgoing = [wire for wire in inside if users[wire] & rest and wire not in network.cod]
    cod = tuple(wire for wire in network.cod if wire in inside)
    dom = tuple(wire for wire in network.dom if wire in inside)
    return Network(network.sizes, tensors, dom, (*cod, *outgoing), network.factor)


# -- the best of all ------------------------------------------------------------------------


def _auto(network: Network, options: Options) -> Arranged:
    """The most probable of all; of equals that with the fewest qubits."""
    most = max((network.qubits(tensor.legs) for tensor in network.tensors), default=0)
    most = most if options.group is None else options.group
    chosen = min(_fitting(network, options), key=_merit)
    while 1 < len(chosen[0].tensors) <= EXACT and not _certain(chosen):
        better = [
            other
            for pair in pairs(chosen[0], most)
            for other in _fitting(grouped(chosen[0], *pair), options, strict=False)
        ]
        if not better or _merit(min(better, key=_merit)) >= _merit(chosen):
            break
        chosen = min(better, key=_merit)
    return chosen


def _fitting(network: Network, options: Options, strict: bool = True) -> list[Arranged]:
    """What keeps to the limit; if `strict`, the complaint is raised where nothing does."""
    found: list[Arranged] = []
    if vanishes(network):
        return [(network, Found(Plan(()), -np.inf, 0))]
    for strategy in ("isometric", "orient"):
        try:
            found.append(arranged(network, replace(options, strategy=strategy)))
        except BackendMistake:
            if strict and strategy == "orient" and not found:
                raise
    return found


def _merit(made: Arranged) -> tuple[float, int, int]:
    """Small is good."""
    return round(made[1].cost, 9), made[1].qubits, len(made[0].tensors)


def _certain(made: Arranged) -> bool:
    """Whether the circuit always succeeds, or there is nothing left to be found."""
    network, found = made
    if vanishes(network):
        return True
    norm = abs(overlap(network, network)) ** 0.5 / abs(network.factor)
    return norm >= np.exp(found.cost) * (1 - 1e-9)
