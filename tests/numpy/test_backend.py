"""The numpy backend: types of numbers, domains, settings, parameters, what it reports."""

from __future__ import annotations

import math

import numpy as np
import pytest
from einlang_numpy import NumpyBackend
from einlang_numpy.functions import PLAIN, apply, erf, erfc

import einlang
from einlang.checking.typed import Function
from einlang.errors import BackendMistake, DataMistake, EinlangError
from einlang.planning.dataflow import Apply, Builder, Contract, Dataflow, Port, Type


def run(text: str, **data: object) -> dict[str, np.ndarray]:
    """The outputs of a program."""
    result = einlang.compile(text).run(**data)
    return {name: np.asarray(result[name]) for name in result}


def code(error: pytest.ExceptionInfo[EinlangError]) -> str:
    return error.value.diagnostics[0].code


# -- numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["?", "i1", "u1", "i4", "u4", "i8", "u8"])
def test_whole_numbers_stay_whole_and_do_not_overflow(kind: str) -> None:
    x = np.array([0, 1, 100]).astype(kind)
    y = run("public x[i]\ny[i, j] = 3 * x[i] * x[j] + 1\nout y\n", x=x)["y"]
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, 3 * np.multiply.outer(*[x.astype(int)] * 2) + 1)


def test_powers_of_whole_numbers_turn_to_floats_before_they_overflow() -> None:
    power = Function("power", (10.0,))
    assert apply(power, np.array([-3, 2])).tolist() == [59049, 1024]
    assert apply(power, np.array([10**9])).tolist() == [1e90]
    assert apply(Function("power", (-2.0,)), np.array([2])).tolist() == [0.25]
    assert apply(Function("power", (0.5,)), np.array([4])).tolist() == [2.0]


def test_short_floats_are_computed_in_long_ones_unless_asked_otherwise() -> None:
    x = np.array([1.0, 2.0], "f4")
    text = "public x[i]\ny[i] = exp(x[i])\nout y\n"
    assert run(text, x=x)["y"].dtype == np.float64
    assert run(text + "target numpy:\n    dtype = float32\n", x=x)["y"].dtype == np.float32


# -- functions ------------------------------------------------------------------------------


def test_the_error_function_is_accurate_to_the_last_bits() -> None:
    x = np.concatenate([np.linspace(-6, 6, 4001), np.geomspace(1e-300, 26, 500)])
    np.testing.assert_allclose(erf(x), [math.erf(v) for v in x], rtol=5e-16, atol=0)
    np.testing.assert_allclose(erfc(x), [math.erfc(v) for v in x], rtol=3e-15, atol=1e-307)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_functions_take_scalars_whole_numbers_and_large_ones(name: str) -> None:
    for x in (np.array(2), np.array([1, 3]), np.array([0.5, 2.5])):
        assert np.isfinite(apply(Function(name), x)).all()
    if name in {"sigmoid", "tanh", "gelu", "silu", "relu"}:
        large = apply(Function(name), np.array([-800.0, 800.0]))
        np.testing.assert_allclose(large[0], -1 if name == "tanh" else 0, atol=1e-300)
        assert large[1] in (1.0, 800.0)


@pytest.mark.parametrize("kind", ["?", "u1", "i8", "f4", "f8"])
def test_the_sigmoid_is_accurate_in_both_tails(kind: str) -> None:
    x = np.linspace(-40, 40, 20_001).astype(kind)
    wanted = [1 / (1 + math.exp(-float(v))) for v in x]
    value = apply(Function("sigmoid"), x.reshape(3, -1)[:, ::-1])
    assert value.dtype == (kind if kind[0] == "f" else np.float64)
    rough = 1e-5 if kind == "f4" else 1e-15
    np.testing.assert_allclose(value[:, ::-1].reshape(-1), wanted, rtol=rough)


def test_gelu_is_the_exact_form() -> None:
    x = np.linspace(-5, 5, 101)
    wanted = [v / 2 * (1 + math.erf(v / math.sqrt(2))) for v in x]
    np.testing.assert_allclose(apply(Function("gelu"), x), wanted, rtol=1e-12, atol=1e-15)


def test_positions_count_over_axes_in_the_order_given() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    text = "public x[i, j, k]\na[j] = argmax[k, i](x[i, j, k])\nout a\n"
    wanted = x.transpose(1, 2, 0).reshape(4, -1).argmax(1)
    np.testing.assert_array_equal(run(text, x=x)["a"], wanted)


