"""How the command line speaks: diagnostics in colour, tables, and how a command ends.

>>> from einlang.errors import Diagnostic
>>> print(coloured(Diagnostic("E0202", "tensor `A` is not defined")).plain)
error[E0202]: tensor `A` is not defined
"""

from __future__ import annotations

import functools
import json as encoder
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from einlang.api.explanation import cell
from einlang.errors import BackendMistake, Diagnostic, EinlangError, fail

Command = TypeVar("Command", bound=Callable[..., None])
WIDE = 200
STYLES = {"error": "bold red", "warning": "bold yellow"}


def out() -> Console:
    """Where results go."""
    return _console(sys.stdout)


def err() -> Console:
    """Where diagnostics and progress go."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def say(console: Console, text: Text | str = "") -> None:
    """A text as it is: no wrapping, no markup."""
    console.print(text, soft_wrap=True)


def show(blocks: Iterable[RenderableType]) -> None:
    """Texts and tables on standard output, an empty line between them."""
    console = out()
    for number, block in enumerate(blocks):
        if number:
            console.print()
        console.print(block, soft_wrap=isinstance(block, Text))


def coloured(diagnostic: Diagnostic) -> Text:
    """A diagnostic, its plain form with colours."""
    text = Text(str(diagnostic))
    style = STYLES[diagnostic.severity]
    text.highlight_regex(r"^(error|warning)\[\w+\]", style)
    text.highlight_regex(r"(?m)^\s*-->", "blue")
    text.highlight_regex(r"(?m)^ *\d* \|", "blue")
    text.highlight_regex(r"(?m)^ *\| *\^+.*$", style)
    text.highlight_regex(r"(?m)^ *= hint:", "cyan")
    return text


def complain(diagnostics: Iterable[Diagnostic]) -> None:
    """Diagnostics on standard error, an empty line between them."""
    console = err()
    for number, diagnostic in enumerate(diagnostics):
        if number:
            say(console)
        say(console, coloured(diagnostic))


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    typer.echo(encoder.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(rows: Sequence[Mapping[str, Any]], title: str = "") -> Table:
    """Rows of equal keys as a table; numbers stand to the right."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    made.title = Text(title, style="bold") if title else None
    made.title_justify = "left"
    for head in rows[0]:
        numeric = all(_numeric(row.get(head)) for row in rows)
        made.add_column(Text(head), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell(row.get(head))) for head in rows[0]))
    return made


def _numeric(value: Any) -> bool:
    try:
        return value is None or value in ("", "...") or float(value) == float(value)
    except (TypeError, ValueError):
        return False


def guarded(command: Command) -> Command:
    """The command, ending as the command line promises: no traceback for a user's mistake."""

    @functools.wraps(command)
    def ends_well(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except BrokenPipeError:
            raise
        except (EinlangError, OSError, ImportError, MemoryError) as error:
            _refuse(_as_mistake(error), bool(kwargs.get("json")))
        except KeyboardInterrupt:
            say(err(), "interrupted")
            raise typer.Exit(130) from None

    return cast(Command, ends_well)


def _refuse(error: EinlangError, json: bool) -> None:
    if json:
        print_json({"diagnostics": [item.as_json() for item in error.diagnostics]})
    else:
        complain(error.diagnostics)
    raise typer.Exit(1) from None


def _as_mistake(error: Exception) -> EinlangError:
    """What the machine cannot do, said as a user's mistakes are."""
    if isinstance(error, EinlangError):
        return error
    message, hint = str(error), ""
    if isinstance(error, OSError):
        name = f"`{error.filename}`: " if error.filename else ""
        message = f"{name}{error.strerror or error}"
    elif isinstance(error, ImportError):
        name = error.name or "a package"
        message = f"`{name}` cannot be imported: {error}"
        hint = f"install it: `pip install {name}`, or einlang with the extra that brings it"
    elif isinstance(error, MemoryError):
        message = "there is not enough memory for this program"
    return fail(BackendMistake, "E0890", message, hint=hint)
