"""`einlang draw`: a program as a picture: its string diagrams, or where its tensors sit.

$ einlang draw attention.ein --out attention.svg
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang.commands import options
from einlang.commands.speaking import err, guarded, out, say

Picture = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Where: .svg, .png, .pdf, .tikz or .tex."),
]
Layouts = Annotated[
    bool,
    typer.Option("--layouts", help="Where a backend puts the elements of tensors, step by step."),
]
Backend = Annotated[
    str, typer.Option("--backend", "-b", metavar="NAME", help="Whose layouts are drawn.")
]


@guarded
def draw(
    file: options.File = None,
    code: options.Code = None,
    sets: options.Set = None,
    out_file: Picture = None,
    layouts: Layouts = False,
    backend: Backend = "fhe",
    engine: options.Engine = None,
) -> None:
    """Draw a program; without --out, as SVG beside it, and layouts as text."""
    program = options.program(file, code)
    given = options.given(program, sets, engine if layouts else None)
    path = out_file or _beside(program.name)
    if not layouts:
        program.draw(path, given)
    else:
        drawing = program.layouts(backend, given)
        if out_file is None:
            say(out(), str(drawing))
            return
        drawing.save(path)
    say(err(), f"written to {path}")


def _beside(name: str) -> Path:
    return Path("program.svg") if name.startswith("<") else Path(name).with_suffix(".svg")
