"""Programs whose unknown tensors are circuits: their angles are trained.

`target quantum: W = iqp(layers=2)` makes the tensor `W` the state that an ansatz prepares, one
bundle of qubits per axis (an axis that is no power of two takes the first amplitudes). A tensor
without an ansatz stays one of numbers. Outputs are read by Born's rule: squared amplitudes,
normalised over the last axis; `reading = "amplitude"` takes the real part as it is.

`gradient` says how angles are differentiated: by the `diagram`, all samples at once; or, for
one sample after another, by the `adjoint` method or by parameter `shift`, exactly or by `shots`
on a `device`.

>>> from einlang.planning.dataflow import Builder, Contract, Port, Type
>>> build = Builder([Port("W", Type((2, 4))), Port("x", Type((4,)))])
>>> y = build.add(Contract(((0, 1), (1,)), (0,)), (0, 1), Type((2,)))
>>> from einlang.syntax.nodes import Choice
>>> settings = {"W": Choice("iqp", (("layers", 2),))}
>>> model = CircuitModel(build.flow({"y": y}), {"W": (2, 4)}, settings)
>>> angles = model.start(np.random.default_rng(0))
>>> outputs, pull = model.differentiate(angles, {"x": np.ones((5, 4))})
>>> outputs["y"].sum(-1).round(6).tolist(), pull({"y": outputs["y"]})["W"].shape
([1.0, 1.0, 1.0, 1.0, 1.0], (4,))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from einlang_numpy.learning import TensorModel
from einlang_numpy.reverse import differentiate

from einlang.backend import Arrays
from einlang.errors import BackendMistake, fail
from einlang.planning.dataflow import Dataflow
from einlang_quantum.ansaetze import named
from einlang_quantum.learning.form import Form
from einlang_quantum.learning.readout import Readout
from einlang_quantum.learning.whole import circuits
from einlang_quantum.options import Options

Array = Any
LEAST = 1e-12


@dataclass(frozen=True)
class CircuitModel:
    """A dataflow, the shapes of the inputs that are sought, and the settings of the target."""

    flow: Dataflow
    sought: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, Any]

    @cached_property
    def forms(self) -> dict[str, Form]:
        """The circuits, by tensor."""
        found = {}
        for name, shape in self.sought.items():
            chosen = self.settings.get(name)
            if chosen is not None:
                found[name] = Form.of(_ansatz(name, chosen).circuit(name, 0, sum(_qubits(shape))))
        return found

    @cached_property
    def _tensors(self) -> TensorModel:
        plain = {name: shape for name, shape in self.sought.items() if name not in self.forms}
        return TensorModel(self.flow, plain)

    def start(self, rng: np.random.Generator) -> dict[str, Array]:
        """Angles anywhere on the circle, and normal numbers for what stays a tensor."""
        angles = {
            name: rng.uniform(0, 2 * np.pi, len(form.parameters))
            for name, form in self.forms.items()
        }
        return angles | self._tensors.start(rng)

    def differentiate(
        self, parameters: Arrays, inputs: Arrays
    ) -> tuple[dict[str, Array], Callable[[Arrays], Mapping[str, Any]]]:
        """The outputs as they are read, and what pulls their gradients back.

        Raises `BackendMistake`: E0706 for settings that mean nothing, or a gradient by runs for
        tensors without an ansatz, and as `circuits` and `execute` do, where circuits are run.
        """
        if self._asked.gradient != "diagram":
            return self._run(parameters, inputs)
        tensors = {name: np.asarray(parameters[name])[None] for name in self._tensors.sought}
        pulls: dict[str, Callable[[Array], Array]] = {}
        for name in self.forms:
            tensors[name], pulls[name] = self._state(name, np.asarray(parameters[name]))
        values, pull = differentiate(self.flow, {**inputs, **tensors})
        read = {name: _read(self._asked.reading, value) for name, value in values.items()}

        def back(gradients: Arrays) -> dict[str, Array]:
            found = pull({name: read[name][1](gradient) for name, gradient in gradients.items()})
            # What no output depends on is not in the dataflow.
            none = {name: np.zeros((1, *shape)) for name, shape in self.sought.items()}
            found = {**none, **found}
            plain = {name: found[name][0].real for name in self._tensors.sought}
            return plain | {name: pulled(found[name]) for name, pulled in pulls.items()}

        return {name: value for name, (value, _) in read.items()}, back

    def _run(
        self, parameters: Arrays, inputs: Arrays
    ) -> tuple[dict[str, Array], Callable[[Arrays], Mapping[str, Any]]]:
        """The same by circuits that are run, one after another."""
        runs = self._runs(inputs)
        values = {
            angle: float(number)
            for name, form in self.forms.items()
            for angle, number in zip(form.parameters, parameters[name], strict=True)
        }
        found = {
            name: np.stack([sample[name].outputs(values).reshape(shape) for sample in runs])
            for name, shape in self._shapes.items()
        }
        plain = self._asked.reading == "amplitude"
        read = {name: (x, _same) if plain else _shares(x) for name, x in found.items()}

        def back(gradients: Arrays) -> dict[str, Array]:
            total = dict.fromkeys(values, 0.0)
            for name, gradient in gradients.items():
                for sample, weights in zip(runs, read[name][1](gradient), strict=True):
                    for angle, slope in sample[name].gradient(values, weights).items():
                        total[angle] += slope
            return {
                name: np.array([total[angle] for angle in form.parameters])
                for name, form in self.forms.items()
            }

        return {name: value for name, (value, _) in read.items()}, back

    def _runs(self, inputs: Arrays) -> list[dict[str, Readout]]:
        """The circuits of every sample, by output."""
        asked, states = self._asked, {name: form.circuit for name, form in self.forms.items()}
        if self._tensors.sought:
            name = next(iter(self._tensors.sought))
            message = f"`gradient = {asked.gradient}` turns angles, and `{name}` has none"
            hint = f"give it an ansatz, as in `{name} = iqp(layers=2)`, or `gradient = diagram`"
            raise fail(BackendMistake, "E0706", message, hint=hint)
        drawn = asked.gradient == "shift" and {"shots", "noise", "device"} & asked.execution.keys()
        execution = asked.execution if drawn else {}
        runs = []
        for number in range(max((len(array) for array in inputs.values()), default=1)):
            sample = {name: x[number if len(x) > 1 else 0] for name, x in inputs.items()}
            found = circuits(self.flow, states, sample, asked.layout)
            runs.append(
                {n: Readout(w, asked.reading, asked.gradient, execution) for n, w in found.items()}
            )
        return runs

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the outputs."""
        pairs = zip(self.flow.names, self.flow.outputs, strict=True)
        return {name: self.flow.type(value).shape for name, value in pairs}

    @cached_property
    def _asked(self) -> Options:
        return Options.read(self.settings, {*self.sought, *(p.name for p in self.flow.inputs)})

    def _state(self, name: str, angles: Array) -> tuple[Array, Callable[[Array], Array]]:
        """The tensor that a circuit prepares, with one axis in front, and the way back."""
        shape = self.sought[name]
        whole = tuple(1 << count for count in _qubits(shape))
        inside = tuple(slice(size) for size in shape)
        state, pull = self.forms[name].differentiate(angles[None])

        def back(gradient: Array) -> Array:
            wide = np.zeros((1, *whole), complex)
            wide[(slice(None), *inside)] = gradient
            return pull(wide.reshape(state.shape))[0]

        return state.reshape(1, *whole)[(slice(None), *inside)], back


