import math

import pytest
import torch
from torch.nn.functional import one_hot

from zoo_core.evaluation.classification import measure_classification


def test_the_interval_is_wilsons_as_its_formula_gives_it() -> None:
    """77 of 100 right: (p + z^2 / 2n -+ z * sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)."""
    labels = torch.zeros(100, dtype=torch.long)
    predicted = (torch.arange(100) >= 77).long()
    n, p, z = 100, 0.77, 1.959964
    middle, reach = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = measure_classification(one_hot(predicted, 2), labels)["accuracy_interval"]
    assert low == pytest.approx((middle - reach) / (1 + z**2 / n), abs=1e-6)
    assert high == pytest.approx((middle + reach) / (1 + z**2 / n), abs=1e-6)


def test_a_row_of_the_confusion_is_a_true_class_and_unlabelled_images_do_not_count() -> None:
    labels, predicted = torch.tensor([0, 0, 1, -1]), torch.tensor([0, 2, 1, 1])
    measures = measure_classification(one_hot(predicted, 3), labels)
    assert measures["confusion"] == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert measures["accuracy"] == pytest.approx(2 / 3)
    assert measures["balanced_accuracy"] == pytest.approx(3 / 4)


def test_without_any_label_there_is_nothing_to_measure() -> None:
    assert measure_classification(torch.eye(2), torch.tensor([-1, -1])) == {}
