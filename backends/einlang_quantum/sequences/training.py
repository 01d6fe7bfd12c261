"""Training of a classifier by Adam with decoupled decay of weights, in small batches.

>>> import numpy as np
>>> from einlang_quantum.sequences.shape import Shape
>>> classifier = Classifier(Shape("path", length=4, bond=2, letters=3), "AB")
>>> words = ["AAAA", "ABAA", "BBBB", "BABB"] * 8
>>> truth = np.array([0, 0, 1, 1] * 8)
>>> parameters = fit(classifier, words, truth, Schedule(epochs=40))
>>> bool(np.all((classifier.score(parameters, classifier.encode(words)) > 0) == truth))
True
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from einlang.training.optimisers import Adam, Memory
from einlang_quantum.sequences.classifier import Classifier, Encoded

Array = Any


@dataclass(frozen=True)
class Schedule:
    """Epochs, batches in each, the largest rate (it rises, then falls as a cosine), decay."""

    epochs: int = 60
    batches: int = 4
    rate: float = 0.03
    decay: float = 0.2
    seed: int = 0

    def at(self, step: int) -> float:
        """The rate at a step."""
        share = (step + 1) / (self.epochs * self.batches)
        if share < 0.3:
            return self.rate * (0.04 + 0.96 * (1 - math.cos(math.pi * share / 0.3)) / 2)
        return self.rate * (1 + math.cos(math.pi * (share - 0.3) / 0.7)) / 2


def fit(
    classifier: Classifier, sequences: Sequence[str], truth: Array, schedule: Schedule
) -> Array:
    """Parameters that tell sequences with truth 1 from those with truth 0.

    Source of the method: Loshchilov and Hutter, arXiv 1711.05101; the loss is cross entropy.
    """
    random = np.random.default_rng(schedule.seed)
    data, truth = classifier.encode(sequences), np.asarray(truth)
    parameters = classifier.start(random)
    memory: Memory = {}
    step = 0
    for _ in range(schedule.epochs):
        for rows in np.array_split(random.permutation(len(truth)), schedule.batches):
            objective = partial(_loss, classifier, data.take(rows), truth[rows])
            rate = schedule.at(step)
            step += 1
            parameters = parameters * (1 - rate * schedule.decay)
            _, parameters, memory = Adam(rate).step(parameters, objective, memory, random)
    return parameters


def _loss(
    classifier: Classifier, data: Encoded, truth: Array, parameters: Array, slope: bool
) -> tuple[float, Array | None]:
    """The cross entropy, and its gradient where it is asked for."""
    score, pull = classifier.differentiate(parameters, data)
    loss = float((np.logaddexp(0, score) - truth * score).mean())
    chance = np.exp(-np.logaddexp(0, -score))
    return loss, pull((chance - truth) / len(truth)) if slope else None
