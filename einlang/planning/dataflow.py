"""The planned program: one wire per tensor, one step per operation, in order of execution.

Dataflows are the arrows of a category with copying: the objects are lists of tensor
types, `f >> g` feeds the outputs of `f` to `g`, `f @ g` sets them side by side. Backends
are functors out of it.

Value numbers: the inputs come first, then one value per step.

>>> a, v = Port("A", Type((2, 3))), Port("v", Type((3,)))
>>> build = Builder([a, v])
>>> w = build.add(Contract(((0, 1), (1,)), (0,)), (0, 1), Type((2,)), label="w")
>>> flow = build.flow({"w": w})
>>> print(flow)
%0 = input A: public 2 3
%1 = input v: public 3
%2 = contract "ab,b->a" %0 %1: public 2  # w
output w = %2
>>> flow >> Dataflow.identity(flow.cod) == flow == Dataflow.identity(flow.dom) >> flow
True
>>> Dataflow.swap([a], [v]) >> Dataflow.swap([v], [a]) == Dataflow.identity([a, v])
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Literal, Union

from einlang.checking.typed import Function, Qualifier


@dataclass(frozen=True)
class Type:
    """What is known of a tensor before it is there: shape, who may see it, its range.

    `axes` names the axes for those who look at the plan; it says nothing of the values.
    """

    shape: tuple[int, ...]
    qualifier: Qualifier = Qualifier.PUBLIC
    range: tuple[float, float] | None = None
    axes: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def size(self) -> int:
        """How many elements it has."""
        return prod(self.shape)

    def __str__(self) -> str:
        words = [self.qualifier.name.lower(), *map(str, self.shape)]
        words += [] if self.range is None else ["in [{:g}, {:g}]".format(*self.range)]
        return " ".join(words)


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

    @property
    def dom(self) -> tuple[Port, ...]:
        """What it takes."""
        return self.inputs

    @property
    def cod(self) -> tuple[Port, ...]:
        """What it gives."""
        named = zip(self.names, self.outputs, strict=True)
        return tuple(Port(name, self.type(value)) for name, value in named)

    @staticmethod
    def identity(objects: Iterable[Port | Type]) -> Dataflow:
        """Every input is the output at the same place."""
        ports = _ports(objects)
        names = tuple(port.name for port in ports)
        return Dataflow(ports, (), tuple(range(len(ports))), names)

    @staticmethod
    def swap(left: Iterable[Port | Type], right: Iterable[Port | Type]) -> Dataflow:
        """`left @ right` to `right @ left`."""
        first = len(_ports(left))
        flow = Dataflow.identity([*left, *right])
        return _outputs(flow, (*flow.outputs[first:], *flow.outputs[:first]))

    @staticmethod
    def copy(objects: Iterable[Port | Type], count: int = 2) -> Dataflow:
        """Every input, `count` times over: the comultiplication of each object."""
        flow = Dataflow.identity(objects)
        return _outputs(flow, flow.outputs * count)

    @staticmethod
    def discard(objects: Iterable[Port | Type]) -> Dataflow:
        """Nothing from anything: the counit of each object."""
        return _outputs(Dataflow.identity(objects), ())

    def then(self, other: Dataflow) -> Dataflow:
        """The outputs of this one feed the inputs of the other, whose types must be theirs."""
        given, wanted = [p.type for p in self.cod], [p.type for p in other.dom]
        if given != wanted:
            raise TypeError(f"cannot compose: {_listed(given)} is not {_listed(wanted)}")
        shift = len(self.inputs) + len(self.steps) - len(other.inputs)
        place = _placement(self.outputs, shift)
        return Dataflow(
            self.inputs,
            self.steps + tuple(_moved(step, place) for step in other.steps),
            tuple(place(value) for value in other.outputs),
            other.names,
        )

    def tensor(self, other: Dataflow) -> Dataflow:
        """The two side by side."""
        mine, theirs = len(self.inputs), len(other.inputs)
        left = _placement(range(mine), theirs)
        right = _placement(range(mine, mine + theirs), mine + len(self.steps))
        return Dataflow(
            self.inputs + other.inputs,
            tuple(_moved(step, left) for step in self.steps)
            + tuple(_moved(step, right) for step in other.steps),
            tuple(map(left, self.outputs)) + tuple(map(right, other.outputs)),
            self.names + other.names,
        )

    __rshift__ = then
    __matmul__ = tensor

    def __str__(self) -> str:
        from einlang.planning.printing import show

        return show(self)


def _ports(objects: Iterable[Port | Type]) -> tuple[Port, ...]:
    named = (x if isinstance(x, Port) else Port(f"x{n}", x) for n, x in enumerate(objects))
    return tuple(named)


def _listed(types: Sequence[Type]) -> str:
    return " @ ".join(map(str, types)) or "nothing"


def _outputs(flow: Dataflow, values: tuple[int, ...]) -> Dataflow:
    names = tuple(flow.inputs[value].name for value in values)
    return Dataflow(flow.inputs, flow.steps, values, names)


def _placement(inputs: Sequence[int], shift: int) -> Any:
    """Where a value goes when the inputs become those values and the steps move by `shift`."""
    count = len(inputs)
    return lambda value: inputs[value] if value < count else value + shift


def _moved(step: Step, place: Any) -> Step:
    arguments = tuple(place(value) for value in step.arguments)
    return Step(step.operation, arguments, step.type, step.label)


class Builder:
    """A dataflow in the making; equal steps are made once."""

    def __init__(self, inputs: Iterable[Port]) -> None:
        self.inputs = tuple(inputs)
        self.steps: list[Step] = []
        self._known: dict[Step, int] = {}

    def type(self, value: int) -> Type:
        """The type of a value, by number."""
        count = len(self.inputs)
        return self.inputs[value].type if value < count else self.steps[value - count].type

    def add(
        self, operation: Operation, arguments: tuple[int, ...], type: Type, label: str = ""
    ) -> int:
        """The value of a step, new or known."""
        step = Step(operation, arguments, type, label)
        value = self._known.setdefault(step, len(self.inputs) + len(self.steps))
        if value == len(self.inputs) + len(self.steps):
            self.steps.append(step)
        return value

    def narrow(self, value: int, range: tuple[float, float] | None) -> None:
        """Note that a value is known to lie in an interval; an input keeps its type."""
        number = value - len(self.inputs)
        if range is None or number < 0:
            return
        step = self.steps[number]
        low, high = step.type.range or range
        both = max(low, range[0]), min(high, range[1])
        type = replace(step.type, range=both if both[0] <= both[1] else range)
        self.steps[number] = Step(step.operation, step.arguments, type, step.label)

    def flow(self, outputs: Mapping[str, int]) -> Dataflow:
        """What was built so far, with named outputs."""
        return Dataflow(self.inputs, tuple(self.steps), tuple(outputs.values()), tuple(outputs))


@dataclass(frozen=True)
class Plan:
    """What the evaluator computes, and what the client computes on the results, in the clear.

    The inputs of `client` are outputs of `server` or inputs of the program; `outputs`
    are the names that the user asked for, each an output of `server` or of `client`.
    """

    server: Dataflow
    client: Dataflow
    outputs: tuple[str, ...]

    def table(self) -> list[dict[str, Any]]:
        """One row per step: statement, operation, shape, flops, size in elements."""
        from einlang.planning.printing import rows

        return [
            {"at": side, **row}
            for side, flow in (("server", self.server), ("client", self.client))
            for row in rows(flow)
        ]
