"""`einlang keygen`: a client's secret key, and the evaluation key that goes with it.

$ einlang keygen attention.einc --out keys
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang.commands import apart, options
from einlang.commands.speaking import guarded

Programs = Annotated[list[Path], typer.Argument(metavar="PROGRAM...", help="What `compile` wrote.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where keys are written.")]
Passphrase = Annotated[
    bool, typer.Option("--passphrase", help="Encrypt the client's key under a passphrase.")
]


@guarded
def keygen(
    programs: Programs,
    out: Out,
    passphrase: Passphrase = False,
    backend: apart.Backend = "fhe",
    memory: apart.Memory = None,
    seconds: apart.Seconds = 3600.0,
    json: options.Json = False,
) -> None:
    """Make keys: just those that these programs need."""
    word = apart.new_passphrase() if passphrase else None
    made = apart.remote(backend).keygen(programs, out, word, apart.limits(memory, seconds))
    apart.report(made, "keys", json, out)
