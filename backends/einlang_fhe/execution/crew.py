"""Threads that work side by side; OpenFHE lets others run while it computes.

>>> together(lambda number: number**2, 4, threads=2)
[0, 1, 4, 9]
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

Result = TypeVar("Result")
Report = Callable[[int], None]
"""Called with how much is done, by the thread that waits for the result."""


def cores() -> int:
    """The processors that this process may use, shared among the threads of one operation."""
    available = getattr(os, "sched_getaffinity", None)
    processors = len(available(0)) if available else os.cpu_count() or 1
    inner = os.environ.get("OMP_NUM_THREADS", "1")
    return max(1, processors // (int(inner) if inner.isdigit() and int(inner) else 1))


def crowd(work: Callable[[], None], threads: int, stop: Callable[[], None]) -> None:
    """Calls a function in so many threads, this one among them; raises what any raised.

    `stop` makes the others return early; it is called when one of them raises.
    """
    raised: list[BaseException] = []

    def watched() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)
            stop()

    others = [threading.Thread(target=watched, daemon=True) for _ in range(threads - 1)]
    for other in others:
        other.start()
    watched()
    for other in others:
        other.join()
    if raised:
        raise raised[0]


def together(
    function: Callable[[int], Result], total: int, threads: int, report: Report | None = None
) -> list[Result]:
    """What a function makes of 0 to `total - 1`, in order."""
    results: list[Any] = [None] * total
    numbers, done, caller = count(), count(1), threading.get_ident()
    stopped: list[bool] = []

    def work() -> None:
        for number in numbers:
            if number >= total or stopped:
                return
            results[number] = function(number)
            finished = next(done)
            if report is not None and threading.get_ident() == caller:
                report(finished)

    crowd(work, max(1, min(threads, total)), lambda: stopped.append(True))
    return results


class Race:
    """One execution of tasks that wait for each other.

    `following`: for each task those that wait for it. Of those that are ready, the first is
    taken first: in an order that holds few values, several threads hold few more.
    """

    def __init__(self, following: Sequence[Sequence[int]], work: Callable[[int], None]) -> None:
        self.following = following
        self.work = work
        self.waiting = [0] * len(following)
        for readers in following:
            for reader in readers:
                self.waiting[reader] += 1
        self.ready = [task for task, others in enumerate(self.waiting) if not others]
        self.left = len(following)
        self.stopped = False
        self.lock = threading.Lock()
        self.sleepers: list[threading.Lock] = []

    def run(self, threads: int, report: Report | None = None) -> None:
        """Returns when all is done; reports how many tasks are."""
        caller = threading.get_ident()

        def work() -> None:
            task = self._next()
            while task is not None:
                self.work(task)
                self._finish(task)
                if report is not None and threading.get_ident() == caller:
                    report(len(self.following) - self.left)
                task = self._next()

        crowd(work, threads, self._stop)

    def _finish(self, task: int) -> None:
        with self.lock:
            self.left -= 1
            for reader in self.following[task]:
                self.waiting[reader] -= 1
                if not self.waiting[reader]:
                    heappush(self.ready, reader)

    def _next(self) -> int | None:
        """The first task that is ready, waited for; None when there is none any more.

        Who takes a task wakes one sleeper for each other that is ready.
        """
        while True:
            gate = task = None
            with self.lock:
                over = self.stopped or not self.left
                if self.ready and not over:
                    task = heappop(self.ready)
                count = len(self.sleepers) if over else min(len(self.sleepers), len(self.ready))
                woken = [self.sleepers.pop() for _ in range(count)]
                if task is None and not over:
                    gate = threading.Lock()
                    gate.acquire()
                    self.sleepers.append(gate)
            for sleeper in woken:
                sleeper.release()
            if gate is None:
                return task
            gate.acquire()

    def _stop(self) -> None:
        with self.lock:
            self.stopped = True
            woken, self.sleepers = self.sleepers, []
        for sleeper in woken:
            sleeper.release()
