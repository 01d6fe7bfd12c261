"""Clean outputs: nothing but results is in the ciphertexts that a client decrypts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from einlang_fhe.engines.clear import ClearEngine
from einlang_fhe.layout import pack

import einlang as ein
from einlang.backend import silent

EXAMPLES = Path(__file__).parents[2] / "examples"
SUM = "index i = 4, j = 8\nsecret x[j] in [-1, 1]\nparam W[i, j]\ny[i] = W[i, j] * x[j]"
SUMS = {
    "sum": SUM,
    "squares": SUM.replace("W[i, j] * x[j]", "square(W[i, j] * x[j])"),
    "products": "index i = 6, j = 8\nsecret x[i, j] in [-1, 1]\nsecret z[j] in [-1, 1]\n"
    "param W[i]\ny[i] = W[i] * x[i, j] * z[j]",
    "total": "index j = 100\nsecret x[j] in [-1, 1]\nparam W[j]\ny = W[j] * x[j]",
}


def slots(text: str, **settings: Any) -> tuple[np.ndarray, np.ndarray, Any]:
    """What stands in the slots of the reply, what should, and the report."""
    program = ein.compile(text)
    draw = np.random.default_rng(0)
    shapes = {item.tensor.name: item.tensor.shape for item in program.check(W=_w(text)).inputs}
    data = {name: draw.uniform(-1, 1, shape) for name, shape in shapes.items()}
    program.run("fhe", engine="clear", **data, **settings)
    (checked,) = [one for one in program._kept.values() if one.compiled]
    executable: Any = next(iter(checked.compiled.values())).server
    session = executable.session
    made = executable.compiled
    session.keys = ClearEngine(noise=False).keys(
        made.parameters, made.program.rotations, made.relinearize
    )
    session.__dict__.pop("executor", None)
    session.encode(data, silent)
    reply = session.evaluate(session.encrypt(data, silent), silent)
    found = np.stack([session.keys[0].decrypt(one, True) for one in reply])
    (item,) = made.lowered.replies
    result = session.decrypt(data, reply, silent)["y"]
    return found * item.factor, pack(result, item.layout), executable.report


def _w(text: str) -> np.ndarray:
    shape = {"W[i, j]": (4, 8), "W[i]": (6,), "W[j]": (100,)}
    return np.zeros(next(size for name, size in shape.items() if f"param {name}" in text))


@pytest.mark.parametrize("name", SUMS)
def test_nothing_else_is_in_clean_outputs(name: str) -> None:
    found, wanted, report = slots(SUMS[name])
    assert np.allclose(found, wanted, atol=1e-6)
    assert report.figures["outputs"] == "clean"


def test_raw_outputs_keep_what_is_cheaper() -> None:
    found, wanted, report = slots(SUM, outputs="raw")
    assert report.figures["outputs"] == "raw"
    assert not np.allclose(found, wanted, atol=1e-6)


def test_explain_says_what_it_costs() -> None:
    figures = ein.load(EXAMPLES / "digits.ein").explain("fhe").figures
    assert figures["outputs masked"] == 1
    clean, raw = (figures[f"predicted evaluate{how} seconds"] for how in ("", ", outputs raw,"))
    assert clean >= raw > 0


def test_what_is_the_client_s_alone_need_not_be_clean() -> None:
    text = "index j = 16\nsecret x[j] in [-1, 1]\nsecret z[j] in [-1, 1]\ny = x[j] * z[j]"
    assert ein.compile(text).explain("fhe").figures["outputs masked"] == 0