# -- domains --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "x", "message"),
    [
        ("log(x[i])", [1.0, -1.0], "in `y`: log of -1.0 at position [1] is no number"),
        ("sqrt(x[i])", [-4.0, 1.0], "in `y`: sqrt of -4.0 at position [0] is no number"),
        ("1 / x[i]", [1.0, 0.0], "in `y`: division by 0.0 at position [1] is no number"),
        ("x[i]^0.3", [1.0, -2.0], "in `y`: power(0.3) of -2.0 at position [1] is no number"),
    ],
)
def test_outside_of_a_domain_is_said(expression: str, x: list[float], message: str) -> None:
    with pytest.raises(DataMistake) as error:
        run(f"public x[i]\ny[i] = {expression}\nout y\n", x=np.array(x))
    assert code(error) == "E0630"
    assert message in str(error.value)


def test_a_secret_is_not_told_in_a_complaint() -> None:
    with pytest.raises(DataMistake, match="log of a secret value at position"):
        run("secret x[i]\ny[i] = log(x[i])\nout y\n", x=np.array([-41.5]))


def test_numbers_that_grow_too_large_are_said() -> None:
    with pytest.raises(DataMistake, match=r"exp of 1000\.0 at position \[0\] is too") as error:
        run("public x[i]\ny[i] = exp(x[i])\nout y\n", x=np.array([1000.0]))
    assert code(error) == "E0631"
    with pytest.raises(DataMistake, match=r"`y` is not finite at position .1."):
        run("public x[i]\ny[i] = x[i] * x[i]\nout y\n", x=np.array([1.0, 1e200]))


# -- the backend ----------------------------------------------------------------------------


def product() -> Dataflow:
    build = Builder([Port("A", Type((2, 3))), Port("B", Type((3, 4)))])
    tanh = build.add(Apply(Function("tanh")), (0,), Type((2, 3)), label="T")
    return build.flow({"C": build.add(Contract(((0, 1), (1, 2)), (0, 2)), (tanh, 1), Type((2, 4)))})


def test_what_parameters_decide_is_computed_when_compiling() -> None:
    a, b = np.ones((2, 3)), np.arange(12.0).reshape(3, 4)
    ready = NumpyBackend().compile(product(), {"A": a}, {})
    assert [port.name for port in ready.inputs] == ["B"]
    assert len(ready.program.calls) == 1
    np.testing.assert_allclose(ready.run({"B": b})["C"], np.tanh(a) @ b)


def test_the_report_counts() -> None:
    ready = NumpyBackend().compile(product(), {}, {})
    assert ready.report.figures == {
        "backend": "numpy",
        "dtype": "float64",
        "steps": 2,
        "flops": 6 + 48,
        "peak bytes": 8 * (6 + 12 + 6 + 8),
    }
    assert [row["statement"] for row in ready.report.tables["steps"]] == ["T", ""]


def test_outputs_are_the_callers_own() -> None:
    x = np.arange(3.0)
    y = run("public x[i]\ny[i] = x[i]\nz[j, i] = x[i] + 0 * size(j)\nindex j = 2\nout y, z\n", x=x)
    y["y"][0] = 9
    y["z"][0] = 9
    assert x.tolist() == [0.0, 1.0, 2.0]
    assert y["z"][1].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        ({}, "E0609"),
        ({"A": np.ones((3, 2))}, "E0606"),
        ({"A": np.full((2, 3), "a")}, "E0603"),
        ({"A": np.ones((2, 3), complex)}, "E0603"),
        ({"A": np.full((2, 3), np.nan)}, "E0604"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs: dict[str, np.ndarray], wanted: str) -> None:
    ready = NumpyBackend().compile(product(), {}, {})
    with pytest.raises(DataMistake, match="`A`") as error:
        ready.run({"B": np.ones((3, 4)), **inputs})
    assert code(error) == wanted


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dtyp": "float64"}, "did you mean `dtype`"),
        ({"precision": 1e-3}, "settings of this backend: dtype"),
        ({"dtype": "float16"}, "one of float64, float32"),
    ],
)
def test_settings_it_does_not_know_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(BackendMistake, match=message) as error:
        NumpyBackend().compile(product(), {}, settings)
    assert code(error) == "E0706"
