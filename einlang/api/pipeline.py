"""From a checked program to arrays: plan, compile on a backend, run, compare with NumPy.

The evaluator's part runs on the backend that was asked for, the client's part on the
numpy backend, in the clear. Law: `execute(compiled, arrays)` has the names that the
program puts out, in that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang.api.result import Agreement, agreement
from einlang.backend import Executable, Progress, Report, find, silent
from einlang.checking.typed import Qualifier, Typed
from einlang.planning.dataflow import Dataflow, Plan

Arrays = Mapping[str, "np.ndarray[Any, Any]"]
CLEAR = "numpy"
PRECISION = 1e-4


@dataclass(frozen=True)
class Compiled:
    """A planned program and what runs its two parts; None for a part with no outputs."""

    typed: Typed
    plan: Plan
    server: Executable | None
    client: Executable | None

    @property
    def report(self) -> Report:
        """What the backend says of the evaluator's part."""
        return self.server.report if self.server else Report()


def prepare(
    typed: Typed, plan: Plan, backend: str, arrays: Arrays, settings: Mapping[str, Any]
) -> Compiled:
    """Both parts compiled. `arrays` must hold the values of the `param` inputs.

    Raises `BackendMistake` when the backend is missing or cannot run the program.
    """
    chosen = find(backend)
    server = None
    if plan.server.names:
        own = {**typed.settings.get(backend, {}), **settings}
        server = chosen.compile(plan.server, _params(plan.server, arrays), own)
    client = None
    if plan.client.names:
        own = typed.settings.get(CLEAR, {})
        client = find(CLEAR).compile(plan.client, _params(plan.client, arrays), own)
    return Compiled(typed, plan, server, client)


def _params(flow: Dataflow, arrays: Arrays) -> dict[str, np.ndarray[Any, Any]]:
    return {
        port.name: arrays[port.name]
        for port in flow.inputs
        if port.type.qualifier is Qualifier.PARAM and port.name in arrays
    }


def _inputs(flow: Dataflow, arrays: Arrays) -> dict[str, np.ndarray[Any, Any]]:
    return {port.name: arrays[port.name] for port in flow.inputs}


def execute(
    compiled: Compiled, arrays: Arrays, progress: Progress = silent
) -> dict[str, np.ndarray[Any, Any]]:
    """All inputs by name to the outputs that the program names."""
    values = dict(arrays)
    if compiled.server:
        values |= compiled.server.run(_inputs(compiled.plan.server, values), progress)
    if compiled.client:
        values |= compiled.client.run(_inputs(compiled.plan.client, values))
    return {name: np.asarray(values[name]) for name in compiled.plan.outputs}


def compare(
    compiled: Compiled, arrays: Arrays, outputs: Arrays, settings: Mapping[str, Any], backend: str
) -> tuple[Agreement, ...]:
    """The outputs beside those of the numpy backend, against the precision stated."""
    beside = prepare(compiled.typed, compiled.plan, CLEAR, arrays, {})
    expected = execute(beside, arrays)
    precision = stated_precision(compiled, settings, backend)
    return tuple(
        agreement(name, outputs[name], expected[name], precision) for name in compiled.plan.outputs
    )


def stated_precision(compiled: Compiled, settings: Mapping[str, Any], backend: str) -> float:
    """What was asked for, else what the backend aims at."""
    own = {**compiled.typed.settings.get(backend, {}), **settings}
    return float(own.get("precision", compiled.report.figures.get("precision", PRECISION)))
