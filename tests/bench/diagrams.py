"""How long diagrams of many contractions take, as JSON: `python tests/bench/diagrams.py 5000`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from einlang.checking.typed import Index, Product, Read, at
from einlang.diagrams import Diagram, TensorBox, compose, expression, tensor
from einlang.diagrams.diagram import Node
from einlang.diagrams.drawing import text


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and the result."""
    start = time.perf_counter()
    result = work()
    return round(time.perf_counter() - start, 3), result


def main(count: int) -> None:
    """Prints seconds by what was done."""
    seconds: dict[str, float] = {}
    chain = [Index(f"k{n}", 2) for n in range(count + 1)]
    factors = tuple(Read(f"A{n}", (at(chain[n]), at(chain[n + 1]))) for n in range(count))
    product = Product(factors, tuple(chain[1:-1]))
    ends = (chain[0], chain[-1])
    seconds["build"], diagram = timed(lambda: expression(product, ends))
    parts = [Diagram((2, 2), (Node(TensorBox(f"A{n}"), (0, 1)),), (0,), (1,)) for n in range(count)]
    seconds["compose"], _ = timed(lambda: compose(parts))
    seconds["tensor"], _ = timed(lambda: tensor(parts))
    seconds["canonical"], form = timed(diagram.canonical)
    seconds["import discopy"], interchange = timed(
        lambda: __import__("einlang.diagrams.interchange", fromlist=["interchange"])
    )
    seconds["to_discopy"], there = timed(lambda: interchange.to_discopy(diagram))
    seconds["from_discopy"], back = timed(lambda: interchange.from_discopy(there))
    assert back.canonical() == form
    seconds["svg"], _ = timed(lambda: text(diagram, "svg"))
    print(json.dumps({"boxes": count, "layers": len(there.inside), "seconds": seconds}, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
