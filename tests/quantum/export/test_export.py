"""What is written for others means what the circuit means."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from einlang_quantum.circuits import Circuit, Measure, Parameter, Reset, h, ry
from einlang_quantum.circuits.operations import FIXED, turn
from einlang_quantum.execution import Device, deferred
from einlang_quantum.export import diagram, openqasm, qnode, resources, svg, tape, text
from random_circuits import circuit

SEEDS = range(5)
LINE = re.compile(r"(\w+)(?:\((.*)\))? (q\[.*\]);")
MEASURE = re.compile(r"measure q\[(\d+)\] -> (\w+)\[(\d+)\];|(\w+)\[(\d+)\] = measure q\[(\d+)\];")
RESET = re.compile(r"reset q\[(\d+)\];")
SIZE = re.compile(r"(?:qreg q\[(\d+)\]|qubit\[(\d+)\] q);")


class Reader:
    """Runs OpenQASM with all that is measured into `flag` found zero, and keeps `out`."""

    def __init__(self, program: str) -> None:
        self.state = np.ones((), complex)
        self.phase = 1.0
        self.out: dict[int, int] = {}
        for line in program.splitlines():
            self.line(line)

    def line(self, line: str) -> None:
        if size := SIZE.fullmatch(line):
            count = int(size[1] or size[2])
            self.state = np.zeros((2,) * count, complex)
            self.state[(0,) * count] = 1
        elif found := MEASURE.fullmatch(line):
            wire, name, place = found.groups()[:3] if found[1] else (found[6], found[4], found[5])
            if name == "out":
                self.out[int(place)] = int(wire)
            else:
                self.apply(np.diag([1, 0]), [int(wire)])
        elif found := RESET.fullmatch(line):
            assert not np.take(self.state, 1, int(found[1])).any(), "reset of what was not flagged"
        elif line.startswith("gphase"):
            self.phase *= np.exp(1j * float(line[7:-2]))
        elif gate := LINE.fullmatch(line):
            angles = [float(angle) for angle in (gate[2] or "").split(",") if angle]
            self.apply(self.matrix(gate[1], angles), [int(n) for n in re.findall(r"\d+", gate[3])])
        else:
            assert line.startswith(("OPENQASM", "include", "//", "creg", "bit")), line

    def matrix(self, name: str, angles: list[float]) -> np.ndarray:
        if name in ("cx", "cz"):
            return np.kron(np.diag([1, 0]), np.eye(2)) + np.kron(np.diag([0, 1]), FIXED[name[1]])
        return FIXED[name] if name in FIXED else turn({"u1": "p"}.get(name, name), *angles)

    def apply(self, matrix: np.ndarray, wires: list[int]) -> None:
        count = len(wires)
        shaped = matrix.reshape((2,) * (2 * count))
        moved = np.tensordot(shaped, self.state, (range(count, 2 * count), wires))
        self.state = np.moveaxis(moved, range(count), wires)

    def amplitudes(self) -> np.ndarray:
        order = [self.out[place] for place in range(len(self.out))]
        rest = [wire for wire in range(self.state.ndim) if wire not in order]
        return self.phase * self.state.transpose([*rest, *order])[(0,) * len(rest)]


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_openqasm_means_the_circuit(seed, version, reuse) -> None:
    made = circuit(seed, qubits=1 + seed % 2, out=1 + seed % 2)
    program = openqasm(made, version, reuse)
    assert program.startswith(f"OPENQASM {version}.0;\n")
    found, wanted = Reader(program).amplitudes(), made.amplitudes()
    if version == 2:
        overlap = np.vdot(found, wanted)
        found = found * overlap / abs(overlap)
    # PennyLane prepares states by angles from arc sines, which keep half of the digits.
    np.testing.assert_allclose(found, wanted, atol=1e-7)
    assert ("reset" in program) == reuse


def test_measurements_in_the_middle_are_written() -> None:
    coin = Circuit.zeros(1) >> Circuit.gates(1, [h(0), Measure(0), Reset(0), h(0)])
    lines = openqasm(coin, version=3, reuse=True).splitlines()
    assert lines[-5:] == [
        "h q[0];",
        "out[0] = measure q[0];",
        "reset q[0];",
        "h q[0];",
        "out[1] = measure q[0];",
    ]
    with pytest.raises(ValueError, match="OpenQASM 2 and 3"):
        openqasm(coin, version=4)


@pytest.mark.parametrize("seed", SEEDS)
def test_diagrams_of_discopy_mean_the_circuit(seed) -> None:
    made = circuit(seed, qubits=1 + seed % 2, out=seed % 2 + 1)
    arrow = Circuit.id(1) @ made >> Circuit.swap(1, len(made.cod))
    for each in (made, arrow):
        found = diagram(each).eval().array
        np.testing.assert_allclose(found, each.scale * each.amplitudes(), atol=1e-9)
    with pytest.raises(ValueError, match="measures"):
        diagram(Circuit.gates(1, [Measure(0)]))


@pytest.mark.parametrize("reuse", [False, True])
def test_tapes_give_the_probabilities(reuse) -> None:
    import pennylane as qml

    made = circuit(3)
    (found,) = qml.execute([tape(made, reuse=reuse)], qml.device("default.qubit"))
    np.testing.assert_allclose(found[:2], abs(made.amplitudes()) ** 2, atol=1e-7)
    assert not tape(Circuit.number(2)).measurements


def test_qnodes_are_differentiable() -> None:
    import pennylane as qml

    made = Circuit.zeros(1) >> Circuit.gates(1, [ry(Parameter("a", 2.0), 0)])
    turned = qnode(made)
    np.testing.assert_allclose(turned(a=0.3), [np.cos(0.3) ** 2, np.sin(0.3) ** 2])
    slope = qml.grad(lambda a: turned(a=a)[0])(qml.numpy.array(0.3, requires_grad=True))
    assert slope == pytest.approx(-np.sin(0.6))


def test_pictures_and_texts_are_the_same_each_time() -> None:
    made = circuit(0)
    assert svg(made) == svg(made)
    assert ElementTree.fromstring(svg(made)).tag.endswith("svg")
    drawn = text(made)
    assert drawn == text(made)
    assert drawn.splitlines()[0].startswith("0: ")
    assert "┤" in text(made, reuse=True)


def test_resources_are_those_of_the_circuit() -> None:
    made = circuit(1)
    written, basic = resources(made)
    assert (written["qubits"], written["depth"]) == (4, made.depth)
    assert basic["gates"] > written["gates"]
    assert resources(made, reuse=True)[0]["qubits"] == 3
    assert resources(Circuit.cap(2))[1]["on two or more"] == 2


def test_devices_take_what_is_loaded_piece_by_piece() -> None:
    made = circuit(4)
    found = Device("default.qubit").state(deferred(made, merge=False))
    np.testing.assert_allclose(found, made.amplitudes(), atol=1e-7)
