"""Threads that share what is done piece by piece: batches, blocks, slices.

NumPy lets others run while it computes. There are as many threads as BLAS is given
(`OPENBLAS_NUM_THREADS`, `OMP_NUM_THREADS`), else as many as there are processors.

>>> found = [0] * 10
>>> def square(start, stop):
...     found[start:stop] = [number**2 for number in range(start, stop)]
>>> share(square, 10)
>>> found[:4], found[9]
([0, 1, 4, 9], 81)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from functools import lru_cache
from itertools import pairwise
from threading import Lock
from typing import Any

Work = Callable[[int, int], None]
"""Does the pieces from a number to one before another."""
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_inside: ContextVar[bool] = ContextVar("inside of a crew", default=False)


def threads() -> int:
    """How many may work at once; inside of shared work, one."""
    return 1 if _inside.get() else _allowed()


@lru_cache(maxsize=1)
def _allowed() -> int:
    for name in VARIABLES:
        asked = os.environ.get(name, "").split(",")[0]
        if asked.isdigit() and int(asked):
            return int(asked)
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, _allowed() - 1), "einlang")


if hasattr(os, "register_at_fork"):  # A child has none of the threads of its parent.
    os.register_at_fork(after_in_child=_pool.cache_clear)


def share(work: Work, count: int, products: bool = False) -> None:
    """All pieces of some work, in as many ranges as there are threads, this one among them.

    What nobody has begun when this thread is done, it does itself. Of several errors, that of
    the first piece is raised. While there are `products` of matrices, BLAS keeps to one thread
    in each.
    """
    parts = min(threads(), count)
    if parts < 2:
        work(0, count)
    elif products:
        with _SINGLE:
            _shared(work, count, parts)
    else:
        _shared(work, count, parts)


def _shared(work: Work, count: int, parts: int) -> None:
    ends = [count * part // parts for part in range(parts + 1)]
    *others, mine = pairwise(ends)
    waiting = [(_pool().submit(copy_context().run, _one, work, *x), x) for x in others]
    mistakes = [_mistake(work, *mine)]
    for future, part in reversed(waiting):
        mistakes.append(_mistake(work, *part) if future.cancel() else future.exception())
    for mistake in reversed(mistakes):
        if mistake is not None:
            raise mistake


def _one(work: Work, start: int, stop: int) -> None:
    token = _inside.set(True)
    try:
        work(start, stop)
    finally:
        _inside.reset(token)


def _mistake(work: Work, start: int, stop: int) -> BaseException | None:
    try:
        _one(work, start, stop)
    except BaseException as mistake:
        return mistake
    return None


class _Single:
    """BLAS on one thread, as long as anybody is within."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count = 0
        self.limiter: Any = None

    def __enter__(self) -> None:
        with self.lock:
            self.count += 1
            if self.count == 1:
                self.limiter = _controller().limit(limits=1, user_api="blas")

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.count -= 1
            if self.count == 0:
                self.limiter.restore_original_limits()


_SINGLE = _Single()


@lru_cache(maxsize=1)
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
