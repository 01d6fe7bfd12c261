"""`einlang serve`: an evaluator for many clients, over HTTP.

$ einlang serve attention.einc --port 8400
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from einlang.backend import Served, find
from einlang.commands import apart
from einlang.commands.speaking import err, guarded, say
from einlang.errors import BackendMistake, fail

Programs = Annotated[list[Path], typer.Argument(metavar="PROGRAM...", help="What `compile` wrote.")]


def _option(name: str, text: str, **more: Any) -> Any:
    return typer.Option(f"--{name}", metavar=more.pop("metavar", "N"), help=text, **more)


@guarded
def serve(
    programs: Programs,
    port: Annotated[int, _option("port", "0 takes any that is free.")] = 8400,
    host: Annotated[str, _option("host", "Who may call.", metavar="NAME")] = "127.0.0.1",
    sets: apart.Data = None,
    backend: apart.Backend = "fhe",
    workers: Annotated[int | None, _option("workers", "Processes that evaluate.", min=1)] = None,
    threads: Annotated[int, _option("threads", "Threads of each of them.", min=1)] = 1,
    waiting: Annotated[int, _option("waiting", "Requests that may wait.", min=0)] = 64,
    body: Annotated[int, _option("body", "Megabytes of a request.", min=1)] = 256,
    key: Annotated[int, _option("key-size", "Megabytes of a key set.", min=1)] = 2048,
    keys: Annotated[int, _option("keys", "Key sets that are kept.", min=1)] = 64,
    lifetime: Annotated[float, _option("lifetime", "Seconds that an unused one lives.")] = 86400.0,
    held: Annotated[int, _option("held", "Key sets that a worker keeps ready.", min=1)] = 8,
    memory: apart.Memory = None,
    seconds: apart.Seconds = 300.0,
    grace: Annotated[float, _option("grace", "Seconds to finish in when it stops.")] = 30.0,
) -> None:
    """Evaluate requests of many clients, over HTTP; behind a proxy that speaks TLS."""
    chosen = find(backend)
    if not isinstance(chosen, Served):
        message = f"the backend `{backend}` has no service"
        raise fail(BackendMistake, "E0713", message, hint="the backend `fhe` has one")
    allowed = {
        "threads": threads,
        "waiting": waiting,
        "body": body << 20,
        "key": key << 20,
        "keys": keys,
        "lifetime": lifetime,
        "held": held,
        "memory": None if memory is None else memory << 20,
        "seconds": seconds,
        "grace": grace,
    } | ({} if workers is None else {"workers": workers})

    def ready(opened: int) -> None:
        say(err(), f"serving {len(programs)} on http://{host}:{opened}")

    chosen.serve(programs, apart.given(sets), (host, port), allowed, ready)
