"""The planned program: one wire per tensor, one step per operation, in order of execution.

Dataflows are the arrows of a category with copying: the objects are lists of tensor
types, `f >> g` feeds the outputs of `f` to `g`, `f @ g` sets them side by side. Backends
are functors out of it.

Value numbers: the inputs come first, then one value per step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Union

from einlang.checking.typed import Function, Qualifier


@dataclass(frozen=True)
class Type:
    """What is known of a tensor before it is there: shape, who may see it, its range."""

    shape: tuple[int, ...]
    qualifier: Qualifier = Qualifier.PUBLIC
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class AxisMap:
    """Where one axis of the source is read: `sum(coefficient * out_axis) + offset`.

    `terms` are (axis of the result, coefficient). `border` None means never outside.
    """

    terms: tuple[tuple[int, int], ...] = ()
    offset: int = 0
    border: Literal["pad", "wrap", "clamp"] | None = None
    fill: float = 0.0


@dataclass(frozen=True)
class Constant:
    """A number; no arguments, shape ()."""

    value: float | int


@dataclass(frozen=True)
class View:
    """An affine map of indices: `out[o] = source[axes[0](o), axes[1](o), ...]`.

    One `AxisMap` per axis of the source, over the axes of the result. Transposes,
    diagonals, broadcasts (an axis of the result that no map names), windows, shifts,
    slices and splits of an axis are all views. `fill` of the first axis that is outside wins.
    """

    axes: tuple[AxisMap, ...]


@dataclass(frozen=True)
class Reshape:
    """The same elements in row-major order under another shape."""


@dataclass(frozen=True)
class Contract:
    """`einsum` of one or two arguments: per argument a tuple of labels, and the result's.

    Labels in one argument are distinct (diagonals are views), every label of the result
    occurs in some argument. Labels that the result lacks are summed.
    """

    arguments: tuple[tuple[int, ...], ...]
    result: tuple[int, ...]


@dataclass(frozen=True)
class Add:
    """The linear combination of arguments of one shape (broadcasts are views)."""

    coefficients: tuple[float | int, ...]


@dataclass(frozen=True)
class Apply:
    """An elementwise function; `range` is what the argument is known to lie in."""

    function: Function
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Fold:
    """`max`, `min`, `prod`, `argmax`, `argmin` over axes of the argument.

    `range` is what the argument is known to lie in. `argmax` counts over the axes in the
    order given, the last one fastest.
    """

    operator: str
    axes: tuple[int, ...]
    range: tuple[float, float] | None = None


Operation = Union[Constant, View, Reshape, Contract, Add, Apply, Fold]


@dataclass(frozen=True)
class Step:
    """One operation on values that are there already; `label` says which statement it serves."""

    operation: Operation
    arguments: tuple[int, ...]
    type: Type
    label: str = field(default="", compare=False)


@dataclass(frozen=True)
class Port:
    """A named input or output."""

    name: str
    type: Type


@dataclass(frozen=True)
class Dataflow:
    """A straight-line program over tensors."""

    inputs: tuple[Port, ...]
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    names: tuple[str, ...]
    """The names of the outputs."""

    def type(self, value: int) -> Type:
        """The type of a value, by number."""
        count = len(self.inputs)
        return self.inputs[value].type if value < count else self.steps[value - count].type


@dataclass(frozen=True)
class Plan:
    """What the evaluator computes, and what the client computes on the results, in the clear.

    The inputs of `client` are outputs of `server` or plain inputs of the program; `outputs`
    are the names that the user asked for, each an output of `server` or of `client`.
    """

    server: Dataflow
    client: Dataflow
    outputs: tuple[str, ...]
