"""Bars on standard error, where it is a terminal.

>>> import io
>>> with shown(Console(file=io.StringIO())) as progress:
...     progress("evaluate", 1, 2)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from einlang import backend


@contextmanager
def shown(console: Console) -> Iterator[backend.Progress]:
    """A progress that draws one bar per thing that is being done."""
    if not console.is_terminal:
        yield backend.silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bars:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield report
