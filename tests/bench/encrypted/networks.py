"""The networks of `examples`: one image, batches of them, and how many are read right.

>>> network = by_name()["network-digits"]
>>> sorted(network.parameters()), network.operands()["image"].shape
(['bias', 'first', 'offset', 'second'], (1, 8, 8))
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import einlang as ein

if TYPE_CHECKING:
    from encrypted.experts.kit import Expert

Array = np.ndarray[Any, Any]
EXAMPLES = Path(__file__).parents[3] / "examples"
BATCHES = (16, 64, 256, 1024)
TURNS = 3
HELD_OUT = 128
PATIENCE = 30.0
"""No larger batch is tried when one took so many seconds to compile and run."""


@dataclass(frozen=True)
class Network:
    """An example program with `count` of its images, the scores as its output."""

    example: str
    weights: tuple[str, ...]
    count: int = 1
    group: str = "network"
    equation: str = ""
    plain: frozenset[int] = frozenset()
    peer: float | None = None

    @property
    def name(self) -> str:
        """As it is asked for."""
        return f"network-{self.example}"

    @cached_property
    def text(self) -> str:
        """The program."""
        text = (EXAMPLES / f"{self.example}.ein").read_text(encoding="utf-8")
        return text.replace("out label, right, accuracy", "out score")

    @cached_property
    def stored(self) -> dict[str, Array]:
        """Weights, held-out images and their labels."""
        with np.load(EXAMPLES / f"{self.example}.npz") as archive:
            return dict(archive)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the images."""
        return ((self.count, 8, 8),)

    def parameters(self) -> dict[str, Array]:
        """What is known when compiling."""
        return {name: self.stored[name] for name in self.weights}

    def operands(self) -> dict[str, Array]:
        """The first images, again from the start where there are too few; then the weights."""
        image = np.resize(self.stored["image"], (self.count, 8, 8))
        return {"image": image, **self.parameters()}

    def inputs(self) -> dict[str, Array]:
        """All that the program reads."""
        return {**self.operands(), "truth": np.resize(self.stored["truth"], self.count)}

    def expected(self, arrays: Sequence[Array]) -> Array:
        """The scores in the clear."""
        return ein.compile(self.text).run(given=self.inputs())["score"]

    def experts(self) -> Sequence[Expert]:
        """The kernels for one image."""
        from encrypted import experts

        return [experts.find(f"networks.{self.example}")] if self.count == 1 else []


def by_name() -> dict[str, Network]:
    """The networks by name."""
    digits = Network("digits", ("first", "bias", "second", "offset"))
    cnn = Network("cnn", ("filter", "bias", "dense", "offset"))
    return {network.name: network for network in (digits, cnn)}


def batches(
    network: Network, ours: Callable[[Network], Any], sizes: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Seconds and images per second of batches, while they are not too slow."""
    for count in sizes:
        start = time.perf_counter()
        one = ours(replace(network, count=count))
        for _ in range(TURNS):
            one.turn()
        figures = one.figures()
        rate = count / figures["evaluate_seconds"]
        yield {"images": count, "images_per_second": rate, **figures}
        if time.perf_counter() - start > PATIENCE:
            return


def accuracy(network: Network, scores: Callable[[Network], Array]) -> Mapping[str, float]:
    """The share of held-out images that are read right, encrypted and in the clear."""
    all_of_them = replace(network, count=HELD_OUT)
    truth = all_of_them.inputs()["truth"]
    encrypted, clear = scores(all_of_them), all_of_them.expected(())
    return {
        "encrypted": float((encrypted.argmax(1) == truth).mean()),
        "clear": float((clear.argmax(1) == truth).mean()),
    }
