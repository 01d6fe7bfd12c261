"""`einlang explain`: how a program would run, and what it would cost.

$ einlang explain attention.ein --backend fhe
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from einlang.api.explanation import Explanation
from einlang.commands import options
from einlang.commands.speaking import guarded, print_json, show, table


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
    explanation = program.explain(backend, options.given(program, sets, engine))
    if json:
        print_json(explanation.as_json())
        return
    show(_blocks(explanation))


def _blocks(explanation: Explanation) -> Iterator[RenderableType]:
    yield Text("\n".join(explanation.statements))
    for title, rows in explanation.sections.items():
        yield table(rows, title)
