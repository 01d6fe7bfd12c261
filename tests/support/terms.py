"""Random expressions over the tensors at hand: what `programs` builds definitions from.

A `Writer` is led by a source of randomness alone, and gives nodes of the surface syntax.
What it writes need not make sense: `programs` throws away what has no meaning, is too much
work or too deep.

>>> import random
>>> import numpy as np
>>> tensors = {"A": Known("A", np.eye(2), secret=False, range=None)}
>>> writer = Writer(random.Random(1), {"i": 2, "k": 2}, tensors, {}, Profile())
>>> type(writer.access(("i",))).__name__
'Access'
"""

from __future__ import annotations

import math
import random as randomness
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from meaning import occurs
from profiles import Known, Profile

from einlang.syntax import nodes

T = TypeVar("T")
SMOOTH = ("sigmoid", "tanh", "gelu", "silu", "exp", "square")
BENDS = ("relu", "abs")
JUMPS = ("sign",)
POLES = ("log", "sqrt", "inverse")
FAR = 3


def plain(name: str) -> nodes.Affine:
    """An index as a subscript."""
    return nodes.Affine(((name, 1),))


def product(parts: Sequence[nodes.Expression]) -> nodes.Expression:
    """The product of some factors, from the left."""
    result = parts[0]
    for part in parts[1:]:
        result = nodes.Binary("*", result, part)
    return result


