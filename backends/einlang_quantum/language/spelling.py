"""Words and their types as names of tensors, so that each name says which word it is.

A name is what is left of a word when everything but letters and digits is escaped, with the
types of its wires behind it. What has sentence wires only, one of which goes out, needs none.

>>> spell("man"), spell("loves", cod=(("n", 1), ("s", 0), ("n", -1)))
('man', 'loves__to_n_r_s_n_l')
>>> spell("don't"), spell("."), spell("in"), spell("f", (("s", 0),), (("n", 0),))
('don_x27_t', '_x2e_', 'in_', 'f__of_s__to_n')
>>> unspell("loves__to_n_r_s_n_l")
('loves', (), (('n', 1), ('s', 0), ('n', -1)))
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from einlang.syntax.grammar import reserved

Type = tuple[str, int]
"""An atomic type, and which adjoint of it: 1 is the right one, -1 the left one."""
SENTENCE: Type = ("s", 0)
TYPES = re.compile(r"(?P<word>.*?)(?:__of(?P<dom>(?:_[^_]+)*))?__to(?P<cod>(?:_[^_]+)*)")


def spell(word: str, dom: Sequence[Type] = (), cod: Sequence[Type] = (SENTENCE,)) -> str:
    """The name of the tensor of a word, or of another box, with wires of these types.

    A type's name holds letters and digits, and is neither `r` nor `l`.
    """
    name = "".join(c if _kept(c) else f"_x{ord(c):x}_" for c in word)
    if name[:1].isdecimal() or not name:
        name = f"_x_{name}"
    if len(cod) == 1 and {*dom, *cod} == {SENTENCE}:
        return f"{name}_" if name in reserved() else name
    inside = f"__of{_types(dom)}" if dom else ""
    return f"{name}{inside}__to{_types(cod)}"


def unspell(name: str, legs: int = 1) -> tuple[str, tuple[Type, ...], tuple[Type, ...]]:
    """The word of a name, and the types of its wires that come in and go out.

    `legs` is the number of wires of a name that says none: all but the last come in.
    """
    match = TYPES.fullmatch(name)
    if match:
        return _word(match["word"]), _read(match["dom"] or ""), _read(match["cod"])
    plain = name[:-1] if name.endswith("_") and name[:-1] in reserved() else name
    return _word(plain), (SENTENCE,) * (legs - 1), (SENTENCE,) * min(legs, 1)


def _kept(character: str) -> bool:
    return character.isalnum() and f"a{character}".isidentifier()


def _types(types: Sequence[Type]) -> str:
    return "".join(f"_{name}{'_r' * turn}{'_l' * -turn}" for name, turn in types)


def _word(name: str) -> str:
    name = name.removeprefix("_x_")
    return re.sub(r"_x([0-9a-f]+)_", lambda match: chr(int(match[1], 16)), name)


def _read(text: str) -> tuple[Type, ...]:
    types: list[Type] = []
    for part in text.split("_")[1:]:
        if part in ("r", "l"):
            name, turn = types.pop()
            types.append((name, turn + (1 if part == "r" else -1)))
        else:
            types.append((part, 0))
    return tuple(types)
