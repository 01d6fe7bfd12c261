"""What is known of the steps that read a value: what they leave room for.

It is found by one walk back from the outputs. Whoever writes a part of a dataflow is told
what holds in the whole, so that parts compose.

>>> from einlang.checking.typed import Qualifier
>>> from einlang.planning.dataflow import Builder, Contract, Port, Type
>>> build = Builder([Port(name, Type((4, 4), Qualifier.SECRET)) for name in "ABC"])
>>> product = Contract(((0, 1), (1, 2)), (0, 2))
>>> inner = build.add(product, (0, 1), Type((4, 4), Qualifier.SECRET))
>>> outer = build.add(product, (inner, 2), Type((4, 4), Qualifier.SECRET))
>>> found = uses(build.flow({"Z": outer}))
>>> found[inner]
Use(last=False, linear=True, awaited=True, turned=frozenset({1}))
>>> found[outer]
Use(last=True, linear=True, awaited=False, turned=frozenset())
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import Add, Contract, Dataflow, Operation, Reshape, Step, View


@dataclass(frozen=True)
class Use:
    """How a value is read.

    `last`: by the client alone, maybe after adding what is plain or multiplying by a number.
    `linear`: up to the client by steps that are linear with real
    coefficients, so that imaginary parts stay apart from real ones, and nobody has to know
    them. `awaited`: once, by a contraction with operands that are not computed under
    encryption, which can as well carry out the contraction that makes the value. `turned`: the
    axes that the first step to read it sums over with a tensor that is given or plain.
    """

    last: bool = False
    linear: bool = False
    awaited: bool = False
    turned: frozenset[int] = frozenset()


UNKNOWN = Use()
"""Nothing is taken for granted."""


def uses(flow: Dataflow) -> tuple[Use, ...]:
    """How each value of a dataflow is read, by number."""
    first, outputs = len(flow.inputs), set(flow.outputs)
    given = _given(flow)
    readers: list[list[int]] = [[] for _ in given]
    for number, step in enumerate(flow.steps, start=first):
        for value in step.arguments:
            readers[value].append(number)
    found = [UNKNOWN] * len(given)
    for value in reversed(range(len(given))):
        reads = [(flow.steps[n - first], found[n]) for n in readers[value]]
        alone = len(reads) == 1 and value not in outputs
        found[value] = Use(
            last=bool(reads or value in outputs)
            and all(use.last and _shifts(flow, step) for step, use in reads),
            linear=all(use.linear and _linear(step, value, given) for step, use in reads),
            awaited=alone and all(_awaits(step, use, value, given) for step, use in reads),
            turned=_turned(reads[0][0], value, given) if reads else frozenset(),
        )
    return tuple(found)


def structural(operation: Operation) -> bool:
    """Whether it only moves elements: then the client does it before encrypting."""
    if isinstance(operation, Contract):
        return set(operation.arguments[0]) == set(operation.result)
    return isinstance(operation, (View, Reshape))


def _given(flow: Dataflow) -> list[bool]:
    """Whether each value is plain, or known to the client before anything is encrypted."""
    given = [True] * len(flow.inputs)
    for step in flow.steps:
        moved = len(step.arguments) == 1 and (structural(step.operation) or _scales(step))
        plain = step.type.qualifier is not Qualifier.SECRET
        given.append(plain or (moved and given[step.arguments[0]]))
    return given


def _scales(step: Step) -> bool:
    return isinstance(step.operation, Add) and len(step.arguments) == 1


def _shifts(flow: Dataflow, step: Step) -> bool:
    """Whether a step adds what is plain to one secret, or multiplies it by a number."""
    kinds = [flow.type(value).qualifier for value in step.arguments]
    return isinstance(step.operation, Add) and kinds.count(Qualifier.SECRET) == 1


def _linear(step: Step, value: int, given: Sequence[bool]) -> bool:
    """Whether a step is linear in a value, with coefficients that are real."""
    if isinstance(step.operation, Contract):
        return _among_given(step, value, given)
    return isinstance(step.operation, (Add, View, Reshape))


def _among_given(step: Step, value: int, given: Sequence[bool]) -> bool:
    others = [argument for argument in step.arguments if argument != value]
    return len(others) + 1 == len(step.arguments) and all(given[n] for n in others)


def _awaits(step: Step, use: Use, value: int, given: Sequence[bool]) -> bool:
    """Whether a step can take a contraction that is not carried out yet."""
    if isinstance(step.operation, Contract):
        moves = len(step.arguments) == 1 and structural(step.operation)
        return not moves and _among_given(step, value, given)
    return _scales(step) and use.awaited


def _turned(step: Step, value: int, given: Sequence[bool]) -> frozenset[int]:
    if not isinstance(step.operation, Contract) or len(step.arguments) != 2:
        return frozenset()
    if not _among_given(step, value, given):
        return frozenset()
    labels = step.operation.arguments[step.arguments.index(value)]
    summed = (n for n, label in enumerate(labels) if label not in step.operation.result)
    return frozenset(summed)
