"""Encrypted arrays give, within the precision, what NumPy gives on the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import einlang as ein

RANDOM = np.random.default_rng(1)
X = RANDOM.uniform(-1, 1, (3, 4))
Y = RANDOM.uniform(-1, 1, (4,))


def secret(array: Any, **options: Any) -> ein.Encrypted:
    return ein.encrypt(array, engine="clear", precision=1e-3, **options)


def close(got: ein.Encrypted, expected: Any) -> None:
    values = got.decrypt()
    assert got.shape == values.shape == np.shape(expected)
    assert np.abs(values - expected).max() <= 1e-3 * max(1, np.abs(expected).max())


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "sums": lambda x: 1 + x + Y - X - 2,
    "products": lambda x: 2 * x * Y * x / 4,
    "powers": lambda x: x**2 - x**3,
    "signs": lambda x: -(+x),
    "transpose": lambda x: x.T,
    "rows": lambda x: x[1],
    "columns": lambda x: x[:, 2],
    "slices": lambda x: x[1:, ::2],
    "elements": lambda x: x[-1, 0],
    "sum": lambda x: x.sum(),
    "sum over an axis": lambda x: x.sum(0),
    "mean": lambda x: x.mean(1, keepdims=True),
    "matrix times vector": lambda x: x @ Y,
    "gram": lambda x: x @ x.T,
    "vector times matrix": lambda x: [1.0, 2.0, 3.0] @ x,
    "right minus": lambda x: 1 - x,
    "array minus": lambda x: X - x,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name: str) -> None:
    operation = OPERATIONS[name]
    close(operation(secret(X)), operation(X))


def test_einsum() -> None:
    close(ein.einsum("ij,j->i", secret(X), Y), X @ Y)
    close(ein.einsum("ij,kj->ik", secret(X), secret(X)), X @ X.T)


def test_functions_on_a_range() -> None:
    x = secret(X, range=(-1, 1))
    close(ein.sigmoid(x), 1 / (1 + np.exp(-X)))


def test_what_is_shared_is_computed_once() -> None:
    x = secret(X)
    square = x * x
    close(square + square * 2, 3 * X**2)


def test_evaluating_starts_afresh() -> None:
    x = secret(Y)
    half = (x * x).evaluate()
    assert half.report.figures
    close(half * x, Y**3)


def test_index_objects() -> None:
    i, j = ein.indices("i j")
    x = secret(X)
    close(ein.Tensor(x)[i, j].sum(j).order(i).value, X.sum(1))
    made = ein.Tensor()
    made[j] = x[i, j] * 2
    close(made.value, 2 * X.sum(0))


def test_nothing_is_shown() -> None:
    x = secret([0.123456])
    for text in (repr(x), str(x * 2), repr(ein.Tensor(x)), repr(vars(x))):
        assert "123" not in text
    for look in (np.asarray, float, bool):
        with pytest.raises(TypeError, match="encrypted"):
            look(x)
    with pytest.raises(TypeError, match="encrypted"):
        np.asarray(ein.Tensor(x))


@pytest.mark.parametrize("wrong", [[np.nan], [np.inf], [1j], ["a"], [None]])
def test_what_cannot_be_encrypted(wrong: Any) -> None:
    with pytest.raises(ein.DataMistake):
        ein.encrypt(wrong)


def test_values_outside_the_range_are_said() -> None:
    with pytest.raises(ein.DataMistake):
        ein.encrypt([0.0, 2.0], range=(-1, 1))


def test_engines_do_not_mix() -> None:
    with pytest.raises(ValueError, match="different engines"):
        secret(X) + ein.encrypt(X, engine="openfhe")


def test_it_is_a_sequence() -> None:
    x = secret(X)
    assert (len(x), x.ndim, x.size) == (3, 2, 12)
    assert len(list(x)) == 3
    with pytest.raises(TypeError, match="no length"):
        len(x.sum())


def test_a_long_chain_is_written_down() -> None:
    x = secret(Y)
    for _ in range(300):
        x = x + 1
    close(x, Y + 300)
