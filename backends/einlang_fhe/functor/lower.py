"""The functor: dataflows to slot programs.

A dataflow goes to an arrow that takes tensors (plain, of the client, or encrypted) to
tensors, writing instructions on the way. Composition of dataflows is composition of
arrows: `F(f >> g)` writes what `F(f)` and then `F(g)` write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import (
    Add,
    Apply,
    AxisMap,
    Contract,
    Dataflow,
    Fold,
    Operation,
    Reshape,
    Step,
    Type,
    View,
)
from einlang_fhe.functor.contract import contract, performed, waiting
from einlang_fhe.functor.linear import combine, encrypted, reshape, scaled, spread, view
from einlang_fhe.functor.nonlinear import Precision, apply, fold
from einlang_fhe.functor.uses import UNKNOWN, Use, structural, uses
from einlang_fhe.functor.values import (
    Choices,
    Cipher,
    Fresh,
    Pending,
    Plain,
    Sent,
    Value,
    Viewed,
    Writer,
)
from einlang_fhe.layout import Layout
from einlang_fhe.plaintexts import Entry
from einlang_fhe.slots import Builder, SlotProgram


@dataclass(frozen=True)
class Reply:
    """An output: where its elements sit in the ciphertexts of the reply, and its factor."""

    name: str
    layout: Layout
    factor: float
    first: int


@dataclass(frozen=True)
class Lowered:
    """A program before levels: instructions and what its operands are.

    `tensors` computes all plain tensors, of the evaluator and of the client; `plaintexts`
    and `request` name its values. `plain` are the outputs that need no encryption.
    `places` says where each encrypted value of `flow`, what was lowered, has come to sit.
    `masked`: how many ciphertexts of outputs are multiplied by zeros where no element is.
    """

    program: SlotProgram
    plaintexts: tuple[Entry, ...]
    request: tuple[Sent, ...]
    replies: tuple[Reply, ...]
    plain: dict[str, int]
    tensors: Dataflow
    flow: Dataflow
    places: tuple[tuple[int, Layout], ...]
    masked: int = 0

    @property
    def layouts(self) -> tuple[tuple[str, Layout], ...]:
        """Where everything sits, under the name of the statement that it serves."""
        first = len(self.flow.inputs)
        steps = ((self.flow.steps[number - first], layout) for number, layout in self.places)
        return tuple((s.label or type(s.operation).__name__.lower(), at) for s, at in steps)


def lower(
    flow: Dataflow,
    slots: int,
    precision: Precision,
    gains: Sequence[float] = (),
    choices: Choices | None = None,
    clean: bool = False,
) -> Lowered:
    """The slot program of a dataflow, for ciphertexts of that many slots.

    `gains` say by how much an error of each value has grown in the outputs; `choices` tell
    which way to take where there are several, and get to know what was taken. With `clean`,
    outputs hold zeros wherever no element is, in imaginary parts too. Raises `TooHeavy`
    beyond the limit of the choices.
    """
    choices = choices or Choices()
    build = Builder(slots, choices.weights, limit=choices.limit)
    try:
        writer = Writer(build, inputs=flow.inputs, choices=choices)
        return _lowered(writer, flow, precision, gains, clean)
    finally:
        choices.written, choices.weight = build.written, build.weight


def _lowered(
    writer: Writer, flow: Dataflow, precision: Precision, gains: Sequence[float], clean: bool
) -> Lowered:
    values: list[Value | Pending] = [
        (Fresh if port.type.qualifier is Qualifier.SECRET else Plain)(number, port.type.shape)
        for number, port in enumerate(flow.inputs)
    ]
    known = () if writer.choices.real else uses(flow)
    if clean:
        known = tuple(replace(use, linear=False) for use in known)
    values = write(writer, flow, values, precision, gains, known)
    outputs: list[int] = []
    replies, plain, masked = [], {}, 0
    for name, value in zip(flow.names, values, strict=True):
        if isinstance(value, Plain):
            plain[name] = value.number
            continue
        assert not isinstance(value, Pending)
        cipher = encrypted(writer, value)
        if clean and not cipher.layout.clean:
            cipher, masked = writer.cleaned(cipher), masked + len(cipher.values)
        replies.append(Reply(name, cipher.layout, cipher.factor, len(outputs)))
        outputs += cipher.values
    return Lowered(
        writer.build.program(tuple(outputs)),
        tuple(writer.plains.entries),
        tuple(writer.packings),
        tuple(replies),
        plain,
        Dataflow(flow.inputs, tuple(writer.steps), (), ()),
        flow,
        tuple(sorted(writer.places.items(), key=lambda place: place[0])),
        masked,
    )


def write(
    writer: Writer,
    flow: Dataflow,
    inputs: Sequence[Value | Pending],
    precision: Precision,
    gains: Sequence[float] = (),
    known: Sequence[Use] = (),
) -> list[Value | Pending]:
    """The outputs of a dataflow for given inputs; what it takes is written to `writer`.

    `known` says how each value is read; nothing is taken for granted without it.
    """
    values = list(inputs)
    for step in flow.steps:
        arguments = [values[number] for number in step.arguments]
        gain = gains[len(values)] if gains else 1.0
        writer.build.origin = len(values)
        writer.use = known[len(values)] if known else UNKNOWN
        value = _write_step(writer, step, arguments, precision.behind(gain))
        if isinstance(value, Cipher):
            writer.places[len(values)] = value.layout
        values.append(value)
    return [values[number] for number in flow.outputs]


def _write_step(
    writer: Writer, step: Step, given: Sequence[Value | Pending], precision: Precision
) -> Value | Pending:
    operation = step.operation
    waits = _pending(writer, step, given)
    if waits is not None:
        return waits
    if isinstance(operation, Contract) and any(isinstance(value, Pending) for value in given):
        return contract(writer, given, operation.arguments, operation.result)
    arguments = [performed(writer, v) if isinstance(v, Pending) else v for v in given]
    if all(isinstance(argument, Plain) for argument in arguments):
        return _plainly(writer, operation, arguments, step.type)
    if len(arguments) == 1:
        return _write_unary(writer, step, arguments[0], precision)
    if isinstance(operation, Add):
        return combine(writer, arguments, operation.coefficients)
    assert isinstance(operation, Contract)
    return contract(writer, arguments, operation.arguments, operation.result)


def _pending(writer: Writer, step: Step, given: Sequence[Value | Pending]) -> Pending | None:
    """A contraction that is left to the one that reads it, or such a one times a number."""
    operation, use, number = step.operation, writer.use, int(writer.build.origin)
    if not use.awaited:
        return None
    if isinstance(operation, Add) and len(given) == 1 and isinstance(given[0], Pending):
        scale = given[0].scale * operation.coefficients[0]
        return replace(given[0], scale=scale, use=use, number=number)
    if not isinstance(operation, Contract) or all(isinstance(v, Plain) for v in given):
        return None
    if len(given) == 1 and structural(operation):
        return None
    operands = waiting(given)
    if operands is None:
        return None
    names, result, shape = operation.arguments, operation.result, step.type.shape
    return Pending(operands, names, result, shape, use=use, number=number)


def _plainly(writer: Writer, operation: Operation, arguments: Sequence[Value], type: Type) -> Plain:
    numbers = tuple(a.number for a in arguments if isinstance(a, Plain))
    return Plain(writer.compute(operation, numbers, type), type.shape)


def _write_unary(writer: Writer, step: Step, value: Value, precision: Precision) -> Value:
    operation, shape = step.operation, step.type.shape
    if isinstance(value, Fresh) and structural(operation):
        return _prepared(writer, operation, value, step.type)
    if isinstance(operation, Add) and not isinstance(value, Plain):
        return scaled(value, operation.coefficients[0])
    if isinstance(operation, Contract):
        return _write_contraction(writer, operation, value, shape)
    if isinstance(value, (Cipher, Viewed)) and isinstance(operation, View):
        return view(writer, value, operation, shape)
    if isinstance(value, (Cipher, Viewed)) and isinstance(operation, Reshape):
        return reshape(value, shape)
    cipher = encrypted(writer, value)
    if cipher.layout.complex:
        raise ValueError("a function would read imaginary parts that nobody knows")
    if isinstance(operation, Apply):
        return apply(writer, cipher, operation.function, operation.range, precision, step.label)
    assert isinstance(operation, Fold)
    return fold(
        writer, cipher, operation.operator, operation.axes, operation.range, precision, step.label
    )


def _prepared(writer: Writer, operation: Operation, value: Fresh, type: Type) -> Fresh:
    if isinstance(operation, View):
        axes = tuple(_unscaled(axis, value.factor) for axis in operation.axes)
        operation = View(axes)
    number = writer.compute(operation, (value.number,), type)
    return Fresh(number, type.shape, value.factor)


def _unscaled(axis: AxisMap, factor: float) -> AxisMap:
    """What is filled in, before the pending factor multiplies it."""
    return replace(axis, fill=axis.fill / factor) if axis.fill else axis


def _write_contraction(
    writer: Writer, operation: Contract, value: Value, shape: tuple[int, ...]
) -> Value:
    (labels,) = operation.arguments
    if isinstance(value, Cipher) and set(labels) == set(operation.result):
        return spread(value, [operation.result.index(label) for label in labels], shape)
    return contract(writer, [value], operation.arguments, operation.result)
