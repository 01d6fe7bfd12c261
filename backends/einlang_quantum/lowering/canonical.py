"""Networks of the same meaning that succeed more often: leaves made isometries, tensors grouped.

A tensor whose other wires all go to one neighbour is orthogonalised, and what is left over is
multiplied into the neighbour (Schollwöck, 2011, section 4.4). Matrix product states and tree
tensor networks are isometries all over, then, and one state in their middle: p = 1.

>>> from einlang_quantum.lowering.network import Network, Tensor, value
>>> a, b = Tensor(np.ones((2, 3)), (0, 1)), Tensor(np.arange(6.0).reshape(3, 2), (1, 2))
>>> chain = Network((2, 3, 2), (a, b), (), (0, 2))
>>> peeled, leaves = canonical(chain)
>>> leaves, np.allclose(value(peeled), value(chain))
((0,), True)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from einlang_quantum.lowering.network import Network, Tensor, Wires, contract, packed

Array = Any


@dataclass(frozen=True)
class Leaf:
    """A tensor, its only neighbour, the wires between both, and those of its own."""

    tensor: int
    neighbour: int
    bond: Wires
    own: Wires


def canonical(network: Network) -> tuple[Network, tuple[int, ...]]:
    """The network with its leaves, and leaves of what is left without them, as isometries.

    Also returns the numbers of those, in the order in which they were found: a circuit goes
    through them the other way round. Leaves that nothing goes out of are multiplied into
    their neighbours.
    """
    done: list[int] = []
    while True:
        leaf = _leaf(network, set(done))
        if leaf is None:
            return network, tuple(done)
        if not any(network.sizes[wire] > 1 for wire in leaf.own):
            network = grouped(network, leaf.neighbour, leaf.tensor)
            done = [number - (number > leaf.tensor) for number in done]
        else:
            network = _orthogonal(network, leaf)
            done.append(leaf.tensor)


def _leaf(network: Network, done: set[int]) -> Leaf | None:
    """The first tensor with one neighbour among those that are not done."""
    users = network.users()
    ends = {*network.dom, *network.cod}
    for number, tensor in enumerate(network.tensors):
        if number in done:
            continue
        near = {wire: users[wire] - done - {number} for wire in tensor.legs}
        bond = tuple(wire for wire in tensor.legs if near[wire])
        others = set().union(*(near[wire] for wire in bond))
        own = tuple(wire for wire in tensor.legs if not near[wire])
        clean = not any(wire in ends or len(users[wire]) > 2 for wire in bond)
        if bond and clean and len(others) == 1 and not _bound(network, users, own, done):
            return Leaf(number, others.pop(), bond, own)
    return None


def _bound(network: Network, users: list[set[int]], own: Wires, done: set[int]) -> bool:
    """Whether wires come in, or more than one tensor is at one that goes out."""
    return any(
        wire in network.dom
        or len(users[wire]) > 2
        or (wire in network.cod and len(users[wire]) > 1)
        for wire in own
    )


def _orthogonal(network: Network, leaf: Leaf) -> Network:
    """The leaf as an isometry on a wire of its own, what is left over in its neighbour."""
    tensor, near = network.tensors[leaf.tensor], network.tensors[leaf.neighbour]
    order = [tensor.legs.index(wire) for wire in (*leaf.own, *leaf.bond)]
    array = tensor.array.transpose(order)
    rows = math.prod(array.shape[: len(leaf.own)])
    isometry, rest = np.linalg.qr(array.reshape(rows, -1))
    size, wire = isometry.shape[1], len(network.sizes)
    outer = Tensor(isometry.reshape(*array.shape[: len(leaf.own)], size), (*leaf.own, wire))
    middle = Tensor(rest.reshape(size, *array.shape[len(leaf.own) :]), (wire, *leaf.bond))
    kept = (wire, *(leg for leg in near.legs if leg not in leaf.bond))
    inner = Tensor(contract([middle, near], kept), kept)
    tensors = list(network.tensors)
    tensors[leaf.tensor], tensors[leaf.neighbour] = outer, inner
    return packed(replace(network, sizes=(*network.sizes, size), tensors=tuple(tensors)))


# -- groups ---------------------------------------------------------------------------------


def grouped(network: Network, left: int, right: int) -> Network:
    """Two tensors multiplied: the product is where the first was, the second is gone."""
    kept = product_legs(network, left, right)
    pair = network.tensors[left], network.tensors[right]
    whole = Tensor(contract(pair, kept), kept)
    tensors = [whole if n == left else t for n, t in enumerate(network.tensors) if n != right]
    return packed(replace(network, tensors=tuple(tensors)))


def product_legs(network: Network, left: int, right: int) -> Wires:
    """The wires of a product of two tensors: those that others need."""
    users, ends = network.users(), {*network.dom, *network.cod}
    legs = dict.fromkeys(network.tensors[left].legs + network.tensors[right].legs)
    return tuple(leg for leg in legs if leg in ends or users[leg] - {left, right})


def pairs(network: Network, most: int) -> Iterator[tuple[int, int]]:
    """The neighbours whose product takes at most so many qubits."""
    for left, right in combinations(range(len(network.tensors)), 2):
        if set(network.tensors[left].legs) & set(network.tensors[right].legs):
            legs = product_legs(network, left, right)
            if network.qubits(legs) <= most:
                yield left, right
