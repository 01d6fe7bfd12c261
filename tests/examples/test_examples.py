"""Each example gives in every world what it promises, and its data is what its script makes."""

from __future__ import annotations

import functools
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from einlang_quantum import language

import einlang as ein

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["digits", "tumour", "attention", "convolution", "cnn", "sentence"]
DECISIONS = [("digits", "label"), ("tumour", "malignant"), ("cnn", "label")]
ENGINES = ["clear", "openfhe"] if sys.version_info[:2] == (3, 10) else ["clear"]


@cache
def program(name: str) -> ein.Program:
    """The example of that name, read once."""
    return ein.load(EXAMPLES / f"{name}.ein")


@cache
def plain(name: str) -> ein.Result:
    """Its results on the numpy backend."""
    return program(name).run()


@cache
def encrypted(name: str, engine: str) -> ein.Result:
    """Its results on the fhe backend, compared with the numpy backend's."""
    return program(name).run("fhe", engine=engine, verify=True)


def stored(name: str) -> dict[str, np.ndarray]:
    """The arrays of its `.npz`."""
    with np.load(EXAMPLES / f"{name}.npz") as archive:
        return dict(archive)


@cache
def script(name: str) -> ModuleType:
    """The script that makes its data, as a module."""
    spec = importlib.util.spec_from_file_location(f"make_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- what each computes, said once more in NumPy --------------------------------------------


def test_digits_is_the_network_that_was_trained() -> None:
    data = stored("digits")
    score = script("digits").forward(data, data["image"])[2]
    assert np.array_equal(plain("digits")["label"], score.argmax(1))
    assert len(score) >= 64
    assert plain("digits")["accuracy"] >= 0.96


def test_tumour_is_the_regression_that_was_fitted() -> None:
    data = stored("tumour")
    chance = 1 / (1 + np.exp(-script("tumour").logit(data, data["case"])))
    assert np.allclose(plain("tumour")["chance"], chance)
    assert len(chance) >= 100
    assert plain("tumour")["accuracy"] >= 0.95


def test_attention_scores_every_pair_of_tokens() -> None:
    data = stored("attention")
    score = np.einsum("bthd,bshd,h->bhts", data["query"], data["key"], data["heads"])
    chance = 1 / (1 + np.exp(-(score / np.sqrt(8) + data["distance"])))
    assert np.allclose(plain("attention")["P"], chance)
    assert np.allclose(plain("attention")["top"], chance.max(-1))


def test_convolution_pads_with_black() -> None:
    data = stored("convolution")
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(data["image"], 1), (3, 3))
    response = np.einsum("frq,yxrq->fyx", data["bank"], windows)
    assert np.allclose(plain("convolution")["response"], response)


def test_cnn_is_the_network_that_was_trained() -> None:
    data = stored("cnn")
    score = script("cnn").forward(data, data["image"])[2]
    assert np.array_equal(plain("cnn")["label"], score.argmax(1))
    assert np.array_equal(data["image"], stored("digits")["image"])
    assert plain("cnn")["accuracy"] >= 0.96


def test_sentence_is_read_by_stairs() -> None:
    data, make = stored("sentence"), script("sentence")
    text = language.meaning(language.stairs(make.SENTENCE))
    read = functools.reduce(
        lambda left, word: np.einsum("ijk,i,j->k", data["STAIR"], left, data[word]),
        make.SENTENCE.split()[1:],
        data[make.SENTENCE.split()[0]],
    )
    assert np.allclose(plain("sentence")["meaning"], read)
    assert np.allclose(ein.compile(text).run(**data)["meaning"], read)


# -- what each promises ---------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NAMES)
def test_ciphertexts_give_the_same_within_the_precision(name, engine) -> None:
    result = encrypted(name, engine)
    assert result.agreements
    assert all(agreement.holds for agreement in result.agreements), result.agreements


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "decision"), DECISIONS)
def test_every_decision_is_the_same(name, decision, engine) -> None:
    assert np.array_equal(encrypted(name, engine)[decision], plain(name)[decision])


@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(name) -> None:
    outcomes = program(name).test()
    assert len(outcomes) >= 2
    assert all(outcome.passed for outcome in outcomes), outcomes


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_runs_and_verifies_it(name, command) -> None:
    path = str(EXAMPLES / f"{name}.ein")
    assert command(["fmt", "--check", path]).code == 0
    outcome = command(["run", path, "--verify"])
    assert outcome.code == 0, outcome.text


# -- where the data comes from --------------------------------------------------------------


def test_digits_are_held_out_before_training() -> None:
    kept, held = script("digits").split()
    data = stored("digits")
    assert np.array_equal(data["image"], held["image"])
    assert np.array_equal(data["truth"], held["label"])
    assert len(kept["label"]) + len(held["label"]) == 1797


@pytest.mark.parametrize("name", ["digits", "cnn"])
def test_networks_are_trained_by_their_scripts(name) -> None:
    make = script(name)
    kept, held = make.split()
    weights = make.train(kept["image"], kept["label"])
    again = make.forward(weights, held["image"])[2]
    before = make.forward(stored(name), held["image"])[2]
    assert np.abs(again - before).max() < 1e-2


def test_tumours_are_fitted_by_their_script() -> None:
    make = script("tumour")
    kept, held = make.split()
    weights = make.fit(kept["case"], kept["malignant"])
    data = stored("tumour")
    assert np.allclose(data["weight"], weights["weight"], atol=1e-5)
    assert np.allclose(data["case"], held["case"], atol=1e-5)
    assert np.array_equal(data["truth"], held["malignant"])


def test_tokens_are_made_by_their_script() -> None:
    made = script("attention").arrays()
    data = stored("attention")
    assert np.allclose(np.abs(data["query"]), np.abs(made["query"]), atol=1e-5)
    assert np.array_equal(data["digit"], made["digit"])


def test_the_picture_is_cut_by_its_script() -> None:
    make = script("convolution")
    data = stored("convolution")
    assert np.allclose(data["image"], make.picture(), atol=0.02)
    assert np.allclose(data["bank"], np.stack([*make.BANK.values()]))


def test_the_words_are_trained_by_their_script() -> None:
    made, data = script("sentence").train(), stored("sentence")
    assert all(np.allclose(data[name], made[name], atol=1e-3) for name in data)
