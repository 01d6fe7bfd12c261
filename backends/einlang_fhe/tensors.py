"""Values of a dataflow in the clear: plain operands, and what the data at hand foretells.

>>> from einlang.planning.dataflow import Add, Port, Step, Type
>>> double = Step(Add((2,)), (1,), Type(()))
>>> flow = Dataflow((Port("a", Type(())), Port("b", Type(()))), (double,), (), ())
>>> part = extract(flow, [2])
>>> [port.name for port in part.inputs], part.names
(['b'], ('2',))
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import ceil, floor, log2
from typing import Any

import numpy as np

from einlang.backend import Arrays, find
from einlang.errors import BackendMistake, DataMistake, fail
from einlang.planning.dataflow import Apply, Dataflow, Fold
from einlang_fhe.scales.magnitude import Magnitude

Array = np.ndarray[Any, Any]


def extract(flow: Dataflow, numbers: Sequence[int]) -> Dataflow:
    """A dataflow with only the inputs and steps behind these values.

    Its outputs are the values, named by their numbers in `flow`.
    """
    count = len(flow.inputs)
    needed = set(numbers)
    for number in reversed(range(count, count + len(flow.steps))):
        if number in needed:
            needed.update(flow.steps[number - count].arguments)
    names = {old: new for new, old in enumerate(sorted(needed))}
    steps = tuple(
        replace(step, arguments=tuple(names[value] for value in step.arguments))
        for number, step in enumerate(flow.steps, start=count)
        if number in needed
    )
    inputs = tuple(port for number, port in enumerate(flow.inputs) if number in needed)
    outputs = tuple(names[number] for number in numbers)
    return Dataflow(inputs, steps, outputs, tuple(str(number) for number in numbers))


def values_of(flow: Dataflow, numbers: set[int], inputs: Arrays) -> dict[int, Array]:
    """Values of a dataflow by number, computed by the backend called `numpy`."""
    part = extract(flow, sorted(numbers))
    missing = [port.name for port in part.inputs if port.name not in inputs]
    if missing:
        raise fail(
            BackendMistake, "E0707", f"no data for {', '.join(missing)}", hint="give it to `run`"
        )
    needed = {port.name: inputs[port.name] for port in part.inputs}
    results = find("numpy").compile(part, {}, {}).run(needed)
    return {int(name): np.asarray(results[name], dtype=np.float64) for name in part.names}


class Watched:
    """Values of a dataflow, computed again when the data behind them changed.

    `fixed` is data that nobody changes; of other data a copy is kept and compared.
    """

    def __init__(self, flow: Dataflow, numbers: set[int], fixed: Arrays) -> None:
        self.flow = flow
        self.fixed = fixed
        self.values: dict[int, Array] = {}
        self._behind = {n: {port.name for port in extract(flow, [n]).inputs} for n in numbers}
        self._seen: dict[str, Array] = {}

    def update(self, inputs: Arrays) -> set[int]:
        """Computes what is new; which values that are."""
        names = set().union(*self._behind.values())
        changed = {name for name in names if not self._same(name, inputs)}
        stale = {n for n, names in self._behind.items() if n not in self.values or names & changed}
        if stale:
            self.values |= values_of(self.flow, stale, inputs)
        for name in changed:
            given = inputs[name]
            self._seen[name] = given if given is self.fixed.get(name) else np.array(given)
        return stale

    def _same(self, name: str, inputs: Arrays) -> bool:
        if name not in self._seen or name not in inputs:
            return False
        seen, given = self._seen[name], inputs[name]
        if given is self.fixed.get(name):
            return seen is given
        return np.array_equal(seen, given)


def check_ranges(flow: Dataflow, inputs: Arrays) -> None:
    """Raises E0620 when the data at hand shows that a range does not hold."""
    watched = {
        step.arguments[0]: (step.operation.range, step.label)
        for step in flow.steps
        if isinstance(step.operation, (Apply, Fold))
        and step.operation.range is not None
        and step.arguments[0] >= len(flow.inputs)
    }
    if not watched:
        return
    for number, array in values_of(flow, set(watched), inputs).items():
        (low, high), label = watched[number]
        slack = 1e-9 * max(1.0, abs(low), abs(high))
        if array.min() < low - slack or array.max() > high + slack:
            raise _outside(label, array, low, high)


def _outside(label: str, array: Array, low: float, high: float) -> Exception:
    where = f" in {label}" if label else ""
    return fail(
        DataMistake,
        "E0620",
        f"a function{where} is given values from {array.min():.4g} to {array.max():.4g}, "
        f"outside of its range [{low:g}, {high:g}]",
        hint="the polynomial that stands for it holds on the range only: declare a wider one",
    )


def largest(flow: Dataflow, names: Collection[str], inputs: Arrays) -> dict[str, float]:
    """The largest absolute value of each of these outputs."""
    numbers = dict(zip(flow.names, flow.outputs, strict=True))
    found = values_of(flow, {numbers[name] for name in names}, inputs)
    return {name: float(np.abs(found[numbers[name]]).max(initial=0)) for name in names}


def outgrown(assumed: Mapping[str, Magnitude], found: Mapping[str, float]) -> dict[str, float]:
    """Bounds, rounded up to powers of two, of outputs that are larger than was assumed."""
    unsure = {name: size for name, size in assumed.items() if not size.hard}
    return {
        name: 2.0 ** ceil(log2(found[name]))
        for name, size in unsure.items()
        if found[name] > size.peak
    }


def surely(found: Mapping[str, float]) -> float:
    """How large every output has an element, by half and more: a power of two, 1 at least.

    Powers below 8 count as 1: they are not worth another compilation.

    >>> surely({"x": 100.0, "y": 4000.0}), surely({"x": 9.0})
    (32.0, 1.0)
    """
    least = min(found.values(), default=0.0)
    bits = floor(log2(least)) - 1 if least > 0 else 0
    return 2.0**bits if bits > 2 else 1.0
