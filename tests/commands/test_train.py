"""`einlang train`: what it prints and writes, and that it goes on from a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TEXT = "index i = 2\nparam w[i]\npublic x[i]\np = sigmoid(w[i] * x[i])\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(40, 2))
    np.savez("train.npz", x=x, p=(x @ [2.0, -1.0] > 0).astype(int))
    Path("a.ein").write_text(TEXT)
    return tmp_path


def test_training_from_the_command_line(folder: Path, command: Callable[..., Any]) -> None:
    words = ["train", "a.ein", "--data", "train.npz", "--epochs", "60", "--rate", "0.2"]
    told = command([*words, "--out", "w.npz", "--curve", "curve.png"])
    assert told.code == 0, told.text
    assert "accuracy" in told.out
    assert (folder / "curve.png").stat().st_size > 1000
    found = command(["run", "a.ein", "--set", "w=w.npz:w", "--set", "x=5", "--json"])
    assert found.code == 1
    np.save("x.npy", [5.0, -5.0])
    found = command(["run", "a.ein", "--set", "w=w.npz:w", "--set", "x=x.npy", "--json"])
    assert json.loads(found.out)["outputs"]["p"]["values"] > 0.9


def test_a_checkpoint_is_taken_up(folder: Path, command: Callable[..., Any]) -> None:
    words = ["train", "a.ein", "--data", "train.npz", "--batch", "8", "--json"]
    whole = json.loads(command([*words, "--epochs", "6"]).out)
    half = [*words, "--checkpoint", "half.npz", "--validation", "train.npz"]
    command([*half, "--epochs", "2"])
    rest = json.loads(command([*half, "--epochs", "6"]).out)
    assert [e["loss"] for e in rest["history"]] == [e["loss"] for e in whole["history"]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"x": np.ones((3, 2))}, "E0617"),
        ({"x": np.ones((3, 2)), "p": np.ones(4)}, "E0617"),
        ({"x": np.ones((3, 2)), "p": np.ones((3, 5))}, "E0617"),
        ({"x": np.ones((3, 2)), "p": np.ones(3), "q": np.ones(3)}, "E0617"),
        ({"x": np.ones((3, 2)), "w": np.ones((3, 2)), "p": np.ones(3)}, "E0616"),
    ],
)
def test_data_that_does_not_fit(
    folder: Path, command: Callable[..., Any], change: dict[str, Any], code: str
) -> None:
    np.savez("bad.npz", **change)
    told = command(["train", "a.ein", "--data", "bad.npz"])
    assert told.code == 1
    assert code in told.err


def test_files_that_are_no_samples(folder: Path, command: Callable[..., Any]) -> None:
    assert "E0610" in command(["train", "a.ein", "--data", "x.csv"]).err
    assert "E0601" in command(["train", "a.ein", "--data", "none.npz"]).err
    Path("bad.npz").write_bytes(b"no")
    assert "E0608" in command(["train", "a.ein", "--data", "bad.npz"]).err
