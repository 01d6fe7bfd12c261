"""The command line: `einlang run`, `check`, `explain`, `draw`, `test`, `fmt`, `repl`,
`train`, `calibrate`; `compile`, `inspect`, `keygen`, `encrypt`, `evaluate`, `decrypt`, `serve`
and `call` for two machines.

One command per file. Results go to standard output, diagnostics and progress to standard
error. Exit codes: 0 fine, 1 the program or its data is wrong, 2 usage, 130 interrupted.
"""


def main() -> None:
    """What the `einlang` command runs."""
    from einlang.commands.line import app

    app(prog_name="einlang")
