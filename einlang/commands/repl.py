"""`einlang repl`: statements and expressions, one after the other.

    x = 1 + 2

A name shows a tensor, an expression its value: an index that a product repeats is summed,
the others are kept. A line that ends in `:` opens a block, an empty line ends it. What is
defined again replaces what was. `:help` says the rest.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import typer
from rich.console import Console

from einlang.api.program import Program
from einlang.api.settings import inputs
from einlang.commands import options
from einlang.commands.conventions import asked
from einlang.commands.progress import shown
from einlang.commands.speaking import complain, err, guarded, out, say
from einlang.commands.speaking import show as show_blocks
from einlang.commands.values import outputs
from einlang.errors import EinlangError, SyntaxMistake
from einlang.syntax import nodes, read, show

HELP = """\
statements and expressions as in a program; a name shows a tensor
:list     the program so far          :backend NAME   where it runs
:clear    start again                 :quit           leave (or end of input)"""
SOURCE = "<repl>"


@guarded
def repl(
    file: options.File = None,
    backend: options.Backend = "numpy",
    engine: options.Engine = None,
) -> None:
    """Read statements and expressions, and show what they are."""
    statements = options.program(file, None).tree.statements if file else ()
    session = Session(list(statements), backend, engine)
    for chunk in _chunks():
        if not session.take(chunk):
            break


def _chunks() -> Iterator[str]:
    """Statements with their blocks, from the prompt or from standard input."""
    lines: list[str] = []
    while (line := _line("... " if lines else ">>> ")) is not None:
        if lines and not line.strip():
            yield "\n".join(lines)
            lines = []
            continue
        lines.append(line)
        if not _open(lines):
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _line(prompt: str) -> str | None:
    """The next line, None at the end. A terminal has a prompt, and a history where it can."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None
    try:
        return input(prompt)
    except EOFError:
        typer.echo()
        return None


def _open(lines: list[str]) -> bool:
    """Whether more belongs to these lines: an open bracket, docstring or block."""
    text = "\n".join(lines)
    if text.count('"""') % 2:
        return True
    bare = "\n".join(line.partition("#")[0] for line in lines)
    if sum(bare.count(c) for c in "([{") > sum(bare.count(c) for c in ")]}"):
        return True
    return bare.split("\n")[0].rstrip().endswith(":") and not lines[0].startswith(":")


class Session:
    """The statements so far, and where they run.

    >>> session = Session([], "numpy", None)
    >>> session.take("x = 1 + 2")
    x = 3
    True
    """

    def __init__(self, statements: list[nodes.Statement], backend: str, engine: str | None) -> None:
        self.statements = statements
        self.backend = backend
        self.settings = {"engine": engine} if engine else {}

    def take(self, chunk: str) -> bool:
        """Do what was typed; False to leave. A mistake is shown and forgotten."""
        try:
            return self._do(chunk)
        except EinlangError as error:
            complain(error.diagnostics)
            return True

    def _do(self, chunk: str) -> bool:
        word, _, rest = chunk.strip().partition(" ")
        if word in {":quit", ":q", ":exit"}:
            return False
        if word == ":list":
            say(out(), show(nodes.Program(None, tuple(self.statements))).rstrip("\n"))
        elif word == ":clear":
            self.statements = []
        elif word == ":backend":
            self.backend = rest.strip() or self.backend
        elif word.startswith(":"):
            say(out(), HELP)
        elif word:
            self._statements(chunk)
        return True

    def _statements(self, chunk: str) -> None:
        try:
            new = read(chunk + "\n", SOURCE).statements
        except SyntaxMistake as error:
            question = asked(chunk, SOURCE)
            if question is None:
                raise error
            self._answer(question)
            return
        kept = [item for item in self.statements if _name(item) not in {_name(n) for n in new}]
        made = [item.name for item in new if isinstance(item, nodes.Definition)]
        together = [*kept, *new]
        self._show(together, made)
        self.statements = together

    def _answer(self, question: nodes.Definition) -> None:
        """Show a tensor that is asked for by its name, or the value of an expression."""
        value = question.value
        bare = isinstance(value, nodes.Access) and not value.subscripts and value.tensor
        if ("tensor", bare) in {_name(item) for item in self.statements}:
            self._show(self.statements, [str(bare)])
        else:
            self._show([*self.statements, question], [question.name])

    def _show(self, statements: list[nodes.Statement], names: list[str]) -> None:
        """Check the statements, and print the tensors of these names where there is data."""
        body = [item for item in statements if not isinstance(item, nodes.Out)]
        wanted = [nodes.Out(tuple(names))] if names else []
        if not any(isinstance(item, nodes.Definition) for item in body):
            return
        program = Program(show(nodes.Program(None, (*body, *wanted))), name=SOURCE)
        typed = program.check()
        if not names:
            return
        if any(item.path is None for item in inputs(program.tree).values()):
            _shapes(out(), {name: typed.tensors[name].shape for name in names})
            return
        with shown(err()) as progress:
            result = program.run(self.backend, self.settings, progress=progress)
        show_blocks(outputs(result))


def _shapes(console: Console, shapes: dict[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        say(console, f"{name}: {'x'.join(map(str, shape)) or 'scalar'}, waiting for data")


def _name(item: nodes.Statement) -> object:
    """What a statement gives a meaning to; statements that name nothing are all kept."""
    if isinstance(item, (nodes.Definition, nodes.Input)):
        return "tensor", item.name
    if isinstance(item, (nodes.Index, nodes.Def)):
        return type(item).__name__, item.name
    if isinstance(item, nodes.Target):
        return "target", item.backend
    return item
