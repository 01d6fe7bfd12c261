"""The workers of a service: each job goes to one that is free, best to one that knows its key.

A worker that dies costs the job that it had. The next job starts it again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from einlang.backend import Limits
from einlang_fhe.files.worker import Worker
from einlang_fhe.service.settings import Settings

MODULE = "einlang_fhe.service.evaluating"


class Busy(Exception):
    """So many wait already that one more is sent away."""


class Seat:
    """A worker's place: the process, and the keys that it knows."""

    def __init__(self, settings: Settings, opening: Mapping[str, Any]) -> None:
        self.worker = Worker(Limits(settings.memory, settings.seconds), MODULE)
        self.opening = opening
        self.known: OrderedDict[bytes, None] = OrderedDict()
        self.held = settings.held

    def ask(self, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of the worker, which is started if it is not there."""
        self.ready()
        return self.worker.ask(verb, arguments)

    def ready(self) -> None:
        """Starts the worker if it is not there. Raises what it finds wrong with the programs."""
        process = self.worker.process
        if process is None or process.poll() is not None:
            self.known.clear()
            self.worker.start()
            self.worker.ask("open", self.opening)

    def learnt(self, key: bytes) -> None:
        """The worker knows a key from now on, and may have forgotten others for it."""
        self.known[key] = None
        self.known.move_to_end(key)
        while len(self.known) > self.held:
            self.known.popitem(last=False)


class Pool:
    """The workers, and those who wait for one."""

    def __init__(
        self, settings: Settings, programs: Sequence[Path], inputs: Sequence[Mapping[str, Any]]
    ) -> None:
        opening = {
            "programs": [str(path) for path in programs],
            "inputs": list(inputs),
            "held": settings.held,
            "threads": settings.threads,
        }
        self.settings = settings
        self.free = [Seat(settings, opening) for _ in range(settings.workers)]
        self.seats = tuple(self.free)
        self.turn = asyncio.Semaphore(settings.workers)
        self.waiting = 0
        self.running = 0
        self.restarts = 0

    async def ask(self, verb: str, key: bytes, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of a worker. Raises `Busy`, and what the worker raises."""
        if self.running >= len(self.seats) and self.waiting >= self.settings.waiting:
            raise Busy
        self.waiting += 1
        try:
            await self.turn.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        seat = self._seat(key)
        # A client that hangs up does not free the worker: what runs is waited for.
        work = asyncio.ensure_future(asyncio.to_thread(seat.ask, verb, arguments))
        work.add_done_callback(lambda done: self._back(seat, key, done))
        return await asyncio.shield(work)

    def _seat(self, key: bytes) -> Seat:
        best = next((seat for seat in self.free if key in seat.known), None)
        best = best or min(self.free, key=lambda seat: len(seat.known))
        self.free.remove(best)
        return best

    def _back(self, seat: Seat, key: bytes, done: asyncio.Future[Any]) -> None:
        if not done.cancelled() and done.exception() is None:
            seat.learnt(key)
        self.restarts += seat.worker.process is None
        self.running -= 1
        self.free.append(seat)
        self.turn.release()

    async def settled(self) -> None:
        """Waits until nothing runs, as long as is granted."""
        patience = self.settings.grace
        while self.running and patience > 0:
            await asyncio.sleep(0.05)
            patience -= 0.05

    def stop(self) -> None:
        """Ends all processes."""
        for seat in self.seats:
            seat.worker.close()