def _qubits(shape: tuple[int, ...]) -> list[int]:
    """How many qubits each axis takes."""
    return [(size - 1).bit_length() for size in shape]


def _ansatz(name: str, chosen: Any) -> Any:
    """The ansatz of a setting: a name, or a name with `layers` and `turns`."""
    fields = dict(getattr(chosen, "fields", ()))
    unknown = sorted(fields.keys() - {"layers", "turns"})
    wrong = [key for key, value in fields.items() if not isinstance(value, int) or value < 1]
    if unknown or wrong:
        field = (unknown or wrong)[0]
        hint = "for example `iqp(layers=2)`; a lone qubit takes `turns` rotations"
        raise fail(BackendMistake, "E0706", f"`{field}` of `{name}` cannot be so", hint=hint)
    return named(str(getattr(chosen, "name", chosen)), **fields)


def _read(reading: str, value: Array) -> tuple[Array, Callable[[Array], Array]]:
    """An output as it is read, and the derivative of that, unconjugated."""
    if reading == "amplitude":
        return value.real, _same
    shares, back = _shares(np.abs(value) ** 2)
    return shares, lambda gradient: 2 * back(gradient) * value.conj()


def _same(gradient: Array) -> Array:
    return gradient


def _shares(squares: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Squares as shares of the last axis, where there is one, and gradients by squares."""
    if squares.ndim < 2:
        return squares, _same
    total = squares.sum(-1, keepdims=True) + LEAST

    def back(gradient: Array) -> Array:
        mean = (gradient * squares).sum(-1, keepdims=True) / total
        return (gradient - mean) / total

    return squares / total, back
