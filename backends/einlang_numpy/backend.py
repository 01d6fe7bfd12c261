"""The numpy backend: dataflows are lowered to kernels, once, and run on arrays.

Programs compute in float64 and, as long as all is whole, in int64; `dtype = float32` in a
`target numpy` block makes the floats short.

>>> from einlang.planning.dataflow import Builder, Contract, Port, Type
>>> build = Builder([Port("A", Type((2, 3))), Port("x", Type((3,)))])
>>> y = build.add(Contract(((0, 1), (1,)), (0,)), (0, 1), Type((2,)))
>>> ready = NumpyBackend().compile(build.flow({"y": y}), {}, {})
>>> ready.run({"A": np.ones((2, 3)), "x": np.arange(3)})
{'y': array([3., 3.])}
>>> ready.report.figures["flops"]
12
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from einlang.backend import Arrays, Progress, Report, silent
from einlang.data import all_finite
from einlang.data import array as given
from einlang.errors import BackendMistake, DataMistake, fail
from einlang.planning.dataflow import Dataflow, Port
from einlang.planning.printing import rows
from einlang.planning.split import split
from einlang_numpy.chains import chained
from einlang_numpy.division import divide
from einlang_numpy.expressions import plan
from einlang_numpy.functor import lower
from einlang_numpy.learning import TensorModel
from einlang_numpy.program import Program, owned

Array = Any
SETTINGS = {"dtype": ("float64", "float32")}


@dataclass(frozen=True)
class Executable:
    """A program whose parameters are in place; `fixed` are the values made of them."""

    flow: Dataflow
    program: Program
    inputs: tuple[Port, ...]
    fixed: tuple[Array, ...] = field(repr=False)
    dtype: str = "float64"

    @property
    def report(self) -> Report:
        """Steps, flops and the memory that a run holds at its peak."""
        table = rows(self.flow)
        figures = {
            "backend": "numpy",
            "dtype": self.dtype,
            "steps": len(self.flow.steps),
            "flops": sum(row["flops"] for row in table),
            "peak bytes": self.program.peak,
        }
        return Report(figures, {"steps": table})

    def run(self, inputs: Arrays, progress: Progress = silent) -> dict[str, Array]:
        """The outputs, for arrays of the shapes declared."""
        arrays = [_array(port, inputs, self.dtype) for port in self.inputs]
        progress("compute", 0, 1)
        with np.errstate(all="ignore"):
            values = self.program.run([*arrays, *self.fixed])
        progress("compute", 1, 1)
        held = [*arrays, *self.fixed]
        named = zip(self.flow.names, values, strict=True)
        return {name: _finite(name, owned(value, held)) for name, value in named}


class NumpyBackend:
    """Runs dataflows on this machine, in the clear."""

    name = "numpy"

    def compile(
        self, flow: Dataflow, parameters: Arrays, settings: Mapping[str, Any]
    ) -> Executable:
        """A dataflow made ready. What depends on parameters alone is computed now."""
        dtype = _settings(settings)
        named = frozenset(port.name for port in flow.inputs if port.name in parameters)
        early, late = _halves(flow, named, tuple(step.label for step in flow.steps))
        arrays = [_array(port, parameters, dtype) for port in early.inputs]
        with np.errstate(all="ignore"):
            fixed = tuple(early.program.run(arrays))
        inputs = late.inputs[: len(late.inputs) - len(fixed)]
        return Executable(flow, late.program, inputs, fixed, dtype)

    def differentiable(
        self, flow: Dataflow, sought: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]
    ) -> TensorModel:
        """The dataflow as a function of the tensors that are sought, which are trained as such."""
        return TensorModel(flow, sought)

    def function(self, flow: Dataflow) -> Callable[..., Array]:
        """The first output as a function of the inputs, in order, as they are.

        For callers that keep what they compile and watch their arrays themselves: nothing
        is checked, converted or copied.
        """
        program = lower(flow)
        if len(program.calls) == 1 and program.outputs == (len(program.dom),):
            call = program.calls[0]
            if call.arguments == tuple(range(len(program.dom))):
                return call.kernel.function
        return lambda *arrays: program.run(arrays)[0]

    def equation(
        self,
        terms: tuple[tuple[int, ...], ...],
        result: tuple[int, ...],
        arrays: Sequence[Array],
        pairs: tuple[tuple[int, int], ...] | None = None,
        optimizer: str = "auto",
        memory: int | None = None,
        same: tuple[int, ...] | None = None,
    ) -> Callable[..., Array]:
        """An einsum of arrays like these, planned without a dataflow: see `expressions`."""
        return plan(terms, result, arrays, pairs, optimizer, memory, same)


@dataclass(frozen=True)
class Half:
    """A part of a dataflow: what it takes, and the program that it is."""

    inputs: tuple[Port, ...]
    program: Program


@lru_cache(maxsize=64)
def _halves(flow: Dataflow, names: frozenset[str], labels: tuple[str, ...]) -> tuple[Half, Half]:
    """What parameters decide, and the rest.

    The labels of the steps, which complaints name, take part in the key of the cache.
    """
    parts = split(flow, names)
    early, late = (Half(part.inputs, chained(divide(lower(part)))) for part in parts)
    return early, late


def _settings(settings: Mapping[str, Any]) -> str:
    """The float type that is asked for. Raises `BackendMistake` E0706."""
    for name in settings:
        if name not in SETTINGS:
            close = get_close_matches(name, SETTINGS, n=1)
            known = f"settings of this backend: {', '.join(SETTINGS)}"
            hint = f"did you mean `{close[0]}`?" if close else known
            message = f"the numpy backend has no setting `{name}`"
            raise fail(BackendMistake, "E0706", message, hint=hint)
    value = settings.get("dtype", "float64")
    chosen = str(getattr(value, "name", value))
    if chosen not in SETTINGS["dtype"]:
        message = f"`dtype` of the numpy backend cannot be `{chosen}`"
        hint = f"one of {', '.join(SETTINGS['dtype'])}"
        raise fail(BackendMistake, "E0706", message, hint=hint)
    return chosen


def _array(port: Port, arrays: Arrays, dtype: str) -> Array:
    """An input as whole numbers or floats.

    Raises `DataMistake`: E0609 where there is none, E0603 and E0604 for what is no finite
    number, E0606 for another shape.
    """
    array = given(port.name, None, arrays, Path())
    if array.shape != port.type.shape:
        raise fail(
            DataMistake,
            "E0606",
            f"`{port.name}` needs the shape {port.type.shape}, but its data has {array.shape}",
        )
    return array if array.dtype.kind == "i" else array.astype(dtype, copy=False)


def _finite(name: str, array: Array) -> Array:
    """The output itself. Raises `DataMistake` E0631 where it is not finite."""
    if array.dtype.kind in "fc" and not all_finite(array):
        where = np.argwhere(~np.isfinite(array))[0].tolist()
        place = f" at position {where}" if where else ""
        hint = "the numbers on the way to it are too large for this dtype"
        raise fail(DataMistake, "E0631", f"output `{name}` is not finite{place}", hint=hint)
    return array
