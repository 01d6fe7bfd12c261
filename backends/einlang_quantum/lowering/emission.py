"""Circuits of networks, tensor by tensor in a given order.

Every tensor becomes a state, an effect, or the dilation of a matrix, that of a multiplexer
where wires go through. Copies of a wire are controlled nots; its merging is one and <0|.

>>> from einlang_quantum.lowering.network import Network, Tensor
>>> a, b = Tensor(np.eye(2), (0, 1)), Tensor(np.array([3.0, 4.0]), (1,))
>>> circuit = emitted(Network((2, 2), (a, b), (), (0,)), Plan((0, 1)))
>>> (circuit.scale * circuit.amplitudes()).real.round(9).tolist()
[3.0, 4.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang_quantum.circuits import (
    Circuit,
    Numbers,
    Operation,
    PostSelect,
    Prepare,
    cx,
    h,
    unitary,
)
from einlang_quantum.lowering.dilation import completed, positions
from einlang_quantum.lowering.network import Network, bits
from einlang_quantum.lowering.step import Step

Array = Any


@dataclass(frozen=True)
class Plan:
    """The order of the tensors of a network; `bent`: all are states, post-selected together;
    `reuse`: qubits that were post-selected serve again."""

    order: tuple[int, ...]
    bent: bool = False
    reuse: bool = False


def steps(network: Network, plan: Plan) -> list[Step]:
    """What happens at each tensor, in the order of the plan."""
    waiting = [len(some) for some in network.users()]
    live = set(network.dom)
    found = []
    for number in plan.order:
        tensor = network.tensors[number]
        for leg in tensor.legs:
            waiting[leg] -= 1
        needed = {leg for leg in tensor.legs if waiting[leg] or leg in network.cod}
        kinds: list[list[int]] = [[], [], []]
        for axis, leg in enumerate(tensor.legs):
            kinds[0 if leg not in live else 1 if leg in needed else 2].append(axis)
        new, through, ending = map(tuple, kinds)
        found.append(Step(tensor.array, new, through, ending, plan.bent))
        live |= needed
        live -= set(tensor.legs) - needed
    return found


def emitted(network: Network, plan: Plan) -> Circuit:
    """The circuit, which means the network. Every wire is at a tensor, or goes through, and no
    tensor holds a wire twice, nor one that only it is at, unless that goes out."""
    emission = _Emission(network, plan.reuse)
    emission.enter()
    for number, step in zip(plan.order, steps(network, plan), strict=True):
        emission.step(step, network.tensors[number].legs)
    return emission.circuit()


class _Emission:
    """A circuit under construction: `live` are the qubits of each open wire."""

    def __init__(self, network: Network, reuse: bool) -> None:
        self.network, self.reuse = network, reuse
        self.operations: list[Operation] = []
        self.live: dict[int, tuple[int, ...]] = {}
        self.width = 0
        self.free: list[int] = []
        self.scale = complex(network.factor)

    # -- qubits -----------------------------------------------------------------------------

    def fresh(self, count: int) -> tuple[int, ...]:
        """Qubits that nothing is on."""
        taken = tuple(self.free.pop() for _ in range(min(count, len(self.free))))
        first, self.width = self.width, self.width + count - len(taken)
        return (*taken, *range(first, self.width))

    def zeros(self, count: int) -> tuple[int, ...]:
        """Fresh qubits, prepared."""
        wires = self.fresh(count)
        if wires:
            self.operations.append(Prepare(wires))
        return wires

    def close(self, wires: Sequence[int], state: Numbers | None = None) -> None:
        """Post-selected, and let go."""
        if wires:
            self.operations.append(PostSelect(tuple(wires), state))
        if self.reuse:
            self.free += reversed(wires)

    def copy(self, wires: Sequence[int]) -> tuple[int, ...]:
        """The same index on qubits of its own."""
        others = self.zeros(len(wires))
        self.operations += map(cx, wires, others)
        return others

    def merge(self, wires: Sequence[int], others: Sequence[int]) -> None:
        """Two indices made one, on the first qubits."""
        self.operations += map(cx, wires, others)
        self.close(others)

    # -- both ends --------------------------------------------------------------------------

    def enter(self) -> None:
        """The qubits that come in; a wire that comes in twice is one."""
        self.dom = [self.fresh(bits(self.network.sizes[wire])) for wire in self.network.dom]
        for wire, qubits in zip(self.network.dom, self.dom, strict=True):
            if wire in self.live:
                self.merge(self.live[wire], qubits)
            else:
                self.live[wire] = qubits

    def circuit(self) -> Circuit:
        """What was built; a wire that goes out more than once is copied."""
        cod: list[int] = []
        left = set[int]()
        for wire in self.network.cod:
            cod += self.copy(self.live[wire]) if wire in left else self.live[wire]
            left.add(wire)
        dom = tuple(qubit for qubits in self.dom for qubit in qubits)
        return Circuit(self.width, tuple(self.operations), dom, tuple(cod), self.scale)

    # -- tensors ----------------------------------------------------------------------------

    def step(self, step: Step, legs: Sequence[int]) -> None:
        """One tensor."""
        self.scale *= step.norm
        ending = [legs[axis] for axis in step.ending]
        if step.bends:
            self.bend(step, legs)
        elif not step.through and not ending:
            self.prepare(step, legs, step.new, float(np.linalg.norm(step.array)))
        elif not step.through and not step.new:
            self.effect(step, ending)
        else:
            self.block(step, legs)
        for wire in ending:
            del self.live[wire]

    def bend(self, step: Step, legs: Sequence[int]) -> None:
        """A state, each of its indices merged with the one that is there, if any."""
        before = dict(self.live)
        everything = tuple(range(len(legs)))
        self.prepare(step, legs, everything, float(np.linalg.norm(step.array)))
        for axis in step.through + step.ending:
            wire = legs[axis]
            self.merge(before[wire], self.live[wire])
            self.live[wire] = before[wire]
        for axis in step.ending:
            self.operations += map(h, self.live[legs[axis]])
            self.close(self.live[legs[axis]])

    def prepare(self, step: Step, legs: Sequence[int], axes: Sequence[int], norm: float) -> None:
        """A state on fresh qubits."""
        sizes = [step.array.shape[axis] for axis in axes]
        wires = self.fresh(sum(map(bits, sizes)))
        if wires:
            state = _spread(step.array.transpose(axes) / norm, sizes)
            self.operations.append(Prepare(wires, Numbers.of(state)))
        else:
            self.scale *= complex(step.array.item()) / norm
        self._open([legs[axis] for axis in axes], wires)

    def effect(self, step: Step, ending: Sequence[int]) -> None:
        """What is found to be the conjugate of a state."""
        wires = [qubit for wire in ending for qubit in self.live[wire]]
        sizes = [step.array.shape[axis] for axis in step.ending]
        row = step.array.transpose(step.ending) / step.norm
        if wires:
            self.close(wires, Numbers.of(_spread(row.conj(), sizes)))
        else:
            self.scale *= complex(row.item())

    def block(self, step: Step, legs: Sequence[int]) -> None:
        """A matrix for every value of what goes through, as a part of a unitary."""
        around = [qubit for axis in step.through for qubit in self.live[legs[axis]]]
        into = [qubit for axis in step.ending for qubit in self.live[legs[axis]]]
        wires = (*into, *self.zeros(step.width - len(into)))
        if around or wires:
            self.operations.append(unitary(matrix(step), (*around, *wires)))
        else:
            self.scale *= complex(step.array.item()) / step.norm
        count = step.bits(step.new)
        self._open([legs[axis] for axis in step.new], wires[:count])
        self.close(wires[count:])

    def _open(self, wires: Sequence[int], qubits: Sequence[int]) -> None:
        """The qubits given out to wires, in order."""
        first = 0
        for wire in wires:
            count = bits(self.network.sizes[wire])
            self.live[wire] = tuple(qubits[first : first + count])
            first += count


def matrix(step: Step) -> Array:
    """The unitary of a step: first what goes through, then what ends and fresh qubits, of which
    the first are what is new afterwards."""
    shape = step.array.shape
    kinds = step.through, step.new, step.ending
    through, new, ending = ([shape[axis] for axis in axes] for axes in kinds)
    size, rows = 1 << step.width, 1 << step.bits(step.new)
    into = positions(ending) * (size >> step.bits(step.ending))
    out = np.arange(rows) * (size // rows)
    whole = np.eye(size << step.bits(step.through), dtype=complex)
    blocks = np.zeros((len(step.blocks), rows, len(into)), complex)
    blocks[:, positions(new)] = step.blocks / step.norm
    for place, block in zip(positions(through), blocks, strict=True):
        here = slice(place * size, (place + 1) * size)
        whole[here, here] = completed(block, size, into, out)
    return whole


def _spread(array: Array, sizes: Sequence[int]) -> Array:
    """A tensor as amplitudes of its qubits, zero where an index is padded."""
    whole = np.zeros(1 << sum(map(bits, sizes)), complex)
    whole[positions(sizes)] = array.reshape(-1)
    return whole
