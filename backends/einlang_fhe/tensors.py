"""The part of a dataflow that some of its values need.

>>> from einlang.planning.dataflow import Add, Port, Step, Type
>>> double = Step(Add((2,)), (1,), Type(()))
>>> flow = Dataflow((Port("a", Type(())), Port("b", Type(()))), (double,), (), ())
>>> part = extract(flow, [2])
>>> [port.name for port in part.inputs], part.names
(['b'], ('2',))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from einlang.planning.dataflow import Dataflow


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
