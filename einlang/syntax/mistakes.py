"""Says why a line cannot be read: a list of causes, of which the first that applies is told.

>>> from einlang.errors import Source
>>> from einlang.syntax.scan import scan
>>> tokens = scan(Source("a.ein", "C = 2 A")).lines[0].tokens
>>> explain(Failure("definition", tokens, 3, frozenset(["STAR", "PLUS"]))).message
'an operator is missing'
"""

from __future__ import annotations

from collections.abc import Callable

from einlang.errors import Diagnostic, Label
from einlang.syntax.failure import COMPARISONS, SHAPES, Failure, expected, shown
from einlang.syntax.grammar import reserved
from einlang.syntax.scan import CONTINUES

REDUCTIONS = ("sum", "mean", "prod", "max", "min", "argmax", "argmin")


def explain(failure: Failure) -> Diagnostic:
    """Why the line cannot be read."""
    for cause in CAUSES:
        if found := cause(failure):
            return found
    shape = SHAPES[failure.kind]
    return failure.say(
        "E0101", f"{shown(failure)} does not fit here", expected(failure), f"as in {shape}"
    )


def _semicolon(failure: Failure) -> Diagnostic | None:
    if failure.text != ";":
        return None
    return failure.say(
        "E0119",
        "`;` has no meaning here",
        hint="a statement ends with its line; `;` stands before the inner indices of a `def`, "
        "and between definitions after `where`",
    )


def _reserved_name(failure: Failure) -> Diagnostic | None:
    token = failure.token
    if token is None or token.text not in reserved() or not failure.accepted("NAME"):
        return None
    return failure.say(
        "E0109",
        f"`{token.text}` is a word of the language, and cannot be a name",
        hint=f"take another name, say `{token.text}_` or `{token.text}'`",
    )


def _keyword_defined(failure: Failure) -> Diagnostic | None:
    if failure.at != 1 or failure.text not in ("[", "=", "("):
        return None
    first = failure.tokens[0]
    if not first.is_word or first.type == "NAME":
        return None
    return Diagnostic(
        "E0109",
        f"`{first.text}` is a word of the language, and cannot be a name",
        (Label(first.span),),
        f"take another name, say `{first.text}_`; or as in {SHAPES[failure.kind]}",
    )


def _equals(failure: Failure) -> Diagnostic | None:
    if failure.kind not in ("definition", "let", "setting", "index", "function"):
        return None
    if failure.text == "==" and failure.accepted("="):
        return failure.say("E0108", "`==` compares; a definition is made by `=`", hint="write `=`")
    if failure.text == "=" and failure.after in ("<", ">"):
        right = f"{failure.after}="
        return failure.say(
            "E0101", f"`={failure.after}` is not an operator", hint=f"write `{right}`"
        )
    if failure.accepted("=") and (failure.after == "=" or failure.text == ":"):
        return failure.say(
            "E0108",
            f"a definition is made by `=`, not by `{failure.text}=`",
            hint="a sum needs no `+=`: an index that is missing on the left is summed"
            if failure.text == "+"
            else "write `=`",
        )
    if failure.accepted("=") and not any(token.text == "=" for token in failure.tokens):
        return failure.say(
            "E0108", "`=` is missing", "expected `=`", f"as in {SHAPES[failure.kind]}"
        )
    if failure.text == "=" and "=" in (t.text for t in failure.tokens[: failure.at]):
        return failure.say(
            "E0108", "a line has one `=`", hint="compare by `==`; start a new line for a definition"
        )
    return None


def _number_as_name(failure: Failure) -> Diagnostic | None:
    number, name = failure.before, failure.token
    if not (number and name and number.type == "NUMBER" and number.span.end == name.span.start):
        return None
    if name.is_word:
        together = f"{number.text}{name.text}"
        hint = f"write `{number.text}*{name.text}` for the product; names begin with a letter"
        if number.text == "0" or name.text.startswith("_"):
            hint = "numbers consist of decimal digits alone: `1000`, `0.5`, `1e-3`"
        return Diagnostic(
            "E0106",
            f"`{together}` is neither a number nor a name",
            (Label(number.span.to(name.span)),),
            hint,
        )
    if name.type == "NUMBER":
        together = f"{number.text}{name.text}"
        return Diagnostic(
            "E0106",
            f"`{together}` is not a number",
            (Label(number.span.to(name.span)),),
            "a number has one point: `1.23`, `1e-3`",
        )
    return None


