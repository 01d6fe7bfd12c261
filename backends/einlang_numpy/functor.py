"""The functor from dataflows to kernel programs: one kernel for every step.

It keeps `>>` and `@` on the nose: `lower(f >> g) == lower(f) >> lower(g)`.

>>> from einlang.planning.dataflow import Dataflow, Type
>>> lower(Dataflow.swap([Type((2,))], [Type((3,))])).cod
((3,), (2,))
"""

from __future__ import annotations

from collections.abc import Sequence

from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import (
    Add,
    Apply,
    Constant,
    Contract,
    Dataflow,
    Reshape,
    Step,
    View,
)
from einlang_numpy.kernels import (
    Combination,
    Contraction,
    Elementwise,
    Folding,
    Kernel,
    Reshaping,
    Scalar,
    Viewing,
)
from einlang_numpy.program import Call, Program, Shape


def lower(flow: Dataflow) -> Program:
    """The kernel program of a dataflow."""
    dom = tuple(port.type.shape for port in flow.inputs)
    calls = tuple(
        Call(
            kernel(step, [flow.type(value).shape for value in step.arguments]),
            step.arguments,
            step.type.shape,
        )
        for step in flow.steps
    )
    return Program(dom, calls, flow.outputs)


def kernel(step: Step, shapes: Sequence[Shape]) -> Kernel:
    """The kernel of a step on arguments of those shapes."""
    operation = step.operation
    if isinstance(operation, Constant):
        return Scalar(operation.value)
    if isinstance(operation, View):
        return Viewing(operation.axes, shapes[0], step.type.shape)
    if isinstance(operation, Reshape):
        return Reshaping(step.type.shape)
    if isinstance(operation, Contract):
        return Contraction(operation.arguments, operation.result, tuple(shapes))
    if isinstance(operation, Add):
        return Combination(operation.coefficients)
    if isinstance(operation, Apply):
        secret = step.type.qualifier is Qualifier.SECRET
        return Elementwise(operation.function, step.label, secret)
    return Folding(operation.operator, operation.axes)
