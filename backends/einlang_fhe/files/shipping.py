"""From a compiled program to the parts that are written.

Only what each side needs is written to its part: the client's names no value of the
evaluator's, unless the client's own definitions read it.
"""

from __future__ import annotations

import numpy as np

from einlang import __version__
from einlang.backend import Around, Arrays
from einlang_fhe.compiling import Compiled
from einlang_fhe.files import complaints
from einlang_fhe.files.parts import (
    About,
    ClientPart,
    EvaluatorPart,
    Program,
    Returned,
)
from einlang_fhe.options import Options
from einlang_fhe.passes.order import polynomials
from einlang_fhe.tensors import extract


def shipped(compiled: Compiled, options: Options, params: Arrays, around: Around) -> Program:
    """The program with all three parts. Raises E0838 where nothing is encrypted."""
    if not compiled.request:
        raise complaints.unfit(
            "the program encrypts nothing: there is nothing to send",
            "run it in the clear: `einlang run`",
        )
    about = About(
        around.name,
        __version__,
        compiled.parameters,
        compiled.program.rotations,
        compiled.relinearize,
        options.precision,
        dict(around.sizes),
        around.inputs,
        tuple(around.outputs),
        dict(around.axes),
    )
    return Program.made(about, _client(compiled, around), _evaluator(compiled, params))


def _client(compiled: Compiled, around: Around) -> ClientPart:
    lowered, levelled = compiled.lowered, compiled.levelled
    numbers = sorted({item.value for item in compiled.request})
    parts = polynomials(levelled.program)
    returned = tuple(
        Returned(levelled.levels[value], levelled.degrees[value], parts[value])
        for value in levelled.program.outputs
    )
    shapes = {name: lowered.tensors.type(value).shape for name, value in lowered.plain.items()}
    params = {name: np.asarray(value) for name, value in around.params.items()}
    return ClientPart(
        extract(lowered.tensors, numbers),
        compiled.request,
        compiled.levels,
        lowered.replies,
        returned,
        shapes,
        around.client,
        params,
    )


def _evaluator(compiled: Compiled, params: Arrays) -> EvaluatorPart:
    lowered = compiled.lowered
    used = {port.name for port in lowered.tensors.inputs}
    values = {name: np.asarray(params[name]) for name in sorted(used & params.keys())}
    return EvaluatorPart(
        compiled.levelled, lowered.plaintexts, lowered.tensors, lowered.plain, values
    )
