"""A client of a service that computes on what it cannot read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from einlang.api.result import Result
from einlang.backend import Opened, Secret, Served, find
from einlang.closing import Closing
from einlang.errors import BackendMistake, fail


class Client(Closing):
    """A compiled program, run by a service under this client's key.

    The service is one that `einlang serve` runs; `key` is the `client.key` that `einlang
    keygen` wrote, with `evaluation.key` beside it, which is sent once. Calling it gives the
    outputs for the inputs that are given by name.

    >>> Client("http://127.0.0.1:9", "prog.einc", "client.key", backend="numpy")
    Traceback (most recent call last):
        ...
    einlang.errors.BackendMistake: error[E0713]: the backend `numpy` has no service
     = hint: the backend `fhe` has one
    """

    def __init__(
        self,
        url: str,
        program: str | Path,
        key: str | Path,
        *,
        backend: str = "fhe",
        secret: Secret | None = None,
    ) -> None:
        found = find(backend)
        if not isinstance(found, Served):
            message = f"the backend `{backend}` has no service"
            raise fail(BackendMistake, "E0713", message, hint="the backend `fhe` has one")
        self._connection = found.connect(url, Path(program), Path(key), secret or Secret())

    def __call__(self, given: Mapping[str, Any] | None = None, **named: Any) -> Result:
        """The outputs. What the service may do later is tried again a few times."""
        opened = self.call({**(given or {}), **named})
        return Result(opened.arrays, opened.axes, opened.report)

    def call(self, given: Mapping[str, Any]) -> Opened:
        """The outputs, as the backend gives them."""
        return self._connection.call(given)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that this side gives: those that are encrypted, and those that the
        client's own definitions read."""
        return self._connection.inputs

    def close(self) -> None:
        """Lets go of the service."""
        self._connection.close()
