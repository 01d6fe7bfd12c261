"""Trains the tensors of `sentence.ein`: word vectors and the box that joins them.

    python examples/sentence.py

Sentences on food (1) and on computers (0), made of the same people and verbs, are read by
stairs; the squares of the two numbers that come out, made to sum to one, are the chances of
the two kinds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from einlang_quantum.language import stairs
from einlang_quantum.learning.network import Network

SAID = {
    "man prepares meal": 1,
    "man prepares program": 0,
    "woman cooks tasty meal": 1,
    "woman debugs useful program": 0,
    "skillful man prepares meal": 1,
    "skillful man prepares program": 0,
    "woman prepares tasty meal": 1,
    "woman prepares useful program": 0,
    "skillful woman cooks meal": 1,
    "skillful woman debugs program": 0,
}
SENTENCE = "skillful man prepares tasty meal"
Array = Any
Tables = list[Array]


def words() -> list[str]:
    """All words, in order."""
    return sorted({word for text in (*SAID, SENTENCE) for word in text.split()})


def chances(tables: Tables, text: str) -> tuple[Array, Array, Any]:
    """The chances of a sentence, the numbers they are made of, and the way back."""
    diagram = stairs(text)
    terms = tuple(node.legs for node in diagram.nodes)
    known = {word: row for row, word in enumerate(words())}
    rows = np.array([[known.get(getattr(node.box, "name", ""), 0) for node in diagram.nodes]])
    slots = [int(len(legs) == 3) for legs in terms]
    network = Network(terms, diagram.cod, diagram.sizes)
    value, pull = network.differentiate(tables, rows, slots)
    return value[0] ** 2 / (value[0] ** 2).sum(), value[0], pull


def train(steps: int = 150, rate: float = 0.1) -> dict[str, Array]:
    """The tensors by name, after so many steps down the cross entropy."""
    random = np.random.default_rng(7)
    tables = [random.normal(size=(len(words()), 2)), random.normal(size=(1, 2, 2, 2))]
    for _ in range(steps):
        slopes = [np.zeros_like(table) for table in tables]
        for text, label in SAID.items():
            _, value, pull = chances(tables, text)
            aim = np.eye(2)[label]
            by_value = 2 * value / (value**2).sum() - 2 * aim / value[label]
            for slope, part in zip(slopes, pull(by_value[None]), strict=True):
                slope += part / len(SAID)
        tables = [table - rate * slope for table, slope in zip(tables, slopes, strict=True)]
        tables = [np.clip(table, -2, 2) for table in tables]
    named = {word: np.round(tables[0][row], 6) for row, word in enumerate(words())}
    return {**named, "STAIR": np.round(tables[1][0], 6)}


def main() -> None:
    """Writes `sentence.npz` beside this file."""
    arrays = train()
    kept = {name: arrays[name] for name in (*SENTENCE.split(), "STAIR")}
    np.savez_compressed(Path(__file__).with_suffix(".npz"), **kept)
    tables = [np.stack([arrays[word] for word in words()]), arrays["STAIR"][None]]
    right = sum(chances(tables, text)[0].argmax() == label for text, label in SAID.items())
    print(f"{right} of {len(SAID)} sentences; food: {chances(tables, SENTENCE)[0][1]:.3f}")


if __name__ == "__main__":
    main()
