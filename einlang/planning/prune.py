"""Drop the steps that no output needs.

>>> from einlang.planning.dataflow import Builder, Port, Reshape, Type
>>> build = Builder([Port("A", Type((2, 3)))])
>>> dead = build.add(Reshape(), (0,), Type((6,)))
>>> print(prune(build.flow({"A": 0})))
%0 = input A: public 2 3
output A = %0
"""

from __future__ import annotations

from einlang.planning.dataflow import Dataflow, Step


def prune(flow: Dataflow) -> Dataflow:
    """The same arrow without dead steps; inputs stay, for they are its domain."""
    first = len(flow.inputs)
    live = set(flow.outputs)
    for number in reversed(range(len(flow.steps))):
        if first + number in live:
            live.update(flow.steps[number].arguments)
    place = {value: value for value in range(first)}
    steps: list[Step] = []
    for value, step in enumerate(flow.steps, first):
        if value not in live:
            continue
        place[value] = first + len(steps)
        arguments = tuple(place[argument] for argument in step.arguments)
        steps.append(Step(step.operation, arguments, step.type, step.label))
    outputs = tuple(place[value] for value in flow.outputs)
    return Dataflow(flow.inputs, tuple(steps), outputs, flow.names)
