"""Results to be shown to others: blurred and rounded, within a bound."""

from __future__ import annotations

import numpy as np
from einlang_fhe.files.sharing import shared


def test_the_bound_holds_and_everything_is_on_the_grid() -> None:
    values = np.random.default_rng(0).uniform(-10, 10, 10_000)
    found = shared(values, 1e-3)
    assert np.abs(found - values).max() < 2 * 1e-3 * 10
    assert len(np.unique(found)) < 10_000
    assert np.all(found * 2**10 % 1 == 0)


def test_noise_is_drawn_anew() -> None:
    values = np.zeros(1000)
    assert (shared(values, 0.1) != shared(values, 0.1)).any()


def test_nothing_stays_nothing() -> None:
    assert shared(np.zeros((0, 3)), 0.1).shape == (0, 3)
