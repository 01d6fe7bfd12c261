"""Runs the service on a port, until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from einlang.errors import EinlangError
from einlang_fhe.files import complaints
from einlang_fhe.files.inputs import bound, public
from einlang_fhe.files.parts import Program
from einlang_fhe.service.pool import Pool
from einlang_fhe.service.settings import Settings


def serve(
    paths: Sequence[Path],
    inputs: Mapping[str, Any],
    host: str,
    port: int,
    settings: Settings,
    ready: Any = None,
) -> None:
    """Serves these programs. Requests that run when it is stopped are finished.

    `ready` is called with the port, once it is open: the one that was free, for port 0.
    """
    import uvicorn

    from einlang_fhe.service.application import application

    data = [public_data(path, inputs) for path in paths]
    listening = bound_to(host, port)
    app = application(settings, paths, data)
    started(app.state.service.pool)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=int(settings.grace),
        server_header=False,
    )
    if ready is not None:
        ready(listening.getsockname()[1])
    uvicorn.Server(config).run(sockets=[listening])


def bound_to(host: str, port: int) -> socket.socket:
    """A socket at an address. Its protocol is named, or asyncio leaves the algorithm of Nagle
    on: an answer in two parts would then wait 40 ms for the first one to be acknowledged.

    >>> with bound_to("127.0.0.1", 0) as listening:
    ...     listening.proto == socket.IPPROTO_TCP
    True
    """
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    return listening


def started(pool: Pool) -> None:
    """Starts all workers, so that the first requests need not wait. Raises what they raise."""
    try:
        for seat in pool.seats:
            seat.ready()
    except EinlangError:
        pool.stop()
        raise


def public_data(path: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """The public inputs that the evaluator of a program reads; E0833 for a client's copy."""
    program = Program.load(path)
    program.full(str(path))
    if not program.about.parameters.secure:
        raise complaints.unfit(
            f"the parameters of `{path}` are not secure, by the setting `insecure`",
            "leave the setting out, and compile again",
        )
    names = public(program)
    chosen = {name: value for name, value in given.items() if name in names}
    return bound(program, names, chosen, path.parent)
