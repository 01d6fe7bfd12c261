"""Interval arithmetic: every value lies in its interval, which is no wider than need be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import apply

from einlang.checking import check
from einlang.checking.intervals import (
    EVERYTHING,
    image,
    meet,
    meets,
    polynomial,
    product,
    times,
    total,
    within,
)
from einlang.checking.ranges import powers_of_many
from einlang.checking.typed import Apply, Fold, Function
from einlang.syntax import read

ENDS = st.floats(-6, 6).map(lambda x: round(x, 3))
INTERVALS = st.tuples(ENDS, ENDS).map(lambda ends: (min(ends), max(ends)))
NAMES = (
    "exp log sqrt abs sigmoid tanh relu gelu silu sign inverse square lt0 le0 gt0 ge0 eq0 ne0"
).split()  # fmt: skip
FUNCTIONS = st.one_of(
    st.sampled_from(NAMES).map(Function),
    st.sampled_from([-3, -2, -0.5, 0, 1, 3, 4, 1.5]).map(lambda n: Function("power", (n,))),
    st.lists(st.integers(-3, 3), min_size=1, max_size=6).map(
        lambda c: Function("polynomial", tuple(map(float, c)))
    ),
)


def points(interval: tuple[float, float]) -> np.ndarray:
    low, high = interval
    inner = [x for x in (0.0, low + (high - low) / math.pi) if low <= x <= high]
    return np.unique([*np.linspace(low, high, 41), *inner])


@given(function=FUNCTIONS, interval=INTERVALS)
def test_a_function_stays_in_the_image_of_its_interval(function, interval) -> None:
    x = points(interval)
    with np.errstate(all="ignore"):
        values = apply(function, x)
    defined = np.isfinite(values)
    assert defined.any() or not within(function, interval)
    if within(function, interval):
        assert defined.all()
        assert meets(function, interval)
    low, high = image(function, interval)
    slack = 1e-9 * (1 + np.abs(values[defined]))
    assert (values[defined] >= low - slack).all()
    assert (values[defined] <= high + slack).all()


@given(function=FUNCTIONS, interval=INTERVALS)
def test_the_image_is_tight(function, interval) -> None:
    assume(within(function, interval) and not function.name.endswith("0"))
    assume(function.name != "sign")
    values = apply(function, np.linspace(*interval, 4001))
    low, high = image(function, interval)
    slack = 1e-2 * (1 + values.max() - values.min())
    assert values.min() <= low + slack
    assert values.max() >= high - slack


@given(a=INTERVALS, b=INTERVALS, s=st.floats(0, 1), t=st.floats(0, 1))
def test_sums_and_products(a, b, s, t) -> None:
    x, y = a[0] + s * (a[1] - a[0]), b[0] + t * (b[1] - b[0])
    for found, value in ((total([a, b]), x + y), (product(a, b), x * y)):
        assert found[0] - 1e-9 <= value <= found[1] + 1e-9
    assert times(a, 3)[1] == pytest.approx(3 * a[1])


@given(interval=INTERVALS, count=st.integers(1, 6), seed=st.integers(0, 99))
def test_the_product_of_many_values(interval, count, seed) -> None:
    random = np.random.default_rng(seed)
    values = random.choice(points(interval), (200, count)).prod(axis=1)
    low, high = powers_of_many(interval, count)
    assert (values >= low - 1e-6 * (1 + abs(low))).all()
    assert (values <= high + 1e-6 * (1 + abs(high))).all()


def test_infinite_ends() -> None:
    infinity = math.inf
    assert product((0, 0), EVERYTHING) == (0, 0)
    assert total([(-infinity, 1), (infinity, infinity)]) == (-infinity, infinity)
    assert image(Function("relu"), EVERYTHING) == (0, infinity)
    assert image(Function("gelu"), EVERYTHING)[1] == infinity
    assert image(Function("silu"), (0, infinity)) == (0, infinity)
    assert image(Function("exp"), (0, 1000)) == (1, infinity)
    assert image(Function("inverse"), (0, 2)) == (0.5, infinity)
    assert image(Function("inverse"), (-2, 0)) == (-infinity, -0.5)
    assert polynomial([1, 0, 1], EVERYTHING) == (1, infinity)
    assert meet((0, 1), (2, 3)) is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("x[i] + 2 * x[i]", (-3, 6)),
        ("x[i] - x[i]", (-3, 3)),
        ("x[i] * x[i]", (0, 4)),
        ("x[i]^2 - x[i]", (-0.25, 2)),
        ("2 * x[i]^3 - 3 * x[i] + 1", (1 - math.sqrt(2), 11)),
        ("w[i, k] * x[i] * v[k]", (-4, 4)),
        ("w[i, k] * v[k]", (-2, 2)),
        ("max[k](v[k]) * 3", (-3, 3)),
        ("argmax[k](v[k]) + 0 * x[i]", (0, 1)),
        ("prod[k](v[k])", (-1, 1)),
        ("mean[k](v[k])", (-1, 1)),
        ("sum[k](1) * x[i]", (-2, 4)),
        ("sigmoid(u[i])", (0, 1)),
        ("u[i]", None),
        ("relu(u[i])", None),
        ("tanh(u[i]) * 2", (-2, 2)),
        ("x[pad(i - 1, 5)]", (-1, 5)),
        ("x[i] in [0, 9]", (0, 2)),
        ("u[i] in [-3, 3]", (-3, 3)),
        ("x[i] <= 0", (0, 1)),
        ("x[i] <= 2", (1, 1)),
        ("abs(x[i])", (0, 2)),
    ],
)
def test_ranges_of_definitions(value, wanted) -> None:
    text = f"""
index i = 3
secret x[i] in [-1, 2]
secret u[i]
secret v[k] in [-1, 1]
param w[i, k]
y[i] = {value}
"""
    w = np.array([[0.5, 0.5], [-1, 1], [0, 2]])
    found = check(read(text), data={"w": w}, sizes={"k": 2}).tensors["y"].range
    assert found == (pytest.approx(wanted) if wanted else None)


def test_known_parameters_bound_their_sums() -> None:
    w = np.array([[1.0, -2.0], [0.5, 0.25]])
    typed = check(
        read("secret x[k] in [0, 1]\nparam w[i, k]\ny[i] = w[i, k] * x[k]"), data={"w": w}
    )
    assert typed.tensors["y"].range == (-2, 1)
    assert typed.tensors["w"].range == (-2, 1)


def test_functions_and_folds_know_their_argument() -> None:
    text = "index i = 2\nsecret x[i] in [-1, 2]\ny = max[i](sigmoid(2 * x[i]))"
    value = check(read(text)).definitions[0].value
    assert isinstance(value, Fold)
    assert isinstance(value.body, Apply)
    assert value.body.range == (-2, 4)
    assert value.range == pytest.approx((0.119203, 0.982014), abs=1e-6)