def _number_for_name(failure: Failure) -> Diagnostic | None:
    if failure.token is None or failure.token.type != "NUMBER" or not failure.accepted("NAME"):
        return None
    sized = failure.before is not None and failure.before.text in "[,"
    if failure.kind in ("input", "function") and sized and failure.after in ("]", ","):
        return failure.say(
            "E0110",
            "an axis is declared by an index, not by its size",
            hint=f"write `index i = {failure.text}` before, and `i` here",
        )
    if failure.kind == "setting":
        return failure.say(
            "E0117", "the fields of a setting have names", hint="as in `chebyshev(degree=15)`"
        )
    end = failure.token.span.end
    following = failure.tokens[failure.at + 1 : failure.at + 2]
    if following and following[0].is_word and following[0].span.start == end:
        return failure.say("E0106", "a name cannot begin with a digit", "expected a name")
    return failure.say("E0101", f"`{failure.text}` is not a name", expected(failure))


def _declared_subscript(failure: Failure) -> Diagnostic | None:
    if failure.kind not in ("input", "function", "out") or failure.token is None:
        return None
    if failure.kind == "out" and failure.text == "[":
        return failure.say("E0101", "`out` takes names alone", hint="leave the subscripts away")
    if failure.text == "=" and failure.kind == "input":
        return failure.say(
            "E0108",
            "an input is not defined by a formula",
            hint=f'its values come `from "file"` or from the caller; '
            f"without `{failure.tokens[0].text}`, this is a definition",
        )
    opened = _opening(failure)
    number = failure.token.type == "NUMBER" and failure.after not in ("]", ",")
    inside = opened is not None and failure.tokens[opened].text == "["
    if inside and (number or failure.text in ("+", "-", "*", "(", "/")):
        return failure.say(
            "E0110",
            "a declaration names the index of each axis, nothing else",
            hint="shift or group indices where the tensor is read",
        )
    return None


def _range(failure: Failure) -> Diagnostic | None:
    if failure.before is None or failure.before.text != "in":
        return None
    return failure.say(
        "E0111", "a range is written `in [low, high]`", "expected `[`", "as in `in [-4, 4]`"
    )


def _range_dots(failure: Failure) -> Diagnostic | None:
    if failure.text != "..":
        return None
    return failure.say(
        "E0111",
        "`..` makes a range in the settings of a `target` alone",
        hint="elsewhere, write `in [low, high]`",
    )


def _chained(failure: Failure) -> Diagnostic | None:
    if failure.text not in COMPARISONS or failure.before is None:
        return None
    if not any(token.text in COMPARISONS for token in failure.tokens[: failure.at]):
        return None
    return failure.say(
        "E0114",
        "comparisons cannot be chained",
        hint="write two, and multiply them: `(a < b) * (b < c)`",
    )


def _reduction(failure: Failure) -> Diagnostic | None:
    before = failure.before
    if before and before.text in REDUCTIONS and failure.text != "[":
        return failure.say(
            "E0101",
            f"`{before.text}` needs the indices that it runs over",
            "expected `[`",
            f"as in `{before.text}[i](A[i])`",
        )
    hint = 'as in `einsum("ij,jk->ik", A, B)`'
    if failure.text == "einsum" or (before and before.text == "einsum"):
        return failure.say("E0115", "this is no `einsum`", expected(failure), hint)
    opened = _opening(failure)
    if not opened or failure.tokens[opened - 1].text != "einsum":
        return None
    if failure.accepted("STRING"):
        message = "`einsum` begins with its equation in quotes"
        return failure.say("E0115", message, expected(failure), hint)
    if failure.at == opened + 2:
        return failure.say("E0115", "`einsum` needs operands", expected(failure), hint)
    return None


def _opening(failure: Failure) -> int | None:
    """The position of the innermost bracket that is open here."""
    depth = 0
    for at in range(failure.at - 1, -1, -1):
        text = failure.tokens[at].text
        depth += (text in ")]") - (text in "([")
        if depth < 0:
            return at
    return None


