"""What a compiled program says of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from einlang_fhe.alternative import Alternative, comparison
from einlang_fhe.backend import FheExecutable

from einlang.api.pipeline import prepare
from einlang.checking import check
from einlang.syntax import read

CHAIN = """
index i = 5, j = 4, k = 3
secret A[i, j] in [-1, 1]
secret B[j, k] in [-1, 1]
param w[k]
C[i, k] = A[i, j] * B[j, k]
y[i] = sigmoid(C[i, k] * w[k])
"""


@pytest.fixture(scope="module")
def executable() -> FheExecutable:
    import numpy as np

    typed = check(read(CHAIN), data={"w": np.ones(3)})
    made = prepare(typed, "fhe", {"w": np.ones(3)}, {"engine": "clear"}).server
    assert isinstance(made, FheExecutable)
    return made


def test_every_instruction_knows_what_it_was_written_for(executable: FheExecutable) -> None:
    first = len(executable.flow.inputs)
    last = first + len(executable.flow.steps)
    origins = [step.origin for step in executable.compiled.program.instructions]
    assert all(first <= origin < last for origin in origins)
    assert len(set(origins)) >= 2


def test_plans_stand_beside_each_other(executable: FheExecutable) -> None:
    assert comparison(executable.compiled.plans) == executable.report.tables["plans"]
    plans = Alternative("rolled", {"rotations": 3}), Alternative("rows", {"rotations": 9})
    weighed = replace(executable, compiled=replace(executable.compiled, plans=plans))
    assert weighed.report.tables["plans"] == comparison(plans)


def test_what_is_shown_of_layouts_adds_up(executable: FheExecutable) -> None:
    report = executable.report
    rows = report.tables["layouts"]
    names = [row["tensor"] for row in rows]
    assert sorted(names) == ["A[i, j]", "B[j, k]", "y.1[i]", "y[i]"]
    assert names.index("A[i, j]") < names.index("y.1[i]") < names.index("y[i]")
    for column in ("rotations", "products", "plain products"):
        assert sum(row[column] or 0 for row in rows) == report.figures[column]
    assert rows[-1]["level"] == report.figures["depth"]


def test_every_figure_of_a_group_is_one(executable: FheExecutable) -> None:
    executable.run({"A": [[0.5] * 4] * 5, "B": [[0.5] * 3] * 4, "w": [1.0] * 3})
    report = executable.report
    after = set(report.groups["times of the last run"])
    assert after <= set(report.figures)
    assert set(report.groups["predicted times"]) <= set(report.figures)
