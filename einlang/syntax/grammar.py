"""The grammar, made into a parser when a text is first read.

`parser` is LALR(1); it is fed one logical line at a time and builds nodes as it goes.

>>> literals()["["], literals()["index"]
('LSQB', 'INDEX')
>>> "max" in reserved(), "target" in reserved()
(True, False)
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

STARTS = (
    *("index", "input", "definition", "out", "function", "use"),
    *("target", "setting", "test", "let", "expect"),
)
SOFT = frozenset(("secret", "public", "param", "client", "use", "target", "test", "let", "expect"))
FIRST = SOFT | {"index", "out", "def"}


@lru_cache(maxsize=1)
def parser() -> Lark:
    """The parser of single lines; `STARTS` are the kinds of line there are."""
    from lark import Lark
    from lark.lexer import Lexer

    from einlang.syntax.build import Builder

    class Tokens(Lexer):
        """Stands in for lark's lexer: the tokens are those of `scan`."""

        def __init__(self, conf: Any) -> None:
            pass

        def lex(self, lexer_state: Any, parser_state: Any = None) -> Any:
            return iter(())

    return Lark(
        Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer=Tokens,
        start=list(STARTS),
        transformer=Builder(),  # type: ignore[arg-type]  # lark takes any object with methods
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


@lru_cache(maxsize=1)
def literals() -> dict[str, str]:
    """The signs and words of the grammar, with the names that it gives them."""
    return {
        terminal.pattern.value: terminal.name
        for terminal in parser().terminals
        if terminal.name not in ("NAME", "NUMBER", "STRING")
    }


@lru_cache(maxsize=1)
def reserved() -> frozenset[str]:
    """The words that cannot be names; those of `SOFT` mean something at a line's start only."""
    return frozenset(word for word in literals() if word.isalpha()) - SOFT
