"""The quantum backend: every output of a program is the state of a circuit, times its scale.

Without `shots` outputs are exact. Circuits depend on the data; before it is there, figures are
those of data drawn at random.

>>> from einlang.planning.dataflow import Builder, Contract, Port, Type
>>> build = Builder([Port("A", Type((2, 3))), Port("x", Type((3,)))])
>>> y = build.add(Contract(((0, 1), (1,)), (0,)), (0, 1), Type((2,)))
>>> ready = QuantumBackend().compile(build.flow({"y": y}), {}, {"strategy": "isometric"})
>>> ready.run({"A": np.ones((2, 3)), "x": np.arange(3)})["y"].round(9)
array([3., 3.])
>>> ready.report.figures["qubits"], round(ready.report.figures["success probability"], 9)
(1, 1.0)
"""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from einlang.backend import Arrays, Progress, Report, find, silent
from einlang.data import array as given
from einlang.errors import DataMistake, Diagnostic, fail
from einlang.planning.dataflow import Dataflow, Port
from einlang_quantum.execution import Execution, execute
from einlang_quantum.learning.program import CircuitModel
from einlang_quantum.lowering import Lowered, lower_terms, terms
from einlang_quantum.lowering.dataflow import Reading
from einlang_quantum.lowering.terms import Term
from einlang_quantum.options import Options

Array = Any
EXACT = 1e-8
SMALL = 5
"""The qubits of circuits that are quickly taken apart into basic gates."""
SIMPLE = 12
"""The qubits of circuits that no simulator needs to be loaded for."""


@dataclass
class Executable:
    """A program multiplied out; `fixed` are its parameters, `lowered` the circuits of the last
    run, with what was found."""

    flow: Dataflow
    reading: Reading = field(repr=False)
    terms: Mapping[str, tuple[Term, ...]] = field(repr=False)
    fixed: Arrays = field(repr=False)
    options: Options
    lowered: dict[str, Lowered] = field(default_factory=dict, repr=False)
    found: dict[str, Execution] = field(default_factory=dict, repr=False)

    def circuits(self, inputs: Arrays) -> dict[str, Lowered]:
        """The circuit of every output, for arrays of the shapes declared."""
        arrays = {port.name: self._array(port, inputs) for port in self.flow.inputs}
        data = {**arrays, **self._before(arrays)}
        layout = self.options.layout
        return {name: lower_terms(some, data, layout) for name, some in self.terms.items()}

    def run(self, inputs: Arrays, progress: Progress = silent) -> dict[str, Array]:
        """The outputs, for arrays of the shapes declared."""
        progress("lower", 0, 1)
        self.lowered = self.circuits(inputs)
        self.found = {}
        for done, (name, lowered) in enumerate(self.lowered.items()):
            progress("execute", done, len(self.lowered))
            self.found[name] = self._execute(lowered)
        progress("execute", len(self.lowered), len(self.lowered))
        return {name: self._output(name) for name in self.lowered}

    @property
    def report(self) -> Report:
        """Qubits, depth, gates, scale, probability and shots: of the last run, or of data drawn
        at random where something was not there when compiling."""
        circuits = self.lowered or self.circuits(self._drawn())
        table = [_row(name, each, self.options.precision) for name, each in circuits.items()]
        figures: dict[str, Any] = {"backend": "quantum", "data": self._kind()}
        figures["strategy"] = self.options.layout.strategy
        figures |= _whole(table)
        rows = {"circuits": table} if len(table) > 1 else {}
        if self.found:
            rows["execution"] = [_executed(*item) for item in self.found.items()]
            figures["precision"] = self._precision()
        elif _installed():
            rows |= {f"resources of {name}": some for name, some in _resources(circuits)}
        return Report(figures, rows, warnings=tuple(self._warnings()))

    def _precision(self) -> float:
        """What outputs are exact to: four standard errors, where they are drawn."""
        errors = [np.max(abs(found.errors), initial=0.0) for found in self.found.values()]
        return max(EXACT, 4 * float(max(errors, default=0.0)))

    def _kind(self) -> str:
        """Which data the figures are of."""
        return "given" if self.lowered or not self._open() else "drawn at random"

    def _open(self) -> list[Port]:
        """The inputs that are not known when compiling."""
        return [port for port in self.flow.inputs if port.name not in self.fixed]

    def _drawn(self) -> dict[str, Array]:
        """Random data within the ranges of the inputs, the same each time."""
        return {port.name: _random(port) for port in self._open()}

    def _array(self, port: Port, inputs: Arrays) -> Array:
        """An input as floats. Raises `DataMistake`: E0609 where there is none, E0603 and E0604
        for what is no finite number, E0606 for another shape."""
        array = given(port.name, None, {**inputs, **self.fixed}, Path())
        if array.shape == port.type.shape:
            return array.astype(float)
        message = f"`{port.name}` needs the shape {port.type.shape}, but its data has {array.shape}"
        raise fail(DataMistake, "E0606", message)

    def _before(self, arrays: Arrays) -> dict[str, Array]:
        """What NumPy computes: functions of parameters, and elements picked and arranged."""
        flow = self.reading.before()
        if not flow.names:
            return {}
        return find("numpy").compile(flow, {}, {}).run(arrays)

    def _execute(self, lowered: Lowered) -> Execution:
        """The circuit on its device; without PennyLane, exact values by contraction."""
        options = dict(self.options.execution)
        simple = lowered.qubits <= SIMPLE or not _installed()
        options.setdefault("device", "contraction" if simple else "auto")
        # Data is real, and so are the outputs: one Hadamard test is enough.
        return execute(lowered, reading="real", **options)

    def _output(self, name: str) -> Array:
        """An output in the shape that the program gives it."""
        values = self.lowered[name].tensor(self.found[name].values, scale=1.0)
        return np.real(values).reshape(self.reading.shape(name)).copy()

    def _warnings(self) -> Iterator[Diagnostic]:
        for execution in self.found.values():
            yield from execution.warnings


