"""What happens to encrypted tensors, step by step: where each sits, and what it took.

>>> from einlang.api.pipeline import prepare
>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> text = "index i = 4, k = 4\\nsecret A[i, k]\\npublic x[k]\\ny[i] = A[i, k] * x[k]"
>>> made = prepare(check(read(text)), "fhe", {}, {"engine": "clear"}).server
>>> for step in steps(made.compiled):
...     print(step.named.title, "|", step.how, "|", step.work)
A[i, k] | sent by the client |
y[i] | A[i, k] · x[k], summed over k | 3 rotations, 1 plain product, 3 additions
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from einlang_fhe.compiling import Compiled
from einlang_fhe.costs import load
from einlang_fhe.costs.tally import shares
from einlang_fhe.drawing.formula import Formulas, secrets
from einlang_fhe.drawing.named import Named
from einlang_fhe.functor.values import Packing
from einlang_fhe.layout import Layout
from einlang_fhe.slots import Instruction, Moving

WORK = {
    "rotate": "rotation",
    "bootstrap": "bootstrap",
    "multiply": "product",
    "multiply_plain": "plain product",
    "multiply_scalar": "plain product",
    "relinearize": "relinearization",
    "rescale": "rescaling",
    "add": "addition",
    "subtract": "addition",
    "add_plain": "addition",
    "add_scalar": "addition",
}
PASSED = ("drop", "hoist", "rescale", "negate", "bootstrap")
"""What an instruction reads through these, it reads from behind them."""


@dataclass(frozen=True)
class Taken:
    """A tensor that is encrypted: where it sits, how it came about, from which others.

    `counts` is what was done for it, `moving` how many of the rotations only brought
    operands to where they were wanted. `sources` are numbers in the list of steps.
    """

    named: Named
    how: str
    sources: tuple[int, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    moving: int = 0
    level: int = 0
    seconds: float = 0.0
    returned: bool = False

    @property
    def work(self) -> str:
        """What it took, in words."""
        words = [f"{count:,} {word}{'s' * (count > 1)}" for word, count in self.counts.items()]
        if self.moving:
            some = "all" if self.moving == self.counts["rotation"] else f"{self.moving:,}"
            words[0] += f" ({some} to move elements)"
        return ", ".join(words)


def steps(compiled: Compiled) -> tuple[Taken, ...]:
    """The tensors of a program in the order in which they are sent or computed."""
    telling = _Telling(compiled)
    return tuple(telling.told())


Sent = tuple[int, Layout, float]
"""A tensor of the request: what the client packs, how, and times what."""


@dataclass
class _Telling:
    compiled: Compiled

    def __post_init__(self) -> None:
        lowered = self.compiled.lowered
        self.flow = lowered.flow
        placed = {number for number, _ in lowered.places}
        self.formulas = Formulas(self.flow, secrets(self.flow) - placed)
        self.packed = Formulas(lowered.tensors, secrets(lowered.tensors))
        self.instructions = self.compiled.program.instructions
        self.done = self._done()
        self.reads = self._reads()
        self.taken: list[Taken] = []
        self.place: dict[int | Sent, int] = {}
        self.costs = load()
        self.shares = shares(self.compiled.levelled)

    def told(self) -> list[Taken]:
        """Every tensor of the request before it is first read."""
        for number, layout in self.compiled.lowered.places:
            sources = [self._sent(sent) for sent in self.reads.get(number, ())]
            step = self.flow.steps[number - len(self.flow.inputs)]
            sources += [self.place[value] for value in step.arguments if value in self.place]
            self._computed(number, layout, dict.fromkeys(sources))
        for packing in self.compiled.request:
            if isinstance(packing, Packing):
                self._sent(_sent(packing))
        return self.taken

    def _put(self, key: int | Sent, taken: Taken) -> int:
        self.place[key] = len(self.taken)
        self.taken.append(taken)
        return self.place[key]

    def _sent(self, sent: Sent) -> int:
        if sent in self.place:
            return self.place[sent]
        value, layout, scale = sent
        pairs = zip(self.compiled.request, self.compiled.levels, strict=True)
        packed = [(p, level) for p, level in pairs if isinstance(p, Packing)]
        level = min(level for packing, level in packed if _sent(packing) == sent)
        how = "sent by the client"
        if value >= len(self.flow.inputs):
            how = f"{self.packed.of(value)}, {how}"
        how += "" if scale == 1 else f", times {scale:.4g}"
        again = any(isinstance(key, tuple) and key[0] == value for key in self.place)
        how += ", in another layout" if again else ""
        named = Named.of(layout, self.packed.names[value], self.packed.axes(value))
        return self._put(sent, Taken(named, how, level=level))

    def _computed(self, number: int, layout: Layout, sources: Iterable[int]) -> None:
        named = Named.of(layout, self.formulas.names[number], self.formulas.axes(number))
        sources = tuple(sources)
        done = self.done.get(number, _Done())
        level = max([done.level, *(self.taken[source].level for source in sources)])
        counts = {
            word: done.counts[word] for word in dict.fromkeys(WORK.values()) if done.counts[word]
        }
        seconds = self.costs.tally(self.shares.get(number, Counter()), self.compiled.parameters)
        self._put(
            number,
            Taken(
                named,
                self.formulas.of(number),
                sources,
                counts,
                done.moving,
                level,
                seconds,
                number in self._returned,
            ),
        )

    @cached_property
    def _returned(self) -> set[int]:
        names = {reply.name for reply in self.compiled.lowered.replies}
        pairs = zip(self.flow.names, self.flow.outputs, strict=True)
        return {number for name, number in pairs if name in names}

    def _done(self) -> dict[int, _Done]:
        """What was done for each value."""
        found: dict[int, _Done] = {}
        for step, level in zip(self.instructions, self.compiled.levelled.levels, strict=True):
            done = found.setdefault(int(step.origin), _Done())
            turns = sum(distance != 0 for distance in step.distances)
            done.counts["rotation"] += turns
            done.moving += turns if isinstance(step.origin, Moving) else 0
            if step.verb in WORK and step.verb != "rotate":
                done.counts[WORK[step.verb]] += 1
            done.level = max(done.level, level)
        return found

    def _reads(self) -> dict[int, dict[Sent, None]]:
        """The tensors of the request that are read for each value."""
        found: dict[int, dict[Sent, None]] = {}
        for step in self.instructions:
            for value in step.arguments:
                source = self._behind(value)
                if source.verb != "input":
                    continue
                packing = self.compiled.request[source.number]
                if isinstance(packing, Packing):
                    found.setdefault(int(step.origin), {})[_sent(packing)] = None
        return found

    def _behind(self, value: int) -> Instruction:
        """What is read in the end, behind instructions that only pass it on."""
        step = self.instructions[value]
        while step.verb in PASSED:
            step = self.instructions[step.arguments[0]]
        return step


@dataclass
class _Done:
    counts: Counter[str] = field(default_factory=Counter)
    moving: int = 0
    level: int = 0


def _sent(packing: Packing) -> Sent:
    return packing.value, packing.layout, packing.scale
