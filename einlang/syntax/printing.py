"""Writes expressions and single statements, with the fewest brackets that keep their meaning.

>>> from einlang.syntax.nodes import Access, Binary, Number
>>> a, b = Access("a"), Access("b")
>>> show_expression(Binary("*", Binary("+", a, b), Binary("^", a, Number(2))))
'(a + b) * a^2'
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from einlang.syntax import nodes
from einlang.syntax.nodes import Expression, Subscript

COMPARE, ADD, TIMES, SIGN, POWER, ATOM = range(6)
LEVELS = {"+": ADD, "-": ADD, "*": TIMES, "/": TIMES, "^": POWER}


# -- expressions ---------------------------------------------------------------------------


def show_expression(node: Expression, tight: bool = False) -> str:
    """The text of an expression; `tight` leaves no blanks around `*` and `/`."""
    return _within(node, COMPARE, tight)


def _within(node: Expression, least: int, tight: bool) -> str:
    """An expression where at least this level is needed, in brackets if it is lower."""
    text, level = _spelled(node, tight)
    return text if level >= least else f"({text})"


def _spelled(node: Expression, tight: bool) -> tuple[str, int]:
    """The text of an expression and its level: how strongly its parts hold together."""
    match node:
        case nodes.Number(value):
            return number(value), SIGN if value < 0 else ATOM
        case nodes.SizeOf(index):
            return f"size({index})", ATOM
        case nodes.Access(tensor, subscripts):
            return tensor + places(subscripts), ATOM
        case nodes.Unary(_, operand):
            return f"-{_within(operand, SIGN, tight)}", SIGN
        case nodes.Binary():
            return _binary(node, tight)
        case nodes.Call(function, arguments, indices, bound):
            inside = ", ".join(show_expression(argument) for argument in arguments)
            return f"{function}{head(indices, bound)}({inside})", ATOM
        case nodes.Reduction(operator, indices, body):
            return f"{operator}{head(indices)}({show_expression(body)})", ATOM
        case nodes.Einsum(equation, operands, subscripts):
            inside = ", ".join([f'"{equation}"', *operands])
            return f"einsum({inside}){places(subscripts or ())}", ATOM
    raise TypeError(f"{node!r} is no expression")


def _binary(node: nodes.Binary, tight: bool) -> tuple[str, int]:
    """The text of a whole chain of sums or of products, or of one operation."""
    level = LEVELS.get(node.operator, COMPARE)
    if level == POWER:
        return f"{_within(node.left, ATOM, tight)}^{_within(node.right, SIGN, True)}", level
    if level == COMPARE:
        left, right = _within(node.left, ADD, tight), _within(node.right, ADD, tight)
        return f"{left} {node.operator} {right}", level
    blank = "" if tight and level == TIMES else " "
    pieces: list[str] = []
    first: Expression = node
    while isinstance(first, nodes.Binary) and LEVELS.get(first.operator) == level:
        pieces += [_within(first.right, level + 1, tight), first.operator]
        first = first.left
    pieces.append(_within(first, level, tight))
    return blank.join(reversed(pieces)), level


def number(value: float) -> str:
    """A number as it is read back."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written in a program")
    if hasattr(value, "__index__"):
        return str(int(value))
    return "pi" if value == math.pi else _shortest(float(value))


def _shortest(value: float) -> str:
    """`0.5`, `1e-3`: whichever way of writing a float takes fewer characters."""
    mantissa, exponent = f"{Decimal(repr(value)).normalize():e}".split("e")
    return min(repr(value), f"{mantissa}e{int(exponent)}", key=len)


def bound(value: float) -> str:
    """A number that reads as a float anyway: `-4` rather than `-4.0`."""
    if value == -math.pi:
        return "-pi"
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else number(value)


def head(indices: Sequence[str], inner: Sequence[str] = ()) -> str:
    """`[t, s; d]`, or nothing where there are no indices."""
    if not inner:
        return f"[{', '.join(indices)}]" if indices else ""
    return f"[{', '.join(indices)}; {', '.join(inner)}]"


# -- subscripts ----------------------------------------------------------------------------


