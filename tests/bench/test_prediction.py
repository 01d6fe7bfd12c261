"""Predictions stand beside what is measured."""

from __future__ import annotations

import doctest
import importlib.util

import prediction
import pytest
from einlang_fhe.engines import binding

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)


def test_examples() -> None:
    assert doctest.testmod(prediction).failed == 0


@needs_openfhe
def test_programs_are_measured() -> None:
    found = prediction.measure(["add", "matmul 8"], turns=1)
    assert all(row["measured"] > 0 < row["predicted"] for row in found["programs"].values())
    assert found["agreement"]["undisturbed"]["rank correlation"] == 1.0
    assert "matmul 8" in prediction.table(found)
