"""Whether the parts of a program that was read go together, before anything is made of them.

The compiler writes nothing else; whoever forges a file may. Sizes are bounded here, so that
what is computed of a file stays in proportion to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

from einlang.planning.dataflow import Dataflow
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.files import complaints
from einlang_fhe.files.parts import About, ClientPart, EvaluatorPart
from einlang_fhe.functor.values import Packing
from einlang_fhe.layout import Layout
from einlang_fhe.parameters import BOUNDS, LARGEST_FIRST, modulus_bits
from einlang_fhe.passes.order import polynomials
from einlang_fhe.plaintexts import Diagonal, Mask, Packed
from einlang_fhe.verifier import InvalidProgramError, verify

MOST_ELEMENTS = 1 << 28
"""Of one tensor."""
DEEPEST = 64
MOST_POWERS = 3


class _Impossible(ValueError):
    """Why a program cannot be."""


def check(about: About, client: ClientPart, evaluator: EvaluatorPart | None, name: str) -> None:
    """Raises E0834 for parts that do not go together, E0838 for parameters without security."""
    parameters(about.parameters, name)
    try:
        _client(about, client)
        if evaluator is not None:
            _evaluator(about, client, evaluator)
    except (ValueError, IndexError, KeyError, OverflowError, InvalidProgramError) as error:
        raise complaints.malformed(name, str(error)) from None
    except (AssertionError, TypeError, AttributeError):
        raise complaints.malformed(name, "its program cannot be run") from None


def parameters(given: Parameters, name: str) -> None:
    """Raises E0834 for numbers out of any range, E0838 for a claim of security that is wrong."""
    ring, depth, digits = given.ring, given.depth, given.digits
    sound = (
        (ring in BOUNDS)
        and 0 <= depth <= DEEPEST
        and 0 <= given.spare <= depth
        and 1 <= given.first <= LARGEST_FIRST
        and 1 <= given.nominal <= LARGEST_FIRST
        and 1 <= given.scale <= LARGEST_FIRST
        and 0 <= digits <= depth + 1
        and 0 <= given.digit <= LARGEST_FIRST
    )
    plan = given.bootstrap
    if plan is not None:
        powers = plan.slots & (plan.slots - 1) == 0 and 1 <= plan.slots <= ring // 2
        sound = sound and powers and 1 <= plan.moves <= 4 and 1 <= plan.iterations <= 2
        sound = sound and 1 <= plan.correction <= LARGEST_FIRST
    if not sound:
        raise complaints.malformed(name, "no such parameters")
    bits = modulus_bits(depth, given.nominal, given.first, digits)
    if bits is None or (given.secure and bits > BOUNDS[ring]):
        raise complaints.unfit(
            f"the parameters of `{name}` have less than 128 bits of security",
            "they were altered, or chosen by `insecure`: compile the program again",
        )


def _client(about: About, client: ClientPart) -> None:
    slots, depth = about.parameters.slots, about.parameters.depth
    _need(len(client.sent) == len(client.levels), "levels for other ciphertexts")
    _need(all(0 <= level <= depth for level in client.levels), "a level that is not there")
    numbers = {int(name) for name in client.tensors.names}
    _flow(client.tensors)
    _flow(client.flow)
    for item in client.sent:
        _need(item.value in numbers, "a ciphertext of no tensor")
        if isinstance(item, Packing):
            _layout(item.layout, slots)
            _need(0 <= item.number < item.layout.count, "a ciphertext too many")
        else:
            _layout(item.diagonals.source, slots)
            _layout(item.diagonals.target, slots)
    for returned in client.returned:
        _need(0 <= returned.level <= depth, "a result at no level")
        _need(1 <= returned.degree <= 8 and 2 <= returned.parts <= 8, "a result of no degree")
    for reply in client.replies:
        _layout(reply.layout, slots)
        last = reply.first + reply.layout.count
        _need(reply.first >= 0 and last <= len(client.returned), "a reply of no ciphertexts")
    _need(0 <= about.relinearize <= MOST_POWERS, "keys for no powers")
    _need(all(0 < turn < slots for turn in about.rotations), "a rotation by nothing")
    _need(all(_elements(shape) for shape in client.plain.values()), "an output that is too large")


def _evaluator(about: About, client: ClientPart, part: EvaluatorPart) -> None:
    levelled, given = part.levelled, about.parameters
    program, slots = levelled.program, given.slots
    count = len(program.instructions)
    _need(program.slots == slots, "a program for other ciphertexts")
    _need(len(levelled.levels) == len(levelled.degrees) == count, "levels for other steps")
    for number, step in enumerate(program.instructions):
        _need(all(0 <= value < number for value in step.arguments), "a step that reads nothing")
        _need(_known(step.verb, step.attribute, len(client.sent), len(part.plaintexts)), "a step")
    _need(all(0 <= value < count for value in program.outputs), "an output of nothing")
    verify(levelled, given.depth, about.rotations, given.bootstrap)
    parts = polynomials(program)
    told = [(levelled.levels[v], levelled.degrees[v], parts[v]) for v in program.outputs]
    wanted = [(item.level, item.degree, item.parts) for item in client.returned]
    _need(told == wanted, "other results than the client awaits")
    inputs = {
        s.number: levelled.levels[n]
        for n, s in enumerate(program.instructions)
        if s.verb == "input"
    }
    _need(all(client.levels[n] == level for n, level in inputs.items()), "inputs at other levels")
    _flow(part.tensors)
    _plaintexts(part, slots)
    _need(set(part.plain) == set(client.plain), "other outputs in the clear")


def _plaintexts(part: EvaluatorPart, slots: int) -> None:
    count = len(part.tensors.inputs) + len(part.tensors.steps)
    for entry in part.plaintexts:
        _need(entry.reads is None or 0 <= entry.reads < count, "a plaintext of no tensor")
        if isinstance(entry, Mask):
            _need(len(entry.data) == 8 * slots, "a mask of another length")
        if isinstance(entry, Packed):
            _layout(entry.layout, slots)
            _need(0 <= entry.number < entry.layout.count, "a plaintext too many")
        if isinstance(entry, Diagonal):
            _layout(entry.diagonals.source, slots)
            _layout(entry.diagonals.target, slots)
    _need(all(0 <= value < count for value in part.plain.values()), "an output of no tensor")


def _known(verb: str, attribute: object, inputs: int, plaintexts: int) -> bool:
    """Whether an attribute is one that the verb can have."""
    whole = type(attribute) is int
    needs: dict[str, Callable[[], bool]] = {
        "input": lambda: whole and 0 <= attribute < inputs,  # type: ignore[operator]
        "add_plain": lambda: whole and 0 <= attribute < plaintexts,  # type: ignore[operator]
        "multiply_plain": lambda: whole and 0 <= attribute < plaintexts,  # type: ignore[operator]
        "add_scalar": lambda: type(attribute) in (int, float),
        "multiply_scalar": lambda: type(attribute) in (int, float),
        "rotate": lambda: whole,
        "rotate_extended": lambda: whole,
        "drop": lambda: whole and attribute > 0,  # type: ignore[operator]
        "rotate_sum": lambda: isinstance(attribute, tuple),
    }
    return needs.get(verb, lambda: attribute is None)()


def _layout(layout: Layout, slots: int) -> None:
    _need(layout.slots == slots, "a layout of other ciphertexts")
    _need(_elements(layout.shape), "a tensor that is too large")
    _need(all(digit.extent >= 1 and 0 <= digit.low < 40 for digit in layout.digits), "a digit")
    _need(1 <= layout.count <= MOST_ELEMENTS, "a layout of too many ciphertexts")
    rank = len(layout.shape)
    _need(all(0 <= r.axis < rank and 0 <= r.by < rank for r in layout.rolls), "a roll of no axis")


def _flow(flow: Dataflow) -> None:
    count = len(flow.inputs)
    for number, step in enumerate(flow.steps, start=count):
        _need(all(0 <= value < number for value in step.arguments), "a step that reads nothing")
        _need(_elements(step.type.shape), "a tensor that is too large")
    _need(all(_elements(port.type.shape) for port in flow.inputs), "an input that is too large")
    last = count + len(flow.steps)
    _need(all(0 <= value < last for value in flow.outputs), "an output of nothing")
    _need(len(flow.outputs) == len(flow.names), "names for other outputs")


def _elements(shape: Iterable[int]) -> bool:
    sizes = list(shape)
    return len(sizes) <= 64 and all(n >= 0 for n in sizes) and prod(sizes) <= MOST_ELEMENTS


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Impossible(otherwise)
