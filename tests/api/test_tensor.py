"""Tensors with index objects mean what they would in a program."""

from __future__ import annotations

import numpy as np
import pytest

import einlang as ein

i, j, k = ein.indices("i j k")
RANDOM = np.random.default_rng(0)
A = ein.Tensor(RANDOM.normal(size=(2, 3)))
B = ein.Tensor(RANDOM.normal(size=(3, 4)))
a, b = np.asarray(A), np.asarray(B)


def test_a_product() -> None:
    C = ein.Tensor()  # noqa: N806
    C[i, k] = A[i, j] * B[j, k]
    assert np.allclose(C, a @ b)
    assert C.shape == (2, 4)
    assert C.ndim == 2


def test_sums_are_per_term() -> None:
    y = ein.Tensor()
    y[i] = A[i, j] + 1
    assert np.allclose(y, a.sum(1) + 1)


def test_reading_what_is_assigned() -> None:
    y = ein.Tensor([1.0, 2.0])
    y[i] += A[i, j]
    assert np.allclose(y, np.add([1, 2], a.sum(1)))


def test_scalars_and_numbers() -> None:
    s = ein.Tensor(2.0)
    y = ein.Tensor()
    y[i, j] = (s * A[i, j] - 1) / 4 + np.float64(0.5) - (-A[i, j]) ** 2
    assert np.allclose(y, (2 * a - 1) / 4 + 0.5 - a**2)


def test_numbers_on_the_left() -> None:
    got = (1 - 2 / (3 + abs(A[i, j]))).order(i, j)
    assert np.allclose(got, 1 - 2 / (3 + abs(a)))


def test_comparisons_give_zero_and_one() -> None:
    got = ((A[i, j] > 0) + (A[i, j] <= 0) + 2 * (A[i, j] < 0) - (A[i, j] >= 0)).order(i, j)
    assert np.allclose(got, 1 + 2 * (a < 0) - (a >= 0))


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "argmax", "argmin"])
def test_reductions(name: str) -> None:
    got = getattr(A[i, j], name)(j).order(i)
    assert np.allclose(got, getattr(np, name)(a, axis=1))


def test_a_reduction_needs_an_index() -> None:
    with pytest.raises(TypeError, match="at least one index"):
        A[i, j].sum()


def test_affine_places_and_groups() -> None:
    x = ein.Tensor(np.arange(6.0))
    h, d = ein.indices("h d", d=3)
    y = ein.Tensor()
    y[h, d] = x[h, d] if False else x[3 * h + d]
    assert np.array_equal(y, np.arange(6.0).reshape(2, 3))
    flat = ein.Tensor()
    flat[((h, d),)] = y[h, d]
    assert np.array_equal(flat, np.arange(6.0))


def test_fixed_positions() -> None:
    assert np.allclose(A[1, j].order(j), a[1])


def test_floats() -> None:
    assert float(A[0, 1]) == pytest.approx(a[0, 1])


def test_an_empty_tensor_says_so() -> None:
    C = ein.Tensor()  # noqa: N806
    assert repr(C) == "Tensor()"
    with pytest.raises(ValueError, match="nothing yet"):
        C[i].order(i)


def test_whole_arrays_need_places() -> None:
    with pytest.raises(TypeError, match="where an array is read"):
        A[i, j] + np.ones(3)
    with pytest.raises(TypeError, match="a subscript is"):
        A["i"]


def test_mistakes_show_the_expression() -> None:
    C = ein.Tensor()  # noqa: N806
    with pytest.raises(ein.CheckMistake) as caught:
        C[i, k] = A[i, j] * A[j, k]
    assert "C[i, k] = A[i, j] * A[j, k]" in str(caught.value)
    assert "<python>" in str(caught.value)


def test_expressions_print() -> None:
    named = ein.Tensor([1.0], name="x")
    assert repr(2 * named[i]) == "Expression(2 * x[i])"


def test_functions_on_everything() -> None:
    assert np.allclose(ein.relu(A), np.maximum(a, 0))
    assert np.allclose(ein.relu(a), np.maximum(a, 0))
    assert np.allclose(ein.tanh(A[i, j]).order(i, j), np.tanh(a))
    assert float(ein.exp(ein.Tensor(0.0))) == 1


def test_big_tensors_print_short() -> None:
    assert len(repr(ein.Tensor(np.zeros(1000)))) < 200
