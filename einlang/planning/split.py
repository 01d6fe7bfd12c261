"""Part what can be computed early, from some of the inputs alone, from the rest.

>>> from einlang.planning.dataflow import Builder, Contract, Port, Reshape, Type
>>> build = Builder([Port("W", Type((2, 3))), Port("x", Type((6,)))])
>>> flat = build.add(Reshape(), (0,), Type((6,)))
>>> dot = build.add(Contract(((0,), (0,)), ()), (flat, 1), Type(()))
>>> early, late = split(build.flow({"y": dot}), {"W"})
>>> print(late)
%0 = input x: public 6
%1 = input %2: public 6
%2 = contract "a,a->" %1 %0: public
output y = %2
>>> early.names
('%2',)
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from einlang.planning.dataflow import Dataflow, Port, Step
from einlang.planning.prune import prune


def split(flow: Dataflow, early: Container[str]) -> tuple[Dataflow, Dataflow]:
    """What depends on the inputs called `early` alone, and the rest.

    The outputs of the first are named `%n` after their values in `flow`; they are the last
    inputs of the second.
    """
    first = len(flow.inputs)
    known = {number for number, port in enumerate(flow.inputs) if port.name in early}
    for value, step in enumerate(flow.steps, first):
        if known.issuperset(step.arguments):
            known.add(value)
    rest = [value for value in range(first + len(flow.steps)) if value not in known]
    border = dict.fromkeys(_read(flow, [v for v in rest if v >= first]))
    passed = [value for value in border if value in known]
    names = tuple(f"%{value}" for value in passed)
    mine = Dataflow(flow.inputs, flow.steps, tuple(passed), names)
    return _without(prune(mine), known), _rest(flow, rest, passed)


def _read(flow: Dataflow, values: Iterable[int]) -> Iterable[int]:
    """The values that those steps read, and the outputs."""
    for value in values:
        yield from flow.steps[value - len(flow.inputs)].arguments
    yield from flow.outputs


def _without(flow: Dataflow, known: Container[int]) -> Dataflow:
    """The same with only the known inputs."""
    kept = [number for number in range(len(flow.inputs)) if number in known]
    place = {number: count for count, number in enumerate(kept)}
    shift = len(kept) - len(flow.inputs)
    return _renumbered(flow, kept, flow.steps, place, shift)


def _renumbered(
    flow: Dataflow, kept: Iterable[int], steps: Iterable[Step], place: dict[int, int], shift: int
) -> Dataflow:
    def at(value: int) -> int:
        return place[value] if value < len(flow.inputs) else value + shift

    moved = (Step(s.operation, tuple(map(at, s.arguments)), s.type, s.label) for s in steps)
    inputs = tuple(flow.inputs[number] for number in kept)
    return Dataflow(inputs, tuple(moved), tuple(map(at, flow.outputs)), flow.names)


def _rest(flow: Dataflow, rest: list[int], passed: list[int]) -> Dataflow:
    first = len(flow.inputs)
    kept = [value for value in rest if value < first]
    steps = [value for value in rest if value >= first]
    place = {value: number for number, value in enumerate([*kept, *passed, *steps])}
    moved = (flow.steps[value - first] for value in steps)
    return Dataflow(
        tuple(flow.inputs[v] for v in kept)
        + tuple(Port(f"%{value}", flow.type(value)) for value in passed),
        tuple(
            Step(s.operation, tuple(place[v] for v in s.arguments), s.type, s.label) for s in moved
        ),
        tuple(place[value] for value in flow.outputs),
        flow.names,
    )
