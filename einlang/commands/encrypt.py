"""`einlang encrypt`: a request, for the secret inputs of a program.

$ einlang encrypt attention.einc --key keys/client.key --set Q=q.npy --out request.einr
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang.backend import Secret
from einlang.commands import apart, options
from einlang.commands.speaking import guarded

Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The request, `.einr`.")]


@guarded
def encrypt(
    program: apart.Program,
    key: apart.Key,
    out: Out,
    sets: apart.Data = None,
    batch: apart.Batch = False,
    backend: apart.Backend = "fhe",
    memory: apart.Memory = None,
    seconds: apart.Seconds = 3600.0,
    json: options.Json = False,
) -> None:
    """Encrypt the secret inputs of a program to a request."""
    chosen, limits, inputs = apart.remote(backend), apart.limits(memory, seconds), apart.given(sets)
    made = apart.unlocked(
        lambda word: chosen.encrypt(program, key, inputs, out, Secret(word, batch), limits)
    )
    apart.report(made, "request", json, out)
