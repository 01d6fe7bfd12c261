"""Random contractions, views, sums, reshapes and conversions mean what NumPy says."""

from __future__ import annotations

from math import prod
from random import Random

import numpy as np
import pytest
from einlang_fhe.functor.contract import contract
from einlang_fhe.functor.linear import combine, encrypted, reshape, view, view_origin
from einlang_fhe.functor.values import Cipher, Fresh, Plain, Value, Writer, serves
from einlang_fhe.slots import Builder
from slot_interpreter import held, random_layout, written

from einlang.planning.dataflow import AxisMap, Contract, Port, Type, View

LETTERS = "abcde"
TENSORS = 16


class Case:
    """Random tensors, and a writer to lower them into."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.slots = 1 << self.random.randint(3, 7)
        ports = tuple(Port(f"t{n}", Type(())) for n in range(TENSORS))
        self.writer = Writer(Builder(self.slots), inputs=ports)
        self.tensors: dict[int, np.ndarray] = {}
        self.sizes = {letter: self.random.choice([1, 2, 3, 4, 5, 7]) for letter in LETTERS}

    def tensor(self, shape: tuple[int, ...]) -> int:
        number = len(self.tensors)
        self.tensors[number] = np.asarray(self.numbers.normal(size=shape))
        return number

    def value(self, shape: tuple[int, ...], *, secret: bool = False) -> tuple[Value, np.ndarray]:
        """A tensor that is plain, of the client, or encrypted in any layout."""
        number = self.tensor(shape)
        kind = self.random.randint(1 if secret else 0, 2)
        if kind == 0:
            return Plain(number, shape), self.tensors[number]
        if kind == 1:
            return Fresh(number, shape), self.tensors[number]
        return self.cipher(shape, number), self.tensors[number]

    def cipher(self, shape: tuple[int, ...], number: int) -> Cipher:
        layout = random_layout(self.random, shape, self.slots)
        return self.writer.encrypted(Fresh(number, shape), layout)

    def some(self, letters: str) -> str:
        return "".join(self.random.sample(letters, self.random.randint(0, len(letters))))

    def shape(self, letters: str) -> tuple[int, ...]:
        return tuple(self.sizes[letter] for letter in letters)

    def holds(self, value: Value, expected: np.ndarray) -> None:
        cipher = encrypted(self.writer, value)
        values = written(self.writer, self.tensors | self.sums())
        np.testing.assert_allclose(held(cipher, values), expected, atol=1e-9)

    def sums(self) -> dict[int, np.ndarray]:
        """What was summed in the clear."""
        found = {}
        for number, step in enumerate(self.writer.steps, start=TENSORS):
            assert isinstance(step.operation, Contract)
            given, kept = (
                "".join(LETTERS[n] for n in some)
                for some in (step.operation.arguments[0], step.operation.result)
            )
            found[number] = np.einsum(f"{given}->{kept}", self.tensors[step.arguments[0]])
        return found


def labels(letters: str) -> tuple[int, ...]:
    return tuple(LETTERS.index(letter) for letter in letters)


@pytest.mark.parametrize("seed", range(150))
def test_chains_of_contractions(seed: int) -> None:
    case = Case(seed)
    here = case.some(LETTERS[:3])
    value, expected = case.value(case.shape(here), secret=True)
    for _ in range(case.random.randint(1, 2)):
        other = case.some(LETTERS)[:3]
        operand, array = case.value(case.shape(other))
        result = case.some("".join(dict.fromkeys(here + other)))
        value = contract(
            case.writer, [value, operand], [labels(here), labels(other)], labels(result)
        )
        expected = np.asarray(np.einsum(f"{here},{other}->{result}", expected, array))
        here = result
    result = case.some(here)
    value = contract(case.writer, [value], [labels(here)], labels(result))
    case.holds(value, np.asarray(np.einsum(f"{here}->{result}", expected)))


@pytest.mark.parametrize("seed", range(150))
def test_views_sums_and_reshapes(seed: int) -> None:
    case = Case(seed)
    source = tuple(case.random.randint(1, 5) for _ in range(case.random.randint(1, 3)))
    shape = tuple(case.random.randint(1, 5) for _ in range(case.random.randint(1, 3)))
    number = case.tensor(source)
    operation = View(tuple(random_axis(case.random, len(shape)) for _ in source))
    moved = view(case.writer, case.cipher(source, number), operation, shape)
    expected = viewed(case.tensors[number], operation, shape)
    case.holds(moved, expected)

    other, array = case.value(shape)
    coefficients = [case.random.choice([1, -1, 2.5]) for _ in range(2)]
    total = combine(case.writer, [moved, other], coefficients)
    expected = coefficients[0] * expected + coefficients[1] * array
    case.holds(total, expected)

    count = prod(shape)
    rows = case.random.choice([d for d in range(1, count + 1) if count % d == 0])
    reshaped = encrypted(case.writer, reshape(total, (rows, count // rows)))
    expected = expected.reshape(rows, -1)
    case.holds(reshaped, expected)
    case.holds(case.writer.cleaned(reshaped), expected)

    target = random_layout(case.random, reshaped.shape, case.slots)
    converted = case.writer.converted(reshaped, target)
    case.holds(converted, expected)
    assert serves(converted.layout, target)


def random_axis(random: Random, axes: int) -> AxisMap:
    some = random.sample(range(axes), random.randint(0, min(2, axes)))
    terms = tuple((axis, random.choice([1, 1, 2, -1])) for axis in some)
    border = random.choice(["pad", "wrap", "clamp"])
    return AxisMap(terms, random.randint(-1, 1), border, random.choice([0.0, 2.0]))


def viewed(tensor: np.ndarray, operation: View, shape: tuple[int, ...]) -> np.ndarray:
    origin = view_origin(operation, tensor.shape, shape)
    flat = np.append(tensor.ravel(), 0.0)
    return (flat[origin.elements] + origin.fill).reshape(shape)