class QuantumBackend:
    """Lowers programs to circuits and runs them, exactly or by shots."""

    name = "quantum"

    def compile(
        self, flow: Dataflow, parameters: Arrays, settings: Mapping[str, Any]
    ) -> Executable:
        """A dataflow multiplied out. Raises `BackendMistake` E0706 for settings, E0750 for what
        is not linear, E0752 for too many terms."""
        names = {port.name for port in flow.inputs}
        options = Options.read(settings, names)
        reading = Reading(flow, names & parameters.keys())
        found = {name: terms(diagram, name) for name, diagram in reading.diagrams.items()}
        fixed = {name: parameters[name] for name in names & parameters.keys()}
        return Executable(flow, reading, found, fixed, options)

    def differentiable(
        self, flow: Dataflow, sought: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]
    ) -> CircuitModel:
        """The dataflow as a function of angles, for tensors with an ansatz, and of tensors."""
        return CircuitModel(flow, sought, settings)


def _installed() -> bool:
    try:
        return importlib.util.find_spec("pennylane") is not None
    except ValueError:
        return False


def _resources(circuits: Mapping[str, Lowered]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What the circuits take out of basic gates, of those that are quickly taken apart."""
    from einlang_quantum.export import resources

    for name, lowered in circuits.items():
        if lowered.qubits <= SMALL:
            yield name, resources(lowered.circuit)


def _random(port: Port) -> Array:
    """Normal numbers; uniform ones where the input has a range."""
    random = np.random.default_rng(zlib.crc32(port.name.encode()))
    if port.type.range is None:
        return random.normal(size=port.type.shape)
    return random.uniform(*port.type.range, size=port.type.shape)


def _row(name: str, lowered: Lowered, precision: float) -> dict[str, Any]:
    """The figures of a circuit."""
    probability = lowered.success_probability
    scale = complex(lowered.scale)
    return {
        "output": name,
        "qubits": lowered.qubits,
        "depth": lowered.depth,
        "gates": lowered.gates,
        "scale": str(scale) if scale.imag else scale.real,
        "success probability": probability,
        "relative error": precision,
        "shots": lowered.shots_for(precision, "real") if probability > 0 else None,
    }


def _whole(table: list[dict[str, Any]]) -> dict[str, Any]:
    """Of one circuit all, of several the largest figures and the sum of the shots."""
    if len(table) == 1:
        return {name: value for name, value in table[0].items() if name != "output"}
    figures: dict[str, Any] = {
        name: max((row[name] for row in table), default=0) for name in ("qubits", "depth")
    }
    figures["gates"] = sum(row["gates"] for row in table)
    figures["success probability"] = min((row["success probability"] for row in table), default=1)
    shots = [row["shots"] for row in table]
    return figures | {"shots": None if None in shots else sum(shots)}


def _executed(name: str, found: Execution) -> dict[str, Any]:
    """What a run found, beside the values."""
    return {
        "output": name,
        "device": found.device,
        "shots": found.shots,
        "largest error": float(np.max(abs(found.errors), initial=0.0)),
        "measured probability": found.probability,
        "rounds": found.rounds,
    }
