"""Programs that learn: `param` tensors without data are sought, for samples of other inputs.

>>> from einlang.api.program import compile
>>> program = compile("index i = 2\\nparam w[i]\\npublic x[i]\\ny = w[i] * x[i]")
>>> x = np.random.default_rng(0).normal(size=(20, 2))
>>> data = {"x": x, "y": x @ [1.0, -2.0]}
>>> trained = program.train(data, loss="mse", epochs=200, rate=0.1)
>>> trained.parameters["w"].round(2).tolist()
[1.0, -2.0]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from einlang import planning
from einlang.backend import Differentiable, Trainable, find
from einlang.checking.typed import Qualifier, Typed
from einlang.errors import BackendMistake, DataMistake, Label, fail
from einlang.training.loop import Plan, Trained, Watch, fit
from einlang.training.model import Arrays, Pull

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class ProgramModel:
    """A program as a model: one output is predicted, inputs that samples lack are `shared`."""

    function: Differentiable
    output: str
    shared: Arrays

    def start(self, rng: np.random.Generator) -> dict[str, Array]:
        """Parameters to start from."""
        return self.function.start(rng)

    def differentiate(self, parameters: Arrays, samples: Arrays) -> tuple[Array, Pull]:
        """Predictions for samples, and the way back."""
        fixed = {name: array[None] for name, array in self.shared.items()}
        outputs, pull = self.function.differentiate(parameters, {**fixed, **samples})
        count = max((len(array) for array in samples.values()), default=1)
        value = outputs[self.output]
        wide = np.broadcast_to(value, (count, *value.shape[1:]))
        return wide, lambda gradient: pull({self.output: gradient})


def train(
    typed: Typed,
    backend: str,
    settings: Mapping[str, Any],
    shared: Arrays,
    samples: Mapping[str, Any],
    validation: Mapping[str, Any] | None,
    plan: Plan,
    watch: Watch | None,
) -> Trained:
    """Trains a checked program; `samples` hold inputs and targets, one row each.

    The targets stand under the name of an output. Raises `DataMistake` E0616 where nothing is
    sought, E0617 where the data does not fit, `BackendMistake` E0714 for a backend that does
    not train.
    """
    inputs = {item.tensor.name: item.tensor for item in typed.inputs}
    given = {*samples, *shared}
    params = [t for t in inputs.values() if t.qualifier is Qualifier.PARAM]
    sought = {t.name: t.shape for t in params if t.name not in given}
    if not sought:
        hint = "declare what is to be learned as a `param` without `from`"
        raise fail(DataMistake, "E0616", "there is nothing to train", hint=hint)
    output = _output(typed, samples)
    model = ProgramModel(function(typed, backend, sought, settings), output, shared)
    sets = [_sorted(typed, part, output) for part in (samples, validation) if part is not None]
    beside = sets[1] if len(sets) > 1 else None
    return fit(model, *sets[0], plan, validation=beside, watch=watch)


def known(typed: Typed, given: Arrays, samples: Mapping[str, Any]) -> Typed:
    """The program with those inputs alone that all samples share: not what is sought."""
    shared = tuple(
        item
        for item in typed.inputs
        if item.tensor.name not in samples and (item.tensor.name in given or item.path is not None)
    )
    return replace(typed, inputs=shared)


def function(
    typed: Typed, backend: str, sought: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]
) -> Differentiable:
    """The whole program, the client's part included, as the backend differentiates it.

    `sought` are the tensors that are parameters, by shape. Raises `BackendMistake` E0714 for a
    backend that does not train.
    """
    chosen = find(backend)
    if not isinstance(chosen, Trainable):
        message = f"the backend `{backend}` does not train programs"
        hint = "train in the clear, with `--backend numpy`, and run with what was learned"
        raise fail(BackendMistake, "E0714", message, hint=hint)
    together = tuple(replace(item, client=False) for item in typed.definitions)
    flow = planning.plan(replace(typed, definitions=together)).server
    return chosen.differentiable(flow, sought, {**typed.settings.get(backend, {}), **settings})


def _output(typed: Typed, samples: Mapping[str, Any]) -> str:
    """The output that there are targets for."""
    names = [name for name in typed.outputs if name in samples]
    if len(names) == 1:
        return names[0]
    outputs = ", ".join(f"`{name}`" for name in typed.outputs)
    message = "the data holds no targets" if not names else "the data holds targets of two outputs"
    hint = f"targets stand under the name of an output: {outputs}"
    raise fail(DataMistake, "E0617", message, hint=hint)


def _sorted(typed: Typed, part: Mapping[str, Any], output: str) -> tuple[dict[str, Array], Array]:
    """Inputs and targets, with as many rows each, of the shapes declared."""
    if output not in part:
        raise fail(DataMistake, "E0617", f"there are no targets `{output}` for validation")
    arrays = {name: np.asarray(array) for name, array in part.items()}
    targets = arrays.pop(output)
    tensors = {item.tensor.name: item.tensor for item in typed.inputs}
    for name, array in arrays.items():
        if name not in tensors:
            raise fail(DataMistake, "E0617", f"`{name}` is neither an input nor an output")
        tensor = tensors[name]
        if array.shape != (len(targets), *tensor.shape):
            wanted = (len(targets), *tensor.shape)
            message = f"`{name}` has the shape {array.shape}, not {wanted}: one row per sample"
            raise fail(DataMistake, "E0617", message, Label(tensor.span))
    shape = typed.tensors[output].shape
    if targets.shape[1:] not in (shape, shape[:-1]):
        message = f"targets `{output}` have the shape {targets.shape}, not (samples, *{shape})"
        raise fail(DataMistake, "E0617", message)
    return arrays, targets
