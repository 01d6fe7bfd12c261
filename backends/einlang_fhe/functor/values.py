"""What a tensor is while a program is lowered: plain, not yet encrypted, or encrypted.

A pending `factor` multiplies every value, so that scaling by a number takes no level: it
is folded into plaintexts, into what the client packs, or into what the client unpacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Union

from einlang.planning.dataflow import Operation, Port, Step, Type
from einlang_fhe.diagonals import Array, Axes, Diagonals
from einlang_fhe.functor.uses import UNKNOWN, Use
from einlang_fhe.gather import double, gather
from einlang_fhe.layout import Bit, Copy, Digit, Gap, Layout, Place, pack_one, width
from einlang_fhe.plaintexts import Plaintexts
from einlang_fhe.slots import WEIGHTS, Builder


@dataclass(frozen=True)
class Plain:
    """Known to the evaluator: a value of the dataflow."""

    number: int
    shape: tuple[int, ...]

    @property
    def factor(self) -> float:
        """Nothing is pending."""
        return 1.0


@dataclass(frozen=True)
class Fresh:
    """Known to the client, who packs it in any layout that is asked for.

    `seen`: the smaller tensor that its elements are taken from, and the number of the
    element for each, as in `Viewed`; it can be sent in its place.
    """

    number: int
    shape: tuple[int, ...]
    factor: float = 1.0
    seen: tuple[Fresh, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Cipher:
    """Encrypted: one value of the slot program per ciphertext of the layout."""

    layout: Layout
    values: tuple[int, ...]
    factor: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor."""
        return self.layout.shape


@dataclass(frozen=True)
class Viewed:
    """Encrypted, and seen through a map of indices that nobody has carried out yet.

    `origin`: the element of the ciphertexts' tensor behind each element, counted row by
    row, as 64-bit integers; -1 for zero.
    """

    cipher: Cipher
    shape: tuple[int, ...]
    origin: bytes = field(repr=False)

    @property
    def factor(self) -> float:
        """What is pending."""
        return self.cipher.factor


Settled = Union[Plain, Fresh, Cipher]
Value = Union[Settled, Viewed]


@dataclass(frozen=True)
class Pending:
    """A contraction that waits for the one that reads it, as in `dataflow.Contract`.

    `number` is the value of the dataflow that it stands for, `use` how that is read.
    """

    arguments: tuple[Plain | Fresh | Pending, ...]
    labels: tuple[Axes, ...]
    result: Axes
    shape: tuple[int, ...]
    scale: float = 1.0
    use: Use = UNKNOWN
    number: int = field(default=-1, compare=False)

    @property
    def operands(self) -> int:
        """How many tensors are multiplied in all."""
        return sum(a.operands if isinstance(a, Pending) else 1 for a in self.arguments)


@dataclass(frozen=True)
class Packing:
    """A ciphertext of the request: part `number` of a tensor that the client knows.

    `bits`: how much finer than usual it is encrypted.
    """

    value: int
    layout: Layout
    number: int
    scale: float
    bits: float = 0.0

    def row(self, tensors: Mapping[int, Array]) -> Array:
        """One number per slot."""
        row = pack_one(tensors[self.value], self.layout, self.number)
        return row * (self.scale * 2.0**self.bits)


@dataclass(frozen=True)
class SecretDiagonal:
    """A ciphertext of the request: coefficients of a linear map, as in `Diagonal`, that are
    elements of a tensor that the client knows. `bits` as in `Packing`."""

    value: int
    diagonals: Diagonals
    move: tuple[int, int, int]
    shift: int
    bits: float = 0.0

    @property
    def scale(self) -> float:
        """The coefficients are sent as they are."""
        return 1.0

    def row(self, tensors: Mapping[int, Array]) -> Array:
        """One number per slot."""
        row = self.diagonals.vector(self.move, self.shift, tensors[self.value])
        return row * 2.0**self.bits


Sent = Union[Packing, SecretDiagonal]

TIGHT = 1e3
"""How many times as much weighs what there is little room for."""


