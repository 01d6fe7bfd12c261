"""`einlang call`: encrypt, have a service evaluate, decrypt.

$ einlang call http://127.0.0.1:8400 attention.einc --key keys/client.key --set Q=q.npy
"""

from __future__ import annotations

from typing import Annotated

import typer

from einlang.api.remote import Client
from einlang.backend import Secret
from einlang.commands import apart, options
from einlang.commands.decrypt import Out, Share, told
from einlang.commands.speaking import guarded

Url = Annotated[str, typer.Argument(metavar="URL", help="Where `serve` runs.")]


@guarded
def call(
    url: Url,
    program: apart.Program,
    key: apart.Key,
    out: Out = None,
    sets: apart.Data = None,
    batch: apart.Batch = False,
    share: Share = False,
    backend: apart.Backend = "fhe",
    json: options.Json = False,
) -> None:
    """Run a program on a service that cannot read what it computes on."""
    inputs = apart.given(sets)

    def work(word: str | None) -> Client:
        return Client(url, program, key, backend=backend, secret=Secret(word, batch, share))

    with apart.unlocked(work) as client:
        told(client.call(inputs), out, batch, json)
