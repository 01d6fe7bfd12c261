"""`einlang test`: the `test` blocks of programs, on a backend.

$ einlang test examples/digits.ein
examples/digits.ein::a blank image is scored by the biases alone PASSED
"""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.text import Text

from einlang.api.program import Program
from einlang.api.testing import Outcome
from einlang.commands import options
from einlang.commands.speaking import guarded, out, print_json, say

Files = Annotated[
    list[str] | None, typer.Argument(metavar="FILE...", help="Programs; `-` reads one.")
]


@guarded
def run_tests(
    files: Files = None,
    code: options.Code = None,
    backend: options.Backend = "numpy",
    engine: options.Engine = None,
    sets: options.Set = None,
    json: options.Json = False,
) -> None:
    """Run the tests that programs contain."""
    start = time.perf_counter()
    named: list[str | None] = [*files] if files else [None]
    outcomes: list[tuple[Program, Outcome]] = []
    for file in named:
        program = options.program(file, code)
        given = options.given(program, sets, engine)
        found = program.test(backend, given)
        outcomes += [(program, outcome) for outcome in found]
        if not json:
            _lines(program, found)
    if json:
        print_json([_as_json(program, outcome) for program, outcome in outcomes])
    else:
        _summary(outcomes, time.perf_counter() - start)
    if not all(outcome.passed for _, outcome in outcomes):
        raise typer.Exit(1)


def _lines(program: Program, outcomes: tuple[Outcome, ...]) -> None:
    for outcome in outcomes:
        word, style = ("PASSED", "green") if outcome.passed else ("FAILED", "red")
        say(out(), Text.assemble(f"{program.name}::{outcome.label} ", (word, style)))


def _summary(outcomes: list[tuple[Program, Outcome]], seconds: float) -> None:
    console = out()
    failed = [(program, outcome) for program, outcome in outcomes if not outcome.passed]
    for program, outcome in failed:
        say(console, Text(f"\n{program.name}::{outcome.label}", style="bold red"))
        for failure in outcome.failures:
            say(console, f"  {failure}".replace("\n", "\n  "))
    passed = len(outcomes) - len(failed)
    words = [f"{len(failed)} failed"] if failed else []
    words += [f"{passed} passed"] if passed else []
    style = "bold red" if failed else "bold green"
    say(console, Text(f"\n{', '.join(words) or 'no tests'} in {seconds:.2f} s", style=style))


def _as_json(program: Program, outcome: Outcome) -> dict[str, object]:
    return {
        "program": program.name,
        "test": outcome.label,
        "passed": outcome.passed,
        "failures": list(outcome.failures),
    }
