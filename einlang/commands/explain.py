"""`einlang explain`: how a program would run, and what it would cost.

$ einlang explain attention.ein --backend fhe
"""

from __future__ import annotations

from einlang.api.explanation import figure_rows
from einlang.commands import options
from einlang.commands.speaking import guarded, out, print_json, say, table


@guarded
def explain(
    file: options.File = None,
    code: options.Code = None,
    backend: options.Backend = "numpy",
    engine: options.Engine = None,
    sets: options.Set = None,
    json: options.Json = False,
) -> None:
    """Show statements, shapes, the order of operations, and what the backend makes of them."""
    program = options.program(file, code)
    explanation = program.explain(backend, **options.given(program, sets, engine))
    if json:
        print_json(explanation.as_json())
        return
    console = out()
    say(console, "\n".join(explanation.statements) + "\n")
    for title, rows in explanation.tables.items():
        if rows:
            console.print(table(rows, title))
    if explanation.figures:
        console.print(table(figure_rows(explanation.figures), backend))
