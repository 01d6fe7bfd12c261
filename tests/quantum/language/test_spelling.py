"""Names of tensors are names of the language, and say which word they stand for."""

from __future__ import annotations

from einlang_quantum.language import spell, unspell
from hypothesis import given
from hypothesis import strategies as st

import einlang as ein

TYPE = st.tuples(st.sampled_from(["n", "s", "p", "conj"]), st.integers(-2, 2))
TYPES = st.lists(TYPE, max_size=3).map(tuple)


@given(st.text(min_size=1), TYPES, TYPES)
def test_a_name_says_its_word_and_types(word, dom, cod) -> None:
    name = spell(word, dom, cod)
    assert unspell(name, len(dom) + len(cod)) == (word, dom, cod)


@given(st.text(min_size=1, max_size=5))
def test_a_name_is_one_of_the_language(word) -> None:
    program = ein.compile(f"public {spell(word)}\ny__ = 2 * {spell(word)}")
    assert program.run(**{spell(word): 3.0})["y__"] == 6