@dataclass(frozen=True)
class Site:
    """A place where there were several ways, the one taken, and what each would have weighed."""

    ways: int
    taken: int
    weights: tuple[float, ...]


@dataclass
class Choices:
    """Which ways are `told` (by the number of the site), what verbs weigh, what all may weigh,
    and whether slots must hold `real` numbers, as bootstraps want them; then what was chosen,
    how many instructions were `written` on the way, and what those that stayed weigh.

    `tight`: there is little room for scales. Then masks weigh a lot, which are factors more,
    and so do rotations of products of plaintexts with what the client sends, whose scale is
    too small to switch keys at.
    """

    told: dict[int, int] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    limit: float = inf
    real: bool = False
    tight: bool = False
    sites: list[Site] = field(default_factory=list)
    written: int = 0
    weight: float = 0.0


@dataclass
class Writer:
    """All that lowering writes to: instructions, plaintexts, packings of the request.

    `steps` compute plain tensors from `inputs`, on the evaluator's side or the client's.
    `use`: how the value that is being written is read; `places`: where encrypted values of
    the dataflow have come to sit.
    """

    build: Builder
    inputs: tuple[Port, ...] = ()
    steps: list[Step] = field(default_factory=list)
    plains: Plaintexts = field(default_factory=Plaintexts)
    packings: dict[Sent, int] = field(default_factory=dict)
    computed: dict[Step, int] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)
    use: Use = UNKNOWN
    places: dict[int, Layout] = field(default_factory=dict)

    @property
    def slots(self) -> int:
        """The number of slots of a ciphertext."""
        return self.build.slots

    def compute(self, operation: Operation, arguments: tuple[int, ...], type: Type) -> int:
        """A plain tensor, by number; the same twice is one."""
        step = Step(operation, arguments, type)
        if step not in self.computed:
            self.computed[step] = len(self.inputs) + len(self.steps)
            self.steps.append(step)
        return self.computed[step]

    def encrypted(self, value: Fresh, layout: Layout, scale: float | None = None) -> Cipher:
        """A tensor of the client in a layout.

        It is packed as it is, its factor pending; or, with a `scale`, times that scale.
        """
        layout = replace(zeroed(layout), imaginary=False)
        packed = 1.0 if scale is None else scale
        values = [
            self.request(Packing(value.number, layout, number, packed))
            for number in range(layout.count)
        ]
        return Cipher(layout, tuple(values), value.factor if scale is None else 1.0)

    def request(self, sent: Sent) -> int:
        """A ciphertext of the request."""
        return self.build.input(self.packings.setdefault(sent, len(self.packings)))

    def plaintexts(self, value: Plain, layout: Layout, factor: float = 1.0) -> tuple[int, ...]:
        """A plain tensor in a layout, times `factor`, by numbers of plaintexts."""
        layout = replace(zeroed(layout), imaginary=False)
        return tuple(
            self.plains.packed(value.number, layout, number, factor)
            for number in range(layout.count)
        )

    def cleaned(self, cipher: Cipher) -> Cipher:
        """Zeros wherever no element is; takes a level unless they are there."""
        layout = cipher.layout
        if layout.clean:
            return cipher
        values = [
            self.build.multiply_plain(value, self.plains.mask(layout.table(number) >= 0))
            for number, value in enumerate(cipher.values)
        ]
        return replace(cipher, layout=zeroed(layout), values=tuple(values))

    def converted(self, cipher: Cipher, target: Layout) -> Cipher:
        """The tensor in another layout; gaps that may hold junk are left as they come."""
        if serves(cipher.layout, target):
            return cipher
        with self.build.moving():
            return self._moved(cipher, target)

    def _moved(self, cipher: Cipher, target: Layout) -> Cipher:
        if same_bits(cipher.layout, target):
            clean = self.cleaned(cipher)
            layout = _with_copies(clean.layout, target)
            wanted = _new_copies(clean.layout, target)
            values = [double(self.build, value, wanted) for value in clean.values]
            return replace(clean, layout=layout, values=tuple(values))
        target = replace(zeroed(target), imaginary=cipher.layout.imaginary)
        values = gather(self.build, self.plains, cipher.values, cipher.layout, target)
        return Cipher(target, tuple(values), cipher.factor)


