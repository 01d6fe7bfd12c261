"""Circuits as a category: qubits that come in and go out, and a number beside them.

A circuit means `scale` times what its operations do. Wires that do not come in are prepared,
those that do not go out are post-selected; what is left over of a wire that was post-selected
may be prepared again.

>>> bell = Circuit.cap(1)
>>> snake = bell @ Circuit.id(1) >> Circuit.id(1) @ Circuit.cup(1)
>>> (snake.scale * snake.amplitudes()).real.round(12).tolist()
[[1.0, 0.0], [0.0, 1.0]]
>>> copy, merge = Circuit.spider(1, 2), Circuit.spider(2, 1)
>>> np.allclose((copy >> merge).amplitudes(), np.eye(2))
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from einlang_quantum.circuits.constants import Numbers
from einlang_quantum.circuits.operations import (
    NONE,
    Gate,
    Operation,
    Parameter,
    PostSelect,
    Prepare,
    Values,
    Wires,
    cx,
    h,
)

Array = Any
ROOT = 2**0.5


@dataclass(frozen=True)
class Circuit:
    """Operations on `width` wires, in order; `dom` are those that come in, `cod` go out."""

    width: int
    operations: tuple[Operation, ...] = ()
    dom: Wires = ()
    cod: Wires = ()
    scale: complex = 1.0

    # -- the generators ---------------------------------------------------------------------

    @staticmethod
    def id(count: int = 0) -> Circuit:
        """Qubits that go straight through."""
        wires = tuple(range(count))
        return Circuit(count, (), wires, wires)

    @staticmethod
    def gates(count: int, gates: Iterable[Operation]) -> Circuit:
        """Gates on so many qubits, all of which come in and go out."""
        return replace(Circuit.id(count), operations=tuple(gates))

    @staticmethod
    def permutation(order: Sequence[int]) -> Circuit:
        """The qubit that leaves at `i` came in at `order[i]`: no gates."""
        return replace(Circuit.id(len(order)), cod=tuple(order))

    @staticmethod
    def swap(left: int, right: int) -> Circuit:
        """Two bundles of qubits that cross."""
        return Circuit.permutation([*range(left, left + right), *range(left)])

    @staticmethod
    def zeros(count: int) -> Circuit:
        """Fresh qubits, all zero."""
        wires = tuple(range(count))
        return Circuit(count, (Prepare(wires),), (), wires)

    @staticmethod
    def state(vector: Any) -> Circuit:
        """A vector of 2^n numbers as a state of n qubits; its norm is the scale."""
        array = np.asarray(vector, complex).reshape(-1)
        wires = tuple(range(array.size.bit_length() - 1))
        if array.size != 1 << len(wires):
            raise ValueError(f"a state of qubits has no {array.size} amplitudes")
        norm = float(np.linalg.norm(array))
        if not wires or not norm:
            return replace(Circuit.zeros(len(wires)), scale=complex(array[0]))
        return Circuit(len(wires), (Prepare(wires, Numbers.of(array / norm)),), (), wires, norm)

    @staticmethod
    def effect(vector: Any) -> Circuit:
        """A row of 2^n numbers: what maps a state to its product with the vector."""
        return Circuit.state(np.conj(vector)).dagger()

    @staticmethod
    def number(value: complex) -> Circuit:
        """A scalar: no qubits."""
        return Circuit(0, scale=value)

    @staticmethod
    def spider(legs_in: int, legs_out: int) -> Circuit:
        """One qubit's worth of wire with many ends, in the basis of zeros and ones."""
        if legs_in > legs_out or not legs_out:
            return _merge(legs_in) if not legs_out else Circuit.spider(legs_out, legs_in).dagger()
        if not legs_in:
            return _merge(legs_out).dagger()
        join = Circuit.spider(1, legs_in).dagger() if legs_in > 1 else Circuit.id(1)
        fresh = tuple(range(1, legs_out))
        wires = (0, *fresh)
        copies = (Prepare(fresh), *(cx(0, wire) for wire in fresh)) if fresh else ()
        return join >> Circuit(legs_out, copies, (0,), wires)

    @staticmethod
    def cup(count: int = 1) -> Circuit:
        """A bundle of qubits and its mirror image, joined: nested, as a snake asks for."""
        operations: list[Operation] = []
        for left in range(count):
            right = 2 * count - 1 - left
            operations += [cx(left, right), h(left), PostSelect((left, right))]
        return Circuit(2 * count, tuple(operations), tuple(range(2 * count)), (), ROOT**count)

    @staticmethod
    def cap(count: int = 1) -> Circuit:
        """A bundle of qubits and its mirror image, out of nothing: Bell states."""
        return Circuit.cup(count).dagger()

    # -- the operations ---------------------------------------------------------------------

    def then(self, *others: Circuit) -> Circuit:
        """One after another: `self >> other`."""
        width, operations = self.width, list(self.operations)
        cod, scale = self.cod, self.scale
        for other in others:
            if len(cod) != len(other.dom):
                raise ValueError(f"{len(cod)} qubits leave, {len(other.dom)} enter the next")
            rename = dict(zip(other.dom, cod, strict=True))
            for wire in range(other.width):
                if wire not in rename:
                    rename[wire] = width
                    width += 1
            operations += (operation.on(rename) for operation in other.operations)
            cod = tuple(rename[wire] for wire in other.cod)
            scale *= other.scale
        return Circuit(width, tuple(operations), self.dom, cod, scale)

    def tensor(self, *others: Circuit) -> Circuit:
        """Side by side: `self @ other`."""
        width, operations = self.width, list(self.operations)
        dom, cod, scale = self.dom, self.cod, self.scale
        for other in others:
            rename = {wire: wire + width for wire in range(other.width)}
            operations += (operation.on(rename) for operation in other.operations)
            dom += tuple(wire + width for wire in other.dom)
            cod += tuple(wire + width for wire in other.cod)
            width, scale = width + other.width, scale * other.scale
        return Circuit(width, tuple(operations), dom, cod, scale)

    def dagger(self) -> Circuit:
        """Upside down, every gate inverted; a `ValueError` where something was measured."""
        operations = tuple(operation.dagger() for operation in reversed(self.operations))
        scale = complex(self.scale).conjugate()
        return Circuit(self.width, operations, self.cod, self.dom, scale)

    def __rshift__(self, other: Circuit) -> Circuit:
        return self.then(other)

    def __matmul__(self, other: Circuit) -> Circuit:
        return self.tensor(other)

    # -- what there is to say of it ---------------------------------------------------------

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the angles that are not given yet, in order of appearance."""
        angles = (a for o in self.operations if isinstance(o, Gate) for a in o.angles)
        return tuple(dict.fromkeys(a.name for a in angles if isinstance(a, Parameter)))

    @property
    def depth(self) -> int:
        """The longest row of operations that wait for one another, zeros and effects aside."""
        reached = [0] * self.width
        for operation in self.operations:
            plain = isinstance(operation, Prepare | PostSelect) and operation.state is None
            level = max((reached[wire] for wire in operation.wires), default=0) + (not plain)
            for wire in operation.wires:
                reached[wire] = level
        return max(reached, default=0)

    @property
    def counts(self) -> dict[str, int]:
        """How many operations of each name there are; each control is a `c` in front."""
        return dict(Counter(_name(operation) for operation in self.operations))

    def amplitudes(self, values: Values = NONE) -> Array:
        """The amplitudes without the scale: axes of length 2, those of `dom`, then of `cod`.

        `values` gives the angles by name, in radians.
        """
        from einlang_quantum.circuits.amplitudes import amplitudes

        return amplitudes(self, values)


def _merge(legs: int) -> Circuit:
    """All legs made one, and that one summed over."""
    if not legs:
        return Circuit.number(2)
    wires = tuple(range(legs))
    joins = tuple(cx(0, wire) for wire in wires[1:])
    return Circuit(legs, (*joins, h(0), PostSelect(wires)), wires, (), ROOT)


def _name(operation: Operation) -> str:
    if isinstance(operation, Gate):
        return "c" * len(operation.controls) + operation.name
    return type(operation).__name__.lower()
