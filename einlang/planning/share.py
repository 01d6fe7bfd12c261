"""Compute equal steps once (hash-consing).

>>> from einlang.planning.dataflow import Dataflow, Reshape, Step, Type, Port
>>> flat = Step(Reshape(), (0,), Type((6,)))
>>> print(share(Dataflow((Port("A", Type((2, 3))),), (flat, flat), (1, 2), ("x", "y"))))
%0 = input A: public 2 3
%1 = reshape %0: public 6
output x = %1
output y = %1
"""

from __future__ import annotations

from einlang.planning.dataflow import Builder, Dataflow


def share(flow: Dataflow) -> Dataflow:
    """The same arrow, where no two steps are equal."""
    build = Builder(flow.inputs)
    place = list(range(len(flow.inputs)))
    for step in flow.steps:
        arguments = tuple(place[value] for value in step.arguments)
        place.append(build.add(step.operation, arguments, step.type, step.label))
    outputs = tuple(place[value] for value in flow.outputs)
    return Dataflow(flow.inputs, tuple(build.steps), outputs, flow.names)
