"""Planned programs as index-level diagrams, one per output: a functor out of dataflows.

Steps that only pick and arrange elements of inputs, where a diagram would have no box for
them, and functions of parameters alone are left to NumPy: their values are tensors with data.

>>> from einlang.planning.dataflow import Builder, Port, Type
>>> build = Builder([Port("x", Type((2,))), Port("y", Type((2,)))])
>>> dot = build.add(Contract(((0,), (0,)), ()), (0, 1), Type(()))
>>> read = Reading(build.flow({"dot": dot}))
>>> [(node.box.name, node.legs) for node in read.diagrams["dot"].nodes], read.given
([('x', (0,)), ('y', (0,))], {})
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence

from einlang.diagrams import (
    Bubble,
    Diagram,
    Gluing,
    MapBox,
    NumberBox,
    SumBox,
    TensorBox,
)
from einlang.planning.dataflow import (
    Add,
    Apply,
    Constant,
    Contract,
    Dataflow,
    Fold,
    Reshape,
    Step,
    View,
)
from einlang.planning.prune import prune
from einlang_quantum.lowering.terms import coefficients_of, refusal


class Reading:
    """The diagrams of a dataflow by output, and what is computed before, by name.

    `fixed` are the inputs whose values are known when compiling. Raises `BackendMistake`
    E0750 for functions of other inputs that are no polynomials.
    """

    def __init__(self, flow: Dataflow, fixed: Container[str] = ()) -> None:
        self.flow = flow
        self.first = len(flow.inputs)
        self.known = {n for n, port in enumerate(flow.inputs) if port.name in fixed}
        self.arranged = set(range(self.first))
        for value, step in enumerate(flow.steps, self.first):
            if self.known.issuperset(step.arguments):
                self.known.add(value)
            if isinstance(step.operation, View | Reshape) and step.arguments[0] in self.arranged:
                self.arranged.add(value)
        self.given: dict[str, int] = {}
        self._made: dict[int, Diagram] = {}
        named = zip(flow.names, flow.outputs, strict=True)
        self.diagrams = {name: self.diagram(self._inner(value)) for name, value in named}

    def before(self) -> Dataflow:
        """What NumPy computes: the values that are `given` to the circuits."""
        flow = self.flow
        asked = Dataflow(flow.inputs, flow.steps, tuple(self.given.values()), tuple(self.given))
        return prune(asked)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an output, whose circuit may have another."""
        return self.flow.type(self.flow.outputs[self.flow.names.index(name)]).shape

    def _inner(self, value: int) -> int:
        """The value before it is given another shape."""
        while value >= self.first:
            step = self.flow.steps[value - self.first]
            if not isinstance(step.operation, Reshape):
                break
            value = step.arguments[0]
        return value

    def diagram(self, value: int) -> Diagram:
        """The diagram of a value: nothing comes in, its axes go out."""
        if value not in self._made:
            self._made[value] = self._diagram(value)
        return self._made[value]

    def _diagram(self, value: int) -> Diagram:
        type = self.flow.type(value)
        if value < self.first:
            return Diagram.box(TensorBox(self.flow.inputs[value].name), type.shape)
        step = self.flow.steps[value - self.first]
        if _foreign(step) and (value in self.known or value in self.arranged):
            name = f"%{value}"
            self.given[name] = value
            return Diagram.box(TensorBox(name), type.shape)
        if _foreign(step) and not isinstance(step.operation, Reshape):
            raise refusal(_called(step), step.label)
        return self._step(step)

    def _step(self, step: Step) -> Diagram:
        """A step on the diagrams of its arguments."""
        arguments = [self.diagram(value) for value in step.arguments]
        shape = step.type.shape
        match step.operation:
            case Constant(value=number):
                return Diagram.box(NumberBox(number), ())
            case Contract():
                return _contracted(step.operation, arguments)
            case View():
                return _viewed(step.operation, arguments[0], shape)
            case Reshape():
                return _reshaped(arguments[0], shape)
            case Add(coefficients=numbers):
                summands = map(_scaled, arguments, numbers)
                return Diagram.box(SumBox(tuple(summands)), shape)
            case Apply(function=function, range=span):
                return Diagram.box(Bubble(function, arguments[0], span), shape)
            case Fold():
                raise refusal(_called(step), step.label)


def _foreign(step: Step) -> bool:
    """Whether there is no box that is linear, or none that costs nothing, for a step."""
    match step.operation:
        case Reshape() | Fold():
            return True
        case View(axes=axes):
            return any(axis.border == "pad" and axis.fill for axis in axes)
        case Apply(function=function):
            return coefficients_of(function) is None
        case _:
            return False


def _called(step: Step) -> str:
    """What a step is called in a program."""
    match step.operation:
        case Apply(function=function):
            return str(function)
        case Fold(operator=operator):
            return operator
        case View(axes=axes):
            return next(f"pad({axis.fill:g})" for axis in axes if axis.fill)
        case _:
            return "reshape"


def _contracted(contract: Contract, arguments: Sequence[Diagram]) -> Diagram:
    """The arguments side by side, wires of one label joined."""
    gluing = Gluing()
    wires: dict[int, int] = {}
    for labels, argument in zip(contract.arguments, arguments, strict=True):
        shift = gluing.add(argument)
        for label, wire in zip(labels, argument.cod, strict=True):
            gluing.join(wires.setdefault(label, wire + shift), wire + shift)
    return gluing.diagram((), (wires[label] for label in contract.result))


def _scaled(argument: Diagram, number: float) -> Diagram:
    return argument if number == 1 else argument @ Diagram.box(NumberBox(number), ())


def _viewed(view: View, argument: Diagram, shape: tuple[int, ...]) -> Diagram:
    """Every axis of the argument read where its map says."""
    gluing = Gluing()
    outer = [gluing.wire(size) for size in shape]
    shift = gluing.add(argument)
    for axis, wire in zip(view.axes, argument.cod, strict=True):
        plain = len(axis.terms) == 1 and axis.terms[0][1] == 1 and not axis.offset
        if plain and shape[axis.terms[0][0]] == argument.sizes[wire]:
            gluing.join(outer[axis.terms[0][0]], wire + shift)
            continue
        legs = (wire + shift, *(outer[place] for place, _ in axis.terms))
        box = MapBox(tuple(number for _, number in axis.terms), axis.offset, axis.border)
        gluing.node(box, legs)
    return gluing.diagram((), outer)


def _reshaped(argument: Diagram, shape: tuple[int, ...]) -> Diagram:
    """All axes as one, in row-major order, and that one as others."""
    whole = math.prod(shape)
    into, out = _flat(argument.cod_sizes, whole).dagger(), _flat(shape, whole)
    return argument >> into >> out


def _flat(shape: Sequence[int], whole: int) -> Diagram:
    """From one axis to the axes that it counts through."""
    strides = [math.prod(shape[place + 1 :]) for place in range(len(shape))]
    box = Diagram.box(MapBox(tuple(strides)), (whole, *shape))
    return Diagram(box.sizes, box.nodes, box.cod[:1], box.cod[1:])
