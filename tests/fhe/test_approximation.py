"""Functions as polynomials: within the precision they state, or refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_fhe import minimax
from einlang_fhe.approximation import approximate, values
from einlang_fhe.polynomial import Chebyshev, Composite, depth

from einlang.checking.typed import Function
from einlang.errors import BackendMistake

SMOOTH = [
    ("exp", -4, 4),
    ("exp", -1, 1),
    ("log", 0.1, 10),
    ("sqrt", 0.05, 4),
    ("sigmoid", -8, 8),
    ("sigmoid", -3, 12),
    ("tanh", -4, 4),
    ("gelu", -6, 6),
    ("silu", -8, 8),
    ("inverse", 0.5, 8),
    ("inverse", -8, -0.5),
    ("square", -3, 5),
]


def points(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, 9973)


def off(series, name: str, x: np.ndarray) -> float:
    return float(np.abs(series(x) - values(Function(name), x)).max())


@pytest.mark.parametrize(("name", "low", "high"), SMOOTH)
@pytest.mark.parametrize("precision", [1e-2, 1e-4, 1e-7])
def test_smooth_functions_are_within_the_precision(name, low, high, precision) -> None:
    series = approximate(Function(name), low, high, precision)
    assert isinstance(series, Chebyshev)
    assert series.error <= precision
    assert off(series, name, points(low, high)) <= precision * 1.01
    if series.degree > 1:
        shorter = approximate(Function(name), low, high, precision, degree=series.degree - 2)
        assert shorter.error > precision or depth(shorter) >= depth(series)


@pytest.mark.parametrize("name", ["abs", "relu"])
@pytest.mark.parametrize(("reach", "precision"), [(1, 1e-2), (8, 1e-2), (1, 1e-4), (4, 1e-3)])
def test_kinks_are_within_the_precision_everywhere(name, reach, precision) -> None:
    series = approximate(Function(name), -reach, reach, precision)
    assert off(series, name, points(-reach, reach)) <= precision * 1.01
    assert off(series, name, points(-reach / 100, reach / 100)) <= precision * 1.01


@pytest.mark.parametrize("name", ["sign", "lt0", "le0", "gt0", "ge0", "eq0", "ne0"])
@pytest.mark.parametrize("gap", [None, 0.5])
def test_steps_are_within_the_precision_outside_of_the_gap(name, gap) -> None:
    series = approximate(Function(name), -8, 4, 1e-3, gap=gap)
    assert isinstance(series, Composite)
    assert series.gap == (8 / 64 if gap is None else gap)
    x = points(-8, 4)
    assert off(series, name, x[np.abs(x) >= series.gap]) <= 1e-3
    assert np.abs(series(x)).max() < 1.01


def test_a_wider_gap_takes_fewer_levels() -> None:
    narrow, wide = (approximate(Function("gt0"), -1, 1, 1e-3, gap=g) for g in (1e-3, 0.1))
    assert depth(wide) < depth(narrow)


def test_symmetries_are_exact() -> None:
    tanh = approximate(Function("tanh"), -4, 4, 1e-5)
    assert not any(tanh.coefficients[::2])
    sigmoid = approximate(Function("sigmoid"), -8, 8, 1e-5)
    assert not any(sigmoid.coefficients[2::2])
    gelu = approximate(Function("gelu"), -8, 8, 1e-5)
    assert not any(gelu.coefficients[3::2])


def test_a_stated_degree_is_kept_whatever_its_error() -> None:
    series = approximate(Function("relu"), -8, 8, 1e-9, degree=14)
    assert isinstance(series, Chebyshev)
    assert series.degree == 14
    assert 0.01 < series.error < 1
    assert approximate(Function("gt0"), -1, 1, 1e-9, degree=15).degree == 15


def test_polynomials_are_exact() -> None:
    x = points(-2, 2)
    cube = approximate(Function("power", (3.0,)), -2, 2, 1e-6)
    assert np.allclose(cube(x), x**3, atol=1e-12)
    assert cube.degree == 3
    wished = approximate(Function("polynomial", (1.0, 0.0, -2.0, 0.5)), -2, 2, 1e-6)
    assert np.allclose(wished(x), 1 - 2 * x**2 + x**3 / 2, atol=1e-12)
    root = approximate(Function("power", (0.5,)), 0.1, 4, 1e-4)
    assert root.error <= 1e-4
    assert approximate(Function("power", (-2.0,)), -4, -1, 1e-4).error <= 1e-4


def test_one_sided_ranges_need_no_approximation() -> None:
    assert depth(approximate(Function("relu"), 0, 4, 1e-6)) == 0
    assert approximate(Function("relu"), -4, -1, 1e-6).coefficients == (0.0,)
    assert approximate(Function("gt0"), 1, 2, 1e-6).coefficients == (1.0,)
    assert approximate(Function("abs"), -4, -1, 1e-6).degree == 1


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (Function("inverse"), -1, 1),
        (Function("inverse"), 0, 1),
        (Function("log"), 0, 1),
        (Function("log"), -2, -1),
        (Function("sqrt"), -1, 1),
        (Function("power", (-1.0,)), -1, 2),
        (Function("power", (0.5,)), -1, 2),
        (Function("power", (-0.5,)), 0, 2),
    ],
)
def test_poles_are_refused(function, low, high) -> None:
    with pytest.raises(BackendMistake, match="E0710"):
        approximate(function, low, high, 1e-3)


def test_the_impossible_is_refused_with_what_was_reached() -> None:
    with pytest.raises(BackendMistake, match=r"E0711.*\n.*degree 1023 reaches .*narrower"):
        approximate(Function("sqrt"), 0, 4, 1e-6)
    with pytest.raises(BackendMistake, match="E0711"):
        approximate(Function("exp"), -30, 30, 1e-6)
    with pytest.raises(BackendMistake, match="E0711"):
        approximate(Function("gt0"), -1, 1, 1e-3, gap=1e-12)
    with pytest.raises(ValueError, match="no range"):
        approximate(Function("exp"), 1, 1, 1e-3)


@pytest.mark.parametrize(("gap", "error"), [(0.5, 1e-4), (1 / 64, 1e-3), (2**-12, 1e-5)])
def test_composed_signs_keep_their_word(gap, error) -> None:
    stages, reached = minimax.sign(gap, error)
    assert reached <= error
    x, inside = np.geomspace(gap, 1, 20001), np.linspace(-gap, gap, 2001)
    for stage in stages:
        x, inside = (np.polynomial.chebyshev.chebval(v, stage) for v in (x, inside))
    assert np.abs(x - 1).max() <= reached * 1.001
    assert np.abs(inside).max() <= 1 + error
