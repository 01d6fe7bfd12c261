"""Circuits drawn by PennyLane, as text or SVG.

>>> from einlang_quantum.circuits import Circuit
>>> print(text(Circuit.cap(1)))
0: ──H─╭●─┤ ╭Probs
1: ────╰X─┤ ╰Probs
>>> svg(Circuit.cap(1)).startswith("<?xml")
True
"""

from __future__ import annotations

import io

from einlang_quantum.circuits import Circuit, Values
from einlang_quantum.circuits.operations import NONE
from einlang_quantum.execution.operators import pennylane
from einlang_quantum.export.tapes import tape


def text(circuit: Circuit, values: Values = NONE, reuse: bool = False, width: int = 100) -> str:
    """The circuit in lines of so many characters; matrices are listed below."""
    drawn = tape(circuit, values, reuse=reuse)
    lines = pennylane().drawer.tape_text(drawn, max_length=width, show_matrices=False)
    return "\n".join(line.rstrip() for line in lines.splitlines())


def svg(circuit: Circuit, values: Values = NONE, reuse: bool = False) -> str:
    """The circuit as a picture, the same bytes for the same circuit."""
    import matplotlib
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "einlang"}):
        figure = pennylane().drawer.tape_mpl(tape(circuit, values, reuse=reuse))[0]
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    # PennyLane makes figures by pyplot, which keeps them.
    pyplot.close(figure)
    return written.getvalue()
