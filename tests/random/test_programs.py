"""Random programs give what they mean, in the clear and encrypted.

`python tests/random/run.py` runs many more of the same.
"""

from __future__ import annotations

import pytest
from agreement import check, run
from hypothesis import HealthCheck, given, settings
from programs import Generated, generate, programs

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@given(programs())
@settings(max_examples=100, suppress_health_check=SLOW)
def test_numpy_gives_what_a_program_means(made: Generated) -> None:
    check(made, "numpy")


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_numpy_agrees_on_numbered_programs(first: int) -> None:
    assert run(range(first, first + 50), "numpy", "numpy", {}).passed(refused=0)


@pytest.mark.parametrize("first", range(0, 300, 25))
def test_slots_in_the_clear_agree(first: int) -> None:
    assert run(range(first, first + 25), "fhe", "fhe", {"engine": "clear"}).passed(refused=0.1)


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_steps_in_the_clear_agree(first: int) -> None:
    assert run(range(first, first + 20), "rough", "fhe", {"engine": "clear"}).passed(refused=0.2)


@pytest.mark.parametrize("first", range(0, 12, 3))
def test_ciphertexts_agree(first: int) -> None:
    pytest.importorskip("openfhe")
    assert run(range(first, first + 3), "fhe", "fhe", {"engine": "openfhe"}).passed(refused=0.4)


@pytest.mark.parametrize("seed", [598, 728, 843, 1160, 1774, 2283])
def test_errors_that_a_rehearsal_may_not_see(seed: int) -> None:
    """Numbers cancel, or meet nothing but zeros, for some data."""
    assert run([seed], "fhe", "fhe", {"engine": "clear"}).passed(refused=0)


@pytest.mark.parametrize("seed", [1030, 1060])
def test_outputs_at_scales_of_their_own_are_decrypted(seed: int) -> None:
    pytest.importorskip("openfhe")
    assert run([seed], "fhe", "fhe", {"engine": "openfhe"}).passed(refused=0)


def test_a_seed_gives_one_program() -> None:
    one, other = generate(5, "fhe"), generate(5, "fhe")
    assert one == other
    assert all((one.data[name] == other.data[name]).all() for name in one.data)
