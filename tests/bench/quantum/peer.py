"""lambeq's part of the benchmarks of language, run by the Python that has lambeq.

It reads JSON from its input (sentences, labels, angles by word in radians, how many steps to
time) and writes JSON: the outputs of its PytorchQuantumModel for those angles, and the
seconds of each training step over all the sentences in one batch.
"""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any


def main() -> None:
    """Outputs and times."""
    import torch
    from lambeq import AtomicType, IQPAnsatz, PytorchQuantumModel, stairs_reader

    asked = json.load(sys.stdin)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(asked["threads"])
    diagrams = [stairs_reader.sentence2diagram(text) for text in asked["sentences"]]
    ansatz = IQPAnsatz({AtomicType.SENTENCE: 1}, n_layers=1, n_single_qubit_params=3)
    circuits = [ansatz(diagram) for diagram in diagrams]
    model = PytorchQuantumModel.from_diagrams(circuits)
    model.initialise_weights()
    turns = [_turns(symbol.name, asked["angles"]) for symbol in model.symbols]
    model.weights = torch.nn.Parameter(torch.tensor(turns))
    with torch.no_grad():
        outputs = model(circuits).tolist()
    labels = torch.tensor(asked["labels"])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    seconds = []
    for _ in range(asked["steps"]):
        start = time.perf_counter()
        optimiser.zero_grad()
        chance = model(circuits)[torch.arange(len(labels)), labels]
        (-torch.log(chance)).mean().backward()
        optimiser.step()
        seconds.append(time.perf_counter() - start)
    json.dump({"outputs": outputs, "seconds": seconds}, sys.stdout)


def _turns(symbol: str, angles: dict[str, Any]) -> float:
    """The angle of `man__s_0` or `STAIR_s@s_s_0`, in full turns."""
    stem, _, number = symbol.rpartition("_")
    word = "STAIR" if stem == "STAIR_s@s_s" else stem.removesuffix("__s")
    return angles[word][int(number)] / (2 * math.pi)


if __name__ == "__main__":
    main()
