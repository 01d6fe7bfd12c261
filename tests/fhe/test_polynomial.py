"""Polynomials in slot programs: the right numbers, the fewest levels, few products."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest
from einlang_fhe.engines import binding, engine_named
from einlang_fhe.engines.engine import Client, Evaluator, Parameters
from einlang_fhe.polynomial import (
    Chebyshev,
    Composite,
    Polynomial,
    depth,
    evaluate,
    evaluate_power,
    program_depth,
)
from einlang_fhe.slots import Builder, SlotProgram

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)


def written(series, normalized: bool = False) -> SlotProgram:
    build = Builder(slots=4)
    return build.program((evaluate(build, build.input(0), series, normalized),))


def run(program: SlotProgram, client: Client, evaluator: Evaluator, x) -> np.ndarray:
    """A program without levels, rescaled after each product."""
    values = []
    for step in program.instructions:
        arguments = [values[value] for value in step.arguments]
        if step.verb == "input":
            values.append(client.encrypt(x))
            continue
        if len(arguments) == 2:
            arguments = levelled(evaluator, *arguments)
        verb = getattr(evaluator, step.verb)
        made = verb(*arguments) if step.attribute is None else verb(*arguments, step.attribute)
        if step.verb in ("relinearize", "multiply_scalar"):
            made = evaluator.rescale(made)
        values.append(made)
    return client.decrypt(values[program.outputs[0]])


def level(cipher) -> int:
    return cipher.level if hasattr(cipher, "level") else cipher.GetLevel()


def levelled(evaluator, left, right):
    lower = max(level(left), level(right))
    return [evaluator.drop(cipher, lower - level(cipher)) for cipher in (left, right)]


def in_the_clear(series, x, normalized: bool = False) -> np.ndarray:
    program = written(series, normalized)
    deep = max(1, program_depth(program))
    parameters = Parameters(2 * len(x), deep, 40, 60, 1, secure=False)
    client, evaluator = engine_named("clear").keys(parameters, [], True)
    evaluator._error.on = False
    return run(program, client, evaluator, x)


def drawn(degree: int, kind: str, seed: int = 0) -> tuple[float, ...]:
    coefficients = np.random.default_rng(seed + degree).normal(size=degree + 1)
    if kind == "odd":
        coefficients[::2] = 0
    if kind == "even":
        coefficients[3::2] = 0
    if kind == "sparse":
        coefficients[np.random.default_rng(degree).uniform(size=degree + 1) < 0.6] = 0
        coefficients[-1] = 1.0
    return tuple(coefficients)


KINDS = ("full", "odd", "even", "sparse")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("basis", [Chebyshev, Polynomial, "range"])
def test_every_degree_gives_its_values(kind, basis) -> None:
    for degree in range(1, 121, 1 if kind == "full" else 7):
        coefficients = drawn(degree, kind)
        series = Chebyshev(coefficients, -3.0, 5.0) if basis == "range" else basis(coefficients)
        x = np.linspace(-3, 5, 64) if basis == "range" else np.linspace(-1, 1, 64)
        expected = series(x)
        scale = np.abs(coefficients).sum()
        assert np.abs(in_the_clear(series, x) - expected).max() < 1e-10 * scale


@pytest.mark.parametrize("kind", KINDS)
def test_levels_are_minimal(kind) -> None:
    for degree in [*range(2, 130), 255, 256, 511, 1023]:
        coefficients = drawn(degree, kind)
        length = max(k for k, c in enumerate(coefficients) if c)
        minimal = math.ceil(math.log2(length + 1))
        assert depth(Chebyshev(coefficients)) <= minimal
        assert depth(Chebyshev(coefficients, 0.0, 3.0)) <= minimal + 1
        assert depth(Chebyshev(coefficients, 0.0, 3.0), normalized=True) <= minimal


@pytest.mark.parametrize(
    ("degree", "full", "odd"), [(3, 2, 2), (7, 5, 5), (15, 8, 8), (31, 13, 12), (127, 27, 24)]
)
def test_products_are_few(degree, full, odd) -> None:
    assert written(Chebyshev(drawn(degree, "full"))).count("multiply") <= full
    assert written(Chebyshev(drawn(degree, "odd"))).count("multiply") <= odd


def test_powers_are_exact_and_shallow() -> None:
    x = np.linspace(-1, 1, 64)
    for power in range(1, 65):
        build = Builder(slots=4)
        program = build.program((evaluate_power(build, build.input(0), power),))
        assert program_depth(program) == math.ceil(math.log2(power))
        assert program.count("multiply_scalar") == 0
        monomial = Polynomial((*(0.0,) * power, 1.0))
        assert np.allclose(in_the_clear(monomial, x), x**power, atol=1e-13)
    assert written(Polynomial((0.0, 0.0, 1.0))).count("multiply") == 1
    assert depth(Polynomial((0.0, 0.0, 3.0))) == 2
    assert depth(Polynomial((0.0, 0.0, 0.0, 3.0))) == 2


def test_small_cases_take_no_level_in_vain() -> None:
    assert depth(Chebyshev((0.0, 4.0), -4.0, 4.0)) == 0
    assert depth(Chebyshev((1.0, 2.0), -4.0, 4.0)) == 1
    constant = Chebyshev((7.0,), -4.0, 4.0)
    assert depth(constant) == 1
    assert in_the_clear(constant, np.linspace(-4, 4, 64)) == pytest.approx(7.0)
    assert in_the_clear(Polynomial((7.0,)), np.ones(64)) == pytest.approx(7.0)


@pytest.mark.parametrize("times", ["nothing", "input", "itself"])
@pytest.mark.parametrize("minus", [False, True])
def test_compositions(times, minus) -> None:
    stages = Chebyshev(drawn(3, "odd")), Chebyshev((0.0, 0.5, 0.0, 0.25))
    series = Composite(stages, -2.0, 2.0, times=times, offset=0.5, minus=minus)
    x = np.linspace(-2, 2, 64)
    assert np.allclose(in_the_clear(series, x), series(x), atol=1e-11)
    assert depth(series) == 1 + 2 + 2 + (times != "nothing")
    assert depth(series, normalized=True) == depth(series) - 1


def test_a_normalized_value_needs_no_affine_map() -> None:
    series = Chebyshev(drawn(9, "full"), 1.0, 5.0)
    x = np.linspace(1, 5, 64)
    slope, offset = series.affine
    assert np.allclose(in_the_clear(series, slope * x + offset, True), series(x), atol=1e-11)


@needs_openfhe
@pytest.mark.parametrize("degree", [7, 31])
def test_under_encryption(degree) -> None:
    series = Chebyshev(drawn(degree, "full"), -2.0, 3.0)
    parameters = Parameters(1 << 12, depth(series), 45, 60, 1, secure=False)
    client, evaluator = engine_named("openfhe").keys(parameters, [], True)
    x = np.random.default_rng(0).uniform(-2, 3, parameters.slots)
    assert np.abs(run(written(series), client, evaluator, x) - series(x)).max() < 1e-6
