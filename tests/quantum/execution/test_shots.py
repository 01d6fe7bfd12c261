"""Intervals hold the truth as often as they say, and errors are what was promised."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from einlang_quantum.execution import Estimate, shots_for
from einlang_quantum.execution.estimates import differences, magnitudes, squares

BENCH = runpy.run_path(str(Path(__file__).parents[2] / "bench/quantum/shots.py"))
SEEDS = 60


@pytest.mark.parametrize("case", BENCH["cases"](), ids=lambda case: case.name)
def test_intervals_and_promises_hold(case) -> None:
    row = BENCH["measured"](case, SEEDS)
    # Four standard deviations of a share of 95 % over so many seeds.
    slack = 4 * np.sqrt(0.95 * 0.05 / SEEDS)
    assert row["covered"] > 0.95 - slack
    assert row["covered probability"] > 0.95 - slack
    assert row["found"] == pytest.approx(row["promised"], rel=4 / np.sqrt(2 * SEEDS))


@pytest.mark.parametrize("shots", [50, 400])
def test_estimates_have_the_spread_that_they_say(shots) -> None:
    random = np.random.default_rng(2)
    q = np.array([0.3, 0.2, 0.1, 0.4])
    drawn = random.multinomial(shots, q, size=20_000)
    plain = squares(drawn, shots)
    np.testing.assert_allclose(plain.values.mean(0), q, atol=2e-3)
    np.testing.assert_allclose((plain.errors**2).mean(0), plain.values.var(0), rtol=0.06)
    roots = magnitudes(drawn, shots)
    np.testing.assert_allclose(roots.values.mean(0), np.sqrt(q), atol=3e-3)
    np.testing.assert_allclose((roots.errors**2).mean(0), roots.values.var(0), rtol=0.25)
    tests = [differences(row[0], row[1], shots) for row in drawn]
    assert np.mean([each.values for each in tests]) == pytest.approx(0.1, abs=2e-3)
    variance = np.var([each.values for each in tests])
    assert np.mean([each.errors**2 for each in tests]) == pytest.approx(variance, rel=0.06)


def test_without_shots_there_are_no_errors() -> None:
    for estimate in (squares([0.5], None), magnitudes([0.5], None), differences(0.5, 0.2, None)):
        assert not np.any(estimate.errors)
    assert differences(0.5, 0.2, None).values == pytest.approx(0.3)


def test_what_was_not_found_is_not_certain() -> None:
    assert squares([0, 10], 10).errors[0] > 0
    assert magnitudes([0, 10], 10).errors.min() > 0


def test_factors_mix_both_parts() -> None:
    turned = Estimate(np.array(1 + 2j), np.array(0.3 + 0.4j)).times(1j)
    assert turned.values == pytest.approx(-2 + 1j)
    assert complex(turned.errors) == pytest.approx(0.4 + 0.3j)
    assert Estimate(np.array(2.0), np.array(0.1)).times(-3).errors == pytest.approx(0.3)
    low, high = Estimate(np.array(2.0), np.array(0.1)).interval(0.6827)
    assert (low, high) == pytest.approx((1.9, 2.1), abs=1e-4)


def test_shots_grow_as_success_shrinks() -> None:
    assert shots_for(0.1, 0.5) == 25
    assert shots_for(0.1, 0.5, "real") == 50
    assert shots_for(0.1, 0.5, "complex") == 400
    assert shots_for(0.1, 1.0) == 1
    assert shots_for(0.1, 0.5, elements=2) > shots_for(0.1, 0.5)
    with pytest.raises(ValueError, match="never succeeds"):
        shots_for(0.1, 0.0)
