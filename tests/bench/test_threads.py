"""Threads are measured beside one thread."""

from __future__ import annotations

import doctest
import importlib.util
import json

import pytest
import threads
from einlang_fhe.engines import binding

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)


def test_examples() -> None:
    assert doctest.testmod(threads).failed == 0


@needs_openfhe
def test_a_case_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    threads.main(["--json", "--only", "06-matmat", "--turns", "1"])
    found = json.loads(capsys.readouterr().out)
    (row,) = found["cases"]
    assert row["max abs error"] < 1e-4
    assert row["speed-up"].keys() == {"encrypt", "evaluate", "decrypt"}
    assert row["machine"] > 0
    assert 0 < found["overhead"]["microseconds for each instruction"] < 100
    assert "06-matmat" in threads.table(found)
