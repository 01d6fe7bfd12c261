"""`einlang run`: a program on a backend, its outputs printed or written.

$ einlang run -c "x = 1 + 2"
x = 3
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import RenderableType

from einlang import saving
from einlang.api.explanation import figure_rows
from einlang.api.pipeline import CLEAR
from einlang.api.result import Agreement, Result
from einlang.commands import options
from einlang.commands.progress import shown
from einlang.commands.speaking import complain, err, guarded, print_json, say, show, table
from einlang.commands.values import outputs

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write the outputs: .npz, .npy, .csv or .json."),
]
Verify = Annotated[bool, typer.Option("--verify", help="Run NumPy beside and compare.")]


@guarded
def run(
    file: options.File = None,
    code: options.Code = None,
    backend: options.Backend = "numpy",
    engine: options.Engine = None,
    sets: options.Set = None,
    out_file: Out = None,
    verify: Verify = False,
    json: options.Json = False,
) -> None:
    """Run a program and print its outputs."""
    program = options.program(file, code)
    given = options.given(program, sets, engine)
    complain(program.check(given).warnings)
    with shown(err()) as progress:
        result = program.run(backend, given, verify=verify, progress=progress)
    complain(result.report.warnings)
    if out_file is not None:
        saving.save(out_file, dict(result))
        say(err(), f"written to {out_file}")
    if json:
        print_json(as_json(result))
    else:
        show(_blocks(result, backend, out_file))
    if not all(item.holds for item in result.agreements):
        raise typer.Exit(1)


def _blocks(result: Result, backend: str, written: Path | None) -> Iterator[RenderableType]:
    if written is None:
        yield from outputs(result)
    if result.report.figures and backend != CLEAR:
        yield table(figure_rows(result.report.figures), backend)
    if result.agreements:
        yield table([_agreement(item) for item in result.agreements], "beside NumPy")


def _agreement(item: Agreement) -> dict[str, Any]:
    return {
        "output": item.name,
        "largest error": f"{item.error:.2e}",
        "precision": f"{item.precision:.0e}",
        "within": item.holds,
    }


def as_json(result: Result) -> dict[str, Any]:
    """A result for machines; what is not finite is null."""
    outputs = {
        name: {
            "indices": list(result.axes[name]),
            "shape": list(array.shape),
            "values": _values(array),
        }
        for name, array in result.items()
    }
    agreements = [
        {"output": a.name, "error": a.error, "precision": a.precision, "within": a.holds}
        for a in result.agreements
    ]
    return {"outputs": outputs, "report": dict(result.report.figures), "verify": agreements}


def _values(array: np.ndarray[Any, Any]) -> Any:
    if np.isfinite(array).all():
        return array.tolist()
    return np.where(np.isfinite(array), array, np.array(None, dtype=object)).tolist()
