"""`einlang check`: everything that is wrong with a program, without running it.

$ einlang check attention.ein
attention.ein: 3 inputs, 2 definitions, 2 tests: fine
"""

from __future__ import annotations

from einlang.checking.typed import Typed
from einlang.commands import options
from einlang.commands.speaking import complain, guarded, out, print_json, say


@guarded
def check(
    file: options.File = None,
    code: options.Code = None,
    sets: options.Set = None,
    json: options.Json = False,
) -> None:
    """Say what is wrong with a program: names, sizes, secrecy, ranges, shapes of data."""
    program = options.program(file, code)
    typed = program.check(options.given(program, sets))
    if json:
        print_json({"diagnostics": [item.as_json() for item in typed.warnings]})
        return
    complain(typed.warnings)
    say(out(), f"{program.name}: {_counts(typed)}: fine")


def _counts(typed: Typed) -> str:
    counts = (
        (len(typed.inputs), "input"),
        (len(typed.definitions), "definition"),
        (len(typed.tests), "test"),
    )
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)
