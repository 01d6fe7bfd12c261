"""Work that does not depend on the machine: the functions that are called on the way.

>>> calls(lambda: [abs(n) for n in range(10)]) - calls(lambda: [abs(n) for n in range(5)])
5
"""

from __future__ import annotations

import sys
from collections.abc import Callable


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, in Python and in C."""
    count = 0

    def notice(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times the calls are, for twice the size; 2 where they keep in proportion."""
    return calls(lambda: work(2 * size)) / calls(lambda: work(size))
