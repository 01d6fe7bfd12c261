"""`einlang calibrate`: what operations cost on this machine, measured and kept.

$ einlang calibrate --backend fhe --quick
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import typer
from rich.console import RenderableType

from einlang.api.explanation import figure_rows
from einlang.backend import Calibrated, Report, available, find
from einlang.commands import options
from einlang.commands.progress import shown
from einlang.commands.speaking import err, guarded, print_json, show, table
from einlang.errors import BackendMistake, fail

Name = Annotated[
    str | None,
    typer.Option("--backend", "-b", metavar="NAME", help="The backend; else all that can."),
]
Quick = Annotated[bool, typer.Option("--quick", help="In seconds; less precise.")]


@guarded
def calibrate(backend: Name = None, quick: Quick = False, json: options.Json = False) -> None:
    """Measure what operations cost on this machine, for better choices and predictions."""
    chosen = _chosen(backend)
    with shown(err()) as progress:
        reports = {name: found.calibrate(quick, progress) for name, found in chosen.items()}
    if json:
        print_json({name: {**r.figures, **r.tables} for name, r in reports.items()})
        return
    show(block for name, report in reports.items() for block in _blocks(name, report))


def _chosen(name: str | None) -> Mapping[str, Calibrated]:
    """The backends that can be calibrated. Raises E0702 where there are none."""
    names = sorted(available()) if name is None else [name]
    found = {each: find(each) for each in names}
    chosen = {each: made for each, made in found.items() if isinstance(made, Calibrated)}
    if not chosen:
        message = f"there is nothing to calibrate in the backend {', '.join(names)}"
        hint = "its choices do not depend on times measured here"
        raise fail(BackendMistake, "E0702", message, hint=hint)
    return chosen


def _blocks(name: str, report: Report) -> Iterator[RenderableType]:
    for title, rows in report.tables.items():
        yield table(rows, title)
    yield table(figure_rows(report.figures), name)
