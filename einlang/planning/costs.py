"""What a step costs, in floating point operations and in elements.

>>> from einlang.planning.dataflow import Contract, Step, Type
>>> matmul = Step(Contract(((0, 1), (1, 2)), (0, 2)), (0, 1), Type((2, 4)))
>>> flops(matmul, [Type((2, 3)), Type((3, 4))])
48
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from einlang.planning.dataflow import Add, Apply, Constant, Contract, Reshape, Step, Type, View


def flops(step: Step, arguments: Sequence[Type]) -> int:
    """Floating point operations: a multiplication and an addition count as two."""
    operation = step.operation
    if isinstance(operation, Constant | View | Reshape):
        return 0
    if isinstance(operation, Contract):
        return _contraction(operation, arguments)
    if isinstance(operation, Add):
        scaled = sum(1 for c in operation.coefficients if abs(c) != 1)
        return step.type.size * (len(operation.coefficients) - 1 + scaled)
    if isinstance(operation, Apply):
        return step.type.size
    return arguments[0].size


def _contraction(operation: Contract, arguments: Sequence[Type]) -> int:
    sizes = {
        label: size
        for labels, type in zip(operation.arguments, arguments, strict=True)
        for label, size in zip(labels, type.shape, strict=True)
    }
    summing = 1 if set(sizes) - set(operation.result) else 0
    return prod(sizes.values()) * (len(arguments) - 1 + summing)
