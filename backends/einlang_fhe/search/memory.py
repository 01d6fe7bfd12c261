"""What was found lately, so that compiling the same program again takes no time.

>>> memory = Memory(most=2)
>>> for name in ("a", "b", "a", "c"):
...     memory.put(name, name.upper())
>>> memory.get("a"), memory.get("b")
('A', None)
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from einlang.backend import Arrays
from einlang.planning.dataflow import Dataflow
from einlang_fhe.compiling import Outputs
from einlang_fhe.options import Options


@dataclass
class Memory:
    """At most so many things by key; those not used for longest go first."""

    most: int = 32
    entries: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)

    def get(self, key: Hashable) -> Any:
        """What is known under the key, or None."""
        if key in self.entries:
            self.entries.move_to_end(key)
        return self.entries.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Remembers, and forgets what is too much."""
        self.entries[key] = value
        self.entries.move_to_end(key)
        while len(self.entries) > self.most:
            self.entries.popitem(last=False)


COMPILED = Memory()


def key_of(flow: Dataflow, options: Options, known: Arrays, outputs: Outputs) -> Hashable:
    """All that decides on what is compiled; labels are shown, so they belong to it."""
    labels = tuple(step.label for step in flow.steps)
    data = tuple((name, known[name].shape, _digest(known[name])) for name in sorted(known))
    return flow, labels, repr(options), data, outputs


def _digest(array: np.ndarray[Any, Any]) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest()
