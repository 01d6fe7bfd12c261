"""Sentences as circuits in batches, ours and lambeq's: a model for both benchmarks of language.

Words are circuits on one qubit, the box of stairs one on two qubits of which the second is
found to be zero, as lambeq's functor has it; with `hierarchical`, every step has a box of its
own. The output of a sentence are the probabilities of its last qubit, so that they sum to one.

>>> model = Model.of(["man cooks", "man codes"])
>>> model.outputs(model.start(0)).sum(1).round(9).tolist()
[1.0, 1.0]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from einlang_quantum.ansaetze import Ansatz
from einlang_quantum.language import spell, stairs
from einlang_quantum.learning.form import Form
from einlang_quantum.learning.network import Network

from einlang.diagrams import Diagram
from einlang.training.optimisers import Adam, Memory

Array = Any
Pull = Callable[[Array], Array]
IQP = Ansatz("iqp", layers=1)


@dataclass(frozen=True)
class Batch:
    """Sentences of one length: their places in the list, one network, and rows of words."""

    places: Array
    network: Network
    slots: tuple[int, ...]
    rows: Array


@dataclass(frozen=True)
class Model:
    """All sentences, by length, words and boxes in order: their angles are rows of a table."""

    words: tuple[str, ...]
    boxes: tuple[str, ...]
    ansatz: Ansatz
    batches: tuple[Batch, ...]
    count: int

    @staticmethod
    def of(
        sentences: Sequence[str],
        others: Sequence[str] = (),
        ansatz: Ansatz = IQP,
        hierarchical: bool = False,
    ) -> Model:
        """The model of these sentences, read by stairs; `others` have words in it too. The
        ansatz is that of boxes."""
        diagrams = [stairs(sentence, hierarchical=hierarchical) for sentence in sentences]
        texts = [text.split() for text in (*sentences, *others)]
        words = tuple(sorted({spell(word) for text in texts for word in text}))
        steps = range(max(map(len, texts)) - 1)
        boxes = tuple(f"STAIR{step}" for step in steps) if hierarchical else ("STAIR",)
        groups: dict[int, list[int]] = {}
        for place, diagram in enumerate(diagrams):
            groups.setdefault(len(diagram.nodes), []).append(place)
        batches = [_batch(places, diagrams, words, boxes) for places in groups.values()]
        return Model(words, boxes, ansatz, tuple(batches), len(sentences))

    @cached_property
    def forms(self) -> tuple[Form, Form]:
        """The circuits of a word and of a box, as functions of their angles."""
        return Form.of(IQP.circuit("word", 0, 1)), Form.of(self.ansatz.circuit("STAIR", 2, 1))

    @property
    def size(self) -> int:
        """The number of angles: three for each word, then those of the boxes."""
        return 3 * len(self.words) + len(self.forms[1].parameters) * len(self.boxes)

    def start(self, seed: int) -> Array:
        """Angles drawn at random, in radians."""
        return 2 * np.pi * np.random.default_rng(seed).random(self.size)

    def near(self, seed: int, spread: float = 0.1) -> Array:
        """The same, all words near one another: one that is in no sentence to learn from then
        means what words mean on average."""
        angles, rng = self.start(seed), np.random.default_rng([seed, 1])
        words = self._words(angles)
        words[:] = words[0] + spread * rng.normal(size=words.shape)
        return angles

    def _words(self, angles: Array) -> Array:
        """The angles of words, a row each: a view."""
        return angles[: 3 * len(self.words)].reshape(-1, 3)

    def unlike(self, angles: Array) -> Array:
        """How far words are from their mean, and zero for boxes: the slope of half the square."""
        found = np.zeros_like(angles)
        words = self._words(angles)
        self._words(found)[:] = words - words.mean(0)
        return found

    def outputs(self, angles: Array) -> Array:
        """The outputs of all sentences, `(sentences, 2)`."""
        return self.differentiate(angles)[0]

    def differentiate(self, angles: Array) -> tuple[Array, Pull]:
        """The outputs, and what pulls a derivative by them back to the angles."""
        boxes = angles[3 * len(self.words) :].reshape(len(self.boxes), -1)
        given = self._words(angles), boxes
        parts = [form.differentiate(at) for form, at in zip(self.forms, given, strict=True)]
        tables = [tensor for tensor, _ in parts]
        output = np.zeros((self.count, 2))
        amplitudes, pulls = [], []
        for batch in self.batches:
            value, pull = batch.network.differentiate(tables, batch.rows, batch.slots)
            chance = np.abs(value) ** 2
            output[batch.places] = chance / chance.sum(1, keepdims=True)
            amplitudes.append(value)
            pulls.append(pull)

        def back(gradient: Array) -> Array:
            total: list[Any] = [0, 0]
            for batch, value, pull in zip(self.batches, amplitudes, pulls, strict=True):
                own, out = gradient[batch.places], output[batch.places]
                whole = (np.abs(value) ** 2).sum(1, keepdims=True)
                by_chance = (own - (own * out).sum(1, keepdims=True)) / whole
                for side, part in enumerate(pull(2 * by_chance * value.conj())):
                    total[side] = total[side] + part
            return np.concatenate([parts[side][1](total[side]).ravel() for side in (0, 1)])

        return output, back


def _batch(
    places: list[int],
    diagrams: Sequence[Diagram],
    words: tuple[str, ...],
    boxes: tuple[str, ...],
) -> Batch:
    """The sentences at these places, all of one length."""
    first = diagrams[places[0]]
    number = {name: row for names in (words, boxes) for row, name in enumerate(names)}
    names = [[getattr(node.box, "name", "") for node in diagrams[n].nodes] for n in places]
    rows = np.array([[number[name] for name in row] for row in names])
    network = Network(tuple(node.legs for node in first.nodes), first.cod, first.sizes)
    slots = tuple(int(len(node.legs) == 3) for node in first.nodes)
    return Batch(np.array(places), network, slots, rows)


def trained(
    model: Model, truth: Array, angles: Array, memory: Memory, rate: float, decay: float = 0.0
) -> tuple[float, Array, Memory]:
    """One epoch in one batch: the cross entropy before, angles and memory after. By `decay`,
    words are drawn to their mean."""

    def objective(at: Array, slope: bool) -> tuple[float, Array | None]:
        output, pull = model.differentiate(at)
        own = np.arange(len(truth)), truth
        chance = np.clip(output[own], 1e-9, None)
        gradient = np.zeros_like(output)
        gradient[own] = -1 / (len(truth) * chance)
        value = float(-np.log(chance).mean())
        return value, pull(gradient) + decay * model.unlike(at) if slope else None

    return Adam(rate).step(angles, objective, memory, np.random.default_rng(0))
