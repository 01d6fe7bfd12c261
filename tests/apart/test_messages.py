"""Messages to and from workers: what is sent arrives, and what is cut off does not."""

from __future__ import annotations

import os
import threading
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from einlang_fhe.files.messages import LENGTH, LONG, LONGEST, Pieces, receive, send
from hypothesis import given
from hypothesis import strategies as st

PLAIN = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=9)
BYTES = st.sampled_from([b"", b"short", b"long" * LONG])
VALUES = st.recursive(
    PLAIN | BYTES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def through(message: Any) -> Any:
    stream = BytesIO()
    send(stream, message)
    stream.seek(0)
    found = receive(stream)
    assert stream.read() == b""
    return found


@given(VALUES)
def test_what_is_sent_arrives(value: Any) -> None:
    assert through(["verb", value]) == ["verb", value]


@pytest.mark.parametrize("array", [np.arange(6).reshape(2, 3), np.zeros((0, 4)), np.ones(LONG)])
def test_arrays_and_pieces_arrive(array: np.ndarray) -> None:
    found = through({"x": array, "y": Pieces([b"a" * LONG, memoryview(b"b")])})
    assert np.array_equal(found["x"], array)
    assert found["y"] == b"a" * LONG + b"b"


def test_a_pipe_takes_more_than_it_holds() -> None:
    reading, writing = (os.fdopen(n, mode, 0) for n, mode in zip(os.pipe(), ("rb", "wb"), strict=1))
    content = os.urandom(1 << 21)
    thread = threading.Thread(target=send, args=(writing, [content]))
    thread.start()
    assert receive(reading) == [content]
    thread.join()
    writing.close()
    assert receive(reading) is None
    reading.close()


def test_what_is_cut_off_or_too_long_is_no_message() -> None:
    stream = BytesIO()
    send(stream, [b"x" * LONG])
    for length in range(len(stream.getvalue())):
        if length < 100 or length % 1000 == 0:
            with_less = BytesIO(stream.getvalue()[:length])
            try:
                assert receive(with_less) is None
            except ValueError:
                assert length < 24
    for numbers in ([0], [1 << 40], [1, LONGEST + 1]):
        with pytest.raises(ValueError, match="message"):
            receive(BytesIO(b"".join(map(LENGTH.pack, numbers)) + b"\0" * 64))
