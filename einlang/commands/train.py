"""`einlang train`: `param` tensors without data are sought, for samples in a file.

$ einlang train classifier.ein --data train.npz --epochs 50 --out weights.npz
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from einlang import data
from einlang.commands import options
from einlang.commands.speaking import err, guarded, print_json, say, show, table
from einlang.commands.values import number
from einlang.errors import DataMistake, fail
from einlang.training.loop import Trained, Watch

Data = Annotated[
    Path,
    typer.Option("--data", metavar="FILE", help="Samples: .npz, inputs and targets by name."),
]
Validation = Annotated[
    Path | None, typer.Option("--validation", metavar="FILE", help="Samples to stop by: .npz.")
]
Loss = Annotated[str, typer.Option("--loss", help="binary_cross_entropy, cross_entropy or mse.")]
Optimiser = Annotated[str, typer.Option("--optimiser", help="adam, lion or spsa.")]
Epochs = Annotated[int, typer.Option("--epochs", help="How often all samples are seen.")]
Batch = Annotated[int | None, typer.Option("--batch", help="Samples per step; all by default.")]
Rate = Annotated[float | None, typer.Option("--rate", help="How far a step goes.")]
Seed = Annotated[int, typer.Option("--seed", help="Of the start and the order of samples.")]
Patience = Annotated[
    int | None, typer.Option("--patience", help="Epochs without a better loss, then it stops.")
]
Checkpoint = Annotated[
    Path | None,
    typer.Option("--checkpoint", metavar="FILE", help="Written each epoch, and taken up: .npz."),
]
Curve = Annotated[
    Path | None, typer.Option("--curve", metavar="FILE", help="A picture of loss and accuracy.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the parameters: .npz.")
]


@guarded
def train(
    samples: Data,
    file: options.File = None,
    code: options.Code = None,
    backend: options.Backend = "numpy",
    sets: options.Set = None,
    loss: Loss = "binary_cross_entropy",
    optimiser: Optimiser = "adam",
    epochs: Epochs = 100,
    batch: Batch = None,
    rate: Rate = None,
    seed: Seed = 0,
    patience: Patience = None,
    validation: Validation = None,
    checkpoint: Checkpoint = None,
    curve: Curve = None,
    out_file: Out = None,
    json: options.Json = False,
) -> None:
    """Train the `param` tensors of a program that have no data."""
    program = options.program(file, code)
    with _shown() as watch:
        trained = program.train(
            arrays(samples),
            backend,
            options.given(program, sets),
            loss=loss,
            optimiser=optimiser,
            epochs=epochs,
            batch=batch,
            rate=rate,
            seed=seed,
            patience=patience,
            checkpoint=checkpoint,
            validation=None if validation is None else arrays(validation),
            watch=watch,
        )
    if out_file is not None:
        trained.save(out_file)
        say(err(), f"written to {out_file}")
    if curve is not None:
        trained.draw(curve)
    if json:
        print_json({"epochs": len(trained.history), "history": trained.history})
    else:
        show([table(_rows(trained))])


def arrays(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """All arrays of an `.npz` file. Raises `DataMistake` as `data.load` does."""
    if path.suffix != ".npz":
        hint = "samples are arrays by name, in one .npz file"
        raise fail(DataMistake, "E0610", f"`{path.name}` has no known kind", hint=hint)
    names = data.keys(str(path), Path())
    return {name: data.load(f"{path}:{name}", Path()) for name in names}


def _rows(trained: Trained) -> list[dict[str, str]]:
    """The first epochs, the last, and some between."""
    count = len(trained.history)
    shown = sorted({0, *range(count // 8, count, max(1, count // 8)), count - 1})
    return [
        {"epoch": str(n + 1), **{key: number(v) for key, v in trained.history[n].items()}}
        for n in shown
    ]


@contextmanager
def _shown() -> Iterator[Watch | None]:
    """A bar with the figures of the last epoch, where standard error is a terminal."""
    console = err()
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("train"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=console) as bars:
        task = bars.add_task("")

        def watch(epoch: int, total: int, figures: Mapping[str, float]) -> None:
            said = "  ".join(f"{key} {number(value)}" for key, value in figures.items())
            bars.update(task, completed=epoch, total=total, description=said)

        yield watch
