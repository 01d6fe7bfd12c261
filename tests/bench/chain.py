"""Seconds for each stage of long programs, as JSON: `python tests/bench/chain.py 5000`.

The contractions stand as the factors of one product, as the terms of one sum, or in as many
definitions. The tensors are 3 by 3 matrices. DisCoPy is imported beforehand.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from einlang import backend
from einlang.checking import check
from einlang.diagrams import build
from einlang.diagrams.interchange import to_discopy
from einlang.planning import plan
from einlang.syntax import read, show

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from chains import texts


class Watch:
    """Seconds of processor time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, work: Callable[[], Any]) -> Any:
        """What the work gives, its time noted."""
        start = time.process_time()
        result = work()
        self.seconds[stage] = round(time.process_time() - start, 3)
        return result


def stages(text: str, data: dict[str, Any]) -> dict[str, float]:
    """The seconds of each stage of one program."""
    watch = Watch()
    program = watch("read", lambda: read(text))
    watch("print", lambda: show(program))
    typed = watch("check", lambda: check(program, data=data))
    diagrams = watch("build diagrams", lambda: build(typed))
    watch("to DisCoPy", lambda: [to_discopy(diagram) for diagram in diagrams.values()])
    flow = watch("plan", lambda: plan(typed)).server
    ready = watch("compile", lambda: backend.find("numpy").compile(flow, {}, {}))
    watch("run", lambda: ready.run(data))
    return {**watch.seconds, "total": round(sum(watch.seconds.values()), 3)}


def main(count: int) -> None:
    """Prints seconds by kind and stage."""
    random = np.random.default_rng(0)
    data = {f"A{n}": np.linalg.qr(random.normal(size=(3, 3)))[0] for n in range(count)}
    stages(texts(2)["factors"], {name: data[name] for name in ("A0", "A1")})
    seconds = {kind: stages(text, data) for kind, text in texts(count).items()}
    print(json.dumps({"contractions": count, "seconds": seconds}, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
