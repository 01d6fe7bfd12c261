"""Counts what the executor asks of an engine: verbs by level and number of polynomials.

>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=8)
>>> x = build.input(0)
>>> total = build.add_all([x, build.rotate(x, 1), build.rotate(x, 2)])
>>> for (verb, level, parts), times in tally(assign(build.program((total,)))).items():
...     print(verb, level, parts, times)
instruction 0 2 5
add 0 2 2
hoist 0 2 1
rotate_hoisted 0 2 2
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

from einlang_fhe.execution.expand import expand, hoisted
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.slots import Instruction

Call = tuple[str, int, int]
"""A verb, the level of its operands, and their polynomials."""
Tally = Counter[Call]


def tally(levelled: Levelled) -> Tally:
    """All that one evaluation does. Rotations of one value share a `hoist`."""
    return _tallies(levelled, repeat(0)).get(0, Counter())


def shares(levelled: Levelled) -> dict[int, Tally]:
    """The same in parts: what is done for each value of the dataflow, by its number."""
    return _tallies(levelled, (int(step.origin) for step in levelled.program.instructions))


def _tallies(levelled: Levelled, parts: Iterable[int]) -> dict[int, Tally]:
    """What each part does; `parts` says for every instruction to which one it belongs.

    What rotations of one value share belongs to the part of the first of them.
    """
    found: dict[int, Tally] = {}
    shared = hoisted(levelled.program)
    for step, call, part in zip(
        levelled.program.instructions, calls(levelled), parts, strict=False
    ):
        counts = found.setdefault(part, Counter())
        counts["instruction", 0, 2] += 1
        if step.distances:
            ready = {value for value in step.arguments if value in shared}
            shared -= ready
            counts.update(("hoist", call[1], 2) for _ in ready)
        if step.verb == "rotate_sum":
            counts.update(_summed(step, call[1]))
        elif step.verb == "drop":
            counts[call] += 1
            counts["reduce", call[1], call[2]] += step.number > 1
        elif step.verb != "input":
            counts[call] += 1
    return found


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
    three: set[int] = set()
    wide: set[int] = set()
    for number, step in enumerate(steps):
        raw = any(value in three for value in step.arguments)
        if step.verb == "multiply" or (raw and step.verb != "relinearize"):
            three.add(number)
        verb: str = step.verb
        if verb == "hoist":
            ready.add(number)
        elif verb in ("rotate_extended", "extend"):
            wide.add(number)
        elif verb == "rotate" and step.arguments[0] in ready:
            verb = "rotate_hoisted"
        elif verb == "add" and step.arguments[0] in wide:
            wide.add(number)
            verb = "add_extended"
        level = levels[number] - (verb in ("rescale", "drop"))
        yield verb, level, 3 if raw and verb != "relinearize" else 2


def critical_path(levelled: Levelled, seconds: Callable[[str, int, int], float]) -> float:
    """Seconds of the longest chain of instructions that wait for each other."""
    ready: list[float] = []
    whole = expand(levelled)
    for step, call in zip(whole.program.instructions, calls(whole), strict=True):
        start = max((ready[value] for value in step.arguments), default=0.0)
        ready.append(start + seconds(*call))
    return max((ready[value] for value in whole.program.outputs), default=0.0)
