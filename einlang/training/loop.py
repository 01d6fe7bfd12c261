"""The loop: epochs of batches in random order, watched, stopped early, and taken up again.

>>> from einlang.training.model import Model
>>> class Line:
...     def start(self, rng):
...         return {"a": np.zeros(2)}
...     def differentiate(self, parameters, samples):
...         x = samples["x"]
...         return x @ parameters["a"], lambda gradient: {"a": x.T @ gradient}
>>> x = np.random.default_rng(0).normal(size=(20, 2))
>>> trained = fit(Line(), {"x": x}, x @ [1.0, -2.0], Plan(loss="mse", epochs=200, rate=0.1))
>>> trained.parameters["a"].round(2).tolist()
[1.0, -2.0]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from einlang import saving
from einlang.errors import DataMistake, fail
from einlang.training.checkpoint import State, read, write
from einlang.training.losses import LOSSES, correct
from einlang.training.model import Arrays, Model
from einlang.training.optimisers import OPTIMISERS, Optimiser

Array = np.ndarray[Any, Any]
History = list[dict[str, float]]
Watch = Callable[[int, int, Mapping[str, float]], None]
"""Called after each epoch: its number, how many there are, and its figures."""


@dataclass(frozen=True)
class Plan:
    """How to train. `batch` None takes all samples at once; `rate` None the optimiser's own.

    `patience`: epochs without a better loss (that of `validation`, where there is one) before
    it stops. `checkpoint`: a file that holds all there is after each epoch; if it is there,
    training goes on from it, exactly as if it had not been interrupted.
    """

    loss: str = "binary_cross_entropy"
    optimiser: str = "adam"
    epochs: int = 100
    batch: int | None = None
    rate: float | None = None
    seed: int = 0
    patience: int | None = None
    checkpoint: Path | None = None

    def __post_init__(self) -> None:
        _known("loss", self.loss, LOSSES)
        _known("optimiser", self.optimiser, OPTIMISERS)
        if self.epochs < 1 or (self.batch is not None and self.batch < 1):
            raise fail(DataMistake, "E0614", "training takes at least one epoch, of one sample")

    @staticmethod
    def names() -> tuple[str, ...]:
        """The names of its options."""
        return tuple(item.name for item in fields(Plan))

    @staticmethod
    def of(options: Mapping[str, Any]) -> Plan:
        """The plan of options by name; `checkpoint` may be a text."""
        path = options.get("checkpoint")
        return Plan(**{**options, "checkpoint": None if path is None else Path(path)})

    @property
    def fingerprint(self) -> str:
        """What a checkpoint must agree with to be taken up."""
        words = (self.loss, self.optimiser, self.batch, self.rate, self.seed, self.patience)
        return repr(words)

    def maker(self) -> Optimiser:
        """The optimiser."""
        make = OPTIMISERS[self.optimiser]
        return make() if self.rate is None else make(rate=self.rate)


def _known(what: str, name: str, known: Mapping[str, Any]) -> None:
    if name not in known:
        hint = f"one of {', '.join(sorted(known))}"
        raise fail(DataMistake, "E0614", f"there is no {what} `{name}`", hint=hint)


@dataclass(frozen=True)
class Trained:
    """The parameters of the best epoch, and the figures of all epochs."""

    parameters: dict[str, Array]
    history: History = field(repr=False)

    def save(self, path: Path | str) -> None:
        """Writes the parameters by name, as `.npz`."""
        saving.save(path, self.parameters)

    def draw(self, path: Path | str) -> None:
        """Writes a picture of the loss and accuracy by epoch."""
        from einlang.training.curve import draw

        draw(self.history, path)


def fit(
    model: Model,
    samples: Arrays,
    targets: Array,
    plan: Plan,
    *,
    validation: tuple[Arrays, Array] | None = None,
    watch: Watch | None = None,
) -> Trained:
    """Trains a model on samples, arrays with one row each, and their targets.

    Raises `DataMistake`: E0614 for a plan that cannot be, E0615 for a checkpoint of another
    training.
    """
    training = _Training(model, plan, samples, np.asarray(targets))
    state = training.begin()
    while state.epoch < plan.epochs and not _weary(state, plan):
        state = training.epoch(state, validation)
        if plan.checkpoint is not None:
            write(plan.checkpoint, state, plan.fingerprint)
        if watch is not None:
            watch(state.epoch, plan.epochs, state.history[-1])
    return Trained(training.named(state.best), list(state.history))


def _weary(state: State, plan: Plan) -> bool:
    return plan.patience is not None and state.waited >= plan.patience


class _Training:
    """A model with its samples, its parameters packed into one vector."""

    def __init__(self, model: Model, plan: Plan, samples: Arrays, targets: Array) -> None:
        self.model, self.plan, self.samples, self.targets = model, plan, samples, targets
        self.optimiser, self.loss = plan.maker(), LOSSES[plan.loss]
        self.first = model.start(np.random.default_rng(plan.seed))
        self.right = 0

    def begin(self) -> State:
        """The checkpoint, where there is one; else the start."""
        theta = _vector(self.first)
        rng = np.random.default_rng(self.plan.seed + 1)
        fresh = State(theta, theta, float("inf"), 0, 0, {}, rng, [])
        path = self.plan.checkpoint
        if path is None or not path.exists():
            return fresh
        return read(path, self.plan.fingerprint, theta.shape)

    def named(self, theta: Array) -> dict[str, Array]:
        """Parameters by name."""
        ends = np.cumsum([array.size for array in self.first.values()])[:-1]
        parts = zip(self.first.items(), np.split(theta, ends), strict=True)
        return {name: part.reshape(array.shape) for (name, array), part in parts}

    def epoch(self, state: State, validation: tuple[Arrays, Array] | None) -> State:
        """All samples once."""
        order = state.rng.permutation(len(self.targets))
        size = self.plan.batch or len(order)
        theta, memory, total, self.right = state.theta, state.memory, 0.0, 0
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            objective = self._objective(rows)
            value, theta, memory = self.optimiser.step(theta, objective, memory, state.rng)
            total += value * len(rows)
        figures = {"loss": total / len(order)}
        if self.plan.loss != "mse":
            figures["accuracy"] = self.right / len(order)
        if validation is not None:
            figures |= self._validated(theta, *validation)
        return _after(state, theta, memory, figures)

    def _objective(self, rows: Array) -> Callable[[Array, bool], tuple[float, Array | None]]:
        samples = {name: array[rows] for name, array in self.samples.items()}
        targets = self.targets[rows]
        counted = False

        def objective(theta: Array, slope: bool) -> tuple[float, Array | None]:
            nonlocal counted
            predictions, pull = self.model.differentiate(self.named(theta), samples)
            value, gradient = self.loss(predictions, targets)
            if not counted and self.plan.loss != "mse":
                self.right += int(correct(predictions, targets).sum())
            counted = True
            return value, _vector(pull(gradient), self.first) if slope else None

        return objective

    def _validated(self, theta: Array, samples: Arrays, targets: Array) -> dict[str, float]:
        predictions, _ = self.model.differentiate(self.named(theta), samples)
        figures = {"validation loss": self.loss(predictions, targets)[0]}
        if self.plan.loss != "mse":
            figures["validation accuracy"] = float(correct(predictions, targets).mean())
        return figures


def _after(
    state: State, theta: Array, memory: Mapping[str, Array], figures: dict[str, float]
) -> State:
    """The state after an epoch: the best so far is that of the least loss.

    The loss of an epoch is of the parameters before each step; its parameters are kept.
    """
    value = figures.get("validation loss", figures["loss"])
    better = value < state.least
    best = theta if better else state.best
    waited = 0 if better else state.waited + 1
    least = min(value, state.least)
    history = [*state.history, figures]
    return State(theta, best, least, waited, state.epoch + 1, memory, state.rng, history)


def _vector(arrays: Mapping[str, Array], order: Mapping[str, Array] | None = None) -> Array:
    names = arrays if order is None else order
    parts = [np.asarray(arrays[name], float).ravel() for name in names]
    return np.concatenate(parts) if parts else np.zeros(0)
