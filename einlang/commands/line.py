"""The application: all the commands, under their names.

>>> sorted(command.name for command in app.registered_commands)[:8]
['calibrate', 'call', 'check', 'compile', 'decrypt', 'draw', 'encrypt', 'evaluate']
"""

from __future__ import annotations

from typing import Annotated

import typer

from einlang import __version__
from einlang.commands.calibrate import calibrate
from einlang.commands.call import call
from einlang.commands.check import check
from einlang.commands.compile import compile_file
from einlang.commands.decrypt import decrypt
from einlang.commands.draw import draw
from einlang.commands.encrypt import encrypt
from einlang.commands.evaluate import evaluate
from einlang.commands.explain import explain
from einlang.commands.fmt import fmt
from einlang.commands.inspect import inspect
from einlang.commands.keygen import keygen
from einlang.commands.repl import repl
from einlang.commands.run import run
from einlang.commands.serve import serve
from einlang.commands.test import run_tests
from einlang.commands.train import train

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tensor programs in einsum notation: run in the clear, encrypted, and drawn.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"einlang {__version__}")
        raise typer.Exit


@app.callback()
def line(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Tensor programs in einsum notation: run in the clear, encrypted, and drawn."""


_HERE = (run, check, explain, draw, fmt, repl, train, calibrate)
_APART = (inspect, keygen, encrypt, evaluate, decrypt, serve, call)
for _command in (*_HERE, *_APART):
    app.command(_command.__name__)(_command)
app.command("test")(run_tests)
app.command("compile")(compile_file)
