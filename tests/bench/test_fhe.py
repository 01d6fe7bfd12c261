"""The experts' kernels give what they should, and the summary says what holds."""

from __future__ import annotations

import doctest
import importlib.util
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from einlang_fhe.engines import binding
from encrypted import cases as listed
from encrypted import networks, printing
from encrypted import summary as summing
from encrypted.cases import Case, by_name
from encrypted.summary import summary

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)
RELATIVE = {
    **{case.name: 1e-4 for case in by_name().values() if case.group != "einhops"},
    **dict.fromkeys(networks.by_name(), 1e-3),
}
"""Where errors are relative to the largest result."""


@pytest.mark.parametrize("module", [listed, summing, networks, printing])
def test_examples(module) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("case", by_name().values(), ids=lambda case: case.name)
def test_programs_say_the_equation(case: Case) -> None:
    import einlang as ein

    arrays = case.operands()
    (result,) = ein.compile(case.text).run(**arrays).values()
    assert np.allclose(result, case.expected(list(arrays.values())))


@needs_openfhe
@pytest.mark.parametrize("name", [*by_name(), *networks.by_name()])
def test_experts_are_right(name: str) -> None:
    from encrypted.experts.kit import Kit

    case = {**by_name(), **networks.by_name()}[name]
    arrays = list(case.operands().values())
    for expert in case.experts():
        kit = Kit(expert)
        reply = expert.kernel(kit.context, kit.encrypt(arrays), kit.encode(arrays))
        wanted = case.expected(arrays)
        bound = RELATIVE.get(case.name, 0) * np.abs(wanted).max() or 1e-4
        assert np.abs(kit.decrypt(reply) - wanted).max() < bound


@needs_openfhe
def test_a_case_is_measured() -> None:
    from encrypted.measure import Effort, measure

    row = measure(by_name()["06-matmat"], Effort(turns=5, seconds=0), {"threads": 1})
    assert row["ours"]["turns"] == 5
    assert row["ours"]["max_abs_error"] < 1e-4
    assert row["experts"][0]["operations"]["EvalMultNoRelin"] == 4
    assert row["ratio_to_expert"] > 0
    assert summary([row])["targets"]["einhops: least gain"]["pass"]


@needs_openfhe
def test_a_case_without_work_is_measured() -> None:
    from encrypted.measure import Effort, measure

    row = measure(by_name()["01-transpose"], Effort(turns=1, seconds=0), {"threads": 1})
    assert row["experts"][0]["operations"] == {}
    assert row["ratio_to_expert"] == 1


@needs_openfhe
def test_times_at_the_pace_of_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    from encrypted import measure

    at = {"yardstick": "0.5 s"}
    monkeypatch.setattr(measure, "load", lambda: SimpleNamespace(machine=at))
    found = measure.at_pace([3.0, 4.0, 6.0], [0.5, 1.0, 1.0])
    assert found == {"paced_seconds": 3.0, "slower_than_calibrated": 2.0}
    at.clear()
    assert measure.at_pace([3.0], [0.5]) == {}


def test_what_threads_and_predictions_must_reach() -> None:
    def row(said: float, gain: float, machine: float) -> dict[str, Any]:
        ours = {"predicted_seconds": said, "evaluate_seconds": said, "paced_seconds": 2 * said}
        threads = {"speed-up": {"evaluate": gain}, "share of the machine": gain / machine}
        return {"case": "a", "group": "large", "experts": [], "ours": ours, "threads": threads}

    found = summary([row(1.0, 1.8, 2.0), row(2.0, 1.5, 2.0)])["targets"]
    seen = {name: (one["figure"], one["pass"]) for name, one in found.items()}
    assert seen == {
        "threads: least gain of two": (1.5, False),
        "threads: least share of what two processes gain": (0.75, False),
        "predictions: share within 30 %": (1.0, True),
        "predictions: rank correlation": (1.0, True),
        "predictions: share within 30 %, at the pace of calibration": (0.0, False),
        "predictions: rank correlation, at the pace of calibration": (1.0, True),
    }


def test_a_case_that_failed_is_told() -> None:
    found = summary([{"case": "02-sum", "error": "no"}])
    assert found["failed"] == ["02-sum"]


def test_tables_have_a_line_for_each_case_that_failed_too() -> None:
    lines = printing.table([{"case": "02-sum", "error": "no"}]).splitlines()
    assert lines[2].split(" | ")[:2] == ["| 02-sum", "no        "]
