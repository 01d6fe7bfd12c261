"""Proteins by their place in the cell: `python tests/bench/quantum/proteins.py --json`.

Stratified five-fold cross-validation of path and tree networks, uniform and hierarchical, of
at most 800 parameters, and of three baselines on the same folds: whether the first residue is
methionine, and logistic regression on composition, without and with that of the first thirty
residues. The two FASTA files are those of one class each (`--data`).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from einlang_quantum.sequences import Classifier, Schedule, Shape, fit, read_fasta

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
DATA = Path(__file__).parents[4] / "shared/data/protein"
FILES = ("extracell.fasta", "mitochondrion.fasta")
Array = Any
Predict = Callable[[Array, Array], Array]


def networks(length: int = 32) -> dict[str, tuple[Classifier, Schedule]]:
    """The four networks: two members each, of four states per wire."""
    found = {}
    for kind in ("path", "tree"):
        for hierarchical in (False, True):
            members = 1 if kind == "path" and hierarchical else 2
            shape = Shape(kind, length, 4, len(RESIDUES) + 1, hierarchical)
            name = f"{kind}, {'hierarchical' if hierarchical else 'uniform'}"
            found[name] = Classifier(shape, RESIDUES, members), Schedule()
    return found


def folds(truth: Array, count: int, seed: int) -> Array:
    """The fold of each item, every class spread evenly."""
    random = np.random.default_rng(seed)
    fold = np.zeros(len(truth), int)
    for label in np.unique(truth):
        rows = random.permutation(np.flatnonzero(truth == label))
        fold[rows] = np.arange(len(rows)) % count
    return fold


def validated(predict: Predict, truth: Array, fold: Array) -> dict[str, Any]:
    """Accuracy over all held-out items, in each fold, and the seconds that it took."""
    start = time.perf_counter()
    accuracies = []
    for number in np.unique(fold):
        kept, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        accuracies.append(float((predict(kept, held) == truth[held]).mean()))
    return {
        "accuracy": float(np.mean(accuracies)),
        "folds": accuracies,
        "seconds": time.perf_counter() - start,
    }


def shares(sequences: list[str]) -> Array:
    """The composition of each."""
    return np.array([[s.count(r) / len(s) for r in RESIDUES] for s in sequences])


def baselines(sequences: list[str], truth: Array) -> dict[str, Predict]:
    """What networks are compared with."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    first = np.array([sequence[0] == "M" for sequence in sequences])
    whole = shares(sequences)
    both = np.hstack([whole, shares([sequence[:30] for sequence in sequences])])

    def by_first(kept: Array, held: Array) -> Array:
        common = {m: np.bincount(truth[kept][first[kept] == m]).argmax() for m in (False, True)}
        return np.array([common[bool(m)] for m in first[held]])

    def regression(features: Array) -> Predict:
        def predict(kept: Array, held: Array) -> Array:
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
            return model.fit(features[kept], truth[kept]).predict(features[held])

        return predict

    return {
        "first residue": by_first,
        "composition": regression(whole),
        "composition, first 30 residues": regression(both),
    }


def network(
    classifier: Classifier, schedule: Schedule, sequences: list[str], truth: Array
) -> Predict:
    """A network, trained on what is kept."""

    def predict(kept: Array, held: Array) -> Array:
        parameters = fit(classifier, [sequences[n] for n in kept], truth[kept], schedule)
        data = classifier.encode([sequences[n] for n in held])
        return (classifier.score(parameters, data) > 0).astype(int)

    return predict


def measure(data: Path, seed: int) -> dict[str, Any]:
    """All figures."""
    classes = [list(read_fasta(data / name).values()) for name in FILES]
    sequences = [sequence for group in classes for sequence in group]
    truth = np.repeat([0, 1], [len(group) for group in classes])
    fold = folds(truth, 5, seed)
    rows: dict[str, Any] = {}
    for name, predict in baselines(sequences, truth).items():
        rows[name] = validated(predict, truth, fold)
    for name, (classifier, schedule) in networks().items():
        row = validated(network(classifier, schedule, sequences, truth), truth, fold)
        wires = {"parameters": classifier.size, "qubits_per_wire": classifier.shape.qubits}
        rows[name] = {**wires, **row}
    best = max(rows[name]["accuracy"] for name in networks())
    return {"sequences": len(truth), "seed": seed, "best": best, "rows": rows}


def main() -> None:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = measure(options.data, options.seed)
    if options.json:
        print(json.dumps(report, indent=2))
        return
    for name, row in report["rows"].items():
        size = row.get("parameters", "")
        print(f"{name:32} {row['accuracy']:.3f}  {size:>5}  {row['seconds']:.1f} s")


if __name__ == "__main__":
    main()
