"""`einlang draw`: the string diagrams of a program as a picture.

$ einlang draw attention.ein --out attention.svg
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang.commands import options
from einlang.commands.speaking import err, guarded, say

Picture = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Where: .svg, .png, .pdf, .tikz or .tex."),
]


@guarded
def draw(
    file: options.File = None,
    code: options.Code = None,
    sets: options.Set = None,
    out_file: Picture = None,
) -> None:
    """Draw a program; without --out, as SVG beside it."""
    program = options.program(file, code)
    path = out_file or _beside(program.name)
    program.draw(path, options.given(program, sets))
    say(err(), f"written to {path}")


def _beside(name: str) -> Path:
    return Path("program.svg") if name.startswith("<") else Path(name).with_suffix(".svg")
