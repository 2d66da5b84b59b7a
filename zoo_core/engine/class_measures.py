"""How well classes are told."""

from typing import Any

from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score
from torch import Tensor


def class_measures(predicted: Tensor, labels: Tensor, classes: int) -> dict[str, Any]:
    """Measures predictions (N,) by true labels (N,); images without a label (-1) do not count.

    Returns:
        Nothing where no image is labelled, else "accuracy", "accuracy_interval" (Wilson's score interval at 95 %, low
        and high), "balanced_accuracy" (mean recall over the classes that occur) and "confusion" (a row for each true
        class, a column for each predicted one).
    """
    known = labels >= 0
    if not known.any():
        return {}
    truth, told = labels[known].numpy(), predicted[known].numpy()
    interval = binomtest(int((truth == told).sum()), len(truth)).proportion_ci(0.95, method="wilson")
    return {
        "accuracy": float(accuracy_score(truth, told)),
        "accuracy_interval": [float(interval.low), float(interval.high)],
        "balanced_accuracy": float(recall_score(truth, told, labels=sorted(set(truth)), average="macro")),
        "confusion": confusion_matrix(truth, told, labels=range(classes)).tolist(),
    }
