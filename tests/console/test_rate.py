import pytest

from console.rate import BURST_SECONDS, Rates


def test_a_burst_passes_and_then_one_for_each_step():
    rates = Rates()
    taken = [rates.take("shop", 2, 100.0) for _ in range(int(2 * BURST_SECONDS) + 1)]
    assert taken[:-1] == [0.0] * (len(taken) - 1)
    assert taken[-1] == pytest.approx(0.5)
    assert rates.take("shop", 2, 100.5) == 0.0
    assert rates.take("shop", 2, 100.5) > 0


def test_what_was_refused_does_not_count():
    rates = Rates()
    for _ in range(int(BURST_SECONDS)):
        rates.take("shop", 1, 0.0)
    waits = [rates.take("shop", 1, 0.0) for _ in range(50)]
    assert waits == [pytest.approx(1.0)] * 50


def test_each_key_has_its_own_bucket():
    rates = Rates()
    for _ in range(int(BURST_SECONDS) + 1):
        rates.take("loud", 1, 0.0)
    assert rates.take("loud", 1, 0.0) > 0
    assert rates.take("quiet", 1, 0.0) == 0.0


def test_a_rate_below_one_in_the_burst_lets_one_pass():
    rates = Rates()
    assert rates.take("shop", 0.01, 0.0) == 0.0
    assert rates.take("shop", 0.01, 0.0) == pytest.approx(100.0)
