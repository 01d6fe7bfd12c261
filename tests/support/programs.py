"""Random whole programs: source text, data, and what the text means.

A seed gives a program, always the same one. The values that it should give are worked out
by `meaning` while it is being written, which keeps numbers small, divisors away from zero
and comparisons away from their edges.

>>> generate(7) == generate(7)
True
>>> sorted(generate(7).expected) == sorted(generate(7).outputs)
True
"""

from __future__ import annotations

import contextlib
import math
import random as randomness
import re
from dataclasses import dataclass, field, replace

import numpy as np
from depth import depth
from hypothesis import strategies as st
from library import LIBRARY
from meaning import (
    AmbiguousError,
    OutsideError,
    Scope,
    Stored,
    define,
    indices_of,
    meaning,
    occurs,
)
from profiles import PROFILES, Known, Profile
from spelling import Speller
from terms import Writer, plain

from einlang.syntax import nodes

NAMES = ("i", "j", "k", "m", "n", "t", "s", "row", "α", "d_1", "p'")
LETTERS = ("A", "B", "C", "x", "w", "Q", "bias", "Λ")
LARGEST, TINY = 40.0, 1e-12
STEPS = re.compile(r"'[<>=!]|'arg|'sign'")
"""What shows in the text of nodes that compare."""


@dataclass(frozen=True)
class Generated:
    """A program: its text, the nodes that the text spells, its data, its values.

    `sizes` are those of all indices; `rough` says that a secret meets a step.
    """

    text: str
    program: nodes.Program = field(repr=False)
    sizes: dict[str, int]
    data: dict[str, np.ndarray] = field(repr=False, compare=False)
    expected: dict[str, np.ndarray] = field(repr=False, compare=False)
    outputs: tuple[str, ...]


class UnfitError(Exception):
    """What was written has no meaning, is too large, too deep, or too near an edge."""


