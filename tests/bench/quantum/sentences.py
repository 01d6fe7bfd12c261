"""Meaning classification: `python tests/bench/quantum/sentences.py --peer PYTHON --json`.

Sentences on food or on computers, read by stairs into IQP circuits: outputs compared with
lambeq's for the same angles, accuracy on the test set over five seeds, and the time of one
training epoch over the training set beside that of lambeq's PytorchQuantumModel, in one batch
both. Relative pronouns are reported beside it, by the same circuits (`rp`), and by members that
vote, with a box of strong entanglement for each step and words drawn to one another (`rp voted`):
chosen by cross-validation on the sentences to learn from. `--peer` is a Python that has lambeq.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from circuits import Model, trained
from einlang_quantum.ansaetze import Ansatz
from einlang_quantum.language import unspell

DATA = Path(__file__).parents[4] / "shared/data/sentences"
SEEDS = range(5)
Array = Any
Labelled = tuple[list[str], Array]


def read(path: Path) -> Labelled:
    """Sentences, and their labels."""
    pairs = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line.strip()]
    return [text.strip() for _, text in pairs], np.array([int(label) for label, _ in pairs])


def peer(python: str, sentences: list[str], labels: Array, angles: Any, steps: int) -> Any:
    """What lambeq gives."""
    asked = {
        "sentences": sentences,
        "labels": [int(label) for label in labels],
        "angles": angles,
        "steps": steps,
        "threads": 1,
    }
    script = str(Path(__file__).with_name("peer.py"))
    done = subprocess.run(
        [python, script], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def by_word(model: Model, angles: Array) -> dict[str, list[float]]:
    """The angles of each word, and of the box."""
    rows = angles[:-1].reshape(-1, 3).tolist()
    named = {unspell(word)[0]: row for word, row in zip(model.words, rows, strict=True)}
    return {**named, "STAIR": angles[-1:].tolist()}


def accuracy(kept: Labelled, dev: Labelled | None, held: Labelled, seed: int) -> dict[str, Any]:
    """On the held-out sentences, with the angles that were best on `dev` (or the last)."""
    others = [text for part in (kept, dev, held) if part for text in part[0]]
    model, tested = Model.of(kept[0], others), Model.of(held[0], others)
    checked = Model.of(dev[0], others) if dev else None
    angles, memory, best = model.start(seed), {}, (np.inf, np.zeros(0))
    for _ in range(300):
        loss, angles, memory = trained(model, kept[1], angles, memory, 0.05)
        if checked and dev:
            chance = checked.outputs(angles)[np.arange(len(dev[1])), dev[1]]
            loss = float(-np.log(np.clip(chance, 1e-9, None)).mean())
        if loss <= best[0]:
            best = loss, angles
    right = tested.outputs(best[1]).argmax(1) == held[1]
    return {"seed": seed, "accuracy": float(right.mean())}


def voted(kept: Labelled, held: Labelled, seed: int, members: int = 5) -> dict[str, Any]:
    """On the held-out sentences, by the sum of the outputs of some that were trained alone."""
    options = {"ansatz": Ansatz("strongly_entangling", layers=2), "hierarchical": True}
    model = Model.of(kept[0], held[0], **options)
    tested = Model.of(held[0], kept[0], **options)
    total = np.zeros((len(held[0]), 2))
    for member in range(members):
        angles, memory = model.near(members * seed + member), {}
        for _ in range(100):
            _, angles, memory = trained(model, kept[1], angles, memory, 0.05, decay=0.03)
        total += tested.outputs(angles)
    return {"seed": seed, "accuracy": float((total.argmax(1) == held[1]).mean())}


def epoch(model: Model, labels: Array, repeat: int = 50) -> float:
    """The median seconds of one training epoch."""
    angles, memory, seconds = model.start(0), {}, []
    for _ in range(repeat):
        start = time.perf_counter()
        _, angles, memory = trained(model, labels, angles, memory, 0.01)
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def measure(data: Path, python: str | None) -> dict[str, Any]:
    """All figures."""
    mc = [read(data / f"mc_{part}.txt") for part in ("train", "dev", "test")]
    rp = [read(data / f"rp_{part}.txt") for part in ("train", "test")]
    report: dict[str, Any] = {
        "mc": [accuracy(*mc, seed) for seed in SEEDS],
        "rp": [accuracy(rp[0], None, rp[1], seed) for seed in SEEDS],
        "rp voted": [voted(*rp, seed) for seed in SEEDS],
    }
    for name in ("mc", "rp", "rp voted"):
        report[f"{name}_median"] = median(row["accuracy"] for row in report[name])
    model = Model.of(mc[0][0])
    report["epoch_seconds"] = epoch(model, mc[0][1])
    if python:
        angles = model.start(1)
        theirs = peer(python, *mc[0], by_word(model, angles), steps=3)
        apart = np.abs(model.outputs(angles) - np.array(theirs["outputs"]))
        report["largest_difference"] = float(apart.max())
        report["peer_epoch_seconds"] = min(theirs["seconds"])
        report["faster_than_peer"] = report["peer_epoch_seconds"] / report["epoch_seconds"]
    return report


def main() -> None:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--peer", help="a Python that has lambeq")
    options = parser.parse_args()
    report = measure(options.data, options.peer)
    print(json.dumps(report, indent=2 if options.json else None))


if __name__ == "__main__":
    main()