def places(subscripts: Sequence[Subscript]) -> str:
    """`[i, 2*p + r]`, or nothing where there are none."""
    return f"[{', '.join(place(subscript) for subscript in subscripts)}]" if subscripts else ""


def place(subscript: Subscript) -> str:
    """One subscript: `2*p + r - 1`, `pad(x - 1, 0.5)`, `(a b)`."""
    if isinstance(subscript, nodes.Group):
        return f"({' '.join(subscript.indices)})"
    inside = _affine(subscript)
    if subscript.border is None:
        return inside
    fill = f", {bound(subscript.fill)}" if subscript.fill else ""
    return f"{subscript.border}({inside}{fill})"


def _affine(subscript: nodes.Affine) -> str:
    """Sizes first, then indices, then the offset; the first has its sign close to it."""
    factors = [(n, [*(f"size({s})" for s in sizes), i or ""]) for sizes, n, i in subscript.scaled]
    factors += [(n, [index]) for index, n in subscript.terms]
    if subscript.offset or not factors:
        factors.append((subscript.offset, []))
    text = ""
    for factor, rest in factors:
        rest = [name for name in rest if name]
        product = "*".join([str(abs(factor))] * (abs(factor) != 1 or not rest) + rest)
        sign = "-" if factor < 0 else "+" if text else ""
        text += f" {sign} {product}" if text else sign + product
    return text


# -- statements ----------------------------------------------------------------------------


def in_range(found: tuple[float, float] | None) -> str:
    """` in [-4, 4]`, or nothing."""
    return f" in [{bound(found[0])}, {bound(found[1])}]" if found else ""


def setting(value: nodes.SettingValue) -> str:
    """The value of a setting."""
    match value:
        case nodes.Choice(name, fields):
            return f"{name}({', '.join(f'{field}={setting(v)}' for field, v in fields)})"
        case str():
            word = value.rstrip("'").isidentifier() and value != "pi"
            return value if word else f'"{value}"'
        case (low, high):
            return f"{bound(low)}..{bound(high)}"
        case _:
            return "-pi" if value == -math.pi else number(value)


def terms(node: Expression) -> list[str]:
    """The parts of a sum, each but the last with the sign that follows it."""
    parts: list[str] = []
    while isinstance(node, nodes.Binary) and node.operator in ("+", "-"):
        parts.append(_within(node.right, TIMES, False))
        parts.append(node.operator)
        node = node.left
    parts.append(_within(node, ADD if len(parts) else COMPARE, False))
    parts.reverse()
    return [" ".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]


def definition(node: nodes.Definition | nodes.Let) -> list[str]:
    """A definition, in pieces between which a line may end."""
    word = "let " if isinstance(node, nodes.Let) else "client " if node.client else ""
    *most, last = terms(node.value)
    behind = "" if isinstance(node, nodes.Let) else in_range(node.range)
    return [f"{word}{node.name}{places(node.subscripts)} =", *most, last + behind]


def function(node: nodes.Def) -> list[str]:
    """The head of a `def` with its value, in pieces."""
    inside = ", ".join(f"{p.name}{head(p.indices)}" for p in node.parameters)
    return [f"def {node.name}{head(node.indices, node.bound)}({inside}) =", *terms(node.value)]


def expect(node: nodes.Expect) -> str:
    """An `expect`, its sides in brackets if they compare themselves."""
    left, right = _within(node.left, ADD, False), _within(node.right, ADD, False)
    within = f" within {number(node.within)}" if node.within else ""
    return f"expect {left} {node.operator} {right}{within}"


def indices(found: Sequence[nodes.Index]) -> list[str]:
    """`index a = 2, b`, in pieces."""
    sizes = ["" if i.size is None else f" = {show_expression(i.size, tight=True)}" for i in found]
    names = [f"{index.name}{size}" for index, size in zip(found, sizes, strict=True)]
    names[0] = f"index {names[0]}"
    return commas(names)


def commas(names: Sequence[str]) -> list[str]:
    """The names, each but the last with a comma."""
    return [f"{name}," for name in names[:-1]] + [names[-1]]
