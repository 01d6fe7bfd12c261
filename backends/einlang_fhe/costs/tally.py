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
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat

from einlang_fhe.executor import TOGETHER
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
    """What each part does; `parts` says for every instruction to which one it belongs."""
    found: dict[int, Tally] = {}
    turned: Counter[tuple[int, int]] = Counter()
    steps = levelled.program.instructions
    for step, call, part in zip(steps, calls(levelled), parts, strict=False):
        counts = found.setdefault(part, Counter())
        counts["instruction", 0, 2] += 1
        if step.verb == "rotate" and steps[step.arguments[0]].verb == "hoist":
            counts["rotate_hoisted", call[1], 2] += 1
        elif step.verb == "rotate":
            turned[part, step.arguments[0]] += 1
        elif step.verb == "rotate_sum":
            counts.update(_summed(steps, step, call[1]))
        elif step.verb == "drop":
            counts[call] += 1
            counts["reduce", call[1], call[2]] += step.number > 1
        elif step.verb != "input":
            counts[call] += 1
    for (part, value), times in turned.items():
        found[part].update(_turns(levelled.levels[value], times))
    return found


def _turns(level: int, times: int) -> Iterator[Call]:
    """Rotations of one value: hoisted in groups, but for one that is left alone."""
    for done in range(0, times, TOGETHER):
        group = min(TOGETHER, times - done)
        if group == 1:
            yield "rotate", level, 2
        else:
            yield "hoist", level, 2
            yield from repeat(("rotate_hoisted", level, 2), group)


def _summed(steps: Sequence[Instruction], step: Instruction, level: int) -> Iterator[Call]:
    """A sum of rotations, in the extended modulus."""
    pairs = list(zip(step.arguments, step.distances, strict=True))
    turning = {value for value, distance in pairs if distance}
    verbs = ["hoist" for value in turning if steps[value].verb != "hoist"]
    verbs += ["rotate_extended" if distance else "extend" for _, distance in pairs]
    verbs += ["add_extended"] * (len(pairs) - 1)
    yield from ((verb, level, 2) for verb in [*verbs, "switch_down"])


def calls(levelled: Levelled) -> Iterator[Call]:
    """Each instruction's verb, the level it works at, and the polynomials it meets."""
    three: set[int] = set()
    levels = levelled.levels
    for number, step in enumerate(levelled.program.instructions):
        raw = any(value in three for value in step.arguments)
        if step.verb == "multiply" or (raw and step.verb != "relinearize"):
            three.add(number)
        level = levels[number] - (step.verb in ("rescale", "drop"))
        yield step.verb, level, 3 if raw and step.verb != "relinearize" else 2


def critical_path(levelled: Levelled, seconds: Callable[[str, int, int], float]) -> float:
    """Seconds of the longest chain of instructions that wait for each other."""
    ready: list[float] = []
    steps = levelled.program.instructions
    for step, call in zip(steps, calls(levelled), strict=True):
        start = max((ready[value] for value in step.arguments), default=0.0)
        parts = _summed(steps, step, call[1]) if step.verb == "rotate_sum" else (call,)
        ready.append(start + sum(seconds(*part) for part in parts))
    return max((ready[value] for value in levelled.program.outputs), default=0.0)
