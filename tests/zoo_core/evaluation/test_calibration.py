import math

import pytest
import torch

from zoo_core.evaluation.classification import calibration_error, fit_temperature


def claims(log_odds: float, right: int, of: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that claim class 0 of two with these odds, and labels by which `right` of the claims are right."""
    logits = torch.tensor([[log_odds, 0.0]]).repeat(of, 1)
    return logits, (torch.arange(of) >= right).long()


def test_the_temperature_makes_the_claimed_probability_the_share_that_is_right() -> None:
    """Of claims of 95 %, 80 % are right: the likeliest T solves sigmoid(a / T) = 0.8, so T = a / ln 4."""
    log_odds = math.log(0.95 / 0.05)
    logits, labels = claims(log_odds, right=80, of=100)
    temperature = fit_temperature(logits, labels)
    assert temperature == pytest.approx(log_odds / math.log(4), rel=1e-3)
    assert calibration_error(logits, labels, 1.0) == pytest.approx(0.15, abs=1e-6)
    assert calibration_error(logits, labels, temperature) == pytest.approx(0.0, abs=1e-3)


def test_the_error_is_the_mean_over_the_bins_as_the_formula_says() -> None:
    """10 claims of 90 %, 5 right, and 30 claims of 60 %, 21 right: 10/40 * |0.5 - 0.9| + 30/40 * |0.7 - 0.6|."""
    parts = [claims(math.log(0.9 / 0.1), 5, 10), claims(math.log(0.6 / 0.4), 21, 30)]
    logits, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    assert calibration_error(logits, labels, 1.0) == pytest.approx(0.25 * 0.4 + 0.75 * 0.1, abs=1e-6)


def test_unlabelled_images_do_not_count_and_certainty_stays_within_bounds() -> None:
    logits, labels = claims(2.0, right=50, of=50)
    strange = torch.tensor([[-9.0, 9.0]])
    with_strangers = fit_temperature(torch.cat([logits, strange]), torch.cat([labels, torch.tensor([-1])]))
    assert with_strangers == fit_temperature(logits, labels) == pytest.approx(0.1, abs=1e-3)