def _two_operators(failure: Failure) -> Diagnostic | None:
    before = failure.before
    if before is None or failure.text not in CONTINUES or not failure.accepted("("):
        return None
    if failure.text == "+" and before.text != "+":
        return failure.say("E0101", "a sign `+` is not written", hint="leave it away")
    if before.text not in CONTINUES:
        return None
    both = f"{before.text}{failure.text}"
    hints = {"//": "there is no whole division; `/` divides", "->": "`->` stands within `einsum`"}
    return failure.say(
        "E0101", f"`{both}` is not an operator", expected(failure), hints.get(both, "")
    )


def _colon(failure: Failure) -> Diagnostic | None:
    if failure.kind in ("target", "test") and failure.accepted(":"):
        return failure.say(
            "E0101", "`:` is missing", "expected `:`", f"as in {SHAPES[failure.kind]}"
        )
    if failure.text == ":":
        return failure.say(
            "E0101",
            "`:` has no meaning here",
            hint="it opens the lines of `target`, `test` and `where`; "
            "an axis is read in full by an index",
        )
    return None


def _text(failure: Failure) -> Diagnostic | None:
    if failure.accepts == {"STRING"}:
        return failure.say(
            "E0101",
            f"{shown(failure)} does not fit here",
            "expected a text in quotes",
            f"as in {SHAPES[failure.kind]}",
        )
    if failure.token and failure.token.type == "STRING":
        hint = "texts stand after `from`, `use` and `test`, and first in `einsum`"
        return failure.say("E0101", "a text does not fit here", expected(failure), hint)
    return None


def _missing_operator(failure: Failure) -> Diagnostic | None:
    token, before = failure.token, failure.before
    if token is None or before is None or not failure.accepted("*"):
        return None
    if token.type not in ("NAME", "NUMBER") and token.text not in ("(", "[", "size", "pi"):
        return None
    if before.text not in (")", "]") and before.type not in ("NAME", "NUMBER"):
        return None
    opened, hint = _opening(failure), "a product is written with `*`"
    if opened is not None and failure.tokens[opened].text == "[":
        hint = "subscripts stand between commas; `(i j)` groups two on one axis"
    return failure.say("E0101", "an operator is missing", expected(failure), hint)


def _expectation(failure: Failure) -> Diagnostic | None:
    if failure.kind != "expect" or not failure.accepted("=="):
        return None
    if failure.text == "=":
        return failure.say("E0101", "`=` defines; `expect` compares", hint="write `==`")
    if failure.token is None:
        return failure.say("E0118", "`expect` compares two values", "expected `==`, `<=`, ...")
    return None


def _round_brackets(failure: Failure) -> Diagnostic | None:
    first = failure.kind in ("definition", "let") and failure.accepted("=")
    if failure.text != "(" or not (first or (failure.kind == "input" and failure.accepted("["))):
        return None
    return failure.say("E0101", "indices stand in `[ ]`", expected(failure), "as in `A[i, j]`")


def _comma(failure: Failure) -> Diagnostic | None:
    if failure.before is None or failure.before.text != "," or failure.text not in (",", "]", ")"):
        return None
    return failure.say(
        "E0101", f"nothing stands between `,` and `{failure.text}`", expected(failure)
    )


def _bare_list(failure: Failure) -> Diagnostic | None:
    if failure.kind != "setting" or failure.text not in ("[", "("):
        return None
    return failure.say(
        "E0117",
        "this cannot be the value of a setting",
        expected(failure),
        "a number, a word, a text, a range `-8..8`, or `chebyshev(degree=15, on=-8..8)`",
    )


def _ends_early(failure: Failure) -> Diagnostic | None:
    if failure.token is not None:
        return None
    return failure.say(
        "E0118", "the line ends too early", expected(failure), f"as in {SHAPES[failure.kind]}"
    )


CAUSES: tuple[Callable[[Failure], Diagnostic | None], ...] = (
    _number_as_name,
    _semicolon,
    _keyword_defined,
    _range,
    _range_dots,
    _round_brackets,
    _reserved_name,
    _chained,
    _expectation,
    _equals,
    _declared_subscript,
    _number_for_name,
    _reduction,
    _two_operators,
    _text,
    _colon,
    _comma,
    _bare_list,
    _missing_operator,
    _ends_early,
)
