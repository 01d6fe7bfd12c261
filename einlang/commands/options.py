"""What the commands have in common: which program, which data, which backend.

>>> from einlang.api.program import compile
>>> given(compile("index i\\npublic x[i]\\ny = x[i]"), ["i=3", "precision=1e-3"])
{'i': 3, 'precision': 0.001}
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from einlang import data
from einlang.api.program import Program, load
from einlang.api.settings import indices, inputs, setting
from einlang.errors import DataMistake, fail

ARRAY = re.compile(r"\.(npy|csv|npz(:.*)?)$")
File = Annotated[
    str | None, typer.Argument(metavar="FILE", help="A program; `-` reads standard input.")
]
Code = Annotated[str | None, typer.Option("-c", metavar="CODE", help="The program itself.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Data for an input (a path or a number), a size for an index, "
        "else a setting of the backend.",
    ),
]
Backend = Annotated[str, typer.Option("--backend", "-b", metavar="NAME", help="Where it runs.")]
Engine = Annotated[
    str | None, typer.Option("--engine", metavar="NAME", help="`--set engine=NAME`.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def program(file: str | None, code: str | None) -> Program:
    """The program that the command line names; a usage error where there is none, or two."""
    if (file is None) == (code is None):
        raise typer.BadParameter("give a FILE, `-` for standard input, or -c CODE")
    if code is not None:
        return Program(code, name="<command line>")
    if file == "-":
        return Program(sys.stdin.read(), name="<stdin>")
    return load(str(file))


def given(
    program: Program, sets: Iterable[str] | None, engine: str | None = None
) -> dict[str, Any]:
    """What `--set` and `--engine` say, by name.

    Raises `DataMistake` E0690 for a text that is no `NAME=VALUE`.
    """
    values = {}
    for text in sets or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            hint = "for example `--set A=a.npy`, `--set t=8`, `--set precision=1e-3`"
            raise fail(DataMistake, "E0690", f"`--set {text}` is no NAME=VALUE", hint=hint)
        values[name.strip()] = _value(program, name.strip(), value.strip())
    return values if engine is None else {**values, "engine": engine}


def _value(program: Program, name: str, text: str) -> Any:
    if name in inputs(program.tree):
        return number_or_array(text)
    number = _number(text)
    if name in indices(program.tree):
        if isinstance(number, int):
            return number
        raise fail(DataMistake, "E0690", f"the size of index `{name}` is a whole number")
    if ARRAY.search(text):
        return _array(text)
    return setting(name, text)


def number_or_array(text: str) -> np.ndarray[Any, Any]:
    """A number, or the array in a file."""
    number = _number(text)
    return _array(text) if number is None else np.asarray(number)


def _array(reference: str) -> np.ndarray[Any, Any]:
    """The array in a file, sought from where one is."""
    try:
        return data.load(reference, Path())
    except DataMistake as mistake:
        missing = "paths on the command line start where you are"
        raise DataMistake(
            replace(item, hint=missing) if item.code == "E0601" else item
            for item in mistake.diagnostics
        ) from None


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None