@dataclass
class Maker:
    """Writes one program."""

    random: randomness.Random
    profile: Profile
    sizes: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, nodes.Input] = field(default_factory=dict)
    written: list[nodes.Definition] = field(default_factory=list)
    tensors: dict[str, Known] = field(default_factory=dict)
    functions: dict[str, nodes.Def] = field(default_factory=dict)
    data: dict[str, np.ndarray] = field(default_factory=dict)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # -- declarations --------------------------------------------------------------------

    def indices(self) -> list[nodes.Index]:
        """Three to six indices; small sizes are likelier, and some sizes are the same."""
        random = self.random
        declared = []
        for name in random.sample(NAMES, random.randint(3, 6)):
            known = list(self.sizes)
            size, value = random.choice((1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9)), None
            if known and self.chance(0.4):
                other = random.choice(known)
                size, value = self.sizes[other], nodes.Access(other)
            elif len(known) > 1 and self.chance(0.3):
                a, b = random.sample(known, 2)
                size, value = self.derived(a, b, size)
            self.sizes[name] = size
            same = bool(declared) and self.chance(0.5)
            declared.append(nodes.Index(name, value or nodes.Number(size), same_line=same))
        return declared

    def derived(self, a: str, b: str, size: int) -> tuple[int, nodes.Expression | None]:
        """A size from two others, where it is not too large."""
        if self.sizes[a] * self.sizes[b] <= 9:
            return self.sizes[a] * self.sizes[b], nodes.Binary(
                "*", nodes.Access(a), nodes.Access(b)
            )
        if self.sizes[a] <= 8:
            return self.sizes[a] + 1, nodes.Binary("+", nodes.Access(a), nodes.Number(1))
        return size, None

    def input(self, name: str, secret: bool) -> nodes.Input:
        """A tensor of up to four axes with its data."""
        random = self.random
        count = random.choice((0, 1, 1, 2, 2, 2, 3, 3, 4))
        indices = tuple(random.sample(list(self.sizes), min(count, len(self.sizes))))
        while math.prod(self.sizes[i] for i in indices) > min(700, self.profile.work):
            indices = indices[1:]
        draw = np.random.default_rng(random.getrandbits(32))
        low, high = random.choice(((-1.0, 1.0), (-1.0, 1.0), (-2.0, 2.0), (0.25, 2.0), (0.5, 1.0)))
        shape = [self.sizes[i] for i in indices]
        if self.chance(0.12):
            values, low, high = draw.integers(0, 4, shape), 0.0, 3.0
        else:
            values = np.round(draw.uniform(low, high, shape), 3)
        stated = (low, high) if self.chance(0.75) else None
        self.data[name] = np.asarray(values)
        known = Known(name, self.data[name], secret, stated, deep=0 if secret else None)
        self.tensors[name] = known
        qualifier = "secret" if secret else random.choice(("public", "param"))
        path = f"{name}.npy" if self.chance(0.3) else None
        self.inputs[name] = nodes.Input(qualifier, name, indices, path, stated)
        return self.inputs[name]

    # -- definitions ---------------------------------------------------------------------

    def writer(self, client: bool = False) -> Writer:
        return Writer(
            self.random, self.sizes, self.tensors, self.functions, self.profile, client=client
        )

    def left(self) -> tuple[nodes.Subscript, ...]:
        """The left side of a definition: up to four indices, sometimes two of them fused."""
        count = self.random.choice((0, 1, 1, 1, 2, 2, 2, 3, 3, 4))
        names = self.random.sample(list(self.sizes), min(count, len(self.sizes)))
        while math.prod(self.sizes[name] for name in names) > min(500, self.profile.work):
            names.pop()
        if len(names) > 1 and self.chance(0.12):
            pair = nodes.Group((names[0], names[1]))
            fused = self.sizes[names[0]] * self.sizes[names[1]]
            if fused <= 40:
                return (*(plain(name) for name in names[2:]), pair)
        return tuple(plain(name) for name in names)

    def definition(self, name: str, client: bool) -> nodes.Definition:
        """Something that has a meaning, found by trying."""
        for _ in range(200):
            try:
                return self.attempt(name, client)
            except (UnfitError, AmbiguousError, OutsideError):
                continue
        raise UnfitError(name)

    def attempt(self, name: str, client: bool) -> nodes.Definition:
        writer = self.writer(client)
        subscripts = self.left()
        value = self.value(writer, subscripts, client)
        written = nodes.Definition(name, subscripts, value, client)
        values = self.measured(written, value)
        if isinstance(value, nodes.Einsum) and np.abs(values).max() > LARGEST:
            raise UnfitError("too large")
        while np.abs(values).max() > LARGEST:
            value = nodes.Binary("*", nodes.Number(0.1), value)
            written = replace(written, value=value)
            values = values / 10
        deep = depth(value, {n: t.deep for n, t in self.tensors.items()})
        if deep is not None and deep > self.profile.deep and not client:
            raise UnfitError("too deep")
        likely = 0.75 if self.profile.ranged else 0.4
        stated = self.promise(values) if not client and self.chance(likely) else None
        self.tensors[name] = Known(
            name, values, deep is not None, stated, None if client else deep, client
        )
        return replace(written, range=stated)

    def value(
        self, writer: Writer, subscripts: tuple[nodes.Subscript, ...], client: bool
    ) -> nodes.Expression:
        left = indices_of(subscripts)
        if client:
            there = [t for t in writer.readable() if t.secret and not t.client]
            body = writer.access(left, there or None)
            bound = tuple(name for name in occurs(body) if name not in left)
            if not bound:
                raise UnfitError("nothing to choose from")
            operator = self.random.choice(("argmax", "argmin", "max", "mean"))
            return nodes.Reduction(operator, bound, body)
        if self.chance(0.04):
            whole = writer.einsum(())
            fused = any(isinstance(place, nodes.Group) for place in subscripts)
            if isinstance(whole, nodes.Einsum) and not fused:
                return replace(whole, subscripts=None)
        return writer.sum(left)

    def measured(self, written: nodes.Definition, value: nodes.Expression) -> np.ndarray:
        """The values, if they are fit."""
        names = set(occurs(value)) | set(indices_of(written.subscripts))
        if math.prod(self.sizes[name] for name in names) > self.profile.work:
            raise UnfitError("too much work")
        stored = {name: Stored(np.asarray(t.values, float)) for name, t in self.tensors.items()}
        scope = Scope(dict(self.sizes), stored, self.functions)
        try:
            with np.errstate(all="ignore"):
                values = define(written, scope).values
        except (ValueError, KeyError, IndexError) as error:
            raise UnfitError(str(error)) from error
        if not np.isfinite(values).all() or np.abs(values).max(initial=0) > 1e5:
            raise UnfitError("too large")
        if not self.far(value, scope):
            raise UnfitError("near an edge")
        return values

    def far(self, value: nodes.Expression, scope: Scope) -> bool:
        """Whether the program gives nearly the same for nearly the same data.

        The data is moved a little, up and down: steps that are near show as jumps, and
        products in which errors of rounding grow as more than they were moved by.
        """
        draw = np.random.default_rng(0)
        dummy = nodes.Definition("_", tuple(plain(n) for n in self.left_of(value)), value)

        def spread(size: float, times: int) -> float:
            found = []
            for _ in range(times):
                moved = {name: _moved(known, draw, size) for name, known in self.tensors.items()}
                with np.errstate(all="ignore"):
                    found.append(define(dummy, replace(scope, tensors=moved)).values)
            return max(np.abs(values - found[0]).max(initial=0) for values in found)

        if "'prod'" in repr(value) and spread(TINY, 3) > 1e5 * TINY:
            return False
        return not STEPS.search(repr(value)) or spread(self.profile.edge, 12) < 0.2

    def left_of(self, value: nodes.Expression) -> tuple[str, ...]:
        return tuple(occurs(value))

    def promise(self, values: np.ndarray) -> tuple[float, float]:
        """A range that the values keep, written with two digits."""
        low, high = values.min(), values.max()
        room = 0.1 + 0.1 * (high - low)
        least = low - room if low < 0.3 else max(0.2, 0.8 * low)
        return (math.floor(least * 100) / 100, math.ceil((high + room) * 100) / 100)

    # -- the whole -----------------------------------------------------------------------

    def program(self) -> Generated:
        random = self.random
        declared: list[nodes.Statement] = list(self.indices())
        letters = random.sample(LETTERS, random.randint(1, 4))
        secrets = [self.chance(self.profile.secret) for _ in letters]
        if self.profile.name != "numpy":
            secrets[0] = True
        pairs = zip(letters, secrets, strict=True)
        declared += [self.input(name, secret) for name, secret in pairs]
        if self.chance(0.35):
            for function in random.sample(LIBRARY, random.choice((1, 2))):
                self.functions[function.name] = function
            declared += list(self.functions.values())
        for number in range(random.choice((1, 1, 2, 2, 3, 4))):
            self.written.append(self.definition(f"T{number}", False))
        if self.chance(0.2) and any(self.tensors[d.name].secret for d in self.written):
            with contextlib.suppress(UnfitError):
                self.written.append(self.definition("label", True))
        outputs = self.outputs()
        statements = [*declared, *self.written, *self.ending(outputs)]
        docstring = "A program made at random." if self.chance(0.3) else None
        program = nodes.Program(docstring, tuple(statements))
        names = outputs or (self.written[-1].name,)
        expected = {name: self.tensors[name].values for name in names}
        text = Speller(random).program(program)
        return Generated(text, program, self.sizes, self.data, expected, names)

    def outputs(self) -> tuple[str, ...]:
        """What `out` names: some of the definitions, or none where there is but one."""
        if len(self.written) == 1 and self.chance(0.5):
            return ()
        names = [definition.name for definition in self.written]
        kept = [name for name in names if self.chance(0.6)] or names[-1:]
        return tuple(kept)

    def ending(self, outputs: tuple[str, ...]) -> list[nodes.Statement]:
        """The `out`, and sometimes settings and a test."""
        statements: list[nodes.Statement] = [nodes.Out(outputs)] if outputs else []
        if self.chance(0.3):
            precision = nodes.Setting("precision", self.random.choice((1e-3, 1e-4)))
            statements.append(nodes.Target("fhe", (precision,)))
        if self.chance(0.25):
            statements.append(self.test())
        return statements

    def test(self) -> nodes.Test:
        """What holds of the last definition, sometimes for other data."""
        last = next(s for s in reversed(self.written) if not s.client)
        let = self.let()
        values = self.tensors[last.name].values
        if let:
            try:
                values = self.other(let)[last.name]
            except (UnfitError, OutsideError):
                let = None
        names = indices_of(last.subscripts)
        element = nodes.Access(last.name, last.subscripts)
        expects = [nodes.Expect(element, "<=", _number(math.ceil(values.max())), 1e-6)]
        if names and self.chance(0.5):
            total = nodes.Reduction("sum", names, element)
            expects.append(nodes.Expect(total, "==", _number(values.sum()), 1e-4))
        return nodes.Test("what it is known to be", ((let,) if let else ()) + tuple(expects))

    def let(self) -> nodes.Let | None:
        """Another value for an input, where nothing is promised or decided."""
        if (
            STEPS.search(repr(self.written))
            or any(s.range for s in self.written)
            or self.chance(0.4)
        ):
            return None
        declared = self.random.choice(list(self.inputs.values()))
        places = tuple(plain(index) for index in declared.indices)
        return nodes.Let(declared.name, places, nodes.Number(0.5))

    def other(self, let: nodes.Let) -> dict[str, np.ndarray]:
        """What the definitions are when an input has other values."""
        data = self.data | {let.name: np.full(self.data[let.name].shape, 0.5)}
        statements = (*self.functions.values(), *self.written)
        with np.errstate(all="ignore"):
            values = meaning(nodes.Program(None, statements), self.sizes, data)
        if not all(np.isfinite(array).all() for array in values.values()):
            raise UnfitError("no numbers")
        return values


def _moved(known: Known, draw: np.random.Generator, size: float) -> Stored:
    """Nearly the same values; whole numbers that nobody encrypts stay what they are."""
    values = np.asarray(known.values, float)
    if known.whole and not known.secret:
        return Stored(values)
    return Stored(values + draw.uniform(-size, size, values.shape))


def _number(value: float) -> nodes.Expression:
    """A number as it is read, with its sign before it."""
    number = nodes.Number(abs(float(value)))
    return nodes.Unary("-", number) if value < 0 else number


def write(random: randomness.Random, profile: Profile) -> Generated:
    """A program, led by a source of randomness."""
    while True:
        try:
            return Maker(random, profile).program()
        except UnfitError:
            continue


def generate(seed: int, profile: str = "numpy") -> Generated:
    """The program of a seed."""
    return write(randomness.Random(f"{profile} {seed}"), PROFILES[profile])


def programs(profile: str = "numpy") -> st.SearchStrategy[Generated]:
    """Programs for Hypothesis, which can make them smaller."""
    randoms = st.randoms(use_true_random=False)
    return randoms.map(lambda random: write(random, PROFILES[profile]))