@dataclass
class Writer:
    """Writes random expressions."""

    random: randomness.Random
    sizes: dict[str, int]
    tensors: dict[str, Known]
    functions: dict[str, nodes.Def]
    profile: Profile
    client: bool = False

    # -- choices -------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, options: dict[T, float]) -> T:
        there = {option: weight for option, weight in options.items() if weight > 0}
        return self.random.choices(list(there), list(there.values()))[0]

    def readable(self) -> list[Known]:
        """The tensors that may be read here."""
        return [t for t in self.tensors.values() if self.client or not t.client]

    def fresh(self, prefer: tuple[str, ...]) -> str | None:
        """An index that is not among these."""
        others = [name for name in self.sizes if name not in prefer]
        return self.random.choice(others) if others else None

    # -- accesses ------------------------------------------------------------------------

    def access(
        self, prefer: tuple[str, ...], among: list[Known] | None = None, only: bool = False
    ) -> nodes.Access:
        """A tensor read at random places: with `only`, at these indices alone."""
        tensor = self.random.choice(among or self.readable())
        shape = tensor.values.shape
        return nodes.Access(tensor.name, tuple(self.subscript(n, prefer, only) for n in shape))

    def subscript(self, size: int, prefer: tuple[str, ...], only: bool) -> nodes.Subscript:
        """A way to run over an axis, or a part of it."""
        names = [name for name in self.sizes if name in prefer or not only]
        exact = [name for name in names if self.sizes[name] == size]
        wanted = [name for name in exact if name in prefer]
        kind = self.pick(
            {
                "wanted": 8 if wanted else 0,
                "plain": 3 if exact else 0,
                "affine": 1 if names else 0,
                "border": 0.7 if names else 0,
                "group": 0.7 if len(names) > 1 else 0,
                "fixed": 0.5 if exact or not only else 3,
            }
        )
        if kind in ("wanted", "plain"):
            return plain(self.random.choice(wanted if kind == "wanted" else exact))
        if kind == "fixed":
            return nodes.Affine((), self.random.randrange(size))
        if kind == "border":
            return self.border(size, names)
        return self.group(size, names) if kind == "group" else self.affine(size, names)

    def affine(self, size: int, names: list[str]) -> nodes.Subscript:
        """`2*p + r - 1`, inside of the axis wherever that is possible."""
        random = self.random
        terms = {}
        for name in random.sample(names, min(len(names), random.choice((1, 1, 2)))):
            terms[name] = random.choice((1, 1, 1, 2, -1, 3))
        ends = [c * (self.sizes[name] - 1) for name, c in terms.items()]
        low, high = sum(min(0, e) for e in ends), sum(max(0, e) for e in ends)
        room = size - 1 - (high - low)
        if room < 0:
            return self.border(size, names)
        bare = list(terms.values()) == [1]
        return nodes.Affine(tuple(terms.items()), random.randint(min(bare, room), room) - low)

    def border(self, size: int, names: list[str]) -> nodes.Subscript:
        """A place that may leave the axis."""
        random = self.random
        border = random.choice(("pad", "wrap", "clamp"))
        fill = random.choice((0.0, 0.0, 0.5, -1.0)) if border == "pad" else 0.0
        chosen = random.sample(names, min(len(names), random.choice((1, 1, 2))))
        terms = tuple((name, random.choice((1, 1, 1, 2, -1))) for name in chosen)
        return nodes.Affine(terms, random.randint(-FAR, FAR), border, fill)

    def group(self, size: int, names: list[str]) -> nodes.Subscript:
        """`(a b)`, where the sizes allow it."""
        pairs = [
            (a, b) for a in names for b in names if a != b and self.sizes[a] * self.sizes[b] == size
        ]
        if not pairs:
            return self.affine(size, names)
        outer, inner = self.random.choice(pairs)
        if self.chance(0.3):
            return nodes.Affine(((inner, 1),), scaled=(((inner,), 1, outer),))
        return nodes.Group((outer, inner))

    # -- factors -------------------------------------------------------------------------

    def sum(self, left: tuple[str, ...], level: int = 0) -> nodes.Expression:
        """One to three terms."""
        count = self.pick({1: 5, 2: 3, 3: 1} if level == 0 else {1: 2, 2: 3})
        result = self.term(left, level)
        for _ in range(count - 1):
            result = nodes.Binary(self.random.choice("+-"), result, self.term(left, level))
        return result

    def term(self, left: tuple[str, ...], level: int = 0) -> nodes.Expression:
        """One to four factors, quotients among them."""
        count = self.pick({1: 3, 2: 4, 3: 1.5, 4: 0.7} if level == 0 else {1: 2, 2: 2})
        prefer = left
        parts: list[nodes.Expression] = []
        for _ in range(count):
            parts.append(self.factor(prefer, level) if parts else self.access(prefer))
            prefer = tuple(dict.fromkeys(prefer + tuple(occurs(parts[-1]))))
        if level == 0 and self.chance(0.3):
            parts[0] = self.factor(prefer, level)
        self.random.shuffle(parts)
        result = product(parts)
        if self.chance(0.12):
            result = nodes.Binary("/", result, self.divisor(prefer))
        return nodes.Unary("-", result) if self.chance(0.06) else result

    def factor(self, prefer: tuple[str, ...], level: int) -> nodes.Expression:
        """Anything that may stand in a product."""
        inner = 0.0 if level > 1 else 1.0
        kind = self.pick(
            {
                "access": 9,
                "number": 1,
                "size": 0.5,
                "power": 1,
                "sum": 1.5 * inner,
                "function": 2.5 * inner,
                "reduction": 1.5 * inner,
                "polynomial": 0.5,
                "comparison": 0.6,
                "call": 1.5 * inner if self.functions else 0,
                "einsum": 0.5,
            }
        )
        if kind in ("access", "power", "polynomial", "comparison", "einsum"):
            return getattr(self, kind)(prefer)
        if kind in ("number", "size"):
            return self.number() if kind == "number" else nodes.SizeOf(self.index())
        return getattr(self, kind)(prefer, level + 1)

    def index(self) -> str:
        return self.random.choice(list(self.sizes))

    def number(self) -> nodes.Number:
        return nodes.Number(self.random.choice((2, 3, 0.5, 0.25, 1.5, 1e-1, 10, math.pi)))

    def divisor(self, prefer: tuple[str, ...]) -> nodes.Expression:
        """Something that stays away from zero."""
        safe = self.inside(0.2, 50)
        kind = self.pick({"number": 2, "size": 1, "access": 3 if safe else 0})
        if kind == "access":
            return self.access(prefer, safe, only=True)
        return self.number() if kind == "number" else nodes.SizeOf(self.index())

    def inside(self, low: float, high: float) -> list[Known]:
        """The tensors with values in this range, and known to be if they are secret."""
        return [
            t
            for t in self.readable()
            if t.values.size
            and (t.range or not t.secret or t.client)
            and low <= (t.range or (t.values.min(), 0))[0]
            and (t.range or (0, t.values.max()))[1] <= high
        ]

    def power(self, prefer: tuple[str, ...]) -> nodes.Expression:
        """A plain tensor or a product to a number."""
        safe = self.inside(0.2, 20)
        if safe and self.chance(0.3):
            exponent = self.random.choice((0.5, -1, -2, 1.5))
            number = nodes.Number(abs(exponent))
            signed = number if exponent > 0 else nodes.Unary("-", number)
            return nodes.Binary("^", self.access(prefer, safe), signed)
        exponent = nodes.Number(self.random.choice((2, 2, 3, 1)))
        base = self.access(prefer)
        if self.chance(0.2):
            base = nodes.Binary("*", base, self.access(tuple(occurs(base)), only=True))
        return nodes.Binary("^", base, exponent)

    def polynomial(self, prefer: tuple[str, ...]) -> nodes.Expression:
        """`1 + 0.5*x - 0.25*x^3`, over kept indices."""
        x = self.access(prefer, only=True)
        result: nodes.Expression = self.number()
        for exponent in range(1, self.random.randint(2, 4)):
            power = nodes.Binary("^", x, nodes.Number(exponent)) if exponent > 1 else x
            term = nodes.Binary("*", self.number(), power)
            result = nodes.Binary(self.random.choice("+-"), result, term)
        return result

    def comparison(self, prefer: tuple[str, ...]) -> nodes.Expression:
        """`A[i] <= 0.5`: one or zero."""
        there = self.follows(self.readable(), self.profile.jumps)
        if not there:
            return self.access(prefer)
        x = self.access(prefer, there, only=True)
        whole = self.tensors[x.tensor].whole and not self.tensors[x.tensor].secret
        operator = self.random.choice(("==", "!=", "<=") if whole else ("<", "<=", ">", ">="))
        right: nodes.Expression = nodes.Number(self.random.choice((0, 1, 2) if whole else (0, 0.5)))
        if not whole and self.chance(0.4):
            right = self.access(prefer, there, only=True)
        return x if right == x else nodes.Binary(operator, x, right)

    def follows(self, among: list[Known], likely: float = 1.0) -> list[Known]:
        """Those among the tensors that a function may be applied to here."""
        if self.client or not self.profile.ranged:
            return among
        secrets = self.chance(likely)
        return [t for t in among if not t.secret or (secrets and t.range)]

    def function(self, prefer: tuple[str, ...], level: int) -> nodes.Expression:
        """An elementwise function of an access, a sum of products, or a product."""
        kind = self.pick({"smooth": 4, "bend": 0.7, "jump": 0.3, "pole": 1.5})
        limit = 2.5 if self.profile.ranged else 6.0
        among = {
            "smooth": self.follows(self.inside(-limit, limit)),
            "bend": self.follows(self.readable(), self.profile.bends),
            "jump": self.follows(self.readable(), self.profile.jumps),
            "pole": self.follows(self.inside(0.2, 20)),
        }[kind]
        if not among:
            return self.access(prefer)
        if kind == "smooth":
            return self.around(self.random.choice(SMOOTH), self.argument(prefer, among))
        name = self.random.choice({"bend": BENDS, "jump": JUMPS, "pole": POLES}[kind])
        return self.around(name, self.access(prefer, among, only=True))

    def around(self, name: str, argument: nodes.Expression) -> nodes.Expression:
        if self.chance(0.2):
            argument = nodes.Binary("*", nodes.Number(0.5), argument)
        return nodes.Call(name, (argument,))

    def argument(self, prefer: tuple[str, ...], among: list[Known] | None) -> nodes.Expression:
        """Something whose range is easy to see."""
        kind = self.pick({"access": 4, "product": 2, "affine": 1, "sum": 1})
        first = self.access(prefer, among, only=kind not in ("product", "sum"))
        if kind == "affine":
            return nodes.Binary("+", first, self.number())
        if kind == "access":
            return first
        second = self.access(tuple(occurs(first)), among, only=True)
        result = nodes.Binary("*", first, second)
        if kind == "product" or self.chance(0.5):
            return result
        return nodes.Binary("+", result, self.access(prefer, among, only=True))

    def reduction(self, prefer: tuple[str, ...], level: int) -> nodes.Expression:
        """A reduction over one or two indices of its body."""
        operator = self.pick(
            {"sum": 3, "mean": 2, "prod": 1, "max": 1, "min": 1, "argmax": 0.3, "argmin": 0.3}
        )
        body: nodes.Expression
        if operator in ("sum", "mean", "prod"):
            body = self.sum(prefer, level) if self.chance(0.4) else self.access(prefer)
        else:
            counts = operator.startswith("arg") and self.profile.ranged and not self.client
            among = self.follows(self.readable(), 0.0 if counts else self.profile.bends)
            if not among:
                return self.access(prefer)
            body = self.access(prefer, among)
        bound = [name for name in occurs(body) if name not in prefer] or list(occurs(body))
        if not bound:
            return body
        self.random.shuffle(bound)
        return nodes.Reduction(operator, tuple(bound[: self.random.choice((1, 1, 2))]), body)

    def einsum(self, prefer: tuple[str, ...]) -> nodes.Expression:
        """`einsum("...ab,b->...a", A, x)[i, j]` over one or two whole tensors."""
        chosen = [self.random.choice(self.readable()) for _ in range(self.random.choice((1, 2)))]
        shape = chosen[0].values.shape
        hidden = self.random.randint(1, len(shape)) if shape and self.chance(0.3) else 0
        letters: dict[str, int] = {}
        words = [self.lettered(shape[hidden:], letters)]
        words += [self.lettered(tensor.values.shape, letters) for tensor in chosen[1:]]
        kept = [letter for letter in letters if self.chance(0.6)][:3]
        if not kept and not hidden:
            return self.access(prefer)
        self.random.shuffle(kept)
        sizes = [*shape[:hidden], *(letters[letter] for letter in kept)]
        places = tuple(self.subscript(size, prefer, True) for size in sizes)
        dots = "..." if hidden else ""
        equation = f"{dots}{','.join(words)}->{dots}{''.join(kept)}"
        return nodes.Einsum(equation, tuple(t.name for t in chosen), places)

    def lettered(self, shape: tuple[int, ...], letters: dict[str, int]) -> str:
        """A letter for each axis, a known one of the same size (or of size one) if it happens."""
        word = ""
        for size in shape:
            same = [
                c for c, n in letters.items() if n == size or (1 in (n, size) and c not in word)
            ]
            new = "abcdefghijklmnop"[len(letters)]
            letter = self.random.choice(same) if same and self.chance(0.7) else new
            letters[letter] = max(size, letters.get(letter, 1))
            word += letter
        return word

    def call(self, prefer: tuple[str, ...], level: int) -> nodes.Expression:
        """A `def` by name, over indices at hand."""
        function = self.random.choice(list(self.functions.values()))
        formal = function.indices + function.bound
        if len(formal) > len(self.sizes):
            return self.access(prefer)
        actual = tuple(self.random.sample(list(self.sizes), len(formal)))
        there = dict(zip(formal, actual, strict=True))
        arguments = []
        for parameter in function.parameters:
            wanted = tuple(there[name] for name in parameter.indices)
            arguments.append(self.covering(wanted, prefer, repr(function)))
            if set(occurs(arguments[-1])) & set(actual) - set(wanted):
                return self.access(prefer)
        split = len(function.indices)
        return nodes.Call(function.name, tuple(arguments), actual[:split], actual[split:])

    def covering(self, wanted: tuple[str, ...], prefer: tuple[str, ...], body: str) -> nodes.Access:
        """An access that has these indices, if any tensor has such axes."""
        shape = [self.sizes[name] for name in wanted]
        there = self.follows(self.readable()) if "Call(" in body else []
        there = there or self.readable()
        fit = [t for t in there if all(n in t.values.shape for n in shape)] or there
        tensor = self.random.choice(fit)
        left = list(wanted)
        places = []
        for size in tensor.values.shape:
            name = next((n for n in left if self.sizes[n] == size), None)
            if name:
                left.remove(name)
            places.append(plain(name) if name else self.subscript(size, prefer, True))
        return nodes.Access(tensor.name, tuple(places))
