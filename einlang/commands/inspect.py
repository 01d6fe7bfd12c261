"""`einlang inspect`: what a file is, without keys.

$ einlang inspect attention.einc
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang.commands import apart, options
from einlang.commands.speaking import guarded

File = Annotated[Path, typer.Argument(metavar="FILE", help="Any file that einlang wrote.")]


@guarded
def inspect(
    file: File,
    backend: apart.Backend = "fhe",
    memory: apart.Memory = None,
    seconds: apart.Seconds = 60.0,
    json: options.Json = False,
) -> None:
    """Say what a program, key, request or reply is."""
    found = apart.remote(backend).inspect(file, apart.limits(memory, seconds))
    apart.report(found, str(file), json)
