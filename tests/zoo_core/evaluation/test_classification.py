import math

import pytest
import torch
from torch.nn.functional import one_hot

from zoo_core.evaluation.classification import compute_calibration_error, fit_temperature, measure_classification


def test_the_interval_matches_wilsons_formula() -> None:
    """77 of 100 correct: (p + z^2 / 2n -+ z * sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)."""
    labels = torch.zeros(100, dtype=torch.long)
    predicted = (torch.arange(100) >= 77).long()
    n, p, z = 100, 0.77, 1.959964
    middle, reach = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = measure_classification(one_hot(predicted, 2), labels)["accuracy_interval"]
    assert low == pytest.approx((middle - reach) / (1 + z**2 / n), abs=1e-6)
    assert high == pytest.approx((middle + reach) / (1 + z**2 / n), abs=1e-6)


def test_the_confusion_matrix_has_a_row_for_each_true_class_and_ignores_unlabelled_images() -> None:
    labels, predicted = torch.tensor([0, 0, 1, -1]), torch.tensor([0, 2, 1, 1])
    metrics = measure_classification(one_hot(predicted, 3), labels)
    assert metrics["confusion"] == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert metrics["accuracy"] == pytest.approx(2 / 3)
    assert metrics["balanced_accuracy"] == pytest.approx(3 / 4)


def test_without_labels_there_are_no_metrics() -> None:
    assert measure_classification(torch.eye(2), torch.tensor([-1, -1])) == {}


def make_predictions(log_odds: float, correct: int, total: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that predict class 0 of two with these odds, and labels by which `correct` predictions are correct."""
    logits = torch.tensor([[log_odds, 0.0]]).repeat(total, 1)
    return logits, (torch.arange(total) >= correct).long()


def test_the_fitted_temperature_makes_probability_and_accuracy_equal() -> None:
    """80 % of predictions with 95 % are correct: the best T solves sigmoid(a / T) = 0.8, so T = a / ln 4."""
    log_odds = math.log(0.95 / 0.05)
    logits, labels = make_predictions(log_odds, correct=80, total=100)
    temperature = fit_temperature(logits, labels)
    assert temperature == pytest.approx(log_odds / math.log(4), rel=1e-3)
    assert compute_calibration_error(logits, labels, 1.0) == pytest.approx(0.15, abs=1e-6)
    assert compute_calibration_error(logits, labels, temperature) == pytest.approx(0.0, abs=1e-3)


def test_the_calibration_error_is_the_mean_over_the_bins() -> None:
    """10 predictions of 90 %, 5 correct; 30 of 60 %, 21 correct: 10/40 * |0.5 - 0.9| + 30/40 * |0.7 - 0.6|."""
    parts = [make_predictions(math.log(0.9 / 0.1), 5, 10), make_predictions(math.log(0.6 / 0.4), 21, 30)]
    logits, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    assert compute_calibration_error(logits, labels, 1.0) == pytest.approx(0.25 * 0.4 + 0.75 * 0.1, abs=1e-6)


def test_the_temperature_ignores_unlabelled_images_and_stays_in_its_range() -> None:
    logits, labels = make_predictions(2.0, correct=50, total=50)
    unlabelled = torch.tensor([[-9.0, 9.0]])
    temperature = fit_temperature(torch.cat([logits, unlabelled]), torch.cat([labels, torch.tensor([-1])]))
    assert temperature == fit_temperature(logits, labels) == pytest.approx(0.1, abs=1e-3)
