"""A program as text, in one of the many ways of writing it.

Independent of the printer of the language, so that reading can be tested against nodes:
spaces, brackets that change nothing, line ends inside brackets and comments are random.

>>> import random
>>> from einlang.syntax.nodes import Access, Binary, Number
>>> Speller(random.Random(3), plain=True).expression(Binary("*", Number(2), Access("A")))
'2 * A'
"""

from __future__ import annotations

import math
import random as randomness

from einlang.syntax import nodes

COMPARE, ADD, NEGATE, TIMES, POWER, ATOM = range(6)
LEVELS = {"+": ADD, "-": ADD, "*": TIMES, "/": TIMES, "^": POWER}
COMMENTS = ("# why not", "#", "# 2 * A[i] is not read", "# ünïcode")


class Speller:
    """Writes nodes as text; `plain` keeps to one way of doing so."""

    def __init__(self, random: randomness.Random, plain: bool = False) -> None:
        self.random = random
        self.plain = plain

    def chance(self, probability: float) -> bool:
        return not self.plain and self.random.random() < probability

    def pick(self, *ways: str) -> str:
        return ways[0] if self.plain else self.random.choice(ways)

    # -- expressions ---------------------------------------------------------------------

    def expression(self, node: nodes.Expression, least: int = COMPARE) -> str:
        """The text of an expression, in brackets where its level is below the least."""
        text, level = self.spelled(node)
        if level >= least and not self.chance(0.04):
            return text
        if self.chance(0.1):
            return f"(\n    {text}\n)"
        return f"({text})"

    def spelled(self, node: nodes.Expression) -> tuple[str, int]:
        match node:
            case nodes.Number(value):
                return self.number(value), ATOM
            case nodes.SizeOf(index):
                return f"size({index})", ATOM
            case nodes.Access(tensor, subscripts):
                return tensor + self.subscripts(subscripts), ATOM
            case nodes.Unary(_, operand):
                return f"-{self.expression(operand, POWER)}", NEGATE
            case nodes.Binary():
                return self.binary(node)
            case nodes.Call(function, arguments, indices, bound):
                inside = self.list([self.expression(a) for a in arguments])
                return f"{function}{self.head(indices, bound)}({inside})", ATOM
            case nodes.Reduction(operator, indices, body):
                return f"{operator}[{self.list(indices)}]({self.expression(body)})", ATOM
            case nodes.Einsum(equation, operands, subscripts):
                inside = self.list([f'"{equation}"', *operands])
                return f"einsum({inside}){self.subscripts(subscripts or ())}", ATOM
        raise AssertionError(node)

    def binary(self, node: nodes.Binary) -> tuple[str, int]:
        """Both sides with their operator; powers lean to the right, all else to the left."""
        operator = node.operator
        level = LEVELS.get(operator, COMPARE)
        if operator == "^":
            sides = self.expression(node.left, ATOM), self.exponent(node.right)
            return self.pick("{} ^ {}", "{}^{}", "{}**{}", "{} ** {}").format(*sides), level
        least = level if level else ADD
        left, right = self.expression(node.left, least), self.expression(node.right, level + 1)
        form = self.pick("{} {op} {}", "{}{op}{}", "{} {op} {}", "{} {op}\n    {}")
        return form.format(left, right, op=operator), level

    def exponent(self, node: nodes.Expression) -> str:
        text = self.expression(node, ATOM) if not isinstance(node, nodes.Unary) else ""
        return text or f"(-{self.expression(node.operand, ATOM)})"

    def number(self, value: float) -> str:
        if isinstance(value, int):
            return str(value)
        if value == math.pi:
            return self.pick("pi", repr(value))
        return self.pick(repr(value), f"{value:e}") if float(f"{value:e}") == value else repr(value)

    def list(self, words: list[str] | tuple[str, ...]) -> str:
        return self.pick(", ", ", ", ",", " , ").join(words)

    def head(self, indices: tuple[str, ...], bound: tuple[str, ...]) -> str:
        if not indices and not bound:
            return ""
        return f"[{self.list(indices)}{'; ' + self.list(bound) if bound else ''}]"

    def subscripts(self, places: tuple[nodes.Subscript, ...]) -> str:
        return f"[{self.list([self.place(p) for p in places])}]" if places else ""

    def place(self, place: nodes.Subscript) -> str:
        """`(a b)`, or `pad(2*p + r - 1, 0.5)`."""
        if isinstance(place, nodes.Group):
            return f"({' '.join(place.indices)})"
        text = ""
        parts = list(place.scaled)
        for multiples, coefficient, name in [*parts, *(((), c, name) for name, c in place.terms)]:
            sign = "-" if coefficient < 0 else "+"
            words = [str(abs(coefficient))] if abs(coefficient) != 1 else []
            words += [f"size({multiple})" for multiple in multiples]
            word = self.pick("*", " * ").join([*words, *([name] if name else [])])
            text += f" {sign} {word}" if text else f"{sign.strip('+')}{word}"
        if place.offset or not text:
            sign = "-" if place.offset < 0 else "+"
            text = f"{text} {sign} {abs(place.offset)}" if text else str(place.offset)
        if place.border is None:
            return text
        return f"{place.border}({text}{f', {place.fill!r}' if place.fill else ''})"

    # -- statements ----------------------------------------------------------------------

    def program(self, program: nodes.Program) -> str:
        """The whole text, comments and empty lines among the statements."""
        lines = [f'"""{program.docstring}"""'] if program.docstring is not None else []
        for statement in program.statements:
            text = self.statement(statement)
            if isinstance(statement, nodes.Index) and statement.same_line:
                lines[-1] += f", {text.removeprefix('index ')}"
                continue
            if self.chance(0.1):
                lines.append(self.pick("", *COMMENTS))
            lines.append(text)
        return "\n".join(self.commented(line) for line in lines) + "\n"

    def commented(self, line: str) -> str:
        return (
            f"{line}  {self.pick(*COMMENTS)}" if self.chance(0.05) and '"""' not in line else line
        )

    def statement(self, node: nodes.Statement) -> str:
        match node:
            case nodes.Index(name, size):
                return f"index {name}" + (f" = {self.expression(size)}" if size else "")
            case nodes.Input():
                return self.input(node)
            case nodes.Definition():
                return f"{'client ' if node.client else ''}{self.definition(node)}"
            case nodes.Out(names):
                return f"out {self.list(names)}"
            case nodes.Def():
                return self.function(node)
            case nodes.Target(backend, settings):
                rows = [f"    {s.name} = {self.setting(s.value)}" for s in settings]
                return "\n".join([f"target {backend}:", *rows])
            case nodes.Test(label, body):
                return "\n".join([f'test "{label}":', *(self.expect(item) for item in body)])
        raise AssertionError(node)

    def input(self, node: nodes.Input) -> str:
        axes = f"[{self.list(node.indices)}]" if node.indices else ""
        path = f' from "{node.path}"' if node.path else ""
        return f"{node.qualifier} {node.name}{axes}{path}{self.range(node.range)}"

    def range(self, bounds: tuple[float, float] | None) -> str:
        return f" in [{bounds[0]}, {bounds[1]}]" if bounds else ""

    def definition(self, node: nodes.Definition) -> str:
        left = f"{node.name}{self.subscripts(node.subscripts)}"
        right = self.expression(node.value)
        return f"{left} = {right}{self.range(node.range)}"

    def function(self, node: nodes.Def) -> str:
        """A `def`, its `where` on the same line or as a block."""
        parameters = [
            p.name + (f"[{self.list(p.indices)}]" if p.indices else "") for p in node.parameters
        ]
        head = f"def {node.name}{self.head(node.indices, node.bound)}({self.list(parameters)})"
        text = f"{head} = {self.expression(node.value)}"
        if not node.where:
            return text
        where = [self.definition(item) for item in node.where]
        if self.chance(0.5):
            return f"{text} where {'; '.join(where)}"
        return "\n    ".join([f"{text} where:", *where])

    def setting(self, value: nodes.SettingValue) -> str:
        if isinstance(value, tuple):
            return f"{value[0]}..{value[1]}"
        if isinstance(value, nodes.Choice):
            fields = [f"{name}={self.setting(field)}" for name, field in value.fields]
            return f"{value.name}({self.list(fields)})"
        return str(value) if isinstance(value, str) else self.number(value)

    def expect(self, node: nodes.Let | nodes.Expect) -> str:
        if isinstance(node, nodes.Let):
            left = f"{node.name}{self.subscripts(node.subscripts)}"
            return f"    let {left} = {self.expression(node.value)}"
        sides = self.expression(node.left, ADD), self.expression(node.right, ADD)
        within = f" within {node.within!r}" if node.within else ""
        return f"    expect {sides[0]} {node.operator} {sides[1]}{within}"
