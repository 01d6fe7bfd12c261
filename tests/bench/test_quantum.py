"""The figures of circuits are what they say, on a few cases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import quantum

BENCH = Path(__file__).parent


def figures(*line: str):
    """What a script prints."""
    done = subprocess.run([sys.executable, *line], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_random_einsums_are_exact_under_each_strategy() -> None:
    rows = figures(str(BENCH / "quantum/exactness.py"), "--json", "--count", "10")["exactness"]
    assert {row["strategy"] for row in rows} == {"auto", "bend", "orient", "isometric"}
    assert all(row["met"] for row in rows)


def test_chains_succeed_as_often_as_they_must() -> None:
    found = figures(str(BENCH / "quantum/probability.py"), "--json", "--count", "5")
    assert all(row["met"] and row["met by orient"] for row in found["chains"])
    assert max(row["from one"] for row in found["states"]) < 1e-12


def test_one_command_gives_all_figures() -> None:
    line = [str(BENCH / "quantum.py"), "--json", "--only", "none of them"]
    assert figures(*line) == {}
    assert {path.stem for path in (BENCH / "quantum").glob("*.py")} >= set(quantum.FIGURES)
    assert sum(quantum.FIGURES.values()) <= 40 * 60
    asked = quantum.arguments(["--peer", "python3", "--data", "data"])
    assert quantum.command("sentences", asked)[-4:] == [
        "--peer",
        "python3",
        "--data",
        str(Path("data/sentences")),
    ]
    assert quantum.command("exactness", asked)[-1] == "--json"


def test_gradients_agree() -> None:
    rows = figures(str(BENCH / "quantum/gradients.py"), "--json", "--count", "2")["gradients"]
    assert [row["kind"] for row in rows] == [
        "circuits",
        "programs as tensors",
        "programs as circuits",
    ]
    assert all(row["met"] for row in rows)
