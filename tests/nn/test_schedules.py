from __future__ import annotations

import nn


def test_cosine_decay_falls_from_the_initial_rate_to_zero():
    rates = [nn.cosine_decay(0.4, steps=10)(step) for step in range(1, 13)]
    assert rates[0] == 0.4
    assert abs(rates[5] - 0.2) < 1e-12
    assert rates[10:] == [0, 0]
    assert rates == sorted(rates, reverse=True)
