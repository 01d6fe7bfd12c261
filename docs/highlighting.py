"""Colours for einlang programs in the pages of this site.

>>> [kind for kind, text in EinLexer().get_tokens("out P") if text == "out"]
[Token.Keyword]
"""

from collections.abc import Sequence
from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

KEYWORDS = (
    *("index", "secret", "public", "param", "client", "out", "def", "where", "use", "target"),
    *("test", "let", "expect", "within", "from", "in"),
)
FUNCTIONS = (
    *("exp", "log", "sqrt", "abs", "sigmoid", "tanh", "relu", "gelu", "silu", "sign", "inverse"),
    *("square", "sum", "mean", "prod", "max", "min", "argmax", "argmin", "einsum", "size"),
    *("pad", "wrap", "clamp"),
)


class EinLexer(RegexLexer):
    """The tokens of a program, by kind."""

    name = "einlang"
    aliases: ClassVar[Sequence[str]] = ["ein"]
    filenames: ClassVar[Sequence[str]] = ["*.ein"]
    tokens: ClassVar = {
        "root": [
            (r'"""[\s\S]*?"""', String.Doc),
            (r'"[^"\n]*"', String),
            (r"#.*", Comment.Single),
            (words(KEYWORDS, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(FUNCTIONS, prefix=r"\b", suffix=r"\b(?=\s*[\[(])"), Name.Builtin),
            (r"(?:\d+\.\d*|\.?\d+)(?:[eE][-+]?\d+)?", Number),
            (r"[^\W\d]\w*'*", Name),
            (r"\.\.|[-+*/^<>=!]+", Operator),
            (r"[\[\](),;:]", Punctuation),
            (r"\s+", Text),
            (r".", Text),
        ]
    }
