"""Programs of many ciphertexts, few of which are large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from einlang_fhe.files.answering import Answering
from einlang_fhe.files.asking import Asking
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.keys import generate
from einlang_fhe.files.parts import Program

import einlang as ein

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("threads", [1, 2])
def test_many_small_ciphertexts_each_way(threads: int) -> None:
    source = ein.load(EXAMPLES / "convolution.ein")
    with np.load(EXAMPLES / "convolution.npz") as data:
        arrays = dict(data)
    program = Program.read(source.artefact(), "program")
    client, evaluation = generate([program.about])
    asking = Asking(program, client, "key")
    assert min(len(asking.sent), len(asking.returned)) > 2
    given = {name: arrays[name] for name in asking.secrets}
    request = Request.read(asking.request(given).written(), "request")
    answer = Answering(program, evaluation, "key", threads).reply(request, {}, "request")
    found = asking.results(Reply.read(answer.written(), "reply"), {}, "reply")
    wanted = source.run()
    for name, array in found.items():
        error = np.abs(array - wanted[name]).max()
        assert error <= program.about.precision * max(1.0, np.abs(wanted[name]).max())
