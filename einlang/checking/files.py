"""`use "layers.ein" (dense)`: functions from other files, found beside the file that asks.

>>> import tempfile
>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "layers.ein").write_text("def twice(x) = 2 * x")
>>> check(read('use "layers.ein" (twice)\\ny = twice(4)'), directory=folder).tensors["y"].range
(8.0, 8.0)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from einlang.checking.functions import Library
from einlang.checking.mistakes import Mistakes, listed, similar
from einlang.errors import Label, SyntaxMistake
from einlang.syntax import nodes


@dataclass
class Shelf:
    """The libraries of all files that a program uses, each read once."""

    mistakes: Mistakes
    fresh: Callable[[str], str]
    read: dict[Path, Library | None] = field(default_factory=dict)
    reading: list[Path] = field(default_factory=list)

    def library(self, program: nodes.Program, directory: Path) -> Library:
        """The functions that a program may call: its own, and those it uses."""
        library = Library(self.mistakes, self.fresh)
        if not self.reading:
            self.reading.append((directory / Path(program.span.source.name).name).resolve())
        for statement in program.statements:
            if isinstance(statement, nodes.Def) and statement.name not in library.heads:
                library.heads[statement.name] = statement
        for statement in program.statements:
            if isinstance(statement, nodes.Use):
                self.use(statement, library, directory)
        return library

    def use(self, node: nodes.Use, library: Library, directory: Path) -> None:
        """Takes functions from another file."""
        other = self.open(node, directory)
        for name in node.names:
            if other is not None and name in other.names():
                library.borrowed[name] = (other, name)
                continue
            library.borrowed[name] = (Library(self.mistakes, self.fresh, made={name: None}), name)
            if other is not None:
                there = listed(other.names())
                self.mistakes.error(
                    "E0211",
                    f"`{node.path}` defines no function `{name}`",
                    Label(node.span, "used here"),
                    hint=similar(name, other.names()) or (f"it defines {there}" if there else ""),
                )

    def open(self, node: nodes.Use, directory: Path) -> Library | None:
        """The functions of a file; None when it cannot be had."""
        from einlang.syntax import read

        path = (directory / node.path).resolve()
        if path in self.reading:
            names = " -> ".join(p.name for p in (*self.reading[self.reading.index(path) :], path))
            self.mistakes.error(
                "E0212",
                f"files use each other in a circle: {names}",
                Label(node.span, "here"),
                hint="put what they share into a third file",
            )
            return None
        if path in self.read:
            return self.read[path]
        try:
            program = read(path.read_text(encoding="utf-8"), node.path)
        except (OSError, UnicodeDecodeError) as wrong:
            reason = getattr(wrong, "strerror", None) or "it is not UTF-8 text"
            self.mistakes.error(
                "E0210", f"`{node.path}` cannot be read: {reason}", Label(node.span, "used here")
            )
            self.read[path] = None
            return None
        except SyntaxMistake as wrong:
            self.mistakes.take(wrong, node.span)
            self.read[path] = None
            return None
        self.reading.append(path)
        self.read[path] = self.library(program, path.parent)
        self.reading.pop()
        return self.read[path]
