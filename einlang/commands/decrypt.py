"""`einlang decrypt`: the outputs in a reply.

$ einlang decrypt attention.einc reply.einr --key keys/client.key --out outputs.npz
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang import saving
from einlang.api.result import Result
from einlang.backend import Opened, Secret
from einlang.commands import apart, options
from einlang.commands.run import as_json
from einlang.commands.speaking import complain, err, guarded, print_json, say, show
from einlang.commands.values import outputs

Reply = Annotated[Path, typer.Argument(metavar="REPLY", help="What `evaluate` wrote.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE", help="Write the outputs: .npz, .npy, .csv or .json."
    ),
]
Share = Annotated[
    bool, typer.Option("--share", help="Blur and round results, to show them to others.")
]


@guarded
def decrypt(
    program: apart.Program,
    reply: Reply,
    key: apart.Key,
    out: Out = None,
    sets: apart.Data = None,
    batch: apart.Batch = False,
    share: Share = False,
    backend: apart.Backend = "fhe",
    memory: apart.Memory = None,
    seconds: apart.Seconds = 3600.0,
    json: options.Json = False,
) -> None:
    """Decrypt a reply, and compute what the program leaves to the client."""
    chosen, limits, inputs = apart.remote(backend), apart.limits(memory, seconds), apart.given(sets)
    opened = apart.unlocked(
        lambda word: chosen.decrypt(program, key, reply, inputs, Secret(word, batch, share), limits)
    )
    told(opened, out, batch, json)


def told(opened: Opened, out: Path | None, batch: bool, json: bool) -> None:
    """Warnings, and the outputs: printed, or written."""
    complain(opened.report.warnings)
    if out is not None:
        saving.save(out, opened.arrays)
        say(err(), f"written to {out}")
    axes = {name: ("run",) * batch + names for name, names in opened.axes.items()}
    result = Result(opened.arrays, axes, opened.report)
    if json:
        print_json(as_json(result))
    elif out is None:
        show(outputs(result))
