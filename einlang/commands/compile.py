"""`einlang compile`: a program as a file, for a client and an evaluator.

$ einlang compile attention.ein --out attention.einc
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang import saving
from einlang.commands import apart, options
from einlang.commands.speaking import complain, err, guarded, say

Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="FILE", help="The compiled program, `.einc`.")
]
Copy = Annotated[
    Path | None,
    typer.Option(
        "--client", metavar="FILE", help="A copy for clients, without values of the evaluator's."
    ),
]


@guarded
def compile_file(
    out_file: Out,
    file: options.File = None,
    code: options.Code = None,
    backend: apart.Backend = "fhe",
    sets: options.Set = None,
    client: Copy = None,
) -> None:
    """Compile a program to a file that client and evaluator share."""
    program = options.program(file, code)
    given = options.given(program, sets)
    complain(program.check(given).warnings)
    contents = {out_file: program.artefact(backend, given)}
    if client is not None:
        contents[client] = program.artefact(backend, given, client_only=True)
    for path, content in contents.items():
        saving.write(path, content)
        say(err(), f"written to {path}: {len(content):,} bytes")
