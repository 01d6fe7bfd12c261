"""From a checked program to arrays: plan, compile on a backend, run, compare with NumPy.

The evaluator's part runs on the backend that was asked for, the client's part on the
numpy backend, in the clear. Law: `execute(compiled, arrays)` has the names that the
program puts out, in that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from einlang import planning
from einlang.api.result import Agreement, agreement
from einlang.backend import (
    Around,
    Declared,
    Drawable,
    Executable,
    Progress,
    Report,
    Shippable,
    available,
    find,
    silent,
)
from einlang.checking.typed import Qualifier, Typed
from einlang.errors import BackendMistake, fail
from einlang.planning.dataflow import Dataflow, Plan

if TYPE_CHECKING:
    from einlang.diagrams.drawing import Drawing

Arrays = Mapping[str, "np.ndarray[Any, Any]"]
Sources = Mapping[str, "str | None"]
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


def prepare(typed: Typed, backend: str, arrays: Arrays, settings: Mapping[str, Any]) -> Compiled:
    """Planned, and both parts compiled. `arrays` must hold the values of the `param` inputs.

    The setting `memory` is the planner's, all others are the backend's. Raises
    `BackendMistake` when the backend is missing or cannot run the program.
    """
    chosen = find(backend)
    own = {**typed.settings.get(backend, {}), **settings}
    plan = planning.plan(typed, memory=_memory(own.pop("memory", None)))
    server = None
    if plan.server.names:
        server = chosen.compile(plan.server, _params(plan.server, arrays), own)
    client = None
    if plan.client.names:
        own = {k: v for k, v in typed.settings.get(CLEAR, {}).items() if k != "memory"}
        client = find(CLEAR).compile(plan.client, _params(plan.client, arrays), own)
    return Compiled(typed, plan, server, client)


def _memory(value: Any) -> int | None:
    """The cap on what a contraction leaves in between, in bytes."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 8:
        return int(value)
    raise fail(
        BackendMistake,
        "E0706",
        f"setting `memory` cannot be `{value}`",
        hint="it is a number of bytes, like 1e9: the most that a contraction leaves in between",
    )


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


def layouts(compiled: Compiled, backend: str) -> Drawing:
    """Where the evaluator's tensors sit; E0712 where the backend does not say."""
    if isinstance(compiled.server, Drawable):
        return compiled.server.layouts()
    others = ", ".join(sorted(set(available()) - {backend}))
    why = "has no layouts" if compiled.server else "has nothing to compute here"
    raise fail(
        BackendMistake,
        "E0712",
        f"there are no layouts to draw: the backend `{backend}` {why}",
        hint=f"other backends: {others}",
    )


def ship(compiled: Compiled, backend: str, arrays: Arrays, sources: Sources, copy: bool) -> bytes:
    """The bytes of a compiled program's file; E0713 where the backend writes none.

    `sources`: the files that the program names. `copy`: what a client needs of it.
    """
    if isinstance(compiled.server, Shippable):
        return compiled.server.ship(_around(compiled, arrays, sources), copy)
    why = "writes no files" if compiled.server else "has nothing to compute here"
    raise fail(
        BackendMistake,
        "E0713",
        f"there is nothing to send: the backend `{backend}` {why}",
        hint="only what is encrypted is computed elsewhere: `--backend fhe`, with `secret` inputs",
    )


def _around(compiled: Compiled, arrays: Arrays, sources: Sources) -> Around:
    typed, client = compiled.typed, compiled.plan.client
    declared = tuple(
        Declared(t.name, t.shape, t.qualifier, t.range, item.axes, sources.get(t.name))
        for item in typed.inputs
        for t in [item.tensor]
    )
    axes = {i.tensor.name: i.axes for i in (*typed.inputs, *typed.definitions)}
    return Around(
        Path(typed.name).name,
        declared,
        compiled.plan.outputs,
        {name: axes[name] for name in compiled.plan.outputs},
        {index.name: index.size for index in typed.indices},
        client,
        _params(client, arrays),
    )


def compare(
    compiled: Compiled, arrays: Arrays, outputs: Arrays, settings: Mapping[str, Any], backend: str
) -> tuple[Agreement, ...]:
    """The outputs beside those of the numpy backend, against the precision stated."""
    beside = prepare(compiled.typed, CLEAR, arrays, {})
    expected = execute(beside, arrays)
    precision = stated_precision(compiled, settings, backend)
    return tuple(
        agreement(name, outputs[name], expected[name], precision) for name in compiled.plan.outputs
    )


def stated_precision(compiled: Compiled, settings: Mapping[str, Any], backend: str) -> float:
    """What was asked for, else what the backend aims at."""
    own = {**compiled.typed.settings.get(backend, {}), **settings}
    return float(own.get("precision", compiled.report.figures.get("precision", PRECISION)))
