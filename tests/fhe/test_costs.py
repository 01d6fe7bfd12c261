"""Costs: read and written, and what they say of instructions and programs."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from einlang_fhe import FheBackend
from einlang_fhe.costs import Costs, calibration, fitting, load, storage, timing
from einlang_fhe.costs.tally import calls, tally
from einlang_fhe.costs.terms import VERBS
from einlang_fhe.engines import binding
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.passes.levels import Levelled, assign
from einlang_fhe.slots import Builder
from hypothesis import given, settings
from hypothesis import strategies as st

from einlang.errors import BackendMistake

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)
DEEP = Parameters(1 << 14, 4, 40, 50, 2)


def levelled(turns: int) -> Levelled:
    build = Builder(slots=DEEP.slots)
    x, y = build.input(0), build.input(1)
    product = build.multiply(x, build.multiply(x, y))
    total = build.add_all([build.rotate(product, n + 1) for n in range(turns)])
    return assign(build.program(outputs=(build.add(build.multiply_plain(total, 0), y),)))


@pytest.mark.parametrize("verb", [*VERBS, "drop"])
def test_fewer_primes_and_smaller_rings_cost_no_more(verb: str) -> None:
    costs = load()
    at = [costs.seconds(verb, DEEP, level) for level in range(DEEP.depth)]
    assert all(a >= b > 0 for a, b in pairwise(at))
    rings = [costs.seconds(verb, Parameters(1 << n, 2, 40, 50, 1)) for n in range(11, 18)]
    assert all(0 < a <= 1.5 * b for a, b in pairwise(rings))


def test_a_program_costs_what_its_instructions_do() -> None:
    costs = load()
    counts = tally(levelled(turns=33))
    assert counts["hoist", 2, 2] == 1
    assert counts["rotate_hoisted", 2, 2] == 33
    assert counts["rotate", 2, 2] == 0
    assert counts["reduce", 0, 2] == 0
    sums = sum(n * costs.seconds(verb, DEEP, at, parts) for (verb, at, parts), n in counts.items())
    sums += costs.seconds("start", DEEP)
    assert costs.program(levelled(33), DEEP) == pytest.approx(sums)
    assert costs.program(levelled(33), DEEP) > costs.program(levelled(3), DEEP)


def test_a_sum_of_rotations_costs_its_parts() -> None:
    build = Builder(slots=DEEP.slots)
    x, y = build.input(0), build.hoist(build.input(1))
    total = build.rotate_sum([x, x, x, y, y], [0, 1, 2, 3, 4])
    made = assign(build.program((build.add(total, build.rotate(y, 5)),)))
    counts = {verb: count for (verb, _, _), count in tally(made).items()}
    assert counts["hoist"] == 2  # One of them is an instruction.
    assert counts["rotate_extended"] == counts["add_extended"] == 4
    assert counts["extend"] == counts["switch_down"] == counts["rotate_hoisted"] == 1
    assert load().threads(made, DEEP, 10**6) < load().program(made, DEEP)


def test_products_of_many_polynomials_cost_more() -> None:
    build = Builder(slots=DEEP.slots)
    x = build.input(0)
    square = build.emit("multiply", x, x)
    cube = build.emit("multiply", square, x)
    total = build.add(cube, build.emit("negate", cube))
    steps = build.program((build.emit("relinearize", total),))
    made = Levelled(steps, levels=(0,) * 6, degrees=(1, 2, 3, 3, 3, 3))
    assert [call for call in calls(made) if call[0] != "input"] == [
        ("multiply", 0, 2),
        ("multiply", 0, 3),
        ("negate", 0, 4),
        ("add", 0, 4),
        ("relinearize", 0, 3),
    ]
    costs = load()
    assert costs.seconds("relinearize", DEEP, 0, 3) == 2 * costs.seconds("relinearize", DEEP)


def test_without_special_primes_there_is_nothing_to_extend() -> None:
    costs, plain = load(), Parameters(1 << 12, 1, 32, 54, 0, prime=54)
    fine = replace(plain, digit=18)
    assert costs.seconds("switch_down", plain) < costs.seconds("add", plain)
    assert costs.seconds("rotate_extended", plain) == costs.seconds("rotate_hoisted", plain)
    assert costs.seconds("rotate", plain) < costs.seconds("rotate", fine)
    special = replace(plain, prime=0, scale=54, digits=1)
    assert costs.seconds("rotate", plain) < costs.seconds("rotate", special)
    assert costs.keys(plain, 1, False) < costs.keys(special, 1, False)


def test_decryption_costs_more_where_more_primes_are_needed() -> None:
    costs = load()
    assert costs.seconds("decrypt", replace(DEEP, spare=4)) > 2 * costs.seconds("decrypt", DEEP)


def test_threads_share_the_work_but_for_the_longest_chain() -> None:
    costs, wide = load(), levelled(33)
    one = costs.threads(wide, DEEP, 1)
    assert one == costs.program(wide, DEEP)
    assert one / 2 <= costs.threads(wide, DEEP, 2) < one
    assert costs.threads(wide, DEEP, 10**6) > one / 100
    crowded = replace(costs, crowding={2: 1.5, 4: 1.8})
    assert [crowded.slowdown(n) for n in (1, 2, 3, 8)] == [1.0, 1.5, 1.5, 1.8]
    assert crowded.threads(wide, DEEP, 2) == pytest.approx(1.5 * costs.threads(wide, DEEP, 2))
    assert crowded.threads(levelled(1), DEEP, 2) == costs.program(levelled(1), DEEP)


def test_what_keys_and_ciphertexts_cost() -> None:
    costs = load()
    assert costs.keys(DEEP, 3, True) > costs.keys(DEEP, 3, False) > costs.keys(DEEP, 0, False) > 0
    assert costs.request([0, 1], DEEP) > costs.request([1, 1], DEEP) > costs.reply([4, 4], DEEP)
    assert costs.request([0, 0, 0], DEEP, 2) == pytest.approx(costs.request([0, 0, 0], DEEP) / 2)
    assert costs.request([], DEEP, 2) == 0
    assert costs.request_bytes([0, 4], DEEP) > 6 * 2 * 8 * DEEP.ring
    assert costs.key_bytes(DEEP, 2, True) - costs.key_bytes(DEEP, 2, False) > 8 * DEEP.ring
    assert costs.encoding(levelled(1), DEEP) == costs.seconds("encode", DEEP, 2)


def test_what_is_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "of" / "mine.json"
    storage.write(load(), path)
    assert [item.name for item in path.parent.iterdir()] == ["mine.json"]
    monkeypatch.setenv(storage.VARIABLE, str(path))
    mine = load()
    assert mine.origin == str(path)
    assert storage.as_json(mine) == storage.as_json(load("shipped"))
    path.unlink()
    assert load().origin == "shipped"


def test_the_user_has_a_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(storage.VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    place = storage.place()
    assert place is not None
    assert place.name == "fhe-costs.json"


@pytest.mark.parametrize(
    "change",
    [
        {"format": "nonsense"},
        {"seconds": "nonsense"},
        {"seconds": {}},
        {"crowding": {"2": 0.5}},
        {"crowding": "nonsense"},
        *(
            {"seconds": dict.fromkeys(VERBS, by_ring)}
            for by_ring in (
                {},
                {"x": {"call": 1}},
                {"4096": {"call": "x"}},
                {"4096": {"call": -1}},
                {"4096": {"call": float("nan")}},
            )
        ),
        [],
    ],
)
def test_a_broken_file_is_refused(change: Any, tmp_path: Path) -> None:
    content = {**storage.as_json(load()), **change} if change else change
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BackendMistake, match="E0820"):
        load(path)


# -- calibration ------------------------------------------------------------------------------


@needs_openfhe
def test_every_verb_is_measured_and_fitted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = Parameters(1 << 10, 2, 40, 50, 1, secure=False)
    station = timing.Station(small, levels=(0, 1, 2), budget=0)
    plain = Parameters(1 << 10, 1, 50, 54, 0, secure=False)
    other = timing.Station(plain, levels=(0, 1), budget=0)
    monkeypatch.setattr(calibration, "FULL", (station,))
    monkeypatch.setattr(calibration, "PLAIN", (other,))
    monkeypatch.setattr(calibration, "QUICK", (station, other))
    monkeypatch.setattr(timing, "ROUND", 0)
    monkeypatch.setenv(storage.VARIABLE, str(tmp_path / "mine.json"))
    seen = []
    for quick in (False, True):
        report = FheBackend().calibrate(quick, lambda *done: seen.append(done))
        assert report.figures["disturbed by others, times"] >= 1
        assert load().origin == report.figures["written to"] == str(tmp_path / "mine.json")
        assert all(load().seconds(verb, DEEP) > 0 for verb in VERBS)
        (rows,) = report.tables.values()
        assert {row["verb"] for row in rows} == set(VERBS)
        assert {tuple(row) for row in rows} == {("verb", "1024", "4096")}
    assert seen[:2] == [("calibrate", 0, 2), ("calibrate", 1, 2)]


def test_times_that_follow_a_formula_are_fitted() -> None:
    known = load()
    samples = [
        timing.Sample(verb, p, level, 2 * known.seconds(verb, p, level))
        for verb in VERBS
        for p in (replace(DEEP, ring=1 << 13), DEEP, replace(DEEP, depth=3, digits=1))
        for level in range(p.depth + 1)
    ]
    for found in (calibration.fitted(samples), calibration.scaled(known, samples)):
        done = calibration.Calibration(Costs(found), tuple(samples), disturbance=1.0)
        assert max(done.misses.values()) < 1e-6
    assert set(calibration.scaled(known, samples)["add"]) == set(known.coefficients["add"])


@settings(max_examples=50)
@given(data=st.data(), rows=st.integers(1, 8), terms=st.integers(1, 4))
def test_fits_are_the_best_that_are_not_negative(data, rows: int, terms: int) -> None:
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    matrix, target = draw.normal(size=(rows, terms)), draw.normal(size=rows)
    found = fitting.least_squares(matrix, target)
    gradient = matrix.T @ (target - matrix @ found)
    assert (found >= 0).all()
    assert gradient.max() < 1e-6
    assert np.abs(gradient[found > 0]).max(initial=0) < 1e-6


@needs_openfhe
def test_another_machine_says_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", Mock(side_effect=FileNotFoundError))
    assert calibration.machine()["processor"]
