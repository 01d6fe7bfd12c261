"""Checkpoints: everything that training goes on from, in an `.npz` file without pickles.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp()) / "a.npz"
>>> rng = np.random.default_rng(0)
>>> state = State(np.ones(2), np.zeros(2), 0.5, 1, 3, {"mean": np.ones(2)}, rng, [{"loss": 0.5}])
>>> write(path, state, "plan")
>>> back = read(path, "plan", (2,))
>>> back.epoch, back.history, back.rng.random() == rng.random()
(3, [{'loss': 0.5}], True)
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from einlang import saving
from einlang.errors import DataMistake, fail

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class State:
    """Parameters now and at best, the least loss and the epochs since, and what goes on."""

    theta: Array
    best: Array
    least: float
    waited: int
    epoch: int
    memory: Mapping[str, Array]
    rng: np.random.Generator
    history: list[dict[str, float]]


def write(path: Path, state: State, fingerprint: str) -> None:
    """Writes a checkpoint, whole or not at all. Raises `DataMistake` E0608."""
    about = {
        "plan": fingerprint,
        "least": state.least,
        "waited": state.waited,
        "epoch": state.epoch,
        "rng": state.rng.bit_generator.state,
        "history": state.history,
    }
    arrays: Any = {f"memory {name}": array for name, array in state.memory.items()}
    content = io.BytesIO()
    np.savez(content, theta=state.theta, best=state.best, about=json.dumps(about), **arrays)
    saving.write(path, content.getvalue())


def read(path: Path, fingerprint: str, shape: tuple[int, ...]) -> State:
    """A checkpoint of the same training. Raises `DataMistake` E0615 for any other file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
        rng = np.random.default_rng()
        rng.bit_generator.state = about["rng"]
        theta, best = arrays.pop("theta"), arrays.pop("best")
        counts = float(about["least"]), int(about["waited"]), int(about["epoch"])
        plan, history = about["plan"], about["history"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise _other(path, "it is no checkpoint, or damaged") from None
    if plan != fingerprint or theta.shape != shape:
        raise _other(path, "it was written by a training with other options")
    memory = {name.removeprefix("memory "): array for name, array in arrays.items()}
    return State(theta, best, *counts, memory, rng, history)


def _other(path: Path, why: str) -> Exception:
    hint = "give the same options again, or another name for the checkpoint"
    return fail(DataMistake, "E0615", f"`{path.name}` cannot be taken up: {why}", hint=hint)
