"""The picture of a training: loss and accuracy by epoch.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp()) / "curve.png"
>>> draw([{"loss": 0.7, "accuracy": 0.5}, {"loss": 0.3, "accuracy": 1.0}], path)
>>> path.stat().st_size > 1000
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def draw(history: Sequence[Mapping[str, float]], path: Path | str) -> None:
    """Writes a picture, of the kind that the suffix says; matplotlib must be installed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(history[0]) if history else []
    accuracies = [name for name in names if "accuracy" in name]
    figure = Figure(figsize=(6, 4 if not accuracies else 6), layout="constrained")
    FigureCanvasAgg(figure)
    shown = [names, accuracies] if accuracies else [names]
    for place, group in enumerate(shown):
        axes = figure.add_subplot(len(shown), 1, place + 1)
        for name in group:
            if place or name not in accuracies:
                values = [epoch[name] for epoch in history]
                axes.plot(range(1, len(values) + 1), values, label=name)
        axes.set_xlabel("epoch")
        axes.legend()
    figure.savefig(Path(path))
