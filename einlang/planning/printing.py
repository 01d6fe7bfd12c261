"""Dataflows and plans as text: one line per step.

>>> from einlang.planning.dataflow import Builder, Port, Reshape, Type
>>> build = Builder([Port("A", Type((2, 3)))])
>>> print(build.flow({"flat": build.add(Reshape(), (0,), Type((6,)), label="flat")}))
%0 = input A: public 2 3
%1 = reshape %0: public 6  # flat
output flat = %1
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from einlang.planning.costs import flops
from einlang.planning.dataflow import (
    Add,
    Apply,
    AxisMap,
    Constant,
    Contract,
    Dataflow,
    Fold,
    Operation,
    Plan,
    View,
)


def show(flow: Dataflow) -> str:
    """A dataflow, one line per input, step and output."""
    return "\n".join(_lines(flow))


def _lines(flow: Dataflow) -> Iterator[str]:
    for number, port in enumerate(flow.inputs):
        yield f"%{number} = input {port.name}: {port.type}"
    for number, step in enumerate(flow.steps, len(flow.inputs)):
        arguments = "".join(f" %{value}" for value in step.arguments)
        note = f"  # {step.label}" if step.label else ""
        yield f"%{number} = {operation(step.operation)}{arguments}: {step.type}{note}"
    for name, value in zip(flow.names, flow.outputs, strict=True):
        yield f"output {name} = %{value}"


def operation(step: Operation) -> str:
    """An operation in a few words."""
    if isinstance(step, Constant):
        return f"constant {step.value!r}"
    if isinstance(step, View):
        return f"view [{', '.join(map(_axis, step.axes))}]"
    if isinstance(step, Contract):
        return f'contract "{equation(step)}"'
    if isinstance(step, Add):
        return f"add ({', '.join(f'{c:g}' for c in step.coefficients)})"
    if isinstance(step, Apply):
        return f"apply {step.function}"
    if isinstance(step, Fold):
        return f"fold {step.operator} [{', '.join(map(str, step.axes))}]"
    return "reshape"


def _axis(axis: AxisMap) -> str:
    words = [f"o{out}" if c == 1 else f"{c}*o{out}" for out, c in axis.terms]
    words += [str(axis.offset)] if axis.offset or not words else []
    place = " + ".join(words).replace("+ -", "- ")
    if axis.border is None:
        return place
    return f"{axis.border}({place}, {axis.fill:g})" if axis.fill else f"{axis.border}({place})"


def equation(contract: Contract) -> str:
    """A contraction as an einsum equation, with letters while they last.

    >>> equation(Contract(((0, 1), (1, 2)), (0, 2)))
    'ab,bc->ac'
    """
    arguments = ",".join("".join(map(_letter, labels)) for labels in contract.arguments)
    return f"{arguments}->{''.join(map(_letter, contract.result))}"


def _letter(label: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return letters[label] if label < len(letters) else chr(0x100 + label)


def rows(flow: Dataflow) -> list[dict[str, Any]]:
    """The steps as rows of a table."""
    return [
        {
            "statement": step.label,
            "step": operation(step.operation),
            "shape": "x".join(map(str, step.type.shape)) or "scalar",
            "flops": flops(step, [flow.type(value) for value in step.arguments]),
            "elements": step.type.size,
        }
        for step in flow.steps
    ]


def describe(plan: Plan) -> str:
    """A plan as text: the steps of the evaluator, then those of the client, and their cost."""
    parts = [f"evaluator, {_total(plan.server)} flops", show(plan.server)]
    if plan.client.steps:
        parts += [f"client, {_total(plan.client)} flops", show(plan.client)]
    return "\n".join(parts)


def _total(flow: Dataflow) -> int:
    return sum(row["flops"] for row in rows(flow))
