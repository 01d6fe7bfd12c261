"""OpenFHE's process-wide maps of evaluation keys, cleared of the keys that nobody holds.

Only hoisted rotations look keys up in the maps; everything else holds them directly. The
binding can clear a whole map but not remove a tag, so a sweep takes everything out and puts
the living back, while nobody reads. When somebody does, it waits for the next occasion.

>>> cache = Cache()
>>> with cache.reading():
...     cache.forget("tag")
>>> cache.dead
['tag']
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from einlang_fhe.engines import binding


@dataclass
class Cache:
    """Who reads the maps now, and which tags are dead."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    readers: list[None] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    sweeping: bool = False

    def reading(self) -> Cache:
        """Nothing is swept inside."""
        return self

    def __enter__(self) -> None:
        """Takes no lock but while somebody sweeps, who looks for readers after saying so."""
        self.readers.append(None)
        if self.sweeping:
            self.swept()

    def __exit__(self, *raised: object) -> None:
        self.readers.pop()

    def swept(self) -> None:
        """Waits until nobody sweeps."""
        with self.lock:
            pass

    def forget(self, tag: str) -> None:
        """The keys of that tag are held by nobody any more."""
        self.dead.append(tag)
        self.sweep()

    def sweep(self) -> None:
        """Removes the keys of the dead; later, if somebody reads now.

        Never waits: the garbage collector may call it while this thread holds the lock.
        """
        if not self.dead or not self.lock.acquire(blocking=False):
            return
        try:
            self.sweeping = True
            if not self.readers:
                _clear({self.dead.pop() for _ in range(len(self.dead))})
        finally:
            self.sweeping = False
            self.lock.release()


def _clear(dead: set[str]) -> None:
    fhe = binding.load()
    context = fhe.CryptoContext
    products = context.GetAllEvalMultKeys()
    rotations = context.GetAllEvalAutomorphismKeys()
    fhe.ClearEvalMultKeys()
    context.ClearEvalAutomorphismKeys()
    for tag in products.keys() - dead:
        context.InsertEvalMultKey(products[tag], tag)
    for tag in rotations.keys() - dead:
        context.InsertEvalAutomorphismKey(rotations[tag], tag)


CACHE = Cache()
