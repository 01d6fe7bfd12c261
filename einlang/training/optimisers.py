"""Optimisers: from a vector of parameters to a better one, with what they remember.

What is remembered is a mapping of arrays, so that a checkpoint holds all there is.

>>> def bowl(theta, slope):
...     return float(theta @ theta), 2 * theta if slope else None
>>> theta, memory, rng = np.ones(3), {}, np.random.default_rng(0)
>>> for _ in range(200):
...     value, theta, memory = Adam(0.1).step(theta, bowl, memory, rng)
>>> value < 1e-3
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Memory = Mapping[str, Array]
Objective = Callable[[Array, bool], "tuple[float, Array | None]"]
"""The loss at a vector of parameters, and the gradient where it is asked for."""
Step = tuple[float, Array, Memory]


class Optimiser(Protocol):
    """One step at a time; an empty memory at first."""

    def step(
        self, theta: Array, objective: Objective, memory: Memory, rng: np.random.Generator
    ) -> Step:
        """The loss before the step, the parameters after it, and what to remember."""
        ...


@dataclass(frozen=True)
class Adam:
    """Steps by the mean gradient over its deviation. Source: Kingma and Ba, arXiv 1412.6980."""

    rate: float = 0.05
    mean: float = 0.9
    square: float = 0.999
    epsilon: float = 1e-8

    def step(
        self, theta: Array, objective: Objective, memory: Memory, rng: np.random.Generator
    ) -> Step:
        """One step."""
        value, gradient = objective(theta, True)
        assert gradient is not None
        zero = np.zeros_like(theta)
        count = memory.get("count", np.array(0)) + 1
        first = self.mean * memory.get("mean", zero) + (1 - self.mean) * gradient
        second = self.square * memory.get("square", zero) + (1 - self.square) * gradient**2
        step = first / (1 - self.mean**count)
        step /= np.sqrt(second / (1 - self.square**count)) + self.epsilon
        return value, theta - self.rate * step, {"count": count, "mean": first, "square": second}


@dataclass(frozen=True)
class Lion:
    """Steps by the sign of a mean gradient. Source: Chen et al., arXiv 2302.06675."""

    rate: float = 0.01
    near: float = 0.9
    far: float = 0.99

    def step(
        self, theta: Array, objective: Objective, memory: Memory, rng: np.random.Generator
    ) -> Step:
        """One step."""
        value, gradient = objective(theta, True)
        assert gradient is not None
        mean = memory.get("mean", np.zeros_like(theta))
        direction = np.sign(self.near * mean + (1 - self.near) * gradient)
        mean = self.far * mean + (1 - self.far) * gradient
        return value, theta - self.rate * direction, {"mean": mean}


@dataclass(frozen=True)
class Spsa:
    """Steps along a random direction, by the loss at two points: no gradient is needed.

    Source: Spall, IEEE Trans. Aerosp. Electron. Syst. 34 (1998), with its exponents.
    """

    rate: float = 0.05
    width: float = 0.06
    settle: float = 10.0

    def step(
        self, theta: Array, objective: Objective, memory: Memory, rng: np.random.Generator
    ) -> Step:
        """One step."""
        count = memory.get("count", np.array(0)) + 1
        width = self.width / count**0.101
        direction = rng.choice([-1.0, 1.0], size=theta.shape)
        above, _ = objective(theta + width * direction, False)
        below, _ = objective(theta - width * direction, False)
        rate = self.rate / (count + self.settle) ** 0.602 * (1 + self.settle) ** 0.602
        step = rate * (above - below) / (2 * width) * direction
        return (above + below) / 2, theta - step, {"count": count}


OPTIMISERS: dict[str, Callable[..., Optimiser]] = {"adam": Adam, "lion": Lion, "spsa": Spsa}
"""Optimisers by name; each takes the `rate` of learning."""
