"""From a checked program to what the evaluator and the client compute.

Definitions that nobody asks for are dropped, and so are the inputs that only they read.
A tensor that is read twice is computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from einlang.checking.typed import Definition, Input, Typed
from einlang.diagrams.diagram import Bubble, Diagram, FoldBox, SumBox, TensorBox
from einlang.planning.dataflow import Builder, Dataflow, Plan, Port, Reshape, Type
from einlang.planning.lowering import Lowering
from einlang.planning.prune import prune

Diagrams = Mapping[str, Diagram]


def plan(typed: Typed, *, memory: int | None = None) -> Plan:
    """The plan of a program.

    `memory` caps the bytes of a value that a contraction leaves in between, where an order
    that keeps to it is found.
    """
    from einlang.diagrams import build

    diagrams = build(typed)
    reads = {name: tuple(dict.fromkeys(_reads(diagram))) for name, diagram in diagrams.items()}
    needed = _needed(typed, reads)
    server = [d for d in typed.definitions if d.tensor.name in needed and not d.client]
    client = [d for d in typed.definitions if d.tensor.name in needed and d.client]
    elements = None if memory is None else max(1, memory // 8)
    computed = {d.tensor.name for d in server}
    below = {d.tensor.name for d in client}
    asked = dict.fromkeys(name for name in typed.outputs if name in computed)
    asked |= dict.fromkeys(n for d in client for n in reads[d.tensor.name] if n in computed)
    inputs = {name for d in server for name in reads[d.tensor.name]}
    given = [item for item in typed.inputs if item.tensor.name in inputs]
    passed = [n for n in typed.outputs if n not in computed and n not in below]
    taken = dict.fromkeys([n for d in client for n in reads[d.tensor.name]] + passed)
    known = {item.tensor.name: item for item in (*typed.inputs, *typed.definitions)}
    received = [known[name] for name in taken if name not in below]
    ends = [name for name in dict.fromkeys(typed.outputs) if name not in computed]
    return Plan(
        _flow(given, server, diagrams, asked, elements),
        _flow(received, client, diagrams, ends, elements),
        tuple(dict.fromkeys(typed.outputs)),
    )


def _flow(
    inputs: Iterable[Input | Definition],
    definitions: Iterable[Definition],
    diagrams: Diagrams,
    outputs: Iterable[str],
    memory: int | None,
) -> Dataflow:
    build = Builder([Port(item.tensor.name, _type(item)) for item in inputs])
    values = {port.name: number for number, port in enumerate(build.inputs)}
    for definition in definitions:
        tensor = definition.tensor
        lowering = Lowering(build, values, tensor.name, memory)
        value = lowering.definition(diagrams[tensor.name])
        if build.type(value).shape != tensor.shape:
            value = lowering.step(Reshape(), (value,), tensor.shape, definition.axes)
        build.narrow(value, tensor.range)
        values[tensor.name] = value
    return prune(build.flow({name: values[name] for name in outputs}))


def _type(item: Input | Definition) -> Type:
    tensor = item.tensor
    return Type(tensor.shape, tensor.qualifier, tensor.range, item.axes)


def _needed(typed: Typed, reads: Mapping[str, Iterable[str]]) -> set[str]:
    """The tensors that the outputs depend on."""
    waiting, needed = list(typed.outputs), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(reads.get(name, ()))
    return needed


def _reads(diagram: Diagram) -> Iterator[str]:
    """The tensors that a diagram mentions, inside its boxes too."""
    for node in diagram.nodes:
        box = node.box
        if isinstance(box, TensorBox):
            yield box.name
        elif isinstance(box, Bubble | FoldBox):
            yield from _reads(box.inside)
        elif isinstance(box, SumBox):
            for term in box.terms:
                yield from _reads(term)