def zeroed(layout: Layout) -> Layout:
    """The same with zeros in all gaps and padding: how plain values are packed."""
    places = tuple(Gap() if isinstance(place, Gap) else place for place in layout.places)
    return replace(layout, places=places, dirty=frozenset())


def loosened(layout: Layout, iteration: Layout | None = None) -> Layout:
    """The same, asking for nothing where no element is.

    With an `iteration` that it is projected from, copies along the other indices stay.
    """
    bits = layout if iteration is None else iteration
    places = tuple(
        place if isinstance(bit, Bit) else Gap(junk=True)
        for place, bit in zip(layout.places, bits.places, strict=True)
    )
    return replace(layout, places=places, dirty=frozenset(range(len(layout.shape))))


def same_bits(source: Layout, target: Layout) -> bool:
    """Whether both put every index bit at the same place, and no copy has to vanish."""
    pairs = zip(source.places, target.places, strict=True)
    return (
        not any(isinstance(have, Copy) and want == Gap() for have, want in pairs)
        and source.shape == target.shape
        and source.digits == target.digits
        and source.rolls == target.rolls
        and source.part == target.part
        and _bits_of(source) == _bits_of(target)
    )


def _bits_of(layout: Layout) -> list[Bit | None]:
    return [place if isinstance(place, Bit) else None for place in layout.places]


def serves(source: Layout, target: Layout) -> bool:
    """Whether a tensor in one layout can be read as if it were in the other."""
    return (
        same_bits(source, target)
        and source.dirty <= target.dirty
        and all(map(_place_serves, source.places, target.places))
    )


def _place_serves(have: Place, want: Place) -> bool:
    if isinstance(want, Gap):
        return want.junk or have == want
    return have == want


def _with_copies(clean: Layout, target: Layout) -> Layout:
    pairs = zip(clean.places, target.places, strict=True)
    return replace(
        clean,
        places=tuple(want if isinstance(want, Copy) else have for have, want in pairs),
    )


def _new_copies(clean: Layout, target: Layout) -> Layout:
    """The target with only those copies that are not there yet."""
    pairs = zip(clean.places, target.places, strict=True)
    places = (
        Copy() if isinstance(want, Copy) and isinstance(have, Gap) else Gap()
        for have, want in pairs
    )
    return Layout((), tuple(places))


def extend(layout: Layout, axes: Sequence[int], shape: Sequence[int]) -> Layout:
    """A layout of `shape` in which axis `k` of `layout` is axis `axes[k]`; the further axes
    take the copied slot bits, from the lowest, and then the ciphertext number.

    >>> extend(Layout((2,), (Bit(0, 0), Copy())), (1,), (4, 2))
    (4, 2) in 2 ciphertexts of 4 slots: a0 b0 | a>>1
    """
    places: list[Place] = [
        Bit(axes[place.axis], place.bit) if isinstance(place, Bit) else place
        for place in layout.places
    ]
    digits = [replace(digit, axis=axes[digit.axis]) for digit in layout.digits]
    free = [position for position, place in enumerate(places) if isinstance(place, Copy)]
    for axis in (axis for axis in range(len(shape)) if axis not in axes):
        bits = min(width(shape[axis]), len(free))
        for bit in range(bits):
            places[free.pop(0)] = Bit(axis, bit)
        if bits < width(shape[axis]):
            digits.append(Digit(axis, bits, -(-shape[axis] // (1 << bits))))
    dirty = frozenset(axes[axis] for axis in layout.dirty)
    rolls = tuple(replace(roll, axis=axes[roll.axis], by=axes[roll.by]) for roll in layout.rolls)
    named = Layout(tuple(shape), tuple(places), tuple(digits), rolls, dirty)
    return replace(named, imaginary=layout.imaginary)
