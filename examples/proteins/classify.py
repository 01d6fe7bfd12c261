"""Tells two kinds of proteins apart, given as two FASTA files, by a tree tensor network.

    python examples/proteins/classify.py one.fasta other.fasta [--kind path] [--uniform]

A fifth of the sequences, drawn by a seeded split, is held out; the rest trains a network that
reads the first residues, and the composition of the whole. Accuracy and size are printed.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from einlang_quantum.sequences import Classifier, Schedule, Shape, fit, read_fasta

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def split(truth: Any, seed: int) -> tuple[Any, Any]:
    """The rows that train and those that are held out, a fifth of each class."""
    random = np.random.default_rng(seed)
    held = np.zeros(len(truth), bool)
    for label in (0, 1):
        rows = random.permutation(np.flatnonzero(truth == label))
        held[rows[: max(1, len(rows) // 5)]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def classify(one: str, other: str, classifier: Classifier, schedule: Schedule) -> float:
    """The accuracy on what is held out."""
    classes = [[*read_fasta(path).values()] for path in (one, other)]
    sequences = classes[0] + classes[1]
    truth = np.repeat([0, 1], [len(group) for group in classes])
    kept, held = split(truth, schedule.seed)
    parameters = fit(classifier, [sequences[n] for n in kept], truth[kept], schedule)
    score = classifier.score(parameters, classifier.encode([sequences[n] for n in held]))
    return float(((score > 0) == truth[held]).mean())


def main() -> None:
    """Trains a network and says how well it does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("one")
    parser.add_argument("other")
    parser.add_argument("--kind", choices=["path", "tree"], default="tree")
    parser.add_argument("--uniform", action="store_true")
    parser.add_argument("--length", type=int, default=32, help="how many residues are read")
    parser.add_argument("--bond", type=int, default=4, help="the size of wires")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    letters = len(RESIDUES) + 1
    shape = Shape(options.kind, options.length, options.bond, letters, not options.uniform)
    classifier = Classifier(shape, RESIDUES)
    schedule = Schedule(epochs=options.epochs, seed=options.seed)
    accuracy = classify(options.one, options.other, classifier, schedule)
    print(f"held-out accuracy {accuracy:.3f}, {classifier.size} parameters")


if __name__ == "__main__":
    main()
