"""`einlang fmt`: programs in their canonical text.

$ einlang fmt --check examples/digits.ein
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from einlang.api.program import read_text
from einlang.commands import options
from einlang.commands.speaking import err, guarded, say
from einlang.syntax import format as formatted

Files = Annotated[
    list[str] | None, typer.Argument(metavar="FILE...", help="Programs; `-` is a filter.")
]
Check = Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 where one would.")]


@guarded
def fmt(files: Files = None, code: options.Code = None, check: Check = False) -> None:
    """Write programs in their canonical text."""
    if bool(files) == (code is not None):
        raise typer.BadParameter("give FILEs, `-` for standard input, or -c CODE")
    if code is not None:
        changed = [_filter(code, "<command line>", check)]
    else:
        changed = [_one(file, check) for file in files or ()]
    if check and any(changed):
        raise typer.Exit(1)


def _one(file: str, check: bool) -> bool:
    """Whether the file was not in its canonical text."""
    if file == "-":
        return _filter(typer.get_text_stream("stdin").read(), "<stdin>", check)
    path = Path(file)
    text = read_text(path)
    new = formatted(text, file)
    if new != text:
        say(err(), f"would change {file}" if check else f"changed {file}")
        if not check:
            path.write_text(new, encoding="utf-8")
    return new != text


def _filter(text: str, name: str, check: bool) -> bool:
    new = formatted(text, name)
    if not check:
        typer.echo(new, nl=False)
    elif new != text:
        say(err(), f"would change {name}")
    return new != text
