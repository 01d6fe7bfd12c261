"""What is done to qubits: gates, preparations, post-selections, measurements, resets.

An operation names the wires that it acts on. Gates are unitary: `matrix(gate)` takes the
wires in the order named, the first one most significant.

>>> cx(0, 1).controls, rx(0.5, 0).angles
((0,), (0.5,))
>>> matrix(cx(0, 1)).real.astype(int).tolist()
[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
>>> np.allclose(matrix(s(0)) @ matrix(s(0).dagger()), np.eye(2))
True
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Union

import numpy as np

from einlang_quantum.circuits.constants import Numbers

Array = Any
Wires = tuple[int, ...]
Values = Mapping[str, float]
NONE: Values = MappingProxyType({})


@dataclass(frozen=True)
class Parameter:
    """An angle that is given later, by name: `factor * value + offset`, in radians."""

    name: str
    factor: float = 1.0
    offset: float = 0.0


Angle = Union[float, Parameter]


def negative(angle: Angle) -> Angle:
    """The same turn backwards."""
    if isinstance(angle, Parameter):
        return Parameter(angle.name, -angle.factor, -angle.offset)
    return -angle


def value(angle: Angle, values: Values = NONE) -> float:
    """An angle in radians; a `KeyError` where its parameter has no value."""
    if isinstance(angle, Parameter):
        return angle.factor * values[angle.name] + angle.offset
    return angle


@dataclass(frozen=True)
class Gate:
    """A unitary by name on `qubits`, done where all of `controls` are one.

    Names are h, x, y, z, s, sdg, t, tdg, rx, ry, rz, p (a phase), swap, and `unitary`,
    which is given by its matrix.
    """

    name: str
    qubits: Wires
    angles: tuple[Angle, ...] = ()
    controls: Wires = ()
    numbers: Numbers | None = None

    @property
    def wires(self) -> Wires:
        """All that it acts on, the controls first."""
        return self.controls + self.qubits

    def on(self, rename: Mapping[int, int]) -> Gate:
        """The same on other wires."""
        return replace(self, qubits=_moved(self.qubits, rename), controls=self._controls(rename))

    def _controls(self, rename: Mapping[int, int]) -> Wires:
        return _moved(self.controls, rename)

    def controlled(self, *wires: int) -> Gate:
        """Done only where these wires are one as well."""
        return replace(self, controls=(*wires, *self.controls))

    def dagger(self) -> Gate:
        """Its inverse."""
        if self.numbers is not None:
            return replace(self, numbers=Numbers.of(self.numbers.array.conj().T))
        name = ADJOINT.get(self.name, self.name)
        return replace(self, name=name, angles=tuple(negative(angle) for angle in self.angles))


@dataclass(frozen=True)
class Prepare:
    """Fresh qubits in a normalised state; all zero where there is none given."""

    qubits: Wires
    state: Numbers | None = None

    @property
    def wires(self) -> Wires:
        """All that it acts on."""
        return self.qubits

    def on(self, rename: Mapping[int, int]) -> Prepare:
        """The same on other wires."""
        return replace(self, qubits=_moved(self.qubits, rename))

    def dagger(self) -> PostSelect:
        """The effect that is the state's mirror image."""
        return PostSelect(self.qubits, self.state)


@dataclass(frozen=True)
class PostSelect:
    """Qubits found in a normalised state, all zero where there is none given, and let go."""

    qubits: Wires
    state: Numbers | None = None

    @property
    def wires(self) -> Wires:
        """All that it acts on."""
        return self.qubits

    def on(self, rename: Mapping[int, int]) -> PostSelect:
        """The same on other wires."""
        return replace(self, qubits=_moved(self.qubits, rename))

    def dagger(self) -> Prepare:
        """The state that is the effect's mirror image."""
        return Prepare(self.qubits, self.state)


@dataclass(frozen=True)
class Measure:
    """A qubit measured, the outcome kept."""

    qubit: int

    @property
    def wires(self) -> Wires:
        """All that it acts on."""
        return (self.qubit,)

    def on(self, rename: Mapping[int, int]) -> Measure:
        """The same on another wire."""
        return Measure(rename[self.qubit])

    def dagger(self) -> Measure:
        """There is none: a measurement cannot be undone."""
        raise ValueError("a circuit with measurements or resets has no dagger")


@dataclass(frozen=True)
class Reset:
    """A qubit made zero, whatever it was."""

    qubit: int

    @property
    def wires(self) -> Wires:
        """All that it acts on."""
        return (self.qubit,)

    def on(self, rename: Mapping[int, int]) -> Reset:
        """The same on another wire."""
        return Reset(rename[self.qubit])

    def dagger(self) -> Reset:
        """There is none: a reset cannot be undone."""
        raise ValueError("a circuit with measurements or resets has no dagger")


