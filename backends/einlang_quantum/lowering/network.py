"""Tensor networks: arrays on wires, the same with less of everything that is free to do away.

A wire is an index with a size; it may join any number of tensors and ends (hyperedges).

>>> pair = Network((2, 3), (Tensor(np.ones((2, 2, 3)), (0, 0, 1)),), (), (0,))
>>> simplified(pair).tensors[0].array.tolist(), value(pair).tolist()
([3.0, 3.0], [3.0, 3.0])
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import opt_einsum

Array = Any
Wires = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Tensor:
    """An array, and the wire at each of its axes."""

    array: Array
    legs: Wires


@dataclass(frozen=True, eq=False)
class Network:
    """Wires by size, tensors, and the wires that come in and go out; times `factor`."""

    sizes: tuple[int, ...]
    tensors: tuple[Tensor, ...]
    dom: Wires
    cod: Wires
    factor: complex = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of what comes in, then of what goes out."""
        return tuple(self.sizes[wire] for wire in self.dom + self.cod)

    def qubits(self, wires: Iterable[int]) -> int:
        """How many qubits these wires take."""
        return sum(bits(self.sizes[wire]) for wire in wires)

    def users(self) -> list[set[int]]:
        """For every wire the tensors at it, by number."""
        found: list[set[int]] = [set() for _ in self.sizes]
        for number, tensor in enumerate(self.tensors):
            for leg in tensor.legs:
                found[leg].add(number)
        return found


def bits(size: int) -> int:
    """The qubits that an index takes.

    >>> [bits(size) for size in (1, 2, 3, 4, 5)]
    [0, 1, 2, 2, 3]
    """
    return (size - 1).bit_length()


def contract(tensors: Sequence[Tensor], result: Sequence[int]) -> Array:
    """The product of tensors, summed over all wires that are not in the result."""
    parts = [part for tensor in tensors for part in (tensor.array, tensor.legs)]
    return np.asarray(opt_einsum.contract(*parts, tuple(result))) if parts else np.ones(())


def value(network: Network) -> Array:
    """What the network means: axes of `dom`, then of `cod`."""
    ends = network.dom + network.cod
    labels = [len(network.sizes) + place for place in range(len(ends))]
    links = [
        Tensor(np.eye(network.sizes[wire]), (label, wire))
        for wire, label in zip(ends, labels, strict=True)
    ]
    rest = [Tensor(np.ones(size), (wire,)) for wire, size in enumerate(network.sizes)]
    return network.factor * contract([*network.tensors, *links, *rest], labels)


def overlap(left: Network, right: Network) -> complex:
    """The sum over all elements of `conj(left) * right`, without making either."""
    shift = len(left.sizes)
    ends = left.dom + left.cod
    others = [wire + shift for wire in right.dom + right.cod]
    tensors = [Tensor(tensor.array.conj(), tensor.legs) for tensor in left.tensors]
    tensors += (Tensor(t.array, tuple(leg + shift for leg in t.legs)) for t in right.tensors)
    tensors += (
        Tensor(np.eye(left.sizes[wire]), (wire, other))
        for wire, other in zip(ends, others, strict=True)
    )
    sizes = left.sizes + right.sizes
    tensors += (Tensor(np.ones(size), (wire,)) for wire, size in enumerate(sizes))
    factor = complex(left.factor).conjugate() * complex(right.factor)
    return factor * complex(contract(tensors, ()))


def simplified(network: Network) -> Network:
    """The same, every wire with tensors or through: diagonals taken, lone indices summed,
    numbers multiplied, and what is broadcast made a tensor of ones."""
    ends = {*network.dom, *network.cod}
    counts = Counter(leg for tensor in network.tensors for leg in set(tensor.legs))
    factor = complex(network.factor)
    tensors: list[Tensor] = []
    for tensor in network.tensors:
        kept = [w for w in dict.fromkeys(tensor.legs) if w in ends or counts[w] > 1]
        array = contract([tensor], kept)
        if not kept:
            factor *= complex(array)
        else:
            tensors.append(Tensor(array, tuple(kept)))
    less = replace(network, tensors=tuple(tensors), factor=factor)
    return packed(_broadcast(less, counts))


def _broadcast(network: Network, counts: Counter[int]) -> Network:
    """Ones on the wires that nothing is at, at one side or at none."""
    inner, outer = set(network.dom), set(network.cod)
    lone = [wire for wire in range(len(network.sizes)) if not counts[wire]]
    gone = math.prod(network.sizes[wire] for wire in lone if wire not in inner | outer)
    ones = tuple(
        Tensor(np.ones(network.sizes[wire]), (wire,)) for wire in lone if wire in inner ^ outer
    )
    return replace(network, tensors=network.tensors + ones, factor=network.factor * gone)


def packed(network: Network) -> Network:
    """The same numbered without the wires that nothing is at, which count for nothing."""
    used = {wire for tensor in network.tensors for wire in tensor.legs}
    number = {wire: new for new, wire in enumerate(sorted(used | {*network.dom, *network.cod}))}

    def moved(wires: Wires) -> Wires:
        return tuple(number[wire] for wire in wires)

    sizes = tuple(network.sizes[wire] for wire in number)
    tensors = tuple(Tensor(tensor.array, moved(tensor.legs)) for tensor in network.tensors)
    return Network(sizes, tensors, moved(network.dom), moved(network.cod), network.factor)
