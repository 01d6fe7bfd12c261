"""`einlang evaluate`: a reply to a request, without any secret key.

$ einlang evaluate attention.einc request.einr --key keys/evaluation.key --out reply.einr
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang.commands import apart, options
from einlang.commands.speaking import guarded

Request = Annotated[Path, typer.Argument(metavar="REQUEST", help="What `encrypt` wrote.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The reply, `.einr`.")]


@guarded
def evaluate(
    program: apart.Program,
    request: Request,
    key: apart.Key,
    out: Out,
    sets: apart.Data = None,
    backend: apart.Backend = "fhe",
    memory: apart.Memory = None,
    seconds: apart.Seconds = 3600.0,
    json: options.Json = False,
) -> None:
    """Compute on a request: the evaluator's part, which needs no secret key."""
    chosen, limits, inputs = apart.remote(backend), apart.limits(memory, seconds), apart.given(sets)
    made = chosen.evaluate(program, key, request, inputs, out, limits)
    apart.report(made, "reply", json, out)
