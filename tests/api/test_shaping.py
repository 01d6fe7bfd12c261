"""NumPy's notation on whole arrays, as definitions: checked against NumPy itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from einlang.api import shaping
from einlang.api.recording import Leaf, Made, write

X = np.arange(24.0).reshape(2, 3, 4) - 7


def value(recipe: shaping.Recipe, *arrays: np.ndarray) -> np.ndarray:
    """What a recipe gives in the clear."""
    operands = {shaping.key(n): Leaf(array) for n, array in enumerate(arrays)}
    made = Made(recipe.subscripts, recipe.value, operands, recipe.sizes)
    written = write(made)
    result = written.run("numpy")[written.name]
    assert made.shape == result.shape
    return result


def taking(*keys: Any) -> tuple[Any, ...]:
    return keys


@pytest.mark.parametrize(
    "keys",
    [
        taking(0),
        taking(-1, 2),
        taking(slice(None), 1),
        taking(Ellipsis, 3),
        taking(slice(1, None), slice(None, None, 2), slice(3, 0, -1)),
        taking(slice(None, -1), slice(0, 1)),
        taking(None, 1, Ellipsis, None),
        taking(1, 2, 3),
        taking(),
    ],
    ids=str,
)
def test_slices(keys: tuple[Any, ...]) -> None:
    assert np.array_equal(value(shaping.take(X.shape, keys), X), X[keys])


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ((5,), IndexError),
        ((0, 0, 0, 0), IndexError),
        ((Ellipsis, Ellipsis), IndexError),
        (([0, 1],), TypeError),
        ((0.5,), TypeError),
    ],
)
def test_slices_that_are_none(keys: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        shaping.take(X.shape, keys)


@pytest.mark.parametrize("operator", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(operator: str, axis: Any, keepdims: bool) -> None:
    expected = getattr(np, operator)(X, axis=axis, keepdims=keepdims)
    got = value(shaping.reduce(operator, X.shape, axis, keepdims), X)
    assert got.shape == expected.shape
    assert np.allclose(got, expected)


def test_an_axis_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        shaping.reduce("sum", (2, 3), 2, False)


@pytest.mark.parametrize("shape", [(2, 3, 4), (4,), (1,), (3, 1), (1, 1, 1, 1), ()])
@pytest.mark.parametrize(("operator", "function"), [("+", np.add), ("*", np.multiply)])
def test_broadcasts(shape: tuple[int, ...], operator: str, function: Any) -> None:
    other = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    recipe = shaping.binary(operator)([X.shape, shape])
    assert np.allclose(value(recipe, X, other), function(X, other))


def test_shapes_that_do_not_broadcast() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        shaping.binary("+")([(2,), (3,)])


@pytest.mark.parametrize("order", [(2, 1, 0), (0, 2, 1), (-1, 0, 1)])
def test_transposes(order: tuple[int, ...]) -> None:
    assert np.array_equal(value(shaping.transpose(X.shape, order), X), X.transpose(order))


def test_an_order_that_is_none() -> None:
    with pytest.raises(ValueError, match="no order"):
        shaping.transpose((2, 3), (0, 0))


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4))],
)
def test_matrix_products(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = np.arange(np.prod(left)).reshape(left), np.arange(np.prod(right)).reshape(right) + 1
    recipe = shaping.einsum(shaping.matmul(len(left), len(right)), [left, right])
    assert np.array_equal(value(recipe, a, b), a @ b)


def test_a_scalar_in_a_matrix_product() -> None:
    with pytest.raises(ValueError, match="scalar"):
        shaping.matmul(0, 2)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ii->i", [(3, 3)]),
        ("ii", [(3, 3)]),
        ("i,j,k->kji", [(2,), (3,), (4,)]),
        ("...i,...i->...", [(2, 3), (2, 3)]),
        ("ij,ij->", [(1, 3), (2, 3)]),
        (",->", [(), ()]),
    ],
)
def test_equations(equation: str, shapes: list[tuple[int, ...]]) -> None:
    arrays = [np.arange(1.0, 1 + np.prod(shape)).reshape(shape) for shape in shapes]
    got = value(shaping.einsum(equation, shapes), *arrays)
    assert np.allclose(got, np.einsum(equation, *arrays))


def test_numbers() -> None:
    for wrong in (np.inf, "2", 1j):
        with pytest.raises(TypeError):
            shaping.number(wrong)
