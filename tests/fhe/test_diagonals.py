"""Sums of rotated ciphertexts times diagonals are the linear maps that they are made of."""

from __future__ import annotations

from itertools import product
from math import prod
from random import Random

import numpy as np
import pytest
from einlang_fhe.diagonals import MANY, Diagonals, LinearMap, subtracted
from einlang_fhe.layout import Bit, Copy, Gap, Layout, pack, unpack
from slot_interpreter import random_layout

LETTERS = "abcde"


class Case:
    """A random map, what it reads and what it gives, and layouts for both."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.sizes = tuple(random.choice([1, 2, 3, 4, 5]) for _ in LETTERS)
        self.view = self.some(3)
        weights = self.some(3)
        self.weights = weights if random.random() < 0.8 else None
        new = [label for label in self.weights or () if label not in self.view]
        kept = random.sample(self.view, random.randint(0, len(self.view)))
        self.result = tuple(random.sample(kept + new, len(kept + new)))
        self.slots = 1 << random.randint(3, 7)
        shape = tuple(random.randint(1, 4) for _ in range(random.randint(1, 3)))
        self.x = self.numbers.normal(size=shape)
        elements = self.numbers.integers(-1, self.x.size, prod(self.shape(self.view)))
        self.map = LinearMap(self.sizes, self.view, self.weights, self.result, elements.tobytes())
        self.seen = np.append(self.x.ravel(), 0.0)[elements].reshape(self.shape(self.view))
        given = self.numbers.normal(size=self.shape(weights))
        self.coefficients = None if self.weights is None else given

    def some(self, most: int) -> tuple[int, ...]:
        return tuple(self.random.sample(range(len(LETTERS)), self.random.randint(0, most)))

    def shape(self, labels: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(self.sizes[label] for label in labels)

    @property
    def expected(self) -> np.ndarray:
        named = ["".join(LETTERS[n] for n in labels) for labels in (self.view, self.result)]
        if self.weights is None or self.coefficients is None:
            return np.asarray(np.einsum("->".join(named), self.seen))
        other = "".join(LETTERS[n] for n in self.weights)
        equation = f"{named[0]},{other}->{named[1]}"
        return np.asarray(np.einsum(equation, self.seen, self.coefficients))

    def layouts(self) -> tuple[Layout, Layout, tuple[int, ...]]:
        """Of the source and the target, and bits of the latter for partial sums."""
        source = random_layout(self.random, self.x.shape, self.slots)
        target = random_layout(self.random, self.shape(self.result), self.slots)
        gaps = [n for n, place in enumerate(target.places) if isinstance(place, Gap)]
        return source, target, tuple(sorted(self.random.sample(gaps, len(gaps) // 2)))


@pytest.mark.parametrize("seed", range(300))
def test_diagonals_are_the_map(seed: int) -> None:
    case = Case(seed)
    source, target, folds = case.layouts()
    diagonals = Diagonals(case.map, source, target, folds)
    rows = pack(case.x, source)
    sums = np.zeros((target.count, case.slots))
    for move in diagonals.moves.tolist():
        number, origin, distance = move
        shift = case.random.randint(0, 3)
        plain = diagonals.vector((number, origin, distance), shift, case.coefficients)
        assert plain.any() or not case.coefficients.all()
        sums[number] += np.roll(plain, -shift) * np.roll(rows[origin], -distance)
    for fold in folds:
        sums += np.roll(sums, -(1 << fold), axis=1)
    np.testing.assert_allclose(unpack(sums, target), case.expected, atol=1e-9)
    for number in range(target.count):
        held = target.table(number) >= 0
        flat = np.append(case.expected.ravel(), 0.0)[target.table(number)]
        np.testing.assert_allclose(sums[number][held], flat[held], atol=1e-9)
        assert folds or not sums[number][~held].any()


@pytest.mark.parametrize("seed", range(100))
def test_partial_sums_are_where_they_are_said_to_be(seed: int) -> None:
    case = Case(seed)
    source, target, folds = case.layouts()
    diagonals = Diagonals(case.map, source, target, folds)
    bits = sum(1 << fold for fold in folds)
    used = [diagonals.terms(tuple(move))[0] & bits for move in diagonals.moves.tolist()]
    copied = {0, *np.unique(np.concatenate([np.zeros(1, dtype=int), *used])).tolist()}
    assert copied == set(diagonals.partial.tolist())


def test_a_square_matrix_in_few_slots_takes_few_rotations() -> None:
    size, slots = 64, 256
    matrix = LinearMap((size, size), view=(1,), weights=(0, 1), result=(0,))
    source = Layout((size,), (Copy(), Copy(), *(Bit(0, bit) for bit in range(6))))
    target = Layout((size,), (*(Bit(0, bit) for bit in range(6)), Gap(), Gap()))
    assert len(Diagonals(matrix, source, target, folds=(6, 7)).moves) == size * size // slots


@pytest.mark.parametrize(("left", "right"), [*product([1, 40, 700], repeat=2)])
def test_differences_by_transform(left: int, right: int) -> None:
    slots, numbers = 1024, np.random.default_rng(left * right)
    one = np.unique(numbers.integers(0, slots, left))
    other = np.unique(numbers.integers(0, slots, right))
    wanted = {(a - b) % slots for a in one.tolist() for b in other.tolist()}
    assert set(subtracted(one, other, slots).tolist()) == wanted
    assert MANY < 700 * 700


def test_many_copies_take_no_room() -> None:
    source = Layout((3,), (Bit(0, 0), *[Copy()] * 13, Bit(0, 1)))
    columns, rows = (Bit(1, 0), Bit(1, 1), Bit(1, 2)), (Bit(0, 0), Bit(0, 1))
    target = Layout((3, 5), (*[Copy()] * 10, *columns, *rows))
    shifted = LinearMap((3, 5), (0,), (1,), (0, 1))
    diagonals = Diagonals(shifted, source, target)
    coefficients = np.arange(1.0, 6.0)
    x = np.array([1.0, 10.0, 100.0])
    total = np.zeros(source.slots)
    for move in diagonals.moves.tolist():
        row = np.roll(pack(x, source)[0], -move[2])
        total += diagonals.vector(tuple(move), 0, coefficients) * row
    np.testing.assert_allclose(total, pack(np.outer(x, coefficients), target)[0])