Operation = Union[Gate, Prepare, PostSelect, Measure, Reset]


def _moved(wires: Wires, rename: Mapping[int, int]) -> Wires:
    return tuple(rename[wire] for wire in wires)


# -- gates by name --------------------------------------------------------------------------

ADJOINT = {"s": "sdg", "sdg": "s", "t": "tdg", "tdg": "t"}
ROOT = 1 / math.sqrt(2)
FIXED: dict[str, Array] = {
    "h": np.array([[ROOT, ROOT], [ROOT, -ROOT]], complex),
    "x": np.array([[0, 1], [1, 0]], complex),
    "y": np.array([[0, -1j], [1j, 0]]),
    "z": np.diag([1, -1]).astype(complex),
    "s": np.diag([1, 1j]),
    "sdg": np.diag([1, -1j]),
    "t": np.diag([1, cmath.exp(0.25j * math.pi)]),
    "tdg": np.diag([1, cmath.exp(-0.25j * math.pi)]),
    "swap": np.eye(4, dtype=complex)[[0, 2, 1, 3]],
}


def h(qubit: int) -> Gate:
    """Hadamard's gate."""
    return Gate("h", (qubit,))


def x(qubit: int) -> Gate:
    """Not."""
    return Gate("x", (qubit,))


def z(qubit: int) -> Gate:
    """A phase of -1 on one."""
    return Gate("z", (qubit,))


def s(qubit: int) -> Gate:
    """A phase of i on one."""
    return Gate("s", (qubit,))


def rx(angle: Angle, qubit: int) -> Gate:
    """A turn about the x axis: exp(-i angle X / 2)."""
    return Gate("rx", (qubit,), (angle,))


def ry(angle: Angle, qubit: int) -> Gate:
    """A turn about the y axis: exp(-i angle Y / 2)."""
    return Gate("ry", (qubit,), (angle,))


def rz(angle: Angle, qubit: int) -> Gate:
    """A turn about the z axis: exp(-i angle Z / 2)."""
    return Gate("rz", (qubit,), (angle,))


def phase(angle: Angle, qubit: int) -> Gate:
    """A phase of exp(i angle) on one."""
    return Gate("p", (qubit,), (angle,))


def cx(control: int, target: int) -> Gate:
    """Controlled not."""
    return x(target).controlled(control)


def cz(control: int, target: int) -> Gate:
    """Controlled Z."""
    return z(target).controlled(control)


def crx(angle: Angle, control: int, target: int) -> Gate:
    """A controlled turn about the x axis."""
    return rx(angle, target).controlled(control)


def crz(angle: Angle, control: int, target: int) -> Gate:
    """A controlled turn about the z axis."""
    return rz(angle, target).controlled(control)


def swap(left: int, right: int) -> Gate:
    """Two qubits exchanged."""
    return Gate("swap", (left, right))


def unitary(numbers: Any, qubits: Sequence[int]) -> Gate:
    """A unitary by its matrix, 2^n by 2^n for n qubits; a `ValueError` for any other."""
    array = np.asarray(numbers, complex)
    size = 1 << len(qubits)
    if array.shape != (size, size) or not np.allclose(array.conj().T @ array, np.eye(size)):
        raise ValueError(f"no unitary of shape {(size, size)}")
    return Gate("unitary", tuple(qubits), numbers=Numbers.of(array))


# -- what gates are -------------------------------------------------------------------------


def matrix(gate: Gate, values: Values = NONE) -> Array:
    """The matrix of a gate on all its wires, the controls most significant."""
    inner = _uncontrolled(gate, values)
    if not gate.controls:
        return inner
    whole = np.eye(len(inner) << len(gate.controls), dtype=complex)
    whole[-len(inner) :, -len(inner) :] = inner
    return whole


def _uncontrolled(gate: Gate, values: Values) -> Array:
    if gate.numbers is not None:
        return gate.numbers.array
    if gate.name in FIXED:
        return FIXED[gate.name]
    return turn(gate.name, value(gate.angles[0], values))


def turn(name: str, angle: float) -> Array:
    """The matrix of rx, ry, rz or p for an angle in radians."""
    cos, sin = math.cos(angle / 2), math.sin(angle / 2)
    if name == "rx":
        return np.array([[cos, -1j * sin], [-1j * sin, cos]])
    if name == "ry":
        return np.array([[cos, -sin], [sin, cos]], complex)
    if name == "rz":
        return np.diag([complex(cos, -sin), complex(cos, sin)])
    if name == "p":
        return np.diag([1, cmath.exp(1j * angle)])
    raise ValueError(f"there is no gate `{name}`")
