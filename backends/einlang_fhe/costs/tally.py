"""Counts what the executor asks of an engine: verbs by level and number of polynomials.

>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=8)
>>> x = build.input(0)
>>> total = build.add_all([x, build.rotate(x, 1), build.rotate(x, 2)])
>>> for (verb, level, parts), times in sorted(tally(assign(build.program((total,)))).items()):
...     print(verb, level, parts, times)
add 0 2 2
hoist 0 2 1
input 0 2 1
instruction 0 2 5
rotate_hoisted 0 2 2
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from einlang_fhe.passes.hoist import Hoist, hoisted
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.slots import Instruction

Call = tuple[str, int, int]
"""A verb, the level of its operands, and their polynomials."""
Tally = Counter[Call]
INSTRUCTION = "instruction", 0, 2
"""What the executor does for an instruction, whatever it is."""


def tally(levelled: Levelled) -> Tally:
    """All that one evaluation does. Rotations of one value share a `hoist`."""
    counts = Counter(call for _, call in _work(levelled))
    counts[INSTRUCTION] = len(levelled.program.instructions)
    return counts


def shares(levelled: Levelled) -> dict[int, Tally]:
    """The same in parts: what is done for each value of the dataflow, by its number.

    What rotations of one value share belongs to the part of the first of them.
    """
    steps = levelled.program.instructions
    found: dict[int, Tally] = {}
    for step in steps:
        found.setdefault(int(step.origin), Counter())[INSTRUCTION] += 1
    for number, call in _work(levelled):
        found[int(steps[number].origin)][call] += 1
    return found


def _work(levelled: Levelled) -> Iterator[tuple[int, Call]]:
    """What the engine is asked for, with the instruction that it is for."""
    steps = levelled.program.instructions
    shared = hoisted(levelled.program)
    for number, call in enumerate(calls(levelled)):
        verb, level, parts = call
        if verb in _TURNS:
            ready = {value for value in steps[number].arguments if value in shared}
            shared -= ready
            yield from ((number, ("hoist", level, 2)) for _ in ready)
        if verb == "rotate_sum":
            yield from ((number, each) for each in _summed(steps[number], level))
        else:
            yield number, call
        if verb == "drop" and steps[number].number > 1:
            yield number, ("reduce", level, parts)


_TURNS = {"rotate_hoisted", "rotate_sum", "rotate_extended"}


def _summed(step: Instruction, level: int) -> Iterator[Call]:
    """A sum of rotations, in the extended modulus."""
    verbs = ["rotate_extended" if distance else "extend" for distance in step.distances]
    verbs += ["add_extended"] * (len(verbs) - 1)
    yield from ((verb, level, 2) for verb in [*verbs, "switch_down"])


def calls(levelled: Levelled) -> Iterator[Call]:
    """Each instruction's verb, the level it works at, and the polynomials it meets.

    Rotations of what is hoisted, and sums in the extended modulus, go by verbs of their own.
    """
    steps, levels = levelled.program.instructions, levelled.levels
    ready = hoisted(levelled.program)
    more: dict[int, int] = {}  # The values of three polynomials and more.
    wide: set[int] = set()
    for number, step in enumerate(steps):
        verb: str = step.verb
        arguments = step.arguments
        met = 2
        if verb == "multiply" or not more.keys().isdisjoint(arguments):
            met, left = _met(verb, [more.get(value, 2) for value in arguments])
            if left > 2:
                more[number] = left
        if verb == "hoist":
            ready.add(number)
        elif verb in ("rotate_extended", "extend"):
            wide.add(number)
        elif verb == "rotate" and arguments[0] in ready:
            verb = "rotate_hoisted"
        elif verb == "add" and arguments[0] in wide:
            wide.add(number)
            verb = "add_extended"
        yield verb, levels[number] - (verb in ("rescale", "drop")), met


def _met(verb: str, parts: Sequence[int]) -> tuple[int, int]:
    """The polynomials that a verb meets, as `Costs.seconds` has them, and those it leaves."""
    if verb == "multiply":
        left, right = parts
        return left * right // 2, left + right - 1
    most = max(parts)
    return (max(2, most - 1), 2) if verb == "relinearize" else (most, most)


def critical_path(levelled: Levelled, seconds: Callable[[str, int, int], float]) -> float:
    """Seconds of the longest chain of instructions that wait for each other."""
    ready: list[float] = []
    whole = Hoist().apply(levelled)
    for step, call in zip(whole.program.instructions, calls(whole), strict=True):
        start = max((ready[value] for value in step.arguments), default=0.0)
        ready.append(start + seconds(*call))
    return max((ready[value] for value in whole.program.outputs), default=0.0)
