"""Circuits as OpenQASM 2 or 3.

What has to be found zero is measured into `flag`, what goes out into `out`: keep the shots
whose flags are all 0. Matrices and states are decomposed by PennyLane.

>>> from einlang_quantum.circuits import Circuit
>>> print(openqasm(Circuit.cap(1) >> Circuit.id(1) @ Circuit.zeros(1).dagger(), version=3))
OPENQASM 3.0;
include "stdgates.inc";
// keep the shots in which all of flag are 0; the values are 1.4142135623730951 * amplitudes
qubit[2] q;
bit[1] flag;
bit[1] out;
h q[0];
cx q[0], q[1];
flag[0] = measure q[1];
out[0] = measure q[0];
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from einlang_quantum.circuits import Circuit, Values
from einlang_quantum.circuits.operations import NONE
from einlang_quantum.execution.operators import Plan, deferred, reusing
from einlang_quantum.export.decomposition import decomposed

NAMES = {
    "CNOT": "cx",
    "CZ": "cz",
    "Hadamard": "h",
    "PauliX": "x",
    "PauliY": "y",
    "PauliZ": "z",
    "S": "s",
    "T": "t",
    "Adjoint(S)": "sdg",
    "Adjoint(T)": "tdg",
    "RX": "rx",
    "RY": "ry",
    "RZ": "rz",
}
HEADS = {
    2: ("OPENQASM 2.0;", 'include "qelib1.inc";'),
    3: ("OPENQASM 3.0;", 'include "stdgates.inc";'),
}
SORTS = {2: ("qreg {0}[{1}];", "creg {0}[{1}];"), 3: ("qubit[{1}] {0};", "bit[{1}] {0};")}
PHASE = {2: "u1", 3: "p"}
MEASURE = {2: "measure q[{0}] -> {1};", 3: "{1} = measure q[{0}];"}


def openqasm(circuit: Circuit, version: int = 2, reuse: bool = False, values: Values = NONE) -> str:
    """The circuit as text, for all angles given; `reuse` measures and resets in the middle.

    Raises `ValueError` for other versions than 2 and 3, `KeyError` for an angle that is not
    given. In version 2 the phase of the whole is lost.
    """
    if version not in HEADS:
        raise ValueError(f"there is OpenQASM 2 and 3, not {version}")
    plan = reusing(circuit, values) if reuse else deferred(circuit, values, merge=False)
    tell = "// keep the shots in which all of flag are 0; the values are "
    sizes = {"q": plan.width, "flag": len(plan.flags), "out": len(plan.kept)}
    lines = [*HEADS[version], f"{tell}{_number(circuit.scale)} * amplitudes"]
    for name, size in sizes.items():
        if size:
            lines.append(SORTS[version][name != "q"].format(name, size))
    return "\n".join([*lines, *_body(plan, version)]) + "\n"


def _body(plan: Plan, version: int) -> Iterator[str]:
    """The gates and the measurements."""
    bits = {} if not plan.measured else _bits(plan)
    for operation in decomposed(plan).operations:
        if type(operation).__name__.startswith("Mid"):
            yield from _middle(operation, bits, version)
        elif operation.name == "GlobalPhase":
            if version == 3:
                yield f"gphase({-float(operation.data[0])!r});"
        else:
            yield _gate(operation, version)
    if not plan.measured:
        for name, wires in (("flag", plan.flags), ("out", plan.kept)):
            for place, wire in enumerate(wires):
                yield MEASURE[version].format(wire, f"{name}[{place}]")


def _bits(plan: Plan) -> dict[Any, str]:
    """Where the outcome of each measurement in the middle goes, by its id."""
    named = (("flag", plan.flags), ("out", plan.kept))
    return {
        _identity(outcome.measurements[0]): f"{name}[{place}]"
        for name, outcomes in named
        for place, outcome in enumerate(outcomes)
    }


def _identity(measurement: Any) -> Any:
    """The name that PennyLane gives a measurement: `id` before 0.45, and `meas_uid` since."""
    return getattr(measurement, "meas_uid", None) or measurement.id


def _middle(operation: Any, bits: dict[Any, str], version: int) -> Iterator[str]:
    wire = operation.wires[0]
    if _identity(operation) in bits:
        yield MEASURE[version].format(wire, bits[_identity(operation)])
    if operation.reset:
        yield f"reset q[{wire}];"


def _gate(operation: Any, version: int) -> str:
    name = PHASE[version] if operation.name == "PhaseShift" else NAMES[operation.name]
    angles = ", ".join(repr(float(angle)) for angle in operation.data)
    given = f"({angles})" if angles else ""
    wires = ", ".join(f"q[{wire}]" for wire in operation.wires)
    return f"{name}{given} {wires};"


def _number(scale: complex) -> str:
    whole = complex(scale)
    return str(whole) if whole.imag else repr(whole.real)
