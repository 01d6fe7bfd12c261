"""What the commands for two machines have in common: the backend, its limits, passphrases.

>>> limits(512, 10.0)
Limits(memory=536870912, seconds=10.0)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import typer

from einlang.api.explanation import figure_rows
from einlang.backend import Limits, Remote, Report, available, find
from einlang.commands import options
from einlang.commands.speaking import complain, err, print_json, say, show, table
from einlang.errors import BackendMistake, DataMistake, fail

Result = TypeVar("Result")
PASSPHRASE = "EINLANG_PASSPHRASE"

Backend = Annotated[str, typer.Option("--backend", "-b", metavar="NAME", help="Whose files.")]
Program = Annotated[Path, typer.Argument(metavar="PROGRAM", help="What `compile` wrote.")]
Key = Annotated[Path, typer.Option("--key", metavar="FILE", help="What `keygen` wrote.")]
Data = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Data for an input: a path or a number."),
]
Memory = Annotated[
    int | None,
    typer.Option("--memory", metavar="MB", help="Megabytes that the work may take.", min=64),
]
Seconds = Annotated[
    float, typer.Option("--seconds", metavar="S", help="Seconds that the work may take.", min=0.1)
]
Batch = Annotated[
    bool, typer.Option("--batch", help="Several runs: every secret input has one axis more.")
]


def remote(backend: str) -> Remote:
    """The backend; E0713 where its client and evaluator are one machine."""
    found = find(backend)
    if isinstance(found, Remote):
        return found
    others = ", ".join(name for name in sorted(available()) if isinstance(find(name), Remote))
    raise fail(
        BackendMistake,
        "E0713",
        f"the backend `{backend}` writes no files for two machines",
        hint=f"backends that do: {others}",
    )


def limits(memory: int | None, seconds: float) -> Limits:
    """The limits of a worker; without one, the memory of this machine."""
    return Limits(None if memory is None else memory << 20, seconds)


def given(sets: Iterable[str] | None) -> dict[str, np.ndarray[Any, Any]]:
    """What `--set` says, by name. Raises `DataMistake` E0690 for what is no `NAME=VALUE`."""
    values = {}
    for text in sets or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            hint = "for example `--set A=a.npy`"
            raise fail(DataMistake, "E0690", f"`--set {text}` is no NAME=VALUE", hint=hint)
        values[name.strip()] = options.number_or_array(value.strip())
    return values


def unlocked(work: Callable[[str | None], Result]) -> Result:
    """The work with the passphrase of the environment, or one that is asked for if needed."""
    try:
        return work(os.environ.get(PASSPHRASE))
    except BackendMistake as mistake:
        locked = mistake.diagnostics[0].code == "E0837" and PASSPHRASE not in os.environ
        if not locked or not sys.stdin.isatty():
            raise
    return work(typer.prompt("passphrase", hide_input=True, err=True))


def new_passphrase() -> str:
    """The passphrase of the environment, or one that is asked for twice."""
    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    return typer.prompt("passphrase", hide_input=True, confirmation_prompt=True, err=True)


def report(found: Report, title: str, json: bool, written: Path | None = None) -> None:
    """Warnings, then figures, then what was written."""
    complain(found.warnings)
    if json:
        print_json(found.figures)
        return
    show([table(figure_rows(found.figures), title)])
    if written is not None:
        say(err(), f"written to {written}")
