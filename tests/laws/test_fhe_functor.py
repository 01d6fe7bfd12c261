"""The fhe backend is a functor, and what it writes means what the dataflow means."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from dataflows import meaning, random_arrays, random_flow, random_type
from einlang_fhe.functor.linear import encrypted
from einlang_fhe.functor.lower import write
from einlang_fhe.functor.nonlinear import Precision
from einlang_fhe.functor.uses import UNKNOWN, Use, uses
from einlang_fhe.functor.values import Cipher, Fresh, Pending, Plain, Value, Viewed, Writer
from einlang_fhe.slots import Builder
from slot_interpreter import held, random_layout, written

from einlang.backend import find
from einlang.checking.typed import Qualifier
from einlang.errors import BackendMistake
from einlang.planning.dataflow import Dataflow, Port

SEEDS = range(120)
EXACT = Precision(1e-3, {}, {})


def case_of(seed: int) -> Case:
    """The first case from a seed on that is not refused: functions need ranges."""
    for attempt in range(100):
        case = Case(1000 * seed + attempt)
        try:
            case.lowered(case.first >> case.second)
            case.lowered(case.first @ case.second)
        except BackendMistake:
            continue
        return case
    raise AssertionError("nothing but refusals")


class Case:
    """Two dataflows that compose, and tensors for the first, in any state."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        types = [random_type(random) for _ in range(2)]
        self.random = random
        self.first = random_flow(random, types)
        self.second = random_flow(random, [port.type for port in self.first.cod])
        self.arrays = random_arrays(random, types)
        self.slots = 1 << int(random.integers(3, 7))
        self.seed = seed

    def writer(self, ports: tuple[Port, ...]) -> tuple[Writer, list[Value]]:
        writer = Writer(Builder(self.slots), inputs=ports)
        values: list[Value] = []
        for number, port in enumerate(ports):
            fresh = Fresh(number, port.type.shape)
            if port.type.qualifier is not Qualifier.SECRET:
                values.append(Plain(number, port.type.shape))
            elif number % 2:
                values.append(fresh)
            else:
                layout = random_layout(Random(self.seed), port.type.shape, self.slots)
                values.append(writer.encrypted(fresh, layout))
        return writer, values

    def lowered(
        self, flow: Dataflow, known: Sequence[Use] = ()
    ) -> tuple[Writer, list[Value | Pending]]:
        """A writer, and the outputs of a flow."""
        writer, values = self.writer(flow.inputs)
        return writer, write(writer, flow, values, EXACT, known=known)


@pytest.mark.parametrize("seed", SEEDS)
def test_composition_goes_to_composition(seed: int) -> None:
    case = case_of(seed)
    whole, outputs = case.lowered(case.first >> case.second)
    parts, middle = case.lowered(case.first)
    assert write(parts, case.second, middle, EXACT) == outputs
    assert parts.build.instructions == whole.build.instructions


@pytest.mark.parametrize("seed", SEEDS)
def test_composition_goes_to_composition_whatever_is_known_of_readers(seed: int) -> None:
    case = case_of(seed)
    known = uses(case.first >> case.second)
    count = len(case.first.inputs) + len(case.first.steps)
    whole, outputs = case.lowered(case.first >> case.second, known)
    parts, middle = case.lowered(case.first, known[:count])
    later = [UNKNOWN] * len(case.second.inputs) + list(known[count:])
    assert write(parts, case.second, middle, EXACT, known=later) == outputs
    assert parts.build.instructions == whole.build.instructions


@pytest.mark.parametrize("seed", SEEDS)
def test_side_by_side_goes_to_side_by_side(seed: int) -> None:
    case = case_of(seed)
    flow = case.first @ case.second
    whole, outputs = case.lowered(flow)
    parts, values = case.writer(flow.inputs)
    count = len(case.first.inputs)
    left = write(parts, case.first, values[:count], EXACT)
    right = write(parts, case.second, values[count:], EXACT)
    assert left + right == outputs
    assert parts.build.instructions == whole.build.instructions


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_slot_programs_give_what_steps_mean(seed: int, known: bool) -> None:
    case = case_of(seed)
    writer, outputs = case.lowered(case.first, uses(case.first) if known else ())
    tensors = _plain_tensors(writer, case.arrays)
    settled = [encrypted(writer, o) if isinstance(o, Viewed) else o for o in outputs]
    values = written(writer, tensors)
    for output, wanted in zip(settled, meaning(case.first, case.arrays), strict=True):
        if isinstance(output, Cipher):
            given = held(output, values)
        else:
            assert not isinstance(output, Pending)
            given = tensors[output.number] * output.factor
        np.testing.assert_allclose(given, wanted, rtol=1e-7, atol=1e-7)


def _plain_tensors(writer: Writer, arrays: list[np.ndarray]) -> dict[int, np.ndarray]:
    """What the client and the evaluator compute in the clear, by number."""
    count = len(arrays) + len(writer.steps)
    names = tuple(str(number) for number in range(count))
    flow = Dataflow(writer.inputs, tuple(writer.steps), tuple(range(count)), names)
    inputs = {port.name: array for port, array in zip(writer.inputs, arrays, strict=True)}
    results = find("numpy").compile(flow, {}, {}).run(inputs)
    return {number: np.asarray(results[str(number)]) for number in range(count)}
